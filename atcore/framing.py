"""From bytes to complete commands: lines, counted payloads, what is dropped.

A line ends with CR or LF; further line ends are empty lines and say nothing. The payload of a
command that has one begins behind a comma whose number the declaration gives and has the length
that the line gives; then a line end, a break or 20 ms of silence must follow (at-commands.md,
correction of 3.2). Too short a payload ends by a pause or by a break on the line; a break anywhere
else says nothing. What is wrong is dropped up to its line end with one error, or where nobody
knows where that is, up to a silence; nothing of it is executed.

A Framer calls nobody with what it has found: who drives it takes one command after the other by
next() and executes it. A command is consumed then: whatever it does, it is never met again.
"""

from array import array

import atbytes
from atbytes import get, header, line_at, tokenize

from . import dropping, grammar
from .compat import const, static, ticks_add, ticks_diff
from .dispatch import PAYLOAD, lookup, missing
from .dropping import PAUSE_MS, SILENCE_MS
from .flags import MAX_TEXT, mind, stall
from .forms import hides, payload_name

MAX_LINE = const(2560)  # bytes of a line without its payload
SIZE = MAX_LINE + MAX_TEXT + 2
_HALF_MS = const(1000)  # for so long a half-typed line holds events back

# States; those in which something is dropped are dropping.py's.
LINE = const(0)
_DATA = const(1)  # a payload is coming in
_TAIL = const(2)  # it is complete, and its line not
_WHOLE = const((_DATA, _TAIL))  # the line before a payload is still there
_SINK = const(3)
_REST = const(4)
_OWED = const(6)

# What next() has found.
NOTHING = const(0)
LAST = const(1)  # a line without payload, and nothing is left of what was read
PLAIN = const(2)  # the same, and there is more
LADEN = const(3)  # `data` and `wrong` count, too

_ARGS = const(1)  # of a declaration (dispatch.py)
_HELP = const(-3)  # a count of parameters
# What header() gives: where the payload begins, whether behind blanks, and its length.
_BEGIN = const(0x1FFF)
_PADDED = const(0x2000)
_LENGTH = const(14)
NONE = const(-2)  # there is none
NO_NUMBER = const(-3)  # or less by where it begins: its length is no number
MAX_HEADER = const(0x1FFE)
_BLANK = const(0x20)
_CR = const(0x0D)
_LF = const(0x0A)
_EOLS = b"\r\n"


def payload_of(found: int) -> tuple:
    """(index, length, padded) of a header() that knows where a payload begins.

    length is None if it is no number; padded: blanks before the payload are not part of it
    (Base64 in style ti: at-commands.md, correction of 2.6).
    """
    if found < 0:
        return NO_NUMBER - found, None, False
    return found & _BEGIN, found >> _LENGTH, found & _PADDED > 0


def nothing() -> int:
    """Bytes of a line in a stream that has no line discipline."""
    return 0


