"""Guest images for the emulator's tests, built from the sources in guest/."""

import subprocess
from pathlib import Path

import pytest

from cc32at.emulator import Machine

GUEST = Path(__file__).with_name("guest")
COMPILE = (
    "arm-none-eabi-gcc", "-mcpu=cortex-m4", "-mthumb", "-mfloat-abi=soft", "-O1", "-g",
    "-std=gnu11", "-ffreestanding", "-nostdlib", "-Wall", "-Wextra", "-Werror",
)  # fmt: skip


@pytest.fixture(scope="session")
def image(tmp_path_factory):
    """image("uart") -> path of the ELF made of guest/uart.c; layout "ram": for an S or R.

    More arguments, once for each image, are the compiler's.
    """
    folder = tmp_path_factory.mktemp("guests")

    def build(name: str, layout: str = "guest", *more: str | Path) -> Path:
        elf = folder / f"{name}-{layout}.elf"
        if not elf.exists():
            sources = [str(GUEST / "guest.c"), str(GUEST / f"{name}.c")]
            script = ["-T", str(GUEST / f"{layout}.ld"), "-Wl,--no-warn-rwx-segments"]
            subprocess.run(
                [*COMPILE, *script, *sources, *more, "-lgcc", "-o", str(elf)], check=True
            )
        return elf

    return build


class Guest(Machine):
    """A machine with what the tests ask of it."""

    def choose(self, value: int, name: str = "choice") -> None:
        """Set a constant of the image before it runs."""
        self.chip.flash.put_word(self.symbol(name), value)

    def finish(self, timeout: float = 5.0) -> None:
        """Run until main() has ended."""
        address = self.symbol("finished")
        done = self.run(until=lambda: self.chip.sram.word(address) == 1, timeout=timeout)
        assert done, self.chip.image.symbols.describe(self.cpu.pc)

    def result(self, index: int) -> int:
        return self.word("result", index)

    def words(self, name: str, count: int) -> list[int]:
        return [self.word(name, n) for n in range(count)]


@pytest.fixture(params=["count", "accelerated"])
def accelerate(request):
    """Both ways of running the core."""
    return request.param == "accelerated"


@pytest.fixture
def guest(image):
    """guest("uart", choice=2, nwp=...) -> a Guest; its complaints are kept, not printed."""
    made = []

    def make(name: str, choice: int | None = None, **options) -> Guest:
        machine = Guest(image(name), on_report=lambda text: None, **options)
        if choice is not None:
            machine.choose(choice)
        made.append(machine)
        return machine

    yield make
    for machine in made:
        machine.close()
