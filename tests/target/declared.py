"""Lines made from the firmware's own declarations of its commands: legal ones, and such with one
mistake each. words.py has what an argument is tried with.
"""

import importlib
import sys
from collections.abc import Iterator

from cc32at.hostlink import firmware_paths, install_atbytes
from tests.target.words import (
    CUT,
    EMPTY,
    LONG,
    MOST,
    WRONG,
    allowed,
    bad,
    good,
    keyword,
    limits,
    longer,
    longest,
    names,
)

COUNT = "number of parameters, 0"
NAME, ARGS, HANDLER, SHAPE, PAYLOAD, NUMBER = range(6)  # of a declaration
LATE = 3  # OK does not come with the answer
QUAD = "AAAA"  # a payload in either format


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


class Form:
    """One way to write a command: its arguments and a word for each that is understood.

    `fixed` words stand before the arguments that are tried, `tail` behind them. `alone`: no other
    words than these are legal in every place, or none that a test can live with. One that is not
    `whole` is understood only up to the keyword that chooses what is behind it.
    """

    def __init__(
        self,
        declaration: tuple,
        args: tuple,
        fixed=(),
        tail=(),
        words=None,
        alone=False,
        whole=True,
    ):
        self.name = declaration[NAME].decode()
        self.args = args
        self.fixed, self.tail = fixed, tail
        self.late = bool(declaration[SHAPE] & LATE)
        self.varies = declaration[NUMBER] is None
        self.payload = _payload(args)
        self.words = list(words or _words(args, good))
        self.alone = alone
        self.whole = whole
        # A payload that is announced is waited for: lengths are a subject of their own.
        self.lengths = {row[1] for row in self.payload}
        for data, length, _ in self.payload:
            self.words[data], self.words[length] = QUAD, str(len(QUAD))

    def line(self, words: list[str] | None = None) -> str:
        words = [*self.fixed, *(self.words if words is None else words), *self.tail]
        return f"AT+{self.name}" + ("=" + ",".join(words) if words else "")

    def with_word(self, i: int, word: str) -> str:
        """The line with another word for argument i."""
        return self.line([*self.words[:i], word, *self.words[i + 1 :]])

    def mistakes(self) -> Iterator[tuple[str, str]]:
        """(line, what must stand behind ERROR:)"""
        for i, arg in enumerate(self.args):
            for word, error in bad(arg):
                if i in self.lengths and word.strip().lstrip("-").isdigit():
                    continue
                if not word and len(self.args) == 1 and not (self.fixed or self.tail):
                    error = CUT if self.varies else COUNT  # no parameter at all
                yield self.with_word(i, word), error
        yield from self._cut()
        if not self.varies:
            for more in ("1", "", "1,1"):
                if self.words or self.fixed or more:
                    yield self.line() + ("," if "=" in self.line() else "=") + more, COUNT
        elif not self.tail and not self.payload:
            yield from ((f"{self.line()},{more}", COUNT) for more in ("1", "x", ",1", '""'))

    def _cut(self) -> Iterator[tuple[str, str]]:
        """Lines that end too early."""
        if not self.words or self.tail:
            return
        for n in range(len(self.words)):
            yield self.line(self.words[:n]), CUT if self.varies else COUNT
        if not self.fixed:
            yield f"AT+{self.name}=", CUT if self.varies else COUNT

    def payload_mistakes(self) -> Iterator[tuple[str, str]]:
        """Lines whose length or payload is wrong; what is missing is waited for."""
        for data, length, format in self.payload:

            def line(form: str, size: object, text: str, at=(data, length, format)) -> str:
                words = list(self.words)
                for i, word in zip(at, (text, str(size), form), strict=True):
                    words[i] = word
                return self.line(words)

            yield line("0", MOST + 1, "x" * (MOST + 1)), WRONG
            yield from ((line("0", n, "x"), WRONG) for n in (65536, 1 << 32, -1, -(1 << 32)))
            yield line("0", 9, "x"), LONG
            yield line("0", 1, "xx"), LONG
            yield line("1", 3, "AAA"), EMPTY
            yield line("1", 4, "AA_A"), WRONG
            yield line("1", 5468, "A" * 5468), WRONG

    def legal(self) -> Iterator[str]:
        """Lines that are understood, with each argument at its limits in turn."""
        yield self.line()
        if self.alone:
            return
        if self.varies and not self.payload:
            yield from (self.line() + ",", self.line() + ", , ,")
        for i, arg in enumerate(self.args):
            if i in self.lengths or arg[1] == "data":
                continue
            if arg[1] == "sub":
                for before, word in _pairs(self.args[i - 1], arg):
                    yield self.line([*self.words[: i - 1], before, word, *self.words[i + 1 :]])
            elif arg[1] == "family" and any(other[1] == "addr" for other in self.args):
                for address in ("::1", "1:2:3:4", '"fe80::1"', "1:2:3:4:5:6:7:8"):
                    yield self.line(
                        [
                            *self.words[:i],
                            "INET6",
                            self.words[i + 1],
                            address,
                            *self.words[i + 3 :],
                        ]
                    )
            elif not (i + 1 < len(self.args) and self.args[i + 1][1] == "sub"):
                yield from (self.with_word(i, word) for word in limits(arg))

    def longest(self) -> str:
        """The longest line there is without blanks and idle zeros."""
        return self.line(None if self.alone else self._longest())

    def _longest(self) -> list[str]:
        words = _words(self.args, longest)
        for data, length, _ in self.payload:
            words[data], words[length] = QUAD, str(len(QUAD))
        return words

    def too_long(self) -> Iterator[tuple[str, str]]:
        """(line, error): the longest line with one byte more in one string."""
        words = self._longest()
        for i, arg in enumerate(self.args):
            for word, error in longer(arg):
                yield self.line([*words[:i], word, *words[i + 1 :]]), error


