"""A kernel that is not ours: FreeRTOS, whose source comes with MicroPython's."""

import os
from pathlib import Path

import pytest

from cc32at.image.mpytests import MPY_DIR

from .conftest import GUEST

KERNEL = Path(os.environ.get("MPY_DIR") or MPY_DIR) / "ports/cc3200/FreeRTOS/Source"
PORT = KERNEL / "portable/GCC/ARM_CM3"
ITEMS, NAPS, NAP_MS = 500, 20, 5


@pytest.fixture
def machine(image, guest, accelerate):
    sources = (KERNEL / "tasks.c", KERNEL / "queue.c", KERNEL / "list.c", PORT / "port.c")
    headers = (f"-I{folder}" for folder in (GUEST / "freertos", KERNEL / "include", PORT))
    image("freertos", "guest", "-w", *headers, *sources)
    machine = guest("freertos", accelerate=accelerate)
    machine.finish()
    assert machine.word("failed_line") == 0, "configASSERT"
    return machine


def test_tasks_wait_for_each_other_and_for_an_interrupt(machine):
    assert machine.word("sent") == machine.word("received") == ITEMS
    assert machine.word("out_of_order") == machine.word("lock_broken") == 0
    assert machine.word("received_from_isr") == machine.word("sent_by_isr") > 500
    assert machine.faults == machine.reports == []


def test_tasks_sleep_as_long_as_they_say(machine):
    assert machine.word("nap_ticks") == NAPS * NAP_MS
    assert machine.word("nap_cycles") == pytest.approx(NAPS * NAP_MS * 80_000, rel=0.001)
