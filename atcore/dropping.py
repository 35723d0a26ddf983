"""What a Framer drops, and when that ends (guide-style.md O14): nothing of it is executed.

Silence is what the reader sees of it. While a command goes on and nobody can look ahead (ahead.py)
nothing is read, and what came before and behind a silence in that time is as if it came together.

Each function is a step of Framer.next() in one of its states, and gives what that gives, or None
to go on.
"""

import atbytes

from .compat import const, ticks_add
from .grammar import TOO_LONG

PAUSE_MS = const(2000)  # without a byte: who sends has given up
SILENCE_MS = const(20)  # without a byte: who sends waits

# States of a Framer.
LINE, DATA, TAIL, SINK, REST, QUIET, OWED = range(7)
IN_PAYLOAD = (DATA, TAIL, SINK)  # events wait
LIMITS_MS = (None, PAUSE_MS, SILENCE_MS, PAUSE_MS, PAUSE_MS)


def deadline(framer):
    """When to look again though nothing comes; None for never."""
    state = framer.state
    if state < QUIET:
        ms = LIMITS_MS[state]
    elif state == QUIET:
        ms = framer.quiet_ms
    else:
        ms = SILENCE_MS if framer.begun else None
    if ms is None:
        return None
    if framer.waits():
        return ticks_add(framer.core.ticks(), ms)
    return ticks_add(framer.last if framer.silence is None else framer.came(), ms)


def sink(framer):
    """SINK: a payload that is too long, by its length; then its line ends as that of any other."""
    n = min(framer.filled - framer.start, framer.owed)
    framer.start += n
    framer.owed -= n
    if not framer.owed:
        framer.need = framer.start
        framer.state = TAIL
        return None
    framer.empty()
    if framer.fill() or framer.gap():
        return None
    if framer.heard():
        return until_quiet(framer, framer.code)
    if framer.over(PAUSE_MS):
        return owe(framer, framer.owed, framer.code)
    return framer.rest()


def rest(framer):
    """REST: what is left of a line that is too long."""
    eol = atbytes.find_eol(framer.buf, framer.start, framer.filled)
    if eol < 0:
        framer.empty()
        if framer.fill() or framer.gap():
            return None
        if framer.heard():
            return until_quiet(framer, framer.code)
        if not framer.over(PAUSE_MS):
            return framer.rest()
    framer.consume(eol + 1)
    return framer.failed(framer.code)


def until_quiet(framer, code: int, ms=SILENCE_MS):
    """Drop everything until the line has been silent for `ms`, then tell the error, if any."""
    framer.state = QUIET
    framer.code = code
    framer.quiet_ms = ms
    framer.last = None
    framer.resync()


def cut(framer, code: int):
    """What there was to drop behind a payload that ended early was dropped while a command waited.

    As far as that went: the rest is as ever.
    """
    to = framer.cuts.pop(0)
    if not framer.drops:
        framer.consume(to)
        return framer.failed(code)
    framer.start = to
    framer.drops = False
    owes = framer.owes and not framer.begun
    framer.owes = False
    if owes:
        return owe(framer, framer.owed, code)
    return until_quiet(framer, code)


def keep(framer, start: int, end: int, eol: int):
    """A line that may be the head of a payload, and says not how long that is (forms.hides()).

    Its command is buf[start:end], of the payload there is buf[end + 1:eol], unless `end` is `eol`.
    What follows may be the rest of that: its error comes when it is silent, too.
    """
    cuts = framer.cuts
    if cuts and cuts[0] <= eol + 1:  # that was dropped while a command waited
        cuts.pop(0)
        if not framer.drops:
            return framer.complete(start, end, eol, eol + 1)
        framer.drops = False
    until_quiet(framer, 0)
    framer.kept = start, end, eol
    framer.start = eol


def quiet(framer):
    """QUIET."""
    if framer.overrun:  # what is dropped because of lost bytes is as lost as they are
        framer.overrun += framer.filled - framer.start
    lose(framer, framer.filled)
    framer.empty()
    if framer.fill() or framer.gap():
        return None
    if framer.heard():
        framer.last = None
    if not framer.over(framer.quiet_ms):
        return framer.rest()
    if framer.kept:
        (start, last, eol), framer.kept = framer.kept, None
        return framer.complete(start, last, eol, framer.filled)
    return end(framer, 0)


def owe(framer, count: int, code: int):
    """Tell the error at once: `count` bytes of a payload are missing and may come yet."""
    framer.state = OWED
    framer.owed = count
    framer.begun = False
    framer.code = 0
    framer.tells = True
    framer.empty()
    framer.resync()
    return framer.failed(code)


def owed(framer):
    """OWED: the missing bytes and the rest of their line, until silence behind the first.

    If that was more than an empty line, one more error tells that a line is lost.
    """
    if framer.start < framer.filled:
        framer.begun = True
        n = min(framer.filled - framer.start, framer.owed)
        framer.owed -= n
        lose(framer, framer.start + n)
        if not framer.owed:
            eol = atbytes.find_eol(framer.buf, framer.start, framer.filled)
            lose(framer, framer.filled if eol < 0 else eol)
            if eol >= 0:
                return end(framer, eol + 1)
    framer.empty()
    if framer.fill() or framer.gap():
        return None
    if framer.heard():
        return until_quiet(framer, framer.code)
    if framer.begun and framer.over(SILENCE_MS):
        return end(framer, 0)
    return framer.rest()


def lose(framer, to: int):
    """Drop up to `to`; is there more than line ends, where that has to be told?"""
    if framer.tells and not framer.code:
        if bytes(framer.view[framer.start : to]).strip(b"\r\n"):
            framer.code = TOO_LONG
    framer.start = to


def end(framer, to: int):
    """It is all dropped, and the next line begins at `to`."""
    framer.tells = False
    framer.consume(to)
    return framer.failed(framer.code) if framer.code else None
