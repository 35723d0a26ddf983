"""From a complete command to its handler: declarations, lookup, help, arguments, errors.

A command is declared once, by the decorator `command`, and does one thing:

    @command(b"Listen", (("socket", "u8", ""), ("backlog", "i16", "")))
    def listen(cmd, sd, backlog):
        cmd.sl.sockets.listen(sd, backlog)

The handler gets the running Command and one value an argument (grammar.py). It returns None for
`OK` alone, or the values of the value line that is declared as `reply` (reply.py), where that
differs by option with its spec before them; a message with a payload (Command.payload); a Line.
It knows no style. An `async def` may suspend. SlError and ParseError become the error line, and so
does every other exception, as -2010. Declarations are tuples of constants: they stay in flash.

Where the arguments differ by what stands before them, a row of `forms` says which there are, and
whatever else the handler needs to know of that form:

    @command(b"NetUtilCmd", (("Cmd", "key", "", b"netutil_cmd"),), payload=True, varies=True,
             forms=(
        (2, (("Value1", "u32", ""), ("Value2", "format", ""), ("Value3", "size", ""),
             ("Value4", "data", "")), "<III"),  # sign_msg
        (4, (("Value1", "u32", ""), ("Value2", "key", "", b"temp_keys")), "<IIHH"),
    ))
    def netutil_cmd(cmd, number, *values):
        ... cmd.core.form[2] ...  # until it awaits something
"""

from atbytes import b64_decode, cut, frame, get, payload, tokenize

from simplelink.errors import SlError
from simplelink.waiter import Sleep

from . import grammar, reply
from ._keywords import TABLES
from .compat import const, ticks_add, ticks_diff
from .flags import autostarted, lend
from .forms import payload_row, settled, usage, without
from .grammar import ParseError, finish, is_help, quick
from .running import accepted, finished, run, unforeseen

# table: declaration NAME ARGS SHAPE PAYLOAD COUNT PATIENCE
_NAME = const(0)
_ARGS = const(1)
_SHAPE = const(3)
_PAYLOAD = const(4)
_COUNT = const(5)
_PATIENCE = const(8)
# end
PAYLOAD = const(_PAYLOAD)

# When OK comes: behind the value lines; as soon as the parameters are understood (rule O3); when
# the handler says that the driver has accepted (NetAPPPing). Behind the last two there is none.
ANSWER, AT_ONCE, ACCEPTED = 0, 1, 2
# How many value lines there are: at most one, which the handler returns; any number, by emit().
ONCE, REPEATED = 0, 1
# The spec of the value line is chosen by the handler.
BY_OPTION = ()
# What an error behind OK names: the command alone; its first parameter, too (rule O7).
ALONE, FIRST = 0, 1

# What the command ends that waits before it (ahead.py): nothing; whatever it is; what waits on its
# first parameter, a socket.
ENDS_NOTHING, ENDS_ALL, ENDS_SOCKET = 0, 1, 2

# table: shape TI_OK FIRST GUIDE_ONLY REPEATED ENDS
_TI_OK = const(2)
_FIRST = const(16)
_GUIDE_ONLY = const(32)
_REPEATED = const(128)
_ENDS = const(8)
# end

VALUES = const("Value1,...,ValueX")  # the guide's name for what differs

MAX_DATA = const(4096)  # payload bytes, decoded

HELP = const(-3)  # special results of the tokenizer
_MANY = const(-2)


