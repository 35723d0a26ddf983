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
    NUMBERS,
    WRONG,
    allowed,
    bad,
    bad_ip6,
    good,
    keyword,
    limits,
    limits_ip6,
    longer,
    longest,
    names,
    span,
    table_of,
)

COUNT = "number of parameters, 0"
NAME, ARGS, HANDLER, SHAPE, PAYLOAD, NUMBER, OFFLINE = range(7)  # of a declaration
# Bits of its shape (dispatch.py).
LATE = 3  # OK does not come with the answer
REPEATED = 1 << 7  # any number of value lines
ENDS_ALL = 1 << 8
QUAD = "AAAA"  # a payload in either format
INET6 = 3


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
    return _named(ALL.table)


def typed(source: str) -> dict:
    """The declarations of a chapter that is typed at the prompt, as load() has the firmware's."""
    load()
    from atcore.commands import ALL

    table, payloads = dict(ALL.table), ALL.payloads
    ALL.table.clear()
    try:
        exec(source, {})
        return _named(ALL.table)
    finally:
        ALL.table.clear()
        ALL.table.update(table)
        ALL.payloads = payloads


def _named(table: dict) -> dict:
    named = {key: row for key, row in table.items() if key.startswith(b"at+")}
    return {row[NAME].decode(): row for row in named.values()}


def chapter(name: str):
    return importlib.import_module(f"atcore.commands.{name}")


class Form:
    """One way to write a command: its arguments and a word for each that is understood.

    Those that choose it have the words of `head`, the others are `tried`. `tail`: words behind
    them. `alone`: no other words than these are legal in every place, or none that a test can live
    with. One that is not `whole` is understood only up to the keyword that chooses what is behind
    it. `payload`: places of the data, of its lengths and of its format or None; or ().
    """

    def __init__(
        self,
        declaration: tuple,
        args: tuple,
        head=(),
        tail=(),
        words=None,
        alone=False,
        whole=True,
    ):
        self.name = declaration[NAME].decode()
        self.args = args
        self.tried = range(len(head), len(args))
        self.tail = tail
        shape = declaration[SHAPE]
        self.late = bool(shape & LATE)
        self.repeated = bool(shape & REPEATED)
        self.ends_all = bool(shape & ENDS_ALL)
        self.varies = declaration[NUMBER] is None
        self.alone = alone
        self.whole = whole
        self.payload = _payload(args)
        # A payload that is announced is waited for: lengths are a subject of their own.
        self.lengths = self.payload[1] if self.payload else ()
        self.families = {args[i][3]: i for i in self.tried if args[i][1] == "addr"}
        self.head = list(head)
        self.words = [*head, *words] if words else self._chosen(good)
        self.offline = _offline(declaration, args, self.words)

    def _chosen(self, choose) -> list[str]:
        """A word for each argument."""
        words = [*self.head, *_words(self.args[len(self.head) :], choose)]
        if self.payload:
            part = len(QUAD) // len(self.lengths)
            first = len(QUAD) - part * (len(self.lengths) - 1)
            words = self.laden(QUAD, first, words=words, others=part)
        return words

    def laden(self, text: str, size: object, format="", words=None, others=0) -> list[str]:
        """The words with this payload, announced by the first length and the others."""
        data, lengths, at = self.payload
        words = list(words or self.words)
        words[data] = text
        for length in lengths:
            words[length] = str(size if length == lengths[0] else others)
        if at is not None and format:
            words[at] = format
        return words

    def line(self, words: list[str] | None = None) -> str:
        words = [*(self.words if words is None else words), *self.tail]
        return f"AT+{self.name}" + ("=" + ",".join(words) if words else "")

    def with_word(self, i: int, word: str, others: dict[int, str] | None = None) -> str:
        """The line with another word for argument i, and perhaps for others."""
        changed = {i: word} | (others or {})
        return self.line([changed.get(at, word) for at, word in enumerate(self.words)])

    def mistakes(self) -> Iterator[tuple[str, str]]:
        """(line, what must stand behind ERROR:)"""
        for i in self.tried:
            for word, error in bad(self.args[i]):
                if i in self.lengths and word.strip().lstrip("-").isdigit():
                    continue
                if not word and len(self.args) == 1 and not self.tail:
                    error = CUT if self.varies else COUNT  # no parameter at all
                yield self.with_word(i, word), error
        for family, at in self.families.items():
            for word, error in bad_ip6():
                yield self.with_word(at, word, self._v6(family)), error
        yield from self._cut()
        if self.payload:
            return
        if not self.varies:
            for more in ("1", "", "1,1"):
                if self.words or more:
                    yield self.line() + ("," if "=" in self.line() else "=") + more, COUNT
        elif not self.tail:
            yield from ((f"{self.line()},{more}", COUNT) for more in ("1", "x", ",1", '""'))

    def _cut(self) -> Iterator[tuple[str, str]]:
        """Lines that end too early."""
        if not self.words or self.tail:
            return
        for n in self.tried:
            yield self.line(self.words[:n]), CUT if self.varies else COUNT
        if not self.head:
            yield f"AT+{self.name}=", CUT if self.varies else COUNT

    def payload_mistakes(self) -> Iterator[tuple[str, str]]:
        """Lines whose length or payload is wrong; what is missing is waited for."""
        if not self.payload:
            return
        rows = [
            ("0", MOST + 1, "x" * (MOST + 1), WRONG),
            ("0", 9, "x", LONG),
            ("0", 1, "xx", LONG),
        ]
        rows += [("0", n, "x", WRONG) for n in (65536, 1 << 32, -1, -(1 << 32))]
        if self.payload[2] is not None:
            rows += [("1", 3, "AAA", EMPTY), ("1", 4, "AA_A", WRONG)]
            rows += [("1", 5468, "A" * 5468, WRONG)]
        for format, size, text, error in rows:
            yield self.line(self.laden(text, size, format)), error

    def longest_payloads(self) -> Iterator[tuple[list[str], int]]:
        """(words, characters of the payload): those of the longest payload in each format."""
        yield self.laden("x" * MOST, MOST, "0"), MOST
        if self.payload[2] is not None:
            text = "A" * 5462 + "=="
            yield self.laden(text, len(text), "1"), len(text)

    def legal(self) -> Iterator[str]:
        """Lines that are understood, with each argument at its limits in turn."""
        yield self.line()
        if self.alone:
            return
        if self.varies and not self.payload:
            yield from (self.line() + ",", self.line() + ", , ,")
        for i in self.tried:
            arg = self.args[i]
            if i in self.lengths or arg[1] == "data":
                continue
            if arg[1] == "sub":
                for before, word in _pairs(self.args[i - 1], arg):
                    yield self.with_word(i, word, {i - 1: before})
            elif i in self.families:
                yield from self._addresses(i)
            elif not (i + 1 < len(self.args) and self.args[i + 1][1] == "sub"):
                yield from (self.with_word(i, word) for word in limits(arg))

    def _v6(self, family: int) -> dict[int, str]:
        """The words that make the address of this family one of IPv6."""
        return {family: keyword(table_of(self.args[family]), INET6)}

    def _addresses(self, family: int) -> Iterator[str]:
        """Each family there is, with addresses of it."""
        at = self.families[family]
        six = self._v6(family)
        for word in limits(self.args[family]):
            is_six = names(table_of(self.args[family])).get(word.upper()) == INET6
            yield self.with_word(family, word, {at: "::"} if is_six else {})
        for word in limits_ip6(self.args[at]):
            yield self.with_word(at, word, six)

    def longest(self) -> str:
        """The longest line there is without blanks and idle zeros."""
        return self.line(None if self.alone else self._chosen(longest))

    def too_long(self) -> Iterator[tuple[str, str]]:
        """(line, error): the longest line with one byte more in one string."""
        words = self._chosen(longest)
        for i in self.tried:
            for word, error in longer(self.args[i]):
                yield self.line([*words[:i], word, *words[i + 1 :]]), error


