"""What the loop minds besides the stream: each flag of a core is set here, and nowhere else.

Whoever wants to know reads the flag. These are functions, which cost half of what methods do.

active      step() has to look after more than the stream, or the application has
stalled     complete lines wait for the foreground or for room
attention   the application should look at escape and BAUD now
muted       until then nothing is delivered: the settings are not known yet
look_at     when to look for a way out for the command that waits; None: it has just begun to
autostarted the first AT+Start still answers OK (style guide)
borrower    a Command or a message that has the memory of one frame (`room`), which lies outside of
            the heap. A frame is a payload with room for what stands around it. Where memory is
            scarce there is no such memory, and nobody gets it.
"""

from .compat import SCARCE, const, static, ticks_add, ticks_diff

MAX_TEXT = const(5464)  # characters of a payload of 4096 bytes in Base64
FRAME_SIZE = 64 + MAX_TEXT + 2  # with what stands around it


def clear(core):
    """Nothing is the matter."""
    core.active = core.stalled = core.attention = core.autostarted = False
    core.muted = core.look_at = None
    core.room = None if SCARCE else static(FRAME_SIZE)
    core.borrower = SCARCE or None


def mind(core):
    """There is more to look after than the stream."""
    core.active = True


def settle(core, more: bool):
    """Whether there still is."""
    core.active = more or core.attention


def wake(core):
    """Something became ready that the link does not tell of: step() does not sleep before it."""
    core.link.woken = core.active = True


def woken(core):
    """Who became ready so was looked at."""
    core.link.woken = False


def stall(core):
    """Complete lines have to wait."""
    core.stalled = core.active = True


def unstall(core):
    """They are executed now."""
    core.stalled = False


def attend(core):
    """The application is wanted."""
    core.attention = core.active = True


def attended(core):
    """It has done what it is for."""
    core.attention = False


def look(core, at):
    """Look for a way out at this time."""
    core.look_at = at


def mute(core, ms: int):
    """Deliver nothing, and execute nothing of the stream, for so long at most."""
    core.muted = ticks_add(core.ticks(), ms)


def unmute(core):
    """The settings are known."""
    core.muted = None


def muted(core) -> bool:
    """Whether that holds still, of a core that was muted."""
    if ticks_diff(core.muted, core.ticks()) > 0:
        return True
    core.muted = None
    return False


def autostart(core, done: bool):
    """The network processor was started by itself, or was not after all."""
    core.autostarted = done


def autostarted(core) -> bool:
    """Whether it was; tells it once."""
    done = core.autostarted
    core.autostarted = False
    return done


def lend(core, command):
    """The memory, for a frame of this command; it is free (borrower is None)."""
    core.borrower = command
    return core.room


def pass_on(core, message):
    """The command has answered: its message lies in it. None: nobody needs it any more."""
    core.borrower = message
