"""What the rules of deviations.yaml explain (examples.yaml), and what they do not."""

from pathlib import Path

import pytest
import yaml

from cc32at.conformance import deviations, parameters
from cc32at.conformance.cases import Case, Exchange, Step
from cc32at.conformance.compare import FRAMES, TEXT, Difference

EXAMPLES = yaml.safe_load(Path(__file__).with_name("examples.yaml").read_text())
EXPLAINED = [(name, row) for name, rows in EXAMPLES["explained"].items() for row in rows]
GUIDE = [(name, row) for name, rows in EXAMPLES["guide"].items() for row in rows]
S32 = "S" * 32


def difference(row):
    """The difference that an example describes: in frames if it has them, or in the text."""
    line = row.get("line")
    host, nwp = (bytes.fromhex(part) for part in row.get("wire", ("", "")))
    kind, sent = ("event", None) if line is None else ("at", line.encode() * row.get("times", 1))
    step = Step(kind, sent, (Exchange(host, frozenset(), (nwp,)),), ())
    case = Case("x", "x", tuple(row.get("flags", ())), "", (step,))
    texts = row.get("recorded", "OK"), row.get("printed", "OK")
    if "got" in row:
        return Difference(case, step, 0, FRAMES, row["expected"], row["got"], *texts)
    return Difference(case, step, 0, TEXT, *texts, *texts)


@pytest.fixture(scope="module")
def rules():
    return deviations.load()


@pytest.fixture(scope="module")
def guide_rules():
    return deviations.load(style="guide")


@pytest.mark.parametrize(("name", "row"), EXPLAINED)
def test_a_rule_explains_its_behaviour(rules, name, row):
    assert rules.explain(difference(row)).name == name


@pytest.mark.parametrize("row", EXAMPLES["unexplained"])
def test_no_rule_explains_a_wrong_answer(rules, row):
    assert rules.explain(difference(row)) is None


@pytest.mark.parametrize(("name", "row"), GUIDE)
def test_a_rule_of_style_guide_explains_its_behaviour(guide_rules, name, row):
    assert guide_rules.explain(difference(row)).name == name


@pytest.mark.parametrize("row", EXAMPLES["unexplained in guide"])
def test_no_rule_of_style_guide_explains_a_wrong_answer(guide_rules, row):
    assert guide_rules.explain(difference(row)) is None


def test_every_rule_is_tried(rules, guide_rules):
    assert {rule.name for rule in rules.rules} == set(EXAMPLES["explained"])
    tried = set(EXAMPLES["explained"]) | set(EXAMPLES["guide"])
    assert {rule.name for rule in guide_rules.rules} == tried


def test_each_line_may_have_a_rule_of_its_own(rules):
    recorded = f"+wlanscan:N,0x1,-1,6,0,ccmp,psk\n+wlanscan:{S32}z,0x7a,-1,6,wpa,0,ccmp,psk\nOK"
    printed = f"+wlanscan:N,0x1,-1,6,3,0,ccmp,psk\n+wlanscan:{S32},0x7a,-1,6,wpa,0,ccmp,psk\nOK"
    row = {"line": "AT+WlanScan=0,2", "recorded": recorded, "printed": printed}
    assert rules.explain(difference(row)).name == "value-without-keyword"
    row["printed"] = printed.replace("-1,6,wpa", "-1,7,wpa")
    assert rules.explain(difference(row)) is None


@pytest.mark.parametrize(
    ("line", "found"),
    [
        (b"AT+Set=General,Persistent,abc", [("abc", 0, 1)]),
        (b"AT+WlanProfileAdd=MyAP,,OPEN,12x,,,,300", [("300", 0, 15)]),
        (b"AT+SetSockOpt=0,SOCKET,LINGER, 1 ,", [("0", 0, 255), ("1", 0, 1)]),
        (b"AT+SetSockOpt=0,SOCKET,SECMETHOD,7", [("0", 0, 255)]),
        (b"AT+WlanSet=AP,SSID,7", []),
        (b"AT+FileRead=1,0x5,0,10", [(n, None, None) for n in ("1", "0x5", "0", "10")]),
        (b"AT+Foo=1", []),
        (None, []),
    ],
)
def test_numbers_of_a_line_are_what_the_guide_calls_numbers(line, found):
    assert parameters.numbers(line) == found


@pytest.mark.parametrize(
    ("address", "kind", "plain"),
    [
        ("10.0.0.1", "ip", True),
        ("[0xA.0.0.255]", "ip", True),
        ("10.0.0.256", "ip", False),
        ("10.0.00.1", "ip", False),
        ("10.0.1", "ip", False),
        ("0xfe800000:0:0:1", "ip", True),
        ("0x100000000:0:0:1", "ip", False),
        ("fe80:0:0:1", "ip", False),
        ("1:2:3:4:5:6:7:8", "ip", False),
        ("10:20:30:40:50:60", "bytes6", True),
        ("08:20:30:40:50:60", "bytes6", False),
        ("0x1:0x2:0x3:0x4:0x5", "bytes6", False),
        ("1:2:3:4", "bytes4", True),
        ("1:2:3:4:5:6", "bytes4", False),
        ("1.2.3.4.5.6", "bytes6", False),
        (":".join(["0xff"] * 16), "bytes16", True),
    ],
)
def test_an_address_is_plain_if_the_guide_has_it(address, kind, plain):
    assert parameters.is_plain(address, kind) == plain
