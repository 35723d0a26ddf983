"""The ways out of a command that waits (guide-style.md O13), looked for in what comes behind it.

What ends it: a break on the line, a command declared to end everything, or one that ends what
waits on its socket. The look ahead goes by framing, as Framer.next() will, and executes nothing:
the bytes of a payload are none of a command. A break while a payload is incomplete ends that
payload, as it does without anybody who waits: what is dropped then is dropped here, and the place
is marked for the framer (Framer.cuts).

It sees as far as the framer's buffer reaches, of which a part belongs to the command that waits:
what is before that or what is behind it is room, whichever is more. Of what lies behind that, and
behind what cannot be looked through (lost bytes, Ctrl-A, a payload that is too long, a change of
STYLE, in which a payload may begin elsewhere), only a break counts, which ends the command.
"""

from array import array

import atbytes
from atbytes import get, header, tokenize

from simplelink.errors import SlError

from .compat import const, ticks_add, ticks_diff
from .dispatch import ENDS_ALL, HELP, PAYLOAD, missing
from .dropping import PAUSE_MS, SILENCE_MS
from .flags import MAX_TEXT, stall
from .forms import hides
from .framing import MAX_LINE, SIZE, payload_of
from .grammar import ParseError, finish

LOOK_MS = const(150)  # between two looks, and before the first
_GRACE_MS = const(400)  # for the commands between the one that waits and its way out, together
_SOON_MS = const(5)  # how long they wait when that is over
_DROP_MS = const(5)  # between two looks while something is dropped: no silence goes by unseen
_PAST_MS = const(5000)  # behind a way out, the next is another one
# table: errors SL_API_ABORTED SL_RET_CODE_STOP_IN_PROGRESS SL_ERROR_BSD_EBADF
_SL_API_ABORTED = const(-2005)
_SL_RET_CODE_STOP_IN_PROGRESS = const(-2017)
_SL_ERROR_BSD_EBADF = const(-9)
# end
_SOCKETS = ("sd", "socket")  # what the first parameter is called, if it is a socket
_ID = const(0x0F)  # of a socket descriptor
_NO_NUMBER = const(-3)  # header(), or less: there is a payload, and nobody knows how long
_CTRL_A = const(1)
_CTRL_C = const(3)
_BLANK = const(0x20)
_LF = const(0x0A)
_EOLS = b"\r\n"
_SET = b"at+set"
_STYLE = b"style"
_BARE = (0, HELP)  # counts of parameters of a line that announces no payload, as in Framer.next()
_LOST = (
    b"AT+Send=0,0,1,"  # a payload that a cut behind it ends: the error that tells of a lost line
)

# table: declaration ARGS SHAPE COUNT
_ARGS = const(1)
_SHAPE = const(3)
_COUNT = const(5)
# end
# table: shape ENDS
_ENDS = const(8)
# end

# Why a walk has ended.
_ON = const(0)  # nothing is left
_LINE = const(1)  # a line is not complete
_INSIDE = const(2)  # a payload is not
_TAIL = const(3)  # its line end is not there
_BLIND = const(4)  # nobody can tell what follows
_OUT = const(5)  # a way out


