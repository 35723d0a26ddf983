# The front door. `make run` and `make test` do all the set-up themselves, once.
# What set-up says goes to stderr, so that `printf 'AT+Test\n' | make run` prints answers only.

MAKEFLAGS += --no-print-directory
SHELL := /bin/bash
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

ROOT := .
# A board that is flashed is a modem, and its port the AT core's; the prompt only for who asks.
FLASH_REPL := $(if $(filter undefined,$(origin REPL)),0,$(REPL))
include firmware/image.mk
# Paths are relative: a checkout may lie anywhere, and make takes a blank for the end of a name.
VENV := .venv
PY := $(VENV)/bin/python
override BUILD := build
ELF := $(BUILD)/$(IMAGE)/firmware.elf
STAMPS := $(BUILD)/stamps
LOGS := $(BUILD)/logs
MPY_CACHE := $(BUILD)/cache/micropython-1.25.0
JOBS ?= $(shell nproc)
override MPY_DIR := $(if $(MPY_DIR),$(shell realpath -m -- $(call quote,$(MPY_DIR))))
export MPY_DIR
CHOICE = BOARD=$(BOARD) REPL=$(REPL) TRIAL=$(TRIAL) MPY_DIR=$(call quote,$(MPY_DIR))
FIRMWARE_MAKE = $(MAKE) -j$(JOBS) -C firmware PYTHON=../$(PY) BUILD=../$(BUILD)/$(IMAGE) \
    WARNINGS=error BUILD_VERBOSE=0 $(CHOICE)

# Extra arguments: make run ARGS="--set style=ti", make test TESTS=tests/unit. What is not about one
# board is tested with the default one.
ARGS ?=
DEFAULT_BOARD := CC3220SF_LAUNCHXL
SMALL_BOARD := CC3220S_LAUNCHXL
TESTS ?= $(if $(filter $(DEFAULT_BOARD),$(BOARD)),tests,tests/target)
VECTORS ?= tests/vectors
PYTEST_ARGS ?=
MINUTES ?= 3
INPUTS ?=
HOURS ?= 24
SEED ?= $(shell date +%s)
# A file a process; one more than cores, as MicroPython's suite mostly waits. A board is alone.
PARALLEL ?= $(if $(findstring --port,$(PYTEST_ARGS)),,-n $(shell expr $(JOBS) + 1) \
    --dist loadfile --no-loadscope-reorder)