def _words(args: tuple, choose) -> list[str]:
    words = []
    for i, arg in enumerate(args):
        if arg[1] == "sub":
            pair = next(_pairs(args[i - 1], arg))
            if choose is longest:
                pair = max(_pairs(args[i - 1], arg), key=lambda pair: len("".join(pair)))
            words[-1:] = pair
        elif arg[1] in ("family", "addr"):
            words.append(good(arg))
        else:
            words.append(choose(arg))
    return words


def _payload(args: tuple) -> tuple:
    """(data, length, format) of a form with a payload, by their kinds."""
    kinds = [arg[1] for arg in args]
    return (tuple(map(kinds.index, ("data", "size", "format"))),) if "data" in kinds else ()


def _pairs(before: tuple, arg: tuple) -> Iterator[tuple[str, str]]:
    """A keyword and an option that goes with it."""
    known = [number for number, _ in arg[3]]
    for number, table in arg[3]:
        groups = [number] if number is not None else set(names(before[3]).values()) - set(known)
        for group in sorted(groups) if table else ():
            yield from ((keyword(before[3], group), word) for word in names(table))


def forms(declaration: tuple) -> list[Form]:
    """All ways to write a command: one, or one an option where the arguments depend on it."""
    return list(_forms(declaration, declaration[ARGS], (), None))


def _forms(declaration: tuple, args: tuple, fixed: tuple, before) -> Iterator[Form]:
    """The forms behind `fixed` words, the last of which means `before`."""
    if args and args[0][1] == "sub":
        args = ((*args[0][:1], "key", args[0][2], dict(args[0][3])[before]), *args[1:])
    if not args or args[-1][1] != "forms":
        name = declaration[NAME].decode()
        setting = _settings().get(fixed[1]) if name == "Set" and fixed[0] == "AT" else None
        yield Form(declaration, args, fixed, (), setting, alone=bool(setting))
        return
    args, rows = args[:-1], args[-1][3]
    wanted = declaration[NUMBER]
    more = 1 if wanted is None else wanted - len(fixed) - len(args)
    yield Form(declaration, args, fixed, ("1",) * more, alone=True, whole=False)
    for row in rows:
        for words, value in _choosing(args, row[0], [other[0] for other in rows]):
            yield from _forms(declaration, row[1], (*fixed, *words), value)


