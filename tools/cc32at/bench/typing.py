"""Counting what a character costs that is typed while echo is on."""

from pathlib import Path

from cc32at.emulator import Machine
from cc32at.nwp import NetworkProcessor

from .figures import Figure

BUDGET = 300
BOOT = 1.5  # emulated seconds until the board waits for commands
KEY = 0.05  # and between two keys
LINE = b"AT+WlanConnect=office,,WPA_WPA2,correct-horse,,,"


def figure(elf: Path) -> Figure:
    """Instructions a character of a line, without its end, on average."""
    machine = Machine(elf, nwp=NetworkProcessor(), settings={"banner": 0, "echo": 1})
    machine.run(timeout=BOOT)
    machine.uart.host_read()
    before = machine.instructions
    for key in LINE:
        machine.uart.host_write(bytes((key,)))
        machine.run(timeout=KEY)
    cost = (machine.instructions - before) / len(LINE)
    shown = machine.uart.host_read()
    machine.close()
    if shown != LINE:
        why = f"wrong: {shown[:80]!r}"
        return Figure("a typed byte with echo on", None, BUDGET, why=why, wrong=True)
    return Figure("a typed byte with echo on", round(cost), BUDGET)
