LD_SCRIPT = $(BOARD_DIR)/cc3220sf.ld
# An image programmed over SWD starts because of this header (board.md).
DEBUG_HEADER = 1

# The prompt and the compiler; asyncio for user programs.
REPL_DEFAULT = 1
FREEZE_ASYNCIO ?= 1
# For boards where chapters are not in the image.
LEFT_OUT = atcore/chapters.py