C_SOURCES = $(shell git ls-files 'firmware/*.[ch]' 'boards/*.[ch]' 'tools/*.[ch]' 'tests/*.[ch]')
PYTHON_SOURCES := atcore firmware boards tools tests manifest.py
# What is compiled for the PC; the firmware's build has its own warnings.
HOST_C = $(wildcard tools/cc32at/*/*.c tests/unit/link/*.c firmware/link/*.c)
HOST_WARNINGS = -std=gnu11 -O2 -fsyntax-only -Wall -Wextra -Werror -Ifirmware/link \
    -Itools/cc32at/hostlink

.PHONY: help setup run test conformance fuzz soak firmware size bench flash program lint format \
    generate clean distclean

help:
	@echo 'make run          talk AT to the firmware in the emulator (or: printf "AT+Test\n" | make run)'
	@echo 'make test         everything: lint, unit, target and conformance tests, MicroPython suite;'
	@echo '                  or a part and what that needs: TESTS=tests/unit/client;'
	@echo '                  BOARD=$(SMALL_BOARD): all target tests on that board'
	@echo 'make conformance  replay recordings against the firmware: VECTORS=DIR'
	@echo 'make fuzz         random sessions against the AT core: MINUTES= or INPUTS=, SEED='
	@echo 'make soak         a day of a board in virtual time, its heap watched: HOURS='
	@echo 'make firmware     build $(ELF): BOARD=NAME, REPL=0 without prompt'
	@echo 'make size         flash, RAM and heap against the budgets'
	@echo 'make bench        instructions a command takes, against the budgets'
	@echo 'make flash        write the firmware to a LaunchPad over its debug probe: REPL=1 with prompt'
	@echo 'make lint         ruff, clang-format, compiler warnings'
	@echo 'make format       put the sources into the format that lint wants'
	@echo 'make generate     write anew what is made from declarations and tables'
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
	@[ -n $(call quote,$(MPY_DIR)) ] || [ -e $(MPY_CACHE)/py/mkenv.mk ] || \
	    $(PY) -m cc32at.image.micropython $(MPY_CACHE)
	@[ -e $(ELF) ] || \
	    echo 'setup: building the firmware (a minute or two; $(LOGS)/firmware.log)' >&2
	@mkdir -p $(LOGS)
	+@$(FIRMWARE_MAKE) >$(LOGS)/firmware.log 2>&1 || \
	    { tail -n 40 $(LOGS)/firmware.log >&2; false; }

# --- Using it ---

# `make run` ends with the client's status: 0, 1 if a command failed, 2 if there was no session.
# make itself would turn a 1 into 2; but asked whether a target is up to date (--question), it
# answers 1 for no, and runs only what has a +.
ifeq ($(MAKECMDGOALS),run)
MAKEFLAGS += --question
RUN_STATUS := $(BUILD)/run.$(shell echo $$PPID)
endif
EMULATED = $(if $(findstring --port,$(ARGS)),,--elf $(ELF))

.PHONY: session
session:
	+@mkdir -p $(BUILD); MAKEFLAGS= $(MAKE) --no-print-directory $(CHOICE) firmware 1>&2 && \
	    $(PY) -m cc32at.client $(EMULATED) $(ARGS); echo $$? >$(RUN_STATUS)

run: session
	$(eval STATUS := $(file <$(RUN_STATUS)))$(shell rm -f $(RUN_STATUS))
	$(if $(filter-out 0 1,$(STATUS)),$(error there was no session))$(if $(filter 1,$(STATUS)),false)

# The tests say which images and files they need. All of them need all to be in order.
PLAN := $(BUILD)/plan
# What a board without on-chip flash does otherwise is tested on one, in a part of the target tests.
ON_BOARD = --board $(BOARD)
JUNIT = $(BUILD)/junit/$(if $(filter $(DEFAULT_BOARD),$(BOARD)),tests,$(BOARD)).xml
BOTH := $(if $(PYTEST_ARGS),,$(filter $(DEFAULT_BOARD)-tests,$(BOARD)-$(TESTS:/=)))

test: setup
	@mkdir -p $(BUILD)/junit $(LOGS)
	@echo 'test: looking for what $(TESTS) needs' >&2
	@$(PY) -m tests.plan $(ON_BOARD) $(PYTEST_ARGS) $(TESTS) >$(PLAN)
	+@sed -n 's/^image //p' $(PLAN) | while read -r image; do \
	    echo "test: firmware, $$image" >&2; $(MAKE) $$image firmware </dev/null || exit; done
ifeq ($(TESTS:/=),tests)
	@echo 'test: lint' >&2
	+@$(MAKE) lint
else
	@echo 'test: lint of the tests alone' >&2
	@$(call lint_python,$$(sed -n 's/^file //p' $(PLAN)))
endif
	@echo 'test: pytest' >&2
	@parallel='$(PARALLEL)'; [ $$(grep -c '^file ' $(PLAN)) != 1 ] || parallel=; \
	    $(PY) -m pytest $$parallel --junit-xml=$(JUNIT) $(ON_BOARD) $(PYTEST_ARGS) $(TESTS)
ifneq ($(BOTH),)
	@echo 'test: $(SMALL_BOARD)' >&2
	+@$(MAKE) test BOARD=$(SMALL_BOARD) REPL=0 TESTS=tests/target PYTEST_ARGS=--short
endif

conformance: firmware
	@$(PY) -m cc32at.conformance --elf $(ELF) $(ARGS) $(VECTORS)

# What goes wrong is kept in build/fuzz.
FUZZ = PYTHONPATH=.:tools:firmware/modules $(PY) -m tests.fuzz --jobs $(JOBS) --seed $(SEED) \
    $(if $(INPUTS),--lines $(INPUTS),--minutes $(MINUTES)) --found $(BUILD)/fuzz

fuzz: firmware
	@$(FUZZ) $(ARGS)

soak: firmware
	@PYTHONPATH=.:tools:firmware/modules $(PY) -m tests.fuzz.soak --hours $(HOURS) --elf $(ELF) $(ARGS)

# The image in SRAM is linked too, whatever the board: its parts have budgets of their own.
size: firmware
	+@$(MAKE) BOARD=CC3220S_LAUNCHXL REPL=0 firmware
	@missed=0; for elf in $(sort $(ELF) $(BUILD)/CC3220S_LAUNCHXL/firmware.elf); do \
	    $(PY) -m cc32at.image.size $$elf || missed=1; done; exit $$missed

bench: firmware
	@$(PY) -m cc32at.bench --elf $(ELF) $(ARGS)

# On-chip flash over the LaunchPad's own debug probe; boards/*/board.md has the rest.
flash:
ifneq ($(BOARD),CC3220SF_LAUNCHXL)
	@echo 'flash: $(BOARD) has no flash of its own; see boards/$(BOARD)/board.md' >&2; false
else
	@command -v openocd >/dev/null || \
	    { echo 'flash: OpenOCD 0.12 is missing: apt-get install openocd' >&2; false; }
	+@$(MAKE) REPL=$(FLASH_REPL) program
endif

program: firmware
	@openocd -f board/ti_cc3220sf_launchpad.cfg -c 'program $(ELF) verify reset exit'

# --- Keeping it in order ---

lint_python = files="$(1)"; $(VENV)/bin/ruff check --quiet $$files && { \
    $(VENV)/bin/ruff format --quiet --check $$files || { echo 'lint: run make format' >&2; false; }; }

lint: setup firmware
	@$(call lint_python,$(wildcard $(PYTHON_SOURCES)))
	@if [ -n '$(C_SOURCES)' ]; then clang-format --dry-run -Werror $(C_SOURCES); fi
	@gcc $(HOST_WARNINGS) $(HOST_C)

format: setup
	@$(VENV)/bin/ruff check --quiet --fix $(wildcard $(PYTHON_SOURCES)); true
	@$(VENV)/bin/ruff format --quiet $(wildcard $(PYTHON_SOURCES))
	@if [ -n '$(C_SOURCES)' ]; then clang-format -i $(C_SOURCES); fi

generate: setup
	@$(PY) -m cc32at.gen

clean:
	@[ ! -d $(BUILD) ] || find $(BUILD) -mindepth 1 -maxdepth 1 ! -name cache ! -name stamps \
	    -exec rm -rf {} +

distclean:
	@rm -rf $(BUILD) tools/cc32at.egg-info
	@tools/setup.sh remove $(VENV)
