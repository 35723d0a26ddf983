"""Rules for what the firmware does not do yet, or only beside a whole session: by hand."""

from dataclasses import replace

import pytest

from cc32at.conformance import deviations
from cc32at.conformance.cases import Case, Exchange, Step
from cc32at.conformance.compare import Said
from cc32at.conformance.frames import build
from cc32at.conformance.judge import Alone, judge

RULES = deviations.load()
SSID = {"config_id": 0, "option": 0}
NONE = frozenset()


class ByHand(Alone):
    """A session of which is known what other lines give."""

    def __init__(self, case, said, others):
        super().__init__(case, said)
        self.others = others
        self.gone_on = None

    def play(self, index, lines, changes):
        return self.others.get("\n".join(lines))

    def go_on(self, index, line):
        self.gone_on = index, line


def said(text, *frames):
    return Said(b"".join(line.encode() + b"\r\n" for line in text.split("\n") if line), frames)


def step(line, text, *frames):
    texts = tuple(part.encode("latin-1") for part in text.split("\n") if part)
    return Step("at", line.encode("latin-1"), tuple(Exchange(f, NONE, ()) for f in frames), texts)


def verdict(line, recorded, printed, others=None, before=(), rules=RULES, flags=()):
    """recorded, printed: text and frames."""
    case = Case("x", "x", flags, "", (*before, step(line, *recorded)))
    came = [*(said("OK"),) * len(before), said(*printed)]
    return judge(ByHand(case, came, {k: said(*v) for k, v in (others or {}).items()}), rules)


MANY = "ERROR: number of parameters,0"
WHOLE = build("WLAN_CFG_SET", SSID | {"length": 3}, b"a,b")
HALF = build("WLAN_CFG_SET", SSID | {"length": 1}, b"a")
ROWS = [
    (
        "surplus-parameters",
        "AT+WlanSet=AP,SSID,a,b",
        ("OK", WHOLE),
        (MANY,),
        {'AT+WlanSet=AP,SSID,"a,b"': ("OK", WHOLE), "AT+WlanSet=AP,SSID,a": ("OK", HALF)},
    ),
    (
        "surplus-parameters",
        "AT+WlanSet=AP,SECURITY,OPEN,x",
        ("ERROR: parse parameters,-4",),
        (MANY,),
        {"AT+WlanSet=AP,SECURITY,OPEN": ("OK",)},
    ),
    (
        "noise-before-at",
        "\xff\x01AT+Test",
        ("ERROR: command not exist,0",),
        ("OK",),
        {"AT+Test": ("OK",)},
    ),
    (
        "socket-that-is-not-open",
        "AT+Send=9,0,2,hi",
        ("OK", build("SOCKET_SEND", {"len": 2, "sd": 9}, b"hi")),
        ("ERROR: process command,-9",),
        {},
    ),
    (
        "socket-that-is-not-open",
        "AT+SendTo=9,INET,5001,10.0.0.2,1,4,aGk=",
        (
            "OK",
            build(
                "SOCKET_SENDTO_V4",
                {
                    "len": 2,
                    "sd": 9,
                    "family_flags": 0x20,
                    "port": b"\x13\x89",
                    "ip": b"\x0a\0\0\2",
                },
                b"hi",
            ),
        ),
        ("ERROR: process command,-9",),
        {},
    ),
    (
        "pending-at-stop",
        "AT+Stop=0",
        ("ERROR: process command,-2005\nOK",),
        ("ERROR: process command,-2017\nOK",),
        {},
    ),
    (
        "usage",
        "AT+Stop=?junk",
        ("[timeout]\nOK",),
        ("ERROR: parse parameters,-4",),
        {"AT+Stop=~junk": ("ERROR: parse parameters,-4",)},
    ),
]


@pytest.mark.parametrize(("name", "line", "recorded", "printed", "others"), ROWS)
def test_a_rule_explains_its_behaviour(name, line, recorded, printed, others):
    found = verdict(line, recorded, printed, others)
    assert [rule.name for f in found.findings for rule in f.rules] == [name]


@pytest.mark.parametrize(("name", "line", "recorded", "printed", "others"), ROWS)
def test_and_nothing_beside_it(name, line, recorded, printed, others):
    text, *frames = recorded
    wrong = [("",), (text + "\nOK",), (text, *frames, WHOLE), ("ERROR: allocate,0",)]
    if frames:
        wrong += [(text,), (text, frames[0][:-4] + b"\1\1\1\1")]
    for other in wrong:
        assert verdict(line, other, printed, others).word == "different", other
    text, *frames = printed
    for other in [("",), (text + "\nOK",), (text, *frames, WHOLE), ("ERROR: allocate,0",)]:
        assert verdict(line, recorded, other, others).word == "different", other


@pytest.mark.parametrize(
    ("line", "code", "shorter"),
    [
        ("AT+WlanSet=AP,SECURITY,FOO", -4, "AT+WlanSet=AP,SECURITY"),
        ("AT+NetCfgSet=SET_MAC_ADDR,,1:2:3", -3, "AT+NetCfgSet=SET_MAC_ADDR,"),
    ],
)
def test_what_a_line_needs_is_no_surplus(line, code, shorter):
    missing = ("ERROR: parse parameters,-3",)
    found = verdict(line, (f"ERROR: parse parameters,{code}",), (MANY,), {shorter: missing})
    assert found.word == "different"


def test_style_guide_has_one_code_for_what_is_outside_its_set():
    row = "AT+WlanSet=AP,SECURITY,WPA3", ("ERROR: parse parameters,-1",)
    found = verdict(*row, ("ERROR: parse parameters,-4",), rules=deviations.load(style="guide"))
    assert [rule.name for f in found.findings for rule in f.rules] == ["outside-the-set"]
    assert verdict(*row, ("ERROR: parse parameters,-4",)).word == "different"


