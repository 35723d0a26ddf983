"""A board's pins.csv -> C: the table of pin objects and the dictionary Pin.board.

python -m cc32at.image.pins pins.csv pins.c
"""

import csv
import sys
from dataclasses import dataclass
from pathlib import Path

# Chip pin -> pad register (cc3220-hardware.md 3.3), as ranges (first pin, first pad, count).
PAD_RANGES = (
    (1, 10, 8),
    (11, 18, 7),
    (18, 40, 1),
    (19, 28, 2),
    (21, 25, 1),
    (29, 26, 2),
    (45, 31, 1),
    (50, 0, 1),
    (52, 32, 1),
    (53, 30, 1),
    (55, 1, 1),
    (57, 2, 1),
    (58, 3, 7),
)


@dataclass(frozen=True)
class Pin:
    """One line of pins.csv."""

    name: str
    gpio: int
    pad: int

    @property
    def port(self) -> str:
        """Base address of the GPIO port, as a C expression."""
        return f"0x{0x40024000 if self.gpio >= 32 else 0x40004000 + 0x1000 * (self.gpio // 8):08x}"

    @property
    def mask(self) -> str:
        """The pin's bit in its port."""
        return f"0x{1 << self.gpio % 8:02x}"


def pad_of(pin: int) -> int:
    """Pad register number of a chip pin; ValueError if it has none."""
    for first_pin, first_pad, count in PAD_RANGES:
        if first_pin <= pin < first_pin + count:
            return first_pad + pin - first_pin
    raise ValueError(f"pin {pin} has no pad register")


def read_pins(path: Path) -> list[Pin]:
    """The pins of a file; ValueError names the line that is wrong."""
    pins: list[Pin] = []
    with path.open(newline="", encoding="utf-8") as lines:
        for number, row in enumerate(csv.reader(lines), 1):
            if not row or row[0].startswith("#"):
                continue
            try:
                name, gpio, pin = (field.strip() for field in row)
                if not gpio.startswith("GPIO"):
                    raise ValueError(f"{gpio} is not a GPIO")
                pins.append(Pin(name, int(gpio[4:]), pad_of(int(pin))))
            except ValueError as error:
                raise ValueError(f"{path}:{number}: {error}") from None
    if len({pin.gpio for pin in pins}) != len(pins):
        raise ValueError(f"{path}: a GPIO is there twice")
    return pins


def render(pins: list[Pin]) -> str:
    """The C source."""
    pins = sorted(pins, key=lambda pin: pin.gpio)
    table = "".join(
        f"    {{ {{ &machine_pin_type }}, MP_QSTR_GPIO{pin.gpio}, {pin.gpio}, {pin.pad}, "
        f"{pin.port}, {pin.mask} }},\n"
        for pin in pins
    )
    board = "".join(
        f"    {{ MP_ROM_QSTR(MP_QSTR_{pin.name}), MP_ROM_PTR(&machine_pin_table[{index}]) }},\n"
        for index, pin in enumerate(pins)
    )
    return (
        "// Generated from pins.csv.\n"
        '#include "machine/pin.h"\n\n'
        f"const machine_pin_obj_t machine_pin_table[] = {{\n{table}}};\n"
        f"const uint8_t machine_pin_count = {len(pins)};\n\n"
        f"static const mp_rom_map_elem_t board_table[] = {{\n{board}}};\n"
        "MP_DEFINE_CONST_DICT(machine_pin_board_dict, board_table);\n"
    )


def main(arguments: list[str]) -> int:
    """Write the C source; an error in the table ends with a message."""
    source, target = map(Path, arguments)
    try:
        text = render(read_pins(source))
    except ValueError as error:
        print(error, file=sys.stderr)
        return 1
    target.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
