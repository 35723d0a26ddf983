"""Lines with one mistake each, made from the firmware's own declarations of its commands.

What is wrong is chosen by the type of the argument (atcore/grammar.py); which error must follow
is written down here, from at-commands 6.2 and guide-style O6. Types that nobody has described
here are only left empty.
"""

import importlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path

from cc32at.hostlink import firmware_paths, install_atbytes

ROOT = Path(__file__).parents[2]
KEYWORDS = json.loads((ROOT / "tools/cc32at/gen/keywords.json").read_text())
COUNT = "number of parameters, 0"
NAME, ARGS, HANDLER, SHAPE, PAYLOAD, MORE = range(6)  # of a declaration
VARIES = 16
NUMBERS = {
    "u8": (0, 255),
    "u16": (0, 65535),
    "u32": (0, 0xFFFFFFFF),
    "i16": (-32768, 32767),
    "i32": (-(1 << 31), (1 << 31) - 1),
}


def _code(number: int) -> str:
    return f"parse parameters, {number}"


EMPTY, CUT, WRONG, LONG = map(_code, (-1, -3, -4, -5))


def load() -> dict:
    """All declarations, by the name of the command; the chapters are modules by their names."""
    install_atbytes()
    for path in firmware_paths():
        if path not in sys.path:
            sys.path.insert(0, path)
    from atcore.apps.at_commands import CHAPTERS
    from atcore.commands import ALL

    for chapter, _, _ in CHAPTERS:
        importlib.import_module(f"atcore.commands.{chapter}")
    named = {key: row for key, row in ALL.table.items() if key.startswith(b"at+")}
    return {row[NAME].decode(): row for row in named.values()}


def chapter(name: str):
    return importlib.import_module(f"atcore.commands.{name}")


def keyword(table: bytes, number: int | None = None) -> str:
    """The first keyword of a table, or the one with this number."""
    names = KEYWORDS[table.decode()]["names"]
    return next(k for k, v in names.items() if number is None or v == number)


class Form:
    """One way to write a command: its arguments and a word for each that would be understood.

    `fixed` words stand before the arguments that are tried, `tail` behind them.
    """

    def __init__(self, declaration: tuple, args: tuple, fixed=(), tail=()):
        self.name = declaration[NAME].decode()
        self.args = args
        self.fixed, self.tail = fixed, tail
        self.varies = bool(declaration[SHAPE] & VARIES or declaration[MORE])
        # A payload that is announced is waited for: its length is no subject here.
        self.payload = {row[1] for row in declaration[PAYLOAD] or ()}
        self.words = _words(args)

    def line(self, words: list[str] | None = None) -> str:
        words = [*self.fixed, *(self.words if words is None else words), *self.tail]
        return f"AT+{self.name}" + ("=" + ",".join(words) if words else "")

    def mistakes(self) -> Iterator[tuple[str, str]]:
        """(line, what must stand behind ERROR:)"""
        for i, arg in enumerate(self.args):
            for word, error in _bad(arg):
                if i in self.payload and word.isdigit():
                    continue
                if word == "" and len(self.args) == 1 and not (self.fixed or self.tail):
                    error = CUT if self.varies else COUNT  # no parameter at all
                yield self.line([*self.words[:i], word, *self.words[i + 1 :]]), error
        if self.payload:
            return
        if not self.tail and self.words and (len(self.words) > 1 or self.fixed):
            yield self.line(self.words[:-1]), CUT if self.varies else COUNT
        if not self.varies:
            yield self.line([*self.words, "1"]), COUNT


def _words(args: tuple) -> list[str]:
    words = []
    for i, arg in enumerate(args):
        if arg[1] == "sub":
            number, table = next((n, t) for n, t in arg[3] if n is not None)
            words[-1] = keyword(args[i - 1][3], number)
            words.append(keyword(table))
        else:
            words.append(_good(arg))
    return words


def _good(arg: tuple) -> str:
    kind = arg[1]
    if kind == "range":
        return str(arg[3])
    if kind in NUMBERS or kind in ("list", "few", "data"):
        return "1"
    if kind in ("key", "mask"):
        return keyword(arg[3])
    if kind == "str":
        return "s" * max(1, arg[4] if len(arg) > 4 else 1)
    if kind == "array":
        return arg[4].decode().join(["1"] * arg[3])
    plain = {"mac": "1:2:3:4:5:6", "ip4": "1.2.3.4", "ip6": "1:2:3:4", "addr": "1.2.3.4"}
    return plain.get(kind) or {"family": "INET", "length": "10", "later": ""}.get(kind, "1")


