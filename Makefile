# The front door. `make run` and `make test` do all the set-up themselves, once.
# What set-up says goes to stderr, so that `printf 'AT+Test\n' | make run` prints answers only.

MAKEFLAGS += --no-print-directory
SHELL := /bin/bash
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

BOARD ?= CC3220SF_LAUNCHXL
VENV := $(CURDIR)/.venv
PY := $(VENV)/bin/python
BUILD := build
STAMPS := $(BUILD)/stamps
LOGS := $(BUILD)/logs
MPY_CACHE := $(BUILD)/cache/micropython-1.25.0
JOBS ?= $(shell nproc)
FIRMWARE_MAKE = $(MAKE) -j$(JOBS) -C firmware BOARD=$(BOARD) PYTHON=$(PY) WARNINGS=error BUILD_VERBOSE=0

# Extra arguments: make run ARGS="--set style=ti", make test TESTS=tests/unit.
ARGS ?=
TESTS ?= tests
VECTORS ?= tests/vectors
PYTEST_ARGS ?=
# A file a process; one more than cores, as MicroPython's suite mostly waits. A board is alone.
PARALLEL ?= $(if $(findstring --port,$(PYTEST_ARGS)),,-n $(shell expr $(JOBS) + 1) \
    --dist loadfile --no-loadscope-reorder)

C_SOURCES = $(shell git ls-files 'firmware/*.[ch]' 'boards/*.[ch]' 'tools/*.[ch]' 'tests/*.[ch]')
PYTHON_SOURCES := atcore firmware boards tools tests manifest.py

.PHONY: help setup run test conformance firmware size bench flash lint format clean distclean

help:
	@echo 'make run          talk AT to the firmware in the emulator (or: printf "AT+Test\n" | make run)'
	@echo 'make test         everything: lint, unit, target and conformance tests, MicroPython suite'
	@echo 'make conformance  replay recordings against the firmware: VECTORS=DIR'
	@echo 'make firmware     build build/$(BOARD)/firmware.elf: BOARD=NAME'
	@echo 'make size         flash, RAM and heap against the budgets'
	@echo 'make bench        instructions a command takes, against the budgets'
	@echo 'make flash        write the firmware to a LaunchPad over its debug probe'
	@echo 'make lint         ruff, clang-format, compiler warnings'
	@echo 'make format       put the sources into the format that lint wants'
	@echo 'make clean        remove what was built (distclean: the downloads and .venv too)'

# --- Set-up: each stamp is newer than what it was made from ---

$(STAMPS)/packages: tools/setup.sh
	@tools/setup.sh packages
	@mkdir -p $(@D) && touch $@

$(STAMPS)/venv: pyproject.toml tools/setup.sh $(STAMPS)/packages
	@tools/setup.sh venv $(VENV)
	@mkdir -p $(@D) && touch $@

setup: $(STAMPS)/packages $(STAMPS)/venv
	@:

firmware: setup
	@[ -n '$(MPY_DIR)' ] || [ -d $(MPY_CACHE) ] || $(PY) -m cc32at.image.micropython $(MPY_CACHE)
	@[ -e $(BUILD)/$(BOARD)/firmware.elf ] || \
	    echo 'setup: building the firmware (a minute or two; $(LOGS)/firmware.log)' >&2
	@mkdir -p $(LOGS)
	+@$(FIRMWARE_MAKE) $(if $(REPL),REPL=$(REPL)) >$(LOGS)/firmware.log 2>&1 || \
	    { tail -n 40 $(LOGS)/firmware.log >&2; false; }

# --- Using it ---

# `make run` ends with the client's status, 0 or 1. make itself would turn a 1 into 2; but asked
# whether a target is up to date (--question), it answers 1 for no, and runs only what has a +.
ifeq ($(MAKECMDGOALS),run)
MAKEFLAGS += --question
RUN_STATUS := $(BUILD)/run.$(shell echo $$PPID)
endif

.PHONY: session
session:
	+@MAKEFLAGS= $(MAKE) --no-print-directory BOARD=$(BOARD) firmware 1>&2
	+@$(PY) -m cc32at.client $(ARGS); echo $$? >$(RUN_STATUS)

run: session
	+@rm -f $(RUN_STATUS)
	$(if $(filter-out 0,$(file <$(RUN_STATUS))),false)

test: lint firmware
	+@$(MAKE) REPL=0 firmware
	@mkdir -p $(BUILD)/junit $(LOGS)
	@$(PY) -m pytest $(PARALLEL) --junit-xml=$(BUILD)/junit/tests.xml $(PYTEST_ARGS) $(TESTS)

conformance: firmware
	@$(PY) -m cc32at.conformance $(ARGS) $(VECTORS)

# The image in SRAM is linked too, whatever the board: its parts have budgets of their own.
SIZED := $(sort $(BOARD) CC3220S_LAUNCHXL)
size: firmware
	+@for board in $(SIZED); do $(FIRMWARE_MAKE) BOARD=$$board all >$(LOGS)/size.log 2>&1 || \
	    { tail -n 40 $(LOGS)/size.log >&2; exit 1; }; done
	@missed=0; for board in $(SIZED); do \
	    $(PY) -m cc32at.image.size $(BUILD)/$$board/firmware.elf || missed=1; done; exit $$missed

bench: firmware
	@$(PY) -m cc32at.bench $(ARGS)

# On-chip flash over the LaunchPad's own debug probe; boards/*/board.md has the rest.
flash: firmware
ifneq ($(BOARD),CC3220SF_LAUNCHXL)
	@echo 'flash: $(BOARD) has no flash of its own; see boards/$(BOARD)/board.md' >&2; false
else
	@command -v openocd >/dev/null || \
	    { echo 'flash: OpenOCD 0.12 is missing: apt-get install openocd' >&2; false; }
	@openocd -f board/ti_cc3220sf_launchpad.cfg \
	    -c 'program $(BUILD)/$(BOARD)/firmware.elf verify reset exit'
endif

# --- Keeping it in order ---

lint: setup firmware
	@$(VENV)/bin/ruff check --quiet $(wildcard $(PYTHON_SOURCES))
	@$(VENV)/bin/ruff format --quiet --check $(wildcard $(PYTHON_SOURCES)) || \
	    { echo 'lint: run make format' >&2; exit 1; }
	@if [ -n '$(C_SOURCES)' ]; then clang-format --dry-run -Werror $(C_SOURCES); fi

format: setup
	@$(VENV)/bin/ruff check --quiet --fix $(wildcard $(PYTHON_SOURCES)); true
	@$(VENV)/bin/ruff format --quiet $(wildcard $(PYTHON_SOURCES))
	@if [ -n '$(C_SOURCES)' ]; then clang-format -i $(C_SOURCES); fi

clean:
	@rm -rf $(filter-out $(BUILD)/cache $(STAMPS),$(wildcard $(BUILD)/*))

distclean:
	@rm -rf $(BUILD) .venv tools/cc32at.egg-info
