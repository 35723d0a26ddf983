"""The raw prompt of the firmware in the emulator, in virtual time."""

from pathlib import Path

from cc32at.emulator import Machine
from cc32at.nwp import NetworkProcessor

BOOT = 1.0  # emulated seconds until the console listens
LIMIT = 20.0
READY = b"\n>"


class Prompt:
    """A booted board at its raw prompt."""

    def __init__(self, elf: Path, cpi: float = 1):
        self.model = NetworkProcessor()
        self.machine = Machine(elf, nwp=self.model, cpi=cpi)
        self.machine.run(timeout=BOOT)
        self._answer(b"\x01", READY)

    def close(self) -> None:
        self.machine.close()

    def soft_reset(self) -> None:
        """A new interpreter: nothing is imported, the network processor not started."""
        self._answer(b"\x04", READY)

    def run(self, source: str) -> str:
        """What Python prints. Raises RuntimeError with the traceback if it raised."""
        answer = self._answer(source.encode() + b"\x04", b"\x04>")
        output, error, _ = answer.removeprefix(b"OK").split(b"\x04")
        if error:
            raise RuntimeError(error.decode(errors="replace"))
        return output.decode()

    def _answer(self, text: bytes, end: bytes) -> bytes:
        """What is printed up to and with `end`. Raises RuntimeError if that does not come."""
        got = bytearray()

        def over() -> bool:
            got.extend(self.machine.uart.host_read())
            return got.endswith(end)

        self.machine.uart.host_read()
        self.machine.uart.host_write(text)
        if not self.machine.run(until=over, timeout=LIMIT):
            raise RuntimeError(f"no {end!r} in {bytes(got)!r}")
        return bytes(got)