def _words(args: tuple, choose) -> list[str]:
    words = []
    for i, arg in enumerate(args):
        if arg[1] == "sub":
            pair = next(_pairs(args[i - 1], arg))
            if choose is longest:
                pair = max(_pairs(args[i - 1], arg), key=lambda pair: len("".join(pair)))
            words[-1:] = pair
        else:
            words.append(choose(arg))
    for arg in args:  # an address, and what says of which family it is
        if arg[1] == "addr":
            words[args.index(arg)] = good(arg)
            words[arg[3]] = good(args[arg[3]])
    return words


def _payload(args: tuple) -> tuple:
    """(data, lengths, format) of a form with a payload, by their kinds."""
    kinds = [arg[1] for arg in args]
    if "data" not in kinds:
        return ()
    lengths = tuple(i for i, kind in enumerate(kinds) if kind == "size")
    return kinds.index("data"), lengths[-2:], kinds.index("format") if "format" in kinds else None


def _offline(declaration: tuple, args: tuple, words: list[str]) -> bool:
    """Whether the network processor does not hear of this form: the first value may say it."""
    offline = declaration[OFFLINE]
    if offline is None or offline is True:
        return offline is True
    return names(table_of(args[0]))[words[0]] == offline


def _pairs(before: tuple, arg: tuple) -> Iterator[tuple[str, str]]:
    """A keyword and an option that goes with it."""
    known = [number for number, _ in arg[3]]
    for number, table in arg[3]:
        groups = [number] if number is not None else set(names(before[3]).values()) - set(known)
        for group in sorted(groups) if table else ():
            yield from ((keyword(before[3], group), word) for word in names(table))


def forms(declaration: tuple) -> list[Form]:
    """All ways to write a command: one, or one an option where the arguments depend on it."""
    return list(_forms(declaration, (), (), declaration[ARGS], None))


def _forms(declaration: tuple, before: tuple, head: tuple, args: tuple, value) -> Iterator[Form]:
    """The forms behind the arguments `before` with the words `head`, the last of which means
    `value`.
    """
    if args and args[0][1] == "sub":
        args = ((*args[0][:1], "key", args[0][2], dict(args[0][3])[value]), *args[1:])
    if not args or args[-1][1] != "forms":
        setting = (
            _settings().get(head[1]) if declaration[NAME] == b"Set" and head[0] == "AT" else None
        )
        yield Form(declaration, before + args, head, (), setting, alone=bool(setting))
        return
    args, rows = args[:-1], args[-1][3]
    wanted = declaration[NUMBER]
    more = 1 if wanted is None else wanted - len(head) - len(args)
    yield Form(declaration, before + args, head, ("1",) * more, alone=True, whole=False)
    for row in rows:
        for words, meant in _choosing(args, row[0], [other[0] for other in rows]):
            yield from _forms(declaration, before + args, (*head, *words), row[1], meant)


def _choosing(args: tuple, choice, choices: list) -> Iterator[tuple[list[str], object]]:
    """(words for all arguments, what the last means): those by which a row of forms is chosen."""
    if not args:  # what is before them has chosen already
        yield [], choice
        return
    words = _words(args[:-1], good)
    last = args[-1]
    if last[1] in NUMBERS or last[1] in ("range", "few"):
        low, high = span(last)
        others = (n for n in range(low, high + 1) if n not in choices)
        value = next(others, None) if choice is None else choice
        if value is not None:
            yield [*words, str(value)], value
        return
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
Set=AT,EXCEPTION,1
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
