# Everything is in SRAM: no prompt, no compiler, no library for user programs.
LD_SCRIPT = ../boards/CC3220S_LAUNCHXL/cc3220s.ld
DEBUG_HEADER = 0
REPL_DEFAULT = 0
FREEZE_ASYNCIO ?= 0