class Commands:
    """A table of declared commands, keyed by the name in lower case."""

    def __init__(self, payloads=b""):
        self.table = {}
        # Rows of firmware/link/athead.h, for atbytes.header(); those of commands that may be
        # declared later as well.
        self.payloads = payloads

    def command(self, name, args=(), **how):
        """declare(), checked: ValueError if that could not work, and why (declaring.py)."""
        from .declaring import check

        check(name, args, **how)
        return self.declare(name, args, **how)

    def declare(
        self, name, args=(), ok=ANSWER, ti_ok=None, values=ONCE, late_name=ALONE, varies=False,
        guide_only=False, forms=None, payload=False, offline=None, key=None, reply=None,
        patience=None, ends=ENDS_NOTHING
    ):  # fmt: skip
        """Declare a command; use as a decorator, as command().

        name: as the guide's response line spells it, without AT+.
        args: one tuple an argument, see grammar.py.
        ok: when OK comes, ANSWER, AT_ONCE or ACCEPTED; ti_ok: the same in style ti, where that
        differs. Style ti prints a second OK behind the value of a command that is AT_ONCE there.
        values: value lines, ONCE or REPEATED.
        late_name: what an error behind OK names, the command ALONE or its FIRST parameter as well.
        varies: the number of parameters is not checked as such, because it differs by form, or
        the command has a payload.
        guide_only: the command is unknown in style ti.
        forms: rows of grammar.py; what follows the arguments, by their values.
        payload: one of these has a payload.
        offline: True if it needs no network processor, or the first value for which it needs none.
        key: the name as typed, in lower case, if it is not at+name.
        reply: the spec of the value line (reply.py); BY_OPTION: the handler returns
        (spec, values), the spec out of a table.
        patience: (code, every, for), in ms: in style guide the driver is asked again when it
        refuses with that code (Command.patiently).
        ends: what it ends that waits before it, ENDS_ALL or ENDS_SOCKET.
        """
        if ti_ok is None:
            ti_ok = ok
        if forms:
            args += ((VALUES, "forms", "", forms),)
        args = settled(args)
        laden = payload or len(args) > 0 and args[-1][1] == "data"
        count = None if varies else parameters(args)
        shape = ok | ti_ok << _TI_OK | late_name * _FIRST | guide_only * _GUIDE_ONLY
        shape |= values * _REPEATED | ends << _ENDS

        def declared(handler):
            typed = key or b"at+" + name.lower()
            before = self.table.get(typed)
            self.table[typed] = (
                name, args, handler, shape, laden, count, offline, reply, patience
            )  # fmt: skip
            known = bytes((len(typed),)) + typed in self.payloads
            if known and (before is not None or not laden):
                self.payloads = without(self.payloads, typed)
                known = False
            if laden and not known:
                self.payloads += payload_row(typed, args)
            return handler

        return declared


def parameters(args: tuple) -> int:
    """How many a line has: in each form as many as in the first."""
    if args and args[-1][1] == "forms":
        return len(args) - 1 + parameters(args[-1][3][0][1])
    return len(args)


class Command:
    """One command under way: what its handler sees, and what the pump keeps of it."""

    def __init__(self, core):
        self.core = core
        self.sl = core.sl
        self.late = False  # it answered OK and runs in the background
        self.coro = None
        self.wait = None
        self.next = None  # of those that nobody uses
        # Set by run(); a Command is used again once its command has answered.
        self.declaration = None
        self.ti = False  # the style of its reply is the one it was accepted in
        self.first = None  # value of the first parameter, named by a late error

    def value(self) -> reply.Line:
        """Start a value line that has no spec."""
        return self.core.line.begin(self.declaration[_NAME], self.ti)

    def frame(self, size: int, format: int):
        """Room for a payload to come, as payload() wants it: a memoryview of size bytes.

        More than MAX_DATA bytes there are not at a time.
        """
        core = self.core
        if size > MAX_DATA:
            size = MAX_DATA
        if core.borrower is not None:
            return frame(size, format)
        return frame(size, format, lend(core, self))

    def payload(self, room, size: int, format: int, values: tuple):
        """The value line `<values>,<format>,<length>,<data>` (rule D1) with size bytes of a frame.

        values: numbers, or bytes that need no quoting.
        """
        return payload(room, size, format, self.declaration[_NAME], self.ti, values)

    def emit(self, values):
        """One value line of several (REPEATED), as a handler returns it. Await what this returns:
        the queue stays short then.

        Before OK the lines are a list: what else there is to print waits for its end.
        """
        out = self.core.out
        message = finished(self, values)
        if message is not None:
            if self.late:
                out.push_late((message,))
            else:
                out.emit(self, message)
        return out.room

    async def patiently(self, function, *args):
        """What function(*args) gives, asked again as declared by `patience`."""
        code, pause, ms = self.declaration[_PATIENCE]
        link = self.sl.link
        end = ticks_add(link.ticks(), 0 if self.ti else ms)
        while True:
            try:
                return function(*args)
            except SlError as error:
                if error.code != code or ticks_diff(end, link.ticks()) <= 0:
                    raise
            await Sleep(link, pause)

    def started(self) -> bool:
        """Whether the start at power-up answers AT+Start, too: the first one, in style guide."""
        return not self.ti and autostarted(self.core)

    def accepted(self):
        """The driver has accepted (ACCEPTED): OK, and the command goes on in the background."""
        accepted(self.core, self)

    def data(self, format: int, data):
        """The bytes of a payload: decoded in place for format 1."""
        size = len(data)
        if not format:
            if size > MAX_DATA:
                raise self.refused(grammar.WRONG)
            return data
        if size & 3:
            raise self.refused(grammar.MISSING)
        size = b64_decode(data, 0, size, data)
        if not 0 <= size <= MAX_DATA:
            raise self.refused(grammar.WRONG)
        return data[:size]

    def refused(self, code: int) -> ParseError:
        """The error of its payload, before it awaits anything."""
        return ParseError(code, laden(self.core, self.declaration))