class Framer:
    """The input side of one stream.

    What next() has found stands, until it is called again, in

    found: the declaration, or None if there is no such command
    count: what the tokenizer has made of its line, which is in buf, in core.fields
    data, wrong: the payload or None, and 0 or the code of the error (`parse parameters`) that
    stands in for execution; if next() gives LADEN
    """

    def __init__(self, core, stream):
        self.core = core
        self.stream = stream
        self.buf = static(SIZE)
        self.view = memoryview(self.buf)
        self.names = array("H", (0, 0))  # of lines that are not complete
        self.start = 0  # of the current line
        self.filled = 0  # end of what was read
        self.scan = 0  # no line end before this
        self.state = LINE
        self.asked = False  # the current line's name was looked up
        self.payload_at = 0  # where the payload begins
        self.need = 0  # where it ends
        self.padded = False  # blanks before it are not part of it
        self.code = 0  # the error that the end of what is dropped brings
        self.name = None  # the parameter that it names: that of a payload
        self.overrun = 0  # bytes lost, to be told behind that error
        self.owed = 0  # bytes of a payload still to be dropped, whatever they are
        self.begun = False  # some of them have come
        self.tells = False  # dropped text is an error
        self.quiet_ms = 0  # the silence that ends dropping
        self.kept = None  # a line that is executed then: (start, end, where its text ends)
        self.last = 0  # when the last byte came
        # Was there a break behind what was read, how many bytes were lost there? Each tells once,
        # and until then nothing more is read.
        self.brk = getattr(stream, "brk", None)
        self.lost = getattr(stream, "lost", None)
        # A line discipline before the stream, if it has one (cc3220.console): how long no byte
        # came, how many wait, what it holds of a line, what it is to give, and when.
        self.silence = getattr(stream, "silence", None)
        self.any = nothing if self.silence is None else getattr(stream, "any", nothing)
        self.held = getattr(stream, "partial", nothing)
        self.wake_at = getattr(stream, "wake_at", None)
        self.unread = getattr(stream, "unread", None)  # takes back what was read last
        self.loose = False  # it gives bytes as they come
        self.consumed = False  # next() is about a line that it has consumed
        self.full = False  # nothing can be read now
        # What was found ahead (ahead.py): is there a break somewhere in what is not read; where a
        # payload ended early, and what was to be dropped behind it is gone; whether that goes on.
        self.breaks = getattr(stream, "breaks", None)
        self.cuts = []
        self.drops = self.owes = False
        self.control = None  # asked about a control character that begins a line: taken?
        self.found = self.data = None
        self.count = self.wrong = 0

    def partial(self) -> int:
        """Bytes of the line that is half typed, read or not."""
        return self.filled - self.start + max(0, self.held())

    def deadline(self):
        """When to look again though nothing comes; None for never."""
        return dropping.deadline(self)

    # Reading

    def readinto(self, buf, at: int):
        """Read from the stream to buf[at:]; replaced where the stream takes an offset itself."""
        return self.stream.readinto(memoryview(buf)[at:])

    def fill(self) -> bool:
        """Take what the stream has behind what is there; False if that is nothing."""
        if self.filled == SIZE and not self.compact():
            return False
        n = self.readinto(self.buf, self.filled)
        if not n:
            return False
        self.filled += n
        self.last = None
        return True

    def fill_only(self):
        """Take what the stream has, to be executed later; nothing from behind a break."""
        self.full = not self.fill() and (self.filled > 0 or self.heard() or self.gap())

    def compact(self) -> bool:
        """Move the current line to the front of the buffer; whether there is room then."""
        start = self.start
        if start:
            self.filled = atbytes.put(self.buf, 0, self.view[start : self.filled])
            self.start = 0
            self.scan = max(0, self.scan - start)
            self.payload_at -= start
            self.need -= start
            self.cuts = [cut - start for cut in self.cuts]
        return self.filled < SIZE

    def heard(self) -> bool:
        """Take the break behind what was read, if there is one: what follows can be read then."""
        return self.brk is not None and self.brk()

    def gap(self) -> bool:
        """Whether bytes were lost behind what was read.

        A command with a payload may be among them, and nobody knows where that ends: what they are
        missing in, and what follows, is dropped until silence. Then its error comes, and how many
        bytes those are that were lost or dropped behind (`overrun`).
        """
        if self.lost is None:
            return False
        count = self.lost()
        if not count:
            return False
        if self.overrun:  # what came since is lost, too
            count += self.filled - self.start
        self.overrun += count
        self.kept = None
        if self.state in _WHOLE:
            self.blame()
        self.start = self.filled
        code = self.code if self.state else 0
        dropping.until_quiet(self, code or grammar.TOO_LONG)
        return True

    def silent(self, ms: int) -> bool:
        """No byte for this long."""
        if self.silence is not None:
            return self.silence() >= ms
        last = self.last  # None: just now
        return last is not None and ticks_diff(self.core.ticks(), last) >= ms

    def over(self, ms: int) -> bool:
        """silent(), and nothing that is given as it comes waits for room for its echo."""
        return self.silent(ms) and not self.waits()

    def waits(self) -> bool:
        """Whether there are bytes that cannot be read yet."""
        return self.loose and self.any() > 0

    def came(self) -> int:
        """When the last byte came."""
        now = self.core.ticks()
        return now if self.silence is None else ticks_add(now, -self.silence())

    def rest(self) -> int:
        """Something is incomplete and the stream has no more: mind the time."""
        if self.last is None and (self.state or self.silence is None):
            self.last = self.came()
        if self.state:
            mind(self.core)
            if self.state > _TAIL and not self.loose:
                self.resync()
        return NOTHING

    def holds(self) -> bool:
        """Whether a payload is coming in, or a line is half typed: events wait."""
        if self.state:
            return self.state in dropping.IN_PAYLOAD
        core = self.core
        if self.held() < 0:  # nobody reads it while a command waits for room to answer
            return core.foreground is None or not core.out.full()
        quiet_at = self.quiet_at()
        return quiet_at is not None and ticks_diff(quiet_at, core.ticks()) > 0

    def quiet_at(self):
        """Until when a half-typed line holds events back, None without one."""
        if not self.partial() or self.state or self.core.stalled:
            return None
        last = self.last if self.silence is None else None
        return ticks_add(self.came() if last is None else last, _HALF_MS)

    # Framing. Each step gives what next() gives, or None to go on.

    def next(self) -> int:
        """Find the next command, and consume it: LAST, PLAIN or LADEN.

        What was read comes first. NOTHING when none is complete and the stream has no more.
        """
        core = self.core
        buf = self.buf
        fields = core.fields
        while True:
            if self.state:
                done = _STEPS[self.state](self)
            else:
                start = self.start
                end = self.filled
                scan = self.scan
                if start == end or scan == end:  # nothing is left, or nothing new
                    if start == end:
                        start = end = scan = 0
                    elif end == SIZE:
                        self.compact()
                        continue
                    read = self.readinto  # called as a method it costs more
                    n = read(buf, end)
                    if not n:
                        # On an idle line, or in a line, a break says nothing.
                        if self.heard() or self.gap():
                            continue
                        return self.rest()
                    end += n
                    self.filled = end
                    self.scan = scan
                    self.last = None
                at = line_at(buf, start, end, scan, fields, not core.ti)
                if at >= 0:
                    self.start = at >> 5
                    count = self.count = (at & 31) - 3
                    found = self.found = get(core.commands, buf, fields) or missing(
                        core, buf, fields
                    )
                    if not count or found is None or not found[PAYLOAD] or count == _HELP:
                        return LAST if at >> 5 == end else PLAIN
                    done = self.announce(fields[0], self.start - 1)
                else:
                    done = self.odd(-2 - at)
            if done is not None:
                return done

    def odd(self, start: int):
        """A line without end, or one that is not of the usual kind."""
        if start < 0:  # nothing but line ends
            self.start = self.filled
            return None
        self.start = start
        buf = self.buf
        if self.scan <= start:
            if buf[start] < _BLANK and self.control is not None and self.control(buf[start]):
                self.consume(start + 1)
                return None if self.core.escape is None else self.hand_back()
            self.asked = False
        if not self.asked and self.early():
            return None
        eol = atbytes.find_eol(buf, max(start, self.scan), self.filled)
        if 0 <= eol <= start + MAX_LINE:
            self.complete(start, eol, eol, eol + 1)
            found = self.found
            if self.count in (0, _HELP) or found is None or not found[PAYLOAD]:
                return LADEN
            return self.announce(start, eol)
        self.scan = self.filled
        if eol >= 0 or self.filled - start > MAX_LINE:
            if self.laden(start):
                return dropping.until_quiet(self, grammar.TOO_LONG)
            self.state = _REST
            self.code = grammar.TOO_LONG
            return None
        return self.rest()

    def early(self) -> bool:
        """Whether a payload begins before the line has ended."""
        found = self.header(self.start, self.filled)
        if found == NONE:
            self.asked = True
            if self.laden(self.start):
                found = self.header(self.start, self.filled)
        return found >= 0 and self.expect(found)

    def laden(self, start: int) -> bool:
        """Whether the command of a line that is not complete may have a payload."""
        size = self.buf.find(b"=", start, self.filled) - start
        if size < 0:
            return False
        name = bytearray(self.view[start : start + size])
        declared = lookup(self.core, name, size, self.names)
        return declared is not None and declared[PAYLOAD]

    def header(self, start: int, end: int) -> int:
        """Where the payload of a line begins and how long it is to be: see atbytes.header()."""
        core = self.core
        return header(self.buf, start, end, core.declared.payloads, not core.ti)

    def announce(self, start: int, eol: int):
        """A complete line of a command that may have a payload."""
        at = self.header(start, eol)
        if at >= 0:
            self.start = start
            self.expect(at)
            return None
        core = self.core
        end = eol
        if at <= NO_NUMBER:
            end = NO_NUMBER - at - 1  # what is behind that is a payload's, as far as it goes
        elif not hides(core, self.found[_ARGS], self.buf, core.fields, self.count):
            return self.complete(start, eol, eol, eol + 1)
        return dropping.keep(self, start, end, eol)

    def complete(self, start: int, end: int, last: int, to: int) -> int:
        """A command: its line without payload in buf[start:end]. The next begins at `to`.

        There is a payload behind a comma, buf[end + 1:last], unless that is `end` itself.
        """
        self.start = self.scan = to
        self.state = LINE
        if self.loose:
            self.resync()
        self.consumed = True
        core = self.core
        fields = core.fields
        buf = self.buf
        self.count = tokenize(buf, end, fields, not core.ti, start)
        self.found = get(core.commands, buf, fields) or missing(core, buf, fields)
        self.data = self.view[end + 1 : last] if last > end else None
        self.wrong = 0
        self.consumed = False
        return LADEN

    def expect(self, found: int) -> bool:
        """A payload begins as header() says."""
        at = found & _BEGIN
        length = found >> _LENGTH
        self.code = 0
        self.payload_at = at
        if length > MAX_TEXT or at - self.start > MAX_LINE:
            self.code = grammar.WRONG if length > MAX_TEXT else grammar.TOO_LONG
            self.state = _SINK
            self.blame()
            self.start = at
            self.owed = length
            return True
        self.need = at + length
        self.padded = found & _PADDED
        if self.need + 2 > SIZE:
            self.compact()
        self.state = _DATA
        if self.need > self.filled and not self.loose and self.held() >= 0:
            self.resync()  # the line discipline does not know of it: keys would edit it
        return True

    def in_payload(self):
        """DATA: wait for the payload."""
        if self.padded:
            self.unpad()
        end = self.filled
        need = self.need
        if self.cuts and self.cuts[0] < need:
            self.blame()
            return dropping.cut(self, grammar.TOO_LONG)
        if end < need:
            read = self.readinto
            n = read(self.buf, end)
            if n:
                end += n
                self.filled = end
                self.last = None
                if self.padded:
                    return None
            elif self.gap():
                return None
            elif self.heard():
                self.blame()
                return dropping.until_quiet(self, grammar.TOO_LONG)
            elif self.over(PAUSE_MS):
                self.blame()
                return dropping.owe(self, need - end, grammar.TOO_LONG)
        if end < need:
            return self.rest()
        self.state = _TAIL
        return self.behind_payload()

    def behind_payload(self):
        """TAIL: wait for the end of its line."""
        need = end = self.need
        if self.filled > need:
            byte = self.buf[need]
            if byte != _CR and byte != _LF:
                self.blame()
                if self.cuts:
                    return dropping.cut(self, self.code or grammar.TOO_LONG)
                return dropping.until_quiet(self, self.code or grammar.TOO_LONG)
            end += 1
        elif self.fill() or self.gap():
            return None
        elif not self.heard() and not self.over(SILENCE_MS):
            return self.rest()
        if self.code:
            self.consume(end)
            return self.failed(self.code)
        return self.complete(self.start, self.payload_at - 1, need, end)

    def unpad(self):
        """Take blanks away that stand where the payload is to begin."""
        at = first = self.payload_at
        while first < self.filled and self.buf[first] == _BLANK:
            first += 1
        if first > at:
            self.cuts = [cut - (first - at) for cut in self.cuts]
            self.filled = atbytes.put(self.buf, at, self.view[first : self.filled])
        self.padded = self.filled == at

    def blame(self):
        """The error of a payload names what that is called; its line is still there."""
        core = self.core
        if core.settings.verbose and self.name is None:
            end = self.payload_at - 1
            count = tokenize(self.buf, end, core.fields, not core.ti, self.start)
            found = get(core.commands, self.buf, core.fields)
            if found is not None:
                self.name = payload_name(found[_ARGS], self.buf, core.fields, count)

    def failed(self, code: int) -> int:
        """What there was of a command is an error."""
        self.found = self.data = None
        self.wrong = code
        return LADEN

    def interrupted(self):
        """next() has raised: go on behind what it was about.

        If nobody knows where that ends, all is dropped up to a pause.
        """
        self.name = None
        if self.consumed:
            self.consumed = False
            stall(self.core)
        else:
            dropping.until_quiet(self, 0, PAUSE_MS)
            self.rest()

    def empty(self):
        """Nothing of what was read counts."""
        self.start = self.filled = self.kept[2] if self.kept else 0
        self.cuts.clear()

    def hand_back(self) -> int:
        """What was read and not consumed is for somebody else who reads the stream."""
        if self.unread is not None and self.start < self.filled:
            self.unread(self.view[self.start : self.filled])
            self.filled = self.start
            self.cuts.clear()
            self.consume(self.start)
        elif self.start < self.filled:
            stall(self.core)  # who comes back goes on with that
        return NOTHING

    def consume(self, to: int):
        """Begin a new line at `to`."""
        self.start = self.scan = to
        self.state = LINE
        if self.loose:
            self.resync()

    def forget(self):
        """Drop what has come and is no complete command."""
        self.filled = self.overrun = 0
        self.name = None
        self.cuts.clear()
        self.tells = self.drops = self.owes = False
        self.kept = None
        if self.wake_at is not None:
            self.stream.forget()
            self.loose = True
        self.consume(0)

    def resync(self):
        """Let the line discipline give what the state wants: lines, or bytes as they come."""
        self.loose = self.state != LINE
        if self.wake_at is not None:
            at = self.start  # line ends alone are the beginning of nothing
            while at < self.filled and self.buf[at] in _EOLS:
                at += 1
            self.wake_at(1 if self.loose else -1 if at < self.filled else 0)


_STEPS = (
    None,
    Framer.in_payload,
    Framer.behind_payload,
    dropping.sink,
    dropping.rest,
    dropping.quiet,
    dropping.owed,
)