def _choosing(args: tuple, choice, choices: list) -> Iterator[tuple[list[str], object]]:
    """(words for all arguments, what the last means): those by which a row of forms is chosen."""
    words = _words(args[:-1], good)
    last = args[-1]
    if last[1] == "key":
        for value in _meant(last, choice, choices):
            yield [*words, keyword(last[3], value)], value
        return
    if isinstance(choice, tuple):
        group, value = choice
        table = dict(last[3]).get(group, dict(last[3]).get(None))
        found = [(group, table)]
    else:
        value = choice
        found = [(group, table) for group, table in last[3] if value in names(table).values()]
    for group, table in found:
        word = keyword(table, value) if table else ""
        yield [*words[:-1], keyword(args[-2][3], group), word], value


def _meant(arg: tuple, choice, choices: list) -> list[int]:
    """The values of a keyword that choose a row; if that is for any, those of no other row."""
    there = list(allowed(arg).values())
    if choice is not None:
        return [choice] if choice in there else []
    return [value for value in there if value not in choices]


def refused() -> Iterator[tuple[str, str]]:
    """Options that are known but not for this command (6.2: -1), by the guide's tables."""
    for line in _REFUSED.split("\n"):
        name, _, options = line.partition("=")
        group, _, words = options.partition(",")
        for word in words.split("|"):
            yield f"AT+{name}={group},{word}" if word else f"AT+{name}={group}", EMPTY


_REFUSED = """\
Get=Status,NETCFG|FS
Set=General,Version,1
Set=Status,Device,1|WLAN,1|BSD,1|NETAPP,1
Set=IOT,UDID,1
NetCfgGet=SET_MAC_ADDR
NetCfgGet=AP_STATION_DISCONNECT
NetCfgSet=GET_MAC_ADDR,STATE,|,1:2:3:4:5:6
NetCfgSet=AP_STATIONS_CONNECTED,STATE,
NetCfgSet=AP_STATIONS_INFO,STATE,
NetCfgSet=IPV4_DHCP_CLIENT,DHCP,
NetCfgSet=IF,DHCP,|DHCP_LLA,|STATIC,1.2.3.4|stateless,|stateful,|RELEASE_IP_SET,|RELEASE_IP_OFF,
NetCfgSet=IPV4_STA_ADDR,STATE,|stateless,|stateful,
NetCfgSet=IPV4_AP_ADDR,STATE,|DHCP,|DHCP_LLA,|stateless,|stateful,|RELEASE_IP_SET,|RELEASE_IP_OFF,
NetCfgSet=IPV6_ADDR_LOCAL,STATE,|DHCP,|DHCP_LLA,|RELEASE_IP_SET,|RELEASE_IP_OFF,
NetCfgSet=IPV6_ADDR_GLOBAL,STATE,|DHCP,|DHCP_LLA,|RELEASE_IP_SET,|RELEASE_IP_OFF,
WlanGet=AP,ACCESS_LIST_ADD_MAC|ACCESS_LIST_DEL_MAC|ACCESS_LIST_DEL_IDX|ACCESS_LIST_MODE
WlanGet=GENERAL,INFO_ELEMENT|DISABLE_ENT_SERVER_AUTH|SUSPEND_PROFILES
WlanGet=RX_FILTER,REMOVE|STORE
WlanSet=AP,ACCESS_LIST_NUM_ENTRIES,1"""


def _settings() -> dict[str, list[str]]:
    """The value of each setting that changes nothing: no test lives with any other speed."""
    from atcore.settings import ROWS

    found = {name.decode(): [str(default)] for _, _, name, _, default in ROWS}
    return found | {"STYLE": ["guide"]}
