"""From bytes to complete commands: lines, counted payloads, what is dropped.

A line ends with CR or LF; further line ends are empty lines and say nothing. The payload of a
command that has one begins behind a comma whose number the declaration gives and has the length
that the line gives; then a line end, a break or 20 ms of silence must follow (at-commands.md,
correction of 3.2). Too short a payload ends by a pause or by a break on the line; a break anywhere
else says nothing. What is wrong is dropped up to its line end with one error, and nothing of it is
executed. A command is consumed before it is executed: whatever it does, it is never met again.
"""

import atbytes
from atbytes import header, line_at

from . import grammar, reply
from .compat import const, static, ticks_add, ticks_diff
from .dispatch import MAX_TEXT, PAYLOAD, execute, lookup, refuse, refused, start
from .queue import MANY

_MAX_LINE = const(2560)  # bytes of a line without its payload
SIZE = _MAX_LINE + MAX_TEXT + 2

_PAUSE = const(2000)  # ms without a byte that end a payload or a dropped line
_SILENCE = const(20)  # ms without a byte that end a command behind its payload
_HALF = const(1000)  # ms that a half-typed line holds events back

# State: a line, the payload, what follows it, something to be dropped.
LINE = const(0)
_DATA = const(1)
_TAIL = const(2)
_DROP = const(3)

_NO_END = const(0x1FFF)  # of line_at()
# What header() gives: where the payload begins, whether behind blanks, and its length.
_BEGIN = const(0x1FFF)
_PADDED = const(0x2000)
_LENGTH = const(14)
NO_NUMBER = const(-3)  # or less by where it begins: its length is no number
MAX_HEADER = const(0x1FFE)
_BLANK = const(0x20)
_CR = const(0x0D)
_LF = const(0x0A)


def payload_of(found: int) -> tuple:
    """(index, length, padded) of a header() that knows where a payload begins.

    length is None if it is no number; padded: blanks before the payload are not part of it
    (Base64 in style ti: at-commands.md, correction of 2.6).
    """
    if found < 0:
        return NO_NUMBER - found, None, False
    return found & _BEGIN, found >> _LENGTH, found & _PADDED > 0


