# For tests (TRIAL=chapters): chapters are read into windows on any board, two stand-ins for clients
# among them, and what a chapter leaves is filled with 0xFF.
CHAPTERS = $(ROOT)/boards/CC3220S_LAUNCHXL/chapters.csv $(ROOT)/tests/target/trial/frozen/chapters.csv
LEFT_OUT := $(filter-out atcore/chapters.py,$(LEFT_OUT))
TRIAL_FOLDER = tests/target/trial/frozen
BOARD_CFLAGS += -DMICROPY_HW_CHAPTERS=1 -DMICROPY_HW_CHAPTERS_STRICT=1
IMAGE := $(IMAGE)-$(TRIAL)
