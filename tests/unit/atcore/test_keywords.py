"""Keyword tables: the generated module, and the C against the Python that says the same."""

import random

import atbytes
import pytest

from atcore._keywords import TABLES
from cc32at.gen import keywords as generator
from tests.unit.atcore import keyword_oracle as oracle


def table_names():
    names = []
    for i in range(int.from_bytes(TABLES[:2], "little")):
        at = int.from_bytes(TABLES[2 + 2 * i : 4 + 2 * i], "little")
        names.append(TABLES[at + 1 : at + 1 + TABLES[at]])
    return names


def test_generating_again_gives_the_same():
    for path, text in generator.outputs().items():
        assert path.read_text() == text, f"{path.name}: run python -m cc32at.gen"


def test_tables_are_sorted_and_all_there():
    names = table_names()
    assert names == sorted(names)
    assert len(names) > 80


@pytest.mark.parametrize("name", table_names())
def test_c_and_python_agree(name):
    for _kind, first, last, value in oracle.entries(TABLES, name):
        text = TABLES[first:last]
        for spelling in (text, text.lower(), text.upper()):
            assert atbytes.kw_find(TABLES, name, spelling, 0, len(spelling)) == value
            assert oracle.kw_find(TABLES, name, spelling, 0, len(spelling)) == value
        for ti in (False, True):
            a, b = bytearray(80), bytearray(80)
            end = oracle.kw_put(TABLES, name, a, 3, value, ti)
            assert atbytes.kw_put(TABLES, name, b, 3, value, ti) == end
            assert a == b
    assert atbytes.kw_find(TABLES, name, b"nothing", 0, 7) is None
    assert atbytes.kw_put(TABLES, name, bytearray(80), 0, 0xFFFFFFF0, False) == -1


@pytest.mark.parametrize("name", [b"cipher", b"alpn", b"netcfg_if_state", b"file_properties"])
def test_masks_agree(name):
    for seed in range(300):
        value = random.Random(seed).getrandbits(32) & random.Random(seed + 999).getrandbits(32)
        for ti in (False, True):
            a, b = bytearray(1200), bytearray(1200)
            end = oracle.kw_put_mask(TABLES, name, a, 0, value, ti)
            assert atbytes.kw_put_mask(TABLES, name, b, 0, value, ti) == end
            assert a == b


@pytest.mark.parametrize(
    "text, value",
    [
        (b"h1", 1),
        (b"H1|h2c", 5),
        (b"[h1|H2]", 3),
        (b"full_list", 31),
        (b"h1|", -1),
        (b"", -1),
        (b"[]", -1),
        (b"h1||h2", -1),
        (b"h1 | h2", -4),
        (b"h3", -4),
        (b"[h1", -4),
    ],
)
def test_reading_a_mask(text, value):
    assert atbytes.kw_mask(TABLES, b"alpn", text, 0, len(text)) == value
    assert oracle.kw_mask(TABLES, b"alpn", text, 0, len(text)) == value


def test_all_alpn_bits_are_one_name():
    line = bytearray(40)
    assert line[: atbytes.kw_put_mask(TABLES, b"alpn", line, 0, 31, False)] == b"FULL_LIST"
    assert line[: atbytes.kw_put_mask(TABLES, b"alpn", line, 0, 3, True)] == b"h1|h2"


def test_unnamed_bits_are_one_number():
    line = bytearray(40)
    end = atbytes.kw_put_mask(TABLES, b"device_status_bsd", line, 0, 0x80000001, False)
    assert line[:end] == b"TX_FAILED|0x80000000"


def test_no_room_is_an_error():
    with pytest.raises(ValueError):
        atbytes.kw_put(TABLES, b"alpn", bytearray(3), 2, 4, False)
    with pytest.raises(ValueError):
        atbytes.kw_put_mask(TABLES, b"alpn", bytearray(4), 0, 3, False)


def test_unknown_table():
    with pytest.raises(KeyError):
        atbytes.kw_find(TABLES, b"nonsense", b"a", 0, 1)
