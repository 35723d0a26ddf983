"""The three chips: what each has, and how its boot ROM starts an image (cc3220-hardware.md 1.3).

The CC3220SF runs from its on-chip flash. The S and the R have none: their ROM reads the image
file from the serial flash into SRAM at every boot, which takes its time, and uses the 16 KB below
the image itself meanwhile; they are the image's once it runs, with what the ROM has left there.
"""

from dataclasses import dataclass

from .memory import FLASH_SIZE, SRAM_BASE

RAM_IMAGE = 0x2000_4000  # where the ROM of S and R puts the image file
ROM_RAM = range(SRAM_BASE, RAM_IMAGE)  # the ROM's own until it hands over


@dataclass(frozen=True)
class Variant:
    """One chip.

    efuse: EFUSE_REG2, of which the low nibble of the chip's number tells them apart. load_ns:
    nanoseconds a byte that the ROM takes to read and, on the S, to check the image: 0.75 and
    1.7 ms a KB, from memory of the data sheet's reset timing, unproved. That it grows with the
    code's size, the data sheet says of hibernation.
    """

    name: str
    efuse: int
    flash_size: int = 0
    load_ns: int = 0

    @property
    def start(self) -> str:
        """Where its boot ROM starts an image, in words."""
        if self.flash_size:
            return "the CC3220SF starts what is in its on-chip flash (0x01000800)"
        return f"the {self.name} has no on-chip flash and starts images in SRAM (0x20004000)"

    def version_id(self, other: int) -> int:
        """The chip's number as the network processor tells it, made of another chip's."""
        return other & ~0xFF | self.efuse >> 16 & 0xF | 0x10

    def load_cycles(self, length: int, hz: int) -> int:
        """Cycles that the ROM takes for an image of so many bytes."""
        return self.load_ns * length * hz // 1_000_000_000


VARIANTS = {
    variant.name: variant
    for variant in (
        Variant("CC3220SF", 0x3119_0000, flash_size=FLASH_SIZE),
        Variant("CC3220S", 0x3118_0000, load_ns=1660),
        Variant("CC3220R", 0x3110_0000, load_ns=732),
    )
}


def variant(name: str) -> Variant:
    """By its name in any case. ValueError for another chip."""
    if name.upper() not in VARIANTS:
        raise ValueError(f"no chip {name!r}; there are {', '.join(VARIANTS)}")
    return VARIANTS[name.upper()]