class Framer:
    """The input side of one stream."""

    def __init__(self, core, stream):
        self.core = core
        self.stream = stream
        self.buf = static(SIZE)
        self.view = memoryview(self.buf)
        self.start = 0  # of the current line
        self.end = 0  # of what was read
        self.scan = 0  # no line end before this
        self.state = LINE
        self.declaration = None  # of the payload command that is coming in
        self.asked = False  # the current line's name was looked at
        self.data = 0  # where the payload begins
        self.need = 0  # where it ends
        self.padded = False  # blanks before it are not part of it
        self.skip = 0  # bytes still to be dropped, whatever they are
        self.wrong = 0  # the error that the end of DROP brings
        self.last = 0  # when the last byte came
        self.quiet_at = None  # until then a half-typed line holds events back
        # Was there a break behind what was read? Tells once, and until then nothing more is read.
        self.brk = getattr(stream, "brk", None)
        self.full = False  # fill() had nothing to take, or must not take more
        self.control = None  # asked about a control character that begins a line: taken?

    def partial(self) -> int:
        """Bytes of the line that is half typed."""
        return self.end - self.start

    def deadline(self):
        """When to look again though nothing comes; None for never."""
        if self.state == LINE:
            return None
        return ticks_add(self.last, _SILENCE if self.state == _TAIL else _PAUSE)

    def serve(self):
        """Take what the stream has and execute what is complete, while there is room."""
        core = self.core
        buf = self.buf
        end = self.end
        n = 0
        if end < SIZE or self.compact():
            end = self.end
            n = self.readinto(buf, end)
            if n:
                end += n
                self.end = end
                self.last = None
        core.stalled = False
        try:
            while True:
                if self.state:
                    done = self.drop() if self.state == _DROP else self.payload()
                else:
                    found = line_at(buf, self.start, self.end, self.scan)
                    if found < 0:
                        self.start = self.end = self.scan = 0
                        self.quiet_at = None
                        if not n:
                            self.heard()  # on an idle line a break says nothing
                        return
                    start = self.start = found >> 13
                    eol = found & _NO_END
                    if eol == _NO_END or eol - start > _MAX_LINE:
                        done = self.odd(start, eol)
                    elif buf[start] < 0x20 and self.taken(start):
                        done = True
                    else:
                        if self.asked:
                            self.asked = False
                            self.declaration = None
                        core.processed += 1
                        line = self.view[start:] if start else buf
                        if eol + 1 == end:  # all there is; the line itself stays in place
                            self.start = self.end = self.scan = 0
                            more = execute(core, line, eol - start)
                            if more is None:
                                self.quiet_at = None
                                return
                            self.end = end
                        else:
                            self.start = self.scan = eol + 1
                            more = execute(core, line, eol - start)
                        if more is not None:
                            self.announce(more, start, eol)
                        done = True
                if not done:
                    break
                if core.foreground is not None or core.attention or len(core.entries) >= MANY:
                    core.stalled = core.active = True
                    self.quiet_at = None
                    return
        except Exception as error:
            refused(core, error)
            self.lose()
        if not n and not self.state:
            self.heard()  # nor in a line
        self.rest(core)

    def taken(self, start: int) -> bool:
        """Whether the control character that begins the line is somebody's; then it is gone."""
        if self.control is None or not self.control(self.buf[start]):
            return False
        self.consume(start + 1)
        return True

    def fill(self):
        """Take what the stream has, to be executed later; nothing from behind a break."""
        n = 0
        if self.end < SIZE or self.compact():
            n = self.readinto(self.buf, self.end)
            if n:
                self.end += n
                self.last = None
        self.full = not n and (self.end > 0 or self.heard())

    def rest(self, core):
        """Something incomplete is left: mind the time."""
        if self.last is None:
            self.last = core.ticks()
        self.quiet_at = None
        if self.state:
            core.active = True
        else:
            self.quiet_at = ticks_add(self.last, _HALF)

    def readinto(self, buf, at: int):
        """Read from the stream to buf[at:]; replaced where the stream takes an offset itself."""
        return self.stream.readinto(self.view[at:])

    def put(self, byte: int):
        """Take one byte that was read by somebody else; there is room."""
        if self.end == SIZE:
            self.compact()
        self.buf[self.end] = byte
        self.end += 1
        self.last = self.core.ticks()

    def erase(self) -> int:
        """Take back the last character of the half-typed line; its length in bytes."""
        end = self.end
        while end > self.start:
            end -= 1
            if self.buf[end] & 0xC0 != 0x80:
                break
        n = self.end - end
        self.end = end
        self.scan = self.start
        self.declaration = None
        self.asked = False
        self.last = self.core.ticks()
        return n

    def compact(self) -> bool:
        """Move the current line to the front of the buffer; whether there is room then."""
        start = self.start
        if start:
            self.end = atbytes.put(self.buf, 0, self.view[start : self.end])
            self.start = 0
            self.scan -= start
            self.data -= start
            self.need -= start
        return self.end < SIZE

    def odd(self, start: int, eol: int) -> bool:
        """A line that is too long, or has no end yet."""
        if self.buf[start] < 0x20 and self.taken(start):
            return True
        if eol == _NO_END:
            self.scan = self.end
            return self.unfinished()
        return not self.asked and self.early() or self.abandon(grammar.TOO_LONG)

    def unfinished(self) -> bool:
        """A line without its end: perhaps the header of a payload, perhaps too long."""
        if not self.asked and self.early():
            return True
        if self.end - self.start > _MAX_LINE:
            return self.abandon(grammar.TOO_LONG)
        return False

    def early(self) -> bool:
        """Look whether a payload begins before the line has ended."""
        if self.declaration is None:
            start = self.start
            equals = self.buf.find(b"=", start, self.end)
            if equals < 0:
                return False
            name = bytearray(self.view[start:equals])
            found = lookup(self.core, name, equals - start)
            if found is None or not found[PAYLOAD]:
                self.asked = True
                return False
            self.declaration = found
        found = self.header(self.start, self.end)
        if found < 0:
            return False
        self.expect(found)
        return True

    def header(self, start: int, end: int) -> int:
        """Where the payload of a line begins and how long it is to be: see atbytes.header()."""
        core = self.core
        return header(self.buf, start, end, core.declared.payloads, not core.ti)

    def announce(self, declaration, begin: int, eol: int):
        """A complete line, consumed already, turned out to belong to a payload command."""
        found = self.header(begin, eol)
        if found >= 0:
            self.start = begin
            self.declaration = declaration
            self.expect(found)
            return
        self.consume(eol + 1)
        core = self.core
        view = self.view[begin:eol]
        if found > NO_NUMBER:  # no payload: the header says what is wrong
            count = atbytes.tokenize(view, eol - begin, core.fields, not core.ti)
            start(core, declaration, view, count)
        else:
            data = NO_NUMBER - found - begin
            execute(core, view, data - 1, view[data:])

    def expect(self, found: int):
        """A payload begins as header() says."""
        data = found & _BEGIN
        length = found >> _LENGTH
        if length > MAX_TEXT or data - self.start > _MAX_LINE:
            self.skip = length
            self.start = data
            self.abandon(grammar.WRONG if length > MAX_TEXT else grammar.TOO_LONG)
            return
        self.data = data
        self.need = data + length
        self.padded = found & _PADDED
        if self.need + 2 > SIZE:
            self.compact()
        self.state = _DATA

    def payload(self) -> bool:
        """Wait for the payload and for the end of its line."""
        if self.padded:
            self.unpad()
        if self.end < self.need:
            if self.heard() or self.silent(_PAUSE):
                return self.short()
            return False
        self.state = _TAIL
        need = self.need
        if self.end == need:
            if not self.heard() and not self.silent(_SILENCE):
                return False
        elif self.buf[need] != _CR and self.buf[need] != _LF:
            self.start = need
            return self.abandon(grammar.TOO_LONG)
        start, data = self.start, self.data
        view = self.view[start:] if start else self.view
        self.consume(need)
        execute(self.core, view, data - start - 1, self.view[data:need])
        return True

    def unpad(self):
        """Take blanks away that stand where the payload is to begin."""
        data = first = self.data
        while first < self.end and self.buf[first] == _BLANK:
            first += 1
        if first > data:
            self.end = atbytes.put(self.buf, data, self.view[first : self.end])
        self.padded = self.end == data

    def short(self) -> bool:
        """The payload ended before its length was there."""
        self.start = self.end
        refuse(self.core, reply.PARSE, grammar.TOO_LONG)
        self.consume(self.end)
        return True

    def abandon(self, code: int) -> bool:
        """Drop the rest of the line; its error follows."""
        self.state = _DROP
        self.wrong = code
        return True

    def drop(self) -> bool:
        n = self.end - self.start
        if self.skip:
            n = min(n, self.skip)
            self.skip -= n
            self.start += n
        if not self.skip:
            eol = atbytes.find_eol(self.buf, self.start, self.end)
            if eol >= 0:
                self.consume(eol + 1)
                self.dropped()
                return True
        self.start = self.end = self.scan = 0
        if self.heard() or self.silent(_PAUSE):
            self.skip = 0
            self.consume(0)
            self.dropped()
            return True
        return False

    def dropped(self):
        """All of it is gone: its error, unless that was told before."""
        if self.wrong:
            refuse(self.core, reply.PARSE, self.wrong)

    def lose(self):
        """Nobody knows any more what the bytes mean: drop them until a pause or a break."""
        self.skip = SIZE << 8
        self.abandon(0)

    def consume(self, to: int):
        """Begin a new line at `to`."""
        self.start = self.scan = to
        self.state = LINE
        self.declaration = None
        self.asked = False

    def forget(self):
        """Drop what has come and is no complete command."""
        self.end = 0
        self.skip = 0
        self.quiet_at = None
        self.consume(0)

    def raw(self) -> bool:
        """Whether the next byte is a payload's, whatever it is."""
        return self.state == _DATA or self.skip > 0

    def heard(self) -> bool:
        """Take the break behind what was read, if there is one: what follows can be read then."""
        return self.brk is not None and self.brk()

    def silent(self, ms: int) -> bool:
        """No byte for this long."""
        last = self.last  # None: just now
        return last is not None and ticks_diff(self.core.ticks(), last) >= ms
