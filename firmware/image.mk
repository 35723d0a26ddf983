# Which image: BOARD=NAME, REPL=0 to leave the prompt out where there is one. For this folder's
# Makefile and for the front door's, each of which says in ROOT where it stands.

BOARD ?= CC3220SF_LAUNCHXL
BOARD_DIR ?= $(ROOT)/boards/$(BOARD)

ifeq ($(wildcard $(BOARD_DIR)/mpconfigboard.mk),)
$(error BOARD=$(BOARD): there is no $(BOARD_DIR); there are $(notdir $(wildcard $(ROOT)/boards/*)))
endif
# Files of the packages that are not frozen; a table of chapters that are not in the image.
LEFT_OUT :=
CHAPTERS :=
TRIAL_FOLDER :=
include $(BOARD_DIR)/mpconfigboard.mk
export LEFT_OUT

REPL ?= $(REPL_DEFAULT)
ifeq ($(filter 0 $(REPL_DEFAULT),$(REPL)),)
$(error REPL=$(REPL): $(BOARD) can have REPL=$(sort 0 $(REPL_DEFAULT)))
endif
IMAGE := $(BOARD)$(if $(filter-out $(REPL_DEFAULT),$(REPL)),-norepl)
# What tests need beside that: TRIAL=NAME.
ifneq ($(TRIAL),)
include $(ROOT)/tests/target/trial/$(TRIAL).mk
endif

# A word of a command line for the shell, whatever is in it.
quote = '$(subst ','\'',$(1))'
