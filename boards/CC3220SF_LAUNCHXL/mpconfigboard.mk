LD_SCRIPT = $(BOARD_DIR)/cc3220sf.ld
IMAGE_ORIGIN = 0x01000800
# An image programmed over SWD starts because of this header (board.md).
DEBUG_HEADER = 1