def _bad(arg: tuple) -> Iterator[tuple[str, str]]:
    kind = arg[1]
    if kind in ("data", "later"):
        return
    if "?" not in arg[2]:
        yield "", EMPTY
    if kind in NUMBERS or kind == "range":
        low, high = NUMBERS.get(kind) or arg[3:5]
        for word in (low - 1, high + 1, "x", "1x", '"1"', "0x", "1.0", "--1", "+1"):
            yield str(word), WRONG
    elif kind in ("key", "sub"):
        table = arg[3] if kind == "key" else arg[3][0][1]
        for word in ("nosuchword", f'"{keyword(table)}"', keyword(table) + "x", "|"):
            yield word, WRONG
    elif kind == "mask":
        first = keyword(arg[3])
        yield from (("nosuchword", WRONG), (f"{first}|nosuchword", WRONG), (f"{first}|", EMPTY))
    elif kind == "str":
        yield "s" * (arg[3] + 1), LONG
    elif kind == "array":
        mark = arg[4].decode()
        yield mark.join(["1"] * (arg[3] - 1)), CUT
        for word in ("256", "x", "-1"):
            yield mark.join(["1"] * (arg[3] - 1) + [word]), WRONG
    else:
        yield from _OTHERS.get(kind, ())


_IP4 = (("1.2.3", CUT), ("1.2.3.256", WRONG), ("www.ti.com", CUT), ("1.2.x.4", WRONG))
_OTHERS = {
    "mac": (("1:2:3:4:5", CUT), ("1:2:3:4:5:256", WRONG), ("1:2:3:4:5:x", WRONG)),
    "ip4": _IP4,
    "addr": _IP4,
    "ip6": (("1:2:3", CUT), ("1:2:3:x", WRONG), ("1::2::3", WRONG), ("1:2:3:0x100000000", WRONG)),
    "list": (("x", WRONG), ("16", WRONG), ("0|", EMPTY)),
    "family": (("RF", EMPTY), ("nosuchword", WRONG), ('"INET"', WRONG)),
    "length": (("0", WRONG), ("x", WRONG), ("32768", EMPTY), ("-1", EMPTY)),
    "few": (("x", WRONG), ("-1", WRONG)),
}


def forms(declaration: tuple) -> list[Form]:
    """All ways to write a command: one, or one an option where the arguments depend on it."""
    name = declaration[NAME].decode()
    found = []
    if not any(arg[1] == "later" for arg in declaration[ARGS]):
        tail = ("1",) if declaration[MORE] else ()
        found.append(Form(declaration, declaration[ARGS], tail=tail))
    for fixed, args in _OPTIONS.get(name, tuple)():
        found.append(Form(declaration, args, fixed))
    return found


def _rows(groups: tuple, rows: tuple, ids: bytes, *before: str) -> Iterator:
    """Rows of a table whose options are keywords of a table an id."""
    for number, table in groups:
        names = KEYWORDS[table.decode()]["names"]
        for name, option in names.items():
            for row in rows:
                if row[0] == option and row[2]:
                    yield (*before, keyword(ids, number), name), row[2]


def _socket_options() -> Iterator:
    module = chapter("socket")
    yield from _rows(module._LEVELS, module._OPTIONS, b"socket_level", "0")


def _wlan_options() -> Iterator:
    module = chapter("wlan_config")
    yield from _rows(module._OPTIONS, module._SET, b"wlan_id")


def _netcfg_options() -> Iterator:
    module = chapter("netcfg")
    for ident, option, _, args in module._SET:
        if args:
            words = keyword(b"netcfg_id", ident), keyword(b"netcfg_option", option)
            yield words, args
    for ident, _, _, args in module._PLAIN:
        yield (keyword(b"netcfg_id", ident), ""), args


def _device_options() -> Iterator:
    module = chapter("device")
    yield ("General", "Time"), module._CLOCK
    yield ("General", "Persistent"), module._SWITCH


def _policies() -> Iterator:
    yield ("SCAN", "Hidden_SSID"), (("Value", "u32", ""),)
    yield ("PM", "Long_Sleep"), (("Value", "u16", "?"),)
    yield ("P2P", "CLIENT"), (("Value", "key", "", b"wlan_policy_p2p_initiator"),)


_OPTIONS = {
    "SetSockOpt": _socket_options,
    "WlanSet": _wlan_options,
    "NetCfgSet": _netcfg_options,
    "Set": _device_options,
    "WlanPolicySet": _policies,
}