class Ahead:
    """Looks ahead on the stream of one core, and in what was handed to send()."""

    def __init__(self, core):
        self.core = core
        # As finish() wants them of a core.
        self.fields = array("H", bytes(2 * len(core.fields)))
        self.ti = False
        self.offset = 0  # from where the framer is: up to there nothing was found
        self.need = 0  # where a payload that is not complete will end
        self.tells = False  # a line was lost among the missing bytes of another payload
        self.limit = SIZE  # what is behind that of the framer's buffer is the waiting command's
        self.code = 0  # the error of the way out that was, 0 without one
        self.found_at = None  # when

    # Who asks

    def heed(self):
        """SlError if a call that waits for the network processor is to end (driver)."""
        self.core.flush()
        self.offset = 0
        if self.core.foreground is None:
            self.limit = SIZE
        code = self.look()
        if code:
            raise SlError(code)

    def look(self) -> int:
        """The error with which the command that waits ends now; 0: it goes on waiting."""
        code = self.handed() or self.coming()
        if not code or code == _SL_API_ABORTED:
            return code
        now = self.core.ticks()
        past = _PAST_MS if self.found_at is None else ticks_diff(now, self.found_at)
        if 0 <= past < _GRACE_MS:
            return 0
        if not 0 <= past < _PAST_MS:
            self.found_at = now
        return code

    def next_at(self, now: int, again=True) -> int:
        """When to look next, or for the first time for another command."""
        if not again:
            self.offset = 0
            self.limit = SIZE
        framer = self.core.framer
        left = _DROP_MS if framer is not None and framer.drops else LOOK_MS
        if self.code and self.found_at is not None:
            left = min(left, ticks_diff(ticks_add(self.found_at, _GRACE_MS), now))
        return ticks_add(now, max(left, _SOON_MS))

    def handed(self) -> int:
        """A way out among the commands that were handed to send()."""
        core = self.core
        self.code = 0
        for line in core.waiting:
            count = tokenize(line, len(line), self.fields, not core.ti)
            if self.way_out(self.declared(line), line, count):
                break
        return self.code

    # On the stream

    def coming(self) -> int:
        """A way out on the stream."""
        framer = self.core.framer
        if framer is None or framer.state:
            return 0
        broken = framer.breaks is not None and framer.breaks()  # asked before all is read
        while True:
            why = self.walk(framer)
            if why == _OUT:
                return self.code
            if framer.drops:
                if not self.dropped(framer):
                    return 0
            elif why == _BLIND or not self.read(framer):
                break
        if framer.heard():
            return self.snapped(framer, why)
        if why == _TAIL and framer.over(SILENCE_MS):
            self.put_eol(framer)
        elif why == _INSIDE and framer.over(PAUSE_MS):
            self.cut(framer, self.need - framer.filled)
        return _SL_API_ABORTED if broken and framer.brk(True) else 0

    def read(self, framer) -> bool:
        """Take what the stream has, behind what is there."""
        if framer.filled >= self.limit and not self.moved(framer):
            return False
        n = self.taken(framer)
        if not n:
            return False
        framer.filled += n
        framer.last = self.core.ticks()
        stall(self.core)
        return True

    def taken(self, framer):
        """Read what there is room for, and no further."""
        limit = self.limit
        if limit == SIZE:
            return framer.readinto(framer.buf, framer.filled)
        return framer.readinto(framer.view[:limit], framer.filled)

    def moved(self, framer) -> bool:
        """Move what was read to where there is more room: before the command that waits."""
        core = self.core
        begin = core.fields[0]  # of that
        if (
            core.foreground is None
            or self.limit < SIZE
            or not framer.filled - framer.start < begin < framer.start
        ):
            return False
        framer.compact()
        self.limit = begin
        return True

    def snapped(self, framer, why: int) -> int:
        """There was a break behind all that was read."""
        if why == _INSIDE:
            self.cut(framer)
            return 0
        if why == _TAIL:
            self.put_eol(framer)
        return _SL_API_ABORTED

    def put_eol(self, framer):
        """The line of a complete payload has ended without a line end."""
        if framer.filled < self.limit:
            framer.buf[framer.filled] = _LF
            framer.filled += 1

    def cut(self, framer, owed=0):
        """A payload ends early at the end of what was read: drop what follows.

        owed: so many bytes of it are missing and may come yet (dropping.owed()); 0: all that comes
        until it is silent.
        """
        framer.cuts.append(framer.filled)
        framer.owed = owed
        framer.owes = owed > 0
        framer.begun = self.tells = False
        framer.last = self.core.ticks()
        framer.drops = framer.loose = True
        if framer.wake_at is not None:
            framer.wake_at(1)

    def dropped(self, framer) -> bool:
        """Drop what the stream has; whether it is silent."""
        if framer.filled >= self.limit and not self.moved(framer):
            return False
        lost = framer.lost
        while True:
            n = self.taken(framer) or 0
            missing = lost() if lost is not None and not n else 0
            framer.overrun += missing
            if not n and not missing and not framer.heard():
                break
            framer.last = self.core.ticks()
            if framer.owes and self.repaid(framer, n):
                return self.dropped_all(framer)
        if framer.owes and not framer.begun or not framer.over(SILENCE_MS):
            return False
        return self.dropped_all(framer)

    def repaid(self, framer, n: int) -> bool:
        """n of the missing bytes, or of the rest of their line: whether that has ended."""
        filled = framer.filled
        end = filled + n
        owed = min(n, framer.owed)
        framer.begun = True
        framer.owed -= owed
        eol = -1 if framer.owed else atbytes.find_eol(framer.buf, filled + owed, end)
        if bytes(framer.view[filled : end if eol < 0 else eol]).strip(_EOLS):
            self.tells = True
        if eol < 0:
            return False
        framer.filled = atbytes.put(framer.buf, filled, framer.view[eol + 1 : end])
        return True

    def dropped_all(self, framer) -> bool:
        """What follows counts again; a line that was lost is told by an error of its own."""
        kept = bytes(framer.view[framer.cuts[-1] : framer.filled])
        if self.tells and framer.filled + len(_LOST) <= self.limit:
            at = atbytes.put(framer.buf, framer.cuts[-1], _LOST)
            framer.cuts.append(at)
            framer.filled = atbytes.put(framer.buf, at, kept)
        framer.drops = framer.loose = framer.owes = self.tells = False
        if framer.wake_at is not None:
            framer.wake_at(0)
        return True

    # By framing

    def walk(self, framer) -> int:
        """Go on through what was read; why not further."""
        start = framer.start
        at = start + self.offset
        self.code = 0
        why = _ON
        while at < framer.filled and why == _ON:
            at, why = self.step(framer, at)
        self.offset = at - start
        return why

    def step(self, framer, at: int) -> tuple:
        """(where the command behind the one at `at` begins, _ON), or why that is not known."""
        buf = framer.buf
        if buf[at] in _EOLS or buf[at] == _CTRL_C and framer.control is not None:
            return at + 1, _ON
        if buf[at] == _CTRL_A and framer.control is not None:
            return at, _BLIND
        core = self.core
        eol = atbytes.find_eol(buf, at, framer.filled)
        end = framer.filled if eol < 0 else eol
        count = tokenize(buf, end, self.fields, not core.ti, at)
        declared = self.declared(buf)
        if declared is not None and declared[PAYLOAD] and count not in _BARE:
            found = header(buf, at, end, core.declared.payloads, not core.ti)
            if found >= 0:
                return self.behind(framer, at, found)
            if eol >= 0 and (
                found <= _NO_NUMBER or hides(core, declared[_ARGS], buf, self.fields, count)
            ):
                return self.doubtful(framer, at, eol)
        if eol < 0:
            return at, _LINE if end - at <= MAX_LINE else _BLIND
        if self.way_out(declared, buf, count):
            return at, _OUT
        if bytes(buf[self.fields[0] : self.fields[1]]) == _SET:
            if _STYLE in bytes(buf[at:eol]).lower():
                return at, _BLIND
        return eol + 1, _ON

    def behind(self, framer, at: int, found: int) -> tuple:
        """step() for a command whose payload begins as header() says."""
        begin, length, padded = payload_of(found)
        if length > MAX_TEXT or begin - at > MAX_LINE:
            return at, _BLIND
        buf = framer.buf
        filled = framer.filled
        while padded and begin < filled and buf[begin] == _BLANK:
            begin += 1
        need = begin + length
        for cut in framer.cuts:
            if at < cut <= need + 1:
                return cut, _ON
        self.need = need
        if filled <= need:
            return at, _INSIDE if filled < need else _TAIL
        if buf[need] not in _EOLS:
            framer.filled = need + 1  # what follows a wrong tail is dropped, too
            self.cut(framer)
        return need + 1, _ON

    def doubtful(self, framer, at: int, eol: int) -> tuple:
        """step() for a line that may be the head of a payload, and says not how long that is."""
        for cut in framer.cuts:
            if at < cut <= eol + 1:
                return cut, _ON
        framer.filled = eol + 1  # what follows is dropped (dropping.keep())
        self.cut(framer)
        return eol + 1, _ON

    def declared(self, line):
        """The declaration of a tokenized line's command, or None."""
        core = self.core
        return get(core.commands, line, self.fields) or missing(core, line, self.fields)

    def way_out(self, declared, line, count: int) -> int:
        """The error that this command brings to the one that waits, 0 for none."""
        kind = 0 if declared is None else declared[_SHAPE] >> _ENDS
        if not kind or count != declared[_COUNT]:
            return 0
        args = declared[_ARGS]
        values = []
        self.ti = self.core.ti
        try:
            finish(self, line, count, args, values, None)
        except ParseError:
            return 0
        if kind == ENDS_ALL:
            self.code = _SL_RET_CODE_STOP_IN_PROGRESS
        elif values[0] & _ID == self.socket():
            self.code = _SL_ERROR_BSD_EBADF
        return self.code

    def socket(self) -> int:
        """On which socket the command that waits does so; -1 for none."""
        command = self.core.foreground or self.core.command
        declared = command.declaration
        if declared is None or not declared[_ARGS] or declared[_ARGS][0][0] not in _SOCKETS:
            return -1
        return command.first & _ID