def test_a_socket_that_is_open_is_no_excuse():
    opened = bytes.fromhex("bddccdab01140c00180000060000000000000900")
    before = step("AT+Socket=INET,STREAM,TCP", "OK", build("SOCKET_CREATE", {"domain": 2}))
    before = replace(before, exchanges=(replace(before.exchanges[0], nwp=(opened,)),))
    _, line, recorded, printed, _ = ROWS[3]
    assert verdict(line, recorded, printed, before=(before,)).word == "different"


@pytest.mark.parametrize(
    ("line", "recorded", "others", "went_on"),
    [
        ("AT+Stop=010", ("OK",), {"AT+Stop=8": ("OK",), "AT+Stop=10": ("",)}, (0, b"AT+Stop=8")),
        (
            "AT+WlanGet=Connection",
            ("ERROR: parse parameters,-3",),
            {"AT+WlanGet=Connection,": ("",)},
            (0, None),
        ),
        ("AT+Test=?", ("[x]\nOK",), {}, None),
    ],
)
def test_what_follows_goes_on_as_the_vendors_session(line, recorded, others, went_on):
    """Where the vendor's core took a line for another the session goes on with that."""
    case = Case("x", "x", (), "", (step(line, *recorded), step("AT+Test", "OK")))
    first = said("[]\nOK") if went_on is None else said("")
    session = ByHand(case, [first, said("OK")], {k: said(*v) for k, v in others.items()})
    assert judge(session, RULES).word == "explained"
    assert session.gone_on == went_on


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ("AT+NetAPPUnRegisterService=,IS_UNIQUE_BIT", "explained"),
        ("AT+WlanProfileAdd= ,,OPEN,,,,,1", "explained"),
        ("AT+WlanConnect=MyAP,,OPEN,,,,", "different"),  # its key may be empty
        ("AT+NetAPPUnRegisterService=web,IS_UNIQUE_BIT", "different"),
    ],
)
def test_of_what_is_read_at_address_0_only_an_empty_name_is_refused(line, word):
    recorded = "+wlanprofileadd:1\nOK" if "ProfileAdd" in line else "OK"
    printed = ("ERROR: parse parameters,-1",)
    assert verdict(line, (recorded,), printed, flags=("null_pointer_read",)).word == word
    assert verdict(line, (recorded,), printed).word == "different"


@pytest.mark.parametrize("line", ["AT+Stop= ?", "AT+Stop=  ? "])
@pytest.mark.parametrize(
    ("printed", "word"),
    [
        ("[Timeout]\nOK", "explained"),
        ("ERROR: parse parameters,-4", "different"),
        ("ERROR: number of parameters,0", "different"),
    ],
)
def test_a_request_for_help_is_no_wrong_number(line, printed, word):
    """The vendor's core takes the ? for 0 (at-commands.md 2.7)."""
    others = {line.replace("?", "~"): ("OK",), "AT+Stop= 0": ("OK",), "AT+Stop=  0 ": ("OK",)}
    others |= {"AT+Stop=0": ("OK",)}
    assert verdict(line, ("OK",), (printed,), others).word == word


ENTRIES, INDEX_MISSING = "+wlanget:0x1:0x2:0x3:0x4:0x5:0x6\nOK", "ERROR: parse parameters,-3"


@pytest.mark.parametrize(
    ("line", "printed"),
    [("AT+WlanGet=AP,ACCESS_LIST,0", ENTRIES), ("AT+WlanGet=AP,ACCESS_LIST", INDEX_MISSING)],
)
@pytest.mark.parametrize(
    ("code", "word"), [(-4, "explained"), (-3, "different"), (-1, "different")]
)
def test_an_unknown_keyword_has_one_code(line, printed, code, word):
    """Whatever stands behind it (at-commands.md 2.8; recording wlan.get.bad.479)."""
    recorded = f"ERROR: parse parameters,{code}"
    others = {line.replace("AP,", ""): (printed,)}
    word = "equal" if recorded == printed else word
    assert verdict(line, (recorded,), (printed,), others).word == word


@pytest.mark.parametrize(
    ("line", "code"),
    [("AT+Send=0,0,,abc", -5), ("AT+Send=0,0, ,abc", -5), ("AT+Send=0,1,,a=bc", -4)],
)
def test_an_empty_length_announces_nothing(line, code):
    """It is missing (at-commands.md 2.6; recording sock.send.emptylen)."""
    missing = "ERROR: parse parameters,-1"
    others = dict.fromkeys((line[: line.rindex(",") + 1], line.replace("=bc", "Abc")), (missing,))
    assert (
        verdict(line, (missing,), (f"ERROR: parse parameters,{code}",), others).word == "different"
    )


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ("AT+NetCfgSet=IPV4_STA_ADDR,DHCP,", "different"),
        ("AT+NetCfgSet=IPV6_ADDR_LOCAL,STATELESS,", "different"),
        ("AT+NetCfgSet=IPV4_STA_ADDR,DHCP, , ", "different"),
        ("AT+NetCfgSet=IPV4_STA_ADDR,DHCP,1", "explained"),
        ("AT+NetCfgSet=IPV4_STA_ADDR,DHCP,,1", "explained"),
    ],
)
def test_what_is_empty_is_not_too_much(line, word):
    """guide-style.md O11; recordings netcfg.set.IPV4_STA_ADDR_DHCP.752 and .765."""
    short = line.rstrip(", 1")
    others = dict.fromkeys((short, f"{short},", f"{short}, ,"), ("OK", WHOLE))
    assert verdict(line, ("OK", WHOLE), (MANY,), others).word == word
