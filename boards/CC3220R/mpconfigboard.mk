# The same image.
include $(BOARD_DIR)/../CC3220S_LAUNCHXL/mpconfigboard.mk
