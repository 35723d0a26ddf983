# Everything is in SRAM: no prompt, no compiler, no library for user programs; small before fast.
LD_SCRIPT = ../boards/CC3220S_LAUNCHXL/cc3220s.ld
DEBUG_HEADER = 0
REPL_DEFAULT = 0
FREEZE_ASYNCIO ?= 0
CHAPTERS = $(ROOT)/boards/CC3220S_LAUNCHXL/chapters.csv
MACHINE = 0
HOT = -Os
SUPER = -Os
SCARCE = 1
NAMES ?= 0
MPY_TOOL_FLAGS = -mlongint-impl=longlong
# Of what is frozen elsewhere: nothing of ours uses it, and there are no programs of the user.
LEFT_OUT = atcore/declaring.py simplelink/_tables.py simplelink/events.py simplelink/netapp.py \
    simplelink/netutil.py simplelink/reports.py
BOARD_CFLAGS = -DLINK_QUEUE_SIZE=4096u
