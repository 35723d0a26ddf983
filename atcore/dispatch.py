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
"""

from atbytes import b64_decode, cut, frame, get, payload, tokenize

from simplelink.errors import SlError
from simplelink.waiter import Sleep

from . import grammar, reply
from ._keywords import TABLES
from .compat import const, ticks_add, ticks_diff
from .grammar import ParseError, parse, parse_from, quick
from .pump import accepted, finished, run, unforeseen

# A declaration is a tuple (see Commands.command).
NAME = const(0)
_ARGS = const(1)
_HANDLER = const(2)
_SHAPE = const(3)
PAYLOAD = const(4)
_MORE = const(5)
_OFFLINE = const(6)
_PATIENCE = const(8)

# When OK comes: behind the value lines; as soon as the parameters are understood (rule O3); when
# the handler says that the driver has accepted (NetAPPPing). Behind the last two there is none.
ANSWER, AT_ONCE, ACCEPTED = 0, 1, 2
# How many value lines there are: at most one, which the handler returns; any number, by emit().
ONCE, REPEATED = 0, 1
# The spec of the value line is chosen by the handler.
BY_OPTION = ()
# What an error behind OK names: the command alone; its first parameter, too (rule O7).
ALONE, FIRST = 0, 1

# Bits of a declaration's shape: ok, 2: the same in style ti, 4: late_name, and these.
_GUIDE_ONLY = const(32)
_VARIES = const(64)

MAX_DATA = const(4096)  # payload bytes, decoded
MAX_TEXT = const(5464)  # payload characters in Base64

HELP = const(-3)  # special results of the tokenizer
_MANY = const(-2)


class Commands:
    """A table of declared commands, keyed by the name in lower case."""

    def __init__(self):
        self.table = {}
        self.payloads = b""  # rows of firmware/link/athead.h, for atbytes.header()

    def command(
        self, name, args=(), ok=ANSWER, ti_ok=None, values=ONCE, late_name=ALONE, varies=False,
        guide_only=False, payload=None, more=None, offline=None, key=None, reply=None,
        patience=None
    ):  # fmt: skip
        """Declare a command; use as a decorator.

        name: as the guide's response line spells it, without AT+.
        args: one tuple an argument, see grammar.py.
        ok: when OK comes, ANSWER, AT_ONCE or ACCEPTED; ti_ok: the same in style ti, where that
        differs. Style ti prints a second OK behind the value of a command that is AT_ONCE there.
        values: value lines, ONCE or REPEATED.
        late_name: what an error behind OK names, the command ALONE or its FIRST parameter as well.
        varies: the number of parameters is not checked as such.
        guide_only: the command is unknown in style ti.
        payload: alternatives (data, length, format, further length, selector[, keyword]) of
        parameter numbers from 0, 255 for what is not in the request. The payload is as long as
        both lengths say. keyword, in lower case: the selector's for the alternative to hold.
        more: names of the arguments behind `args`, which differ by option, for the usage text:
        the handler takes them by cmd.rest().
        offline: True if it needs no network processor, or the first value for which it needs none.
        key: the name as typed, in lower case, if it is not at+name.
        reply: the spec of the value line (reply.py); BY_OPTION: the handler returns
        (spec, values), the spec out of a table.
        patience: (code, every, for), in ms: in style guide the driver is asked again when it
        refuses with that code (Command.patiently).
        """
        if ti_ok is None:
            ti_ok = ok
        if more:
            varies = True
        shape = ok | ti_ok << 2 | late_name << 4 | guide_only << 5 | varies << 6 | values << 7

        def declare(handler):
            declaration = (name, args, handler, shape, payload, more, offline, reply, patience)
            typed = key or b"at+" + name.lower()
            self.table[typed] = declaration
            if payload:
                self.payloads += payload_row(typed, payload)
            return handler

        return declare


def payload_row(name: bytes, forms: tuple) -> bytes:
    """Where a command has its payload, as atbytes.header() reads it."""
    row = bytes((len(name),)) + name + bytes((len(forms),))
    for form in forms:
        row += bytes(form[:5])
        if len(form) > 5:
            row += bytes((len(form[5]),)) + form[5]
    return row


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
        return self.core.line.begin(self.declaration[NAME], self.ti)

    def frame(self, size: int, format: int):
        """Room for a payload to come, as payload() wants it: a memoryview of size bytes.

        More than MAX_DATA bytes there are not at a time.
        """
        core = self.core
        if size > MAX_DATA:
            size = MAX_DATA
        if core.borrower is not None:
            return frame(size, format)
        core.borrower = self
        return frame(size, format, core.room)

    def payload(self, room, size: int, format: int, values: tuple):
        """The value line `<values>,<format>,<length>,<data>` (rule D1) with size bytes of a frame.

        values: numbers, or bytes that need no quoting.
        """
        return payload(room, size, format, self.declaration[NAME], self.ti, values)

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
        core = self.core
        if self.ti or not core.autostarted:
            return False
        core.autostarted = False
        return True

    def accepted(self):
        """The driver has accepted (ACCEPTED): OK, and the command goes on in the background."""
        accepted(self.core, self)

    def rest(self, args: tuple) -> list:
        """The values of the parameters behind the declared ones (commands with `more`)."""
        if not args:
            return []
        core = self.core
        index = len(self.declaration[_ARGS])
        return parse(core.text, core.fields, core.count, args, index, args[-1], [])

    def parameter(self, index: int, arg: tuple, before=None):
        """The value of one parameter whose type depends on others (kind "later").

        before: the value before it, for a "sub".
        """
        core = self.core
        return parse(core.text, core.fields, core.count, (arg,), index, arg, [before])[1]

    def data(self, format: int, data):
        """The bytes of a payload: decoded in place for format 1."""
        size = len(data)
        if not format:
            if size > MAX_DATA:
                raise ParseError(grammar.WRONG)
            return data
        if size & 3:
            raise ParseError(grammar.MISSING)
        size = b64_decode(data, 0, size, data)
        if not 0 <= size <= MAX_DATA:
            raise ParseError(grammar.WRONG)
        return data[:size]


def lookup(core, line, end: int, fields):
    """The declaration of the command whose name is line[:end]; None if there is none.

    fields: where the tokenizer may note the name.
    """
    tokenize(line, end, fields, False)
    return get(core.commands, line, fields) or missing(core, line, fields)


def missing(core, line, fields):
    """The declaration of a name that is not in the table; its chapter may not be there yet."""
    name = cut(line, fields[0], fields[1])
    return core.commands.get(name) if core.load(name) else None


def execute(core, found, line, count: int, data=None, wrong=0):
    """Check a complete command and run it.

    found: its declaration or None; count: what the tokenizer has made of the line in core.fields;
    data: its payload, which is not part of that; wrong: the error code of a payload that is no
    good, or of a line of which nothing else is known.
    """
    try:
        if found is None or core.ti and found[_SHAPE] & _GUIDE_ONLY:
            refuse(core, reply.PARSE if wrong else reply.NOT_EXIST, wrong)
            return
        if not count and not found[_ARGS]:
            run(core, found, ())
        elif count == HELP:
            usage(core, found)
        else:
            start(core, found, line, count, data, wrong)
    except Exception as error:
        refused(core, error)


def start(core, declaration, line, count: int, data=None, wrong=0):
    """Check the arguments of a known command and run its handler."""
    core.processed += 1
    args = declaration[_ARGS]
    wanted = len(args)
    if data is not None:
        wanted -= 1
    if count != wanted and not declaration[_SHAPE] & _VARIES or count == _MANY:
        refuse(core, reply.COUNT, 0)
        return
    try:
        if count < 0:
            raise ParseError(grammar.NO_DELIMITER)
        core.text = line
        core.count = count
        if data is None:
            values = []
            done = quick(TABLES, line, core.fields, count, args, 0, values)
            if done < wanted:
                last = None if declaration[_MORE] else args[-1]
                parse_from(line, core.fields, count, args, 0, last, values, done)
        else:
            values = parse(line, core.fields, count, args[:-1], 0, args[-2], [])
            if wrong:
                raise ParseError(wrong, args[-1][0])
            values.append(data)
        run(core, declaration, values)
    except ParseError as error:
        refuse(core, reply.PARSE, error.code, error.name)
    except Exception as error:
        refused(core, error)


def usage(core, declaration):
    """AT+<name>=? (rule O10): the parameters as the guide names them, `[ID],[Option]`."""
    names = [arg[0] for arg in declaration[_ARGS]]
    if declaration[_MORE]:
        names += declaration[_MORE]
    text = ",".join(["[" + name + "]" if name != "..." else name for name in names]).encode()
    if core.ti:
        core.out.push((text or b"[]") + b"\r\n")
    else:
        line = core.line.begin(declaration[NAME], False)
        if text:
            line.raw(text)
        core.out.push(line.message())
    core.out.push(reply.OK)


def refused(core, error):
    """An exception before a command has begun: its error line."""
    code, what = unforeseen(core, error)
    refuse(core, what, code)


def refuse(core, what: int, code: int, name=None):
    """An error in place of all other lines (rule O5)."""
    detail = b""
    if name and core.settings.verbose:
        detail = b" (" + name.encode() + b")"
    core.out.push(core.line.error(what, code, core.ti, detail))
