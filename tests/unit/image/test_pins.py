"""pins.csv becomes the table of pin objects."""

from pathlib import Path

import pytest

from cc32at.image import pins

BOARDS = Path(__file__).resolve().parents[3] / "boards"


@pytest.mark.parametrize(
    ("pin", "pad"),
    [(55, 1), (57, 2), (64, 9), (1, 10), (2, 11), (4, 13), (15, 22), (18, 40), (50, 0)],
)
def test_pads_are_those_of_the_hardware_reference(pin, pad):
    assert pins.pad_of(pin) == pad


def test_pins_without_a_pad_are_refused():
    with pytest.raises(ValueError, match="pin 9 "):
        pins.pad_of(9)


@pytest.mark.parametrize("board", ["CC3220SF_LAUNCHXL", "CC3220S_LAUNCHXL", "CC3220R"])
def test_the_boards_are_sound(board):
    found = pins.read_pins(BOARDS / board / "pins.csv")
    assert all(0 <= pin.gpio < 32 for pin in found)


def test_leds_and_buttons_of_the_launchpad():
    by_name = {pin.name: pin for pin in pins.read_pins(BOARDS / "CC3220SF_LAUNCHXL" / "pins.csv")}
    red, button = by_name["LED_RED"], by_name["BUTTON_GPIO22"]
    assert (red.gpio, red.port, red.mask) == (9, "0x40005000", "0x02")
    assert (button.gpio, button.port, button.mask) == (22, "0x40006000", "0x40")


@pytest.mark.parametrize(
    "line", ["LED,GPIO9", "LED,P9,64", "LED,GPIO9,99", "A,GPIO9,64\nB,GPIO9,64"]
)
def test_a_wrong_line_is_named(tmp_path: Path, line):
    path = tmp_path / "pins.csv"
    path.write_text("# name\n" + line + "\n")
    with pytest.raises(ValueError, match="pins.csv"):
        pins.read_pins(path)


def test_the_table_is_in_the_order_of_the_gpios(tmp_path: Path):
    path = tmp_path / "pins.csv"
    path.write_text("B,GPIO9,64\nA,GPIO0,50\n")
    text = pins.render(pins.read_pins(path))
    assert text.index("MP_QSTR_GPIO0,") < text.index("MP_QSTR_GPIO9,")
    assert "MP_ROM_QSTR(MP_QSTR_B), MP_ROM_PTR(&machine_pin_table[1])" in text
    assert "machine_pin_count = 2;" in text