def laden(core, declaration):
    """What the payload of the command is called that was parsed last."""
    args = declaration[_ARGS]
    if args[-1][1] == "forms":
        args = core.form[1]
    return args[-1][0]


def lookup(core, line, end: int, fields):
    """The declaration of the command whose name is line[:end]; None if there is none.

    fields: where the tokenizer may note the name.
    """
    tokenize(line, end, fields, False)
    return get(core.commands, line, fields) or missing(core, line, fields)


def missing(core, line, fields):
    """The declaration of a name that is not in the table; its chapter may not be there yet."""
    name = cut(line, fields[0], fields[1])
    found = core.load(name)
    return core.commands.get(name) if found is True else found or None


def execute(core, found, line, count: int, data=None, wrong=0, name=None):
    """Check a complete command and run it.

    found: its declaration or None; count: what the tokenizer has made of the line in core.fields;
    data: its payload, which is not part of that; wrong: the error code of a payload that is no
    good, or of a line of which nothing else is known; name: the parameter that is wrong then.
    """
    try:
        if found is None or core.ti and found[_SHAPE] & _GUIDE_ONLY:
            refuse(core, reply.PARSE if wrong else reply.NOT_EXIST, wrong, name)
            return
        if not count and not found[_ARGS]:
            run(core, found, ())
        elif count == HELP:
            tell(core, found)
        else:
            start(core, found, line, count, data, wrong)
    except Exception as error:
        refused(core, error)


def start(core, declaration, line, count: int, data=None, wrong=0):
    """Check the arguments of a known command and run its handler."""
    args = declaration[_ARGS]
    wanted = declaration[_COUNT]
    given = count if data is None else count + 1
    values = []
    try:
        if count < 0 or wanted is not None and given != wanted:
            if wanted is None and count != _MANY:
                raise ParseError(grammar.NO_DELIMITER)
            if is_help(line, core.fields, count, count - 1):
                finish(core, line, count, args, values, None)
            raise ParseError(grammar.SURPLUS, wanted)
        if not quick(TABLES, line, core.fields, count, args, values, core, data):
            finish(core, line, count, args, values, data)
        if values:
            core.command.first = values[0]
        if wrong:
            raise ParseError(wrong, laden(core, declaration))
        run(core, declaration, values)
    except ParseError as error:
        spoiled(core, declaration, given, values, error)
    except Exception as error:
        refused(core, error)


def spoiled(core, declaration, given: int, values: list, error):
    """A command whose parameters are no good, or that asks for help behind a keyword."""
    wanted = declaration[_COUNT]
    code = error.code
    if code == grammar.ASKED:
        tell(core, declaration, values)
    elif code == grammar.SURPLUS or wanted is not None and given != wanted:
        if wanted is None:
            wanted = error.name
        refuse(
            core, reply.COUNT, 0, (wanted, given) if given >= 0 and wanted is not None else None
        )
    else:
        if not core.ti and isinstance(error, grammar.BeyondLimit):
            code = grammar.WRONG
        refuse(core, reply.PARSE, code, error.name)


def tell(core, declaration, values=()):
    """The usage of a command (rule O10), behind keywords that choose with what goes with them."""
    ti = core.ti
    keywords = len(values) > 0 or core.settings.verbose > 0
    text = usage(declaration[_ARGS], values, ti, keywords).encode()
    if ti:
        core.out.push((text or b"[]") + b"\r\n")
    else:
        line = core.line.begin(declaration[_NAME], False)
        if text:
            line.raw(text)
        core.out.push(line.message())
    core.out.push(reply.OK)


def refused(core, error):
    """An exception before a command has begun: its error line."""
    code, what = unforeseen(core, error)
    refuse(core, what, code)


def refuse(core, what: int, code: int, about=None):
    """An error in place of all other lines (rule O5).

    about: the name of the parameter, or how many were wanted and given; told if asked for.
    """
    detail = b""
    if about and core.settings.verbose:
        text = " (%d wanted, %d given)" if type(about) is tuple else " (%s)"
        detail = (text % about).encode()
    core.out.push(core.line.error(what, code, core.ti, detail))
