"""Echo and line editing on a stream, while the setting ECHO is on.

Backspace and DEL take back a character, Ctrl-U the line. Payload bytes are echoed as they are and
never edited; a line end, that behind a payload too, is echoed as CR LF. While a command is under
way nothing is read, so the echo comes when it is answered.
"""

from ..framing import LINE
from ..pump import serve, stray

BS, LF, CR, CTRL_U, DEL = 0x08, 0x0A, 0x0D, 0x15, 0x7F
ROOM = 0x26  # flags of the link: the stream has room, an answer, an event
ROOM_MS = 50
RUB = b"\b \b"


class Editor:
    """Reads a stream byte by byte for a Framer."""

    def __init__(self, core, stream):
        self.core = core
        self.stream = stream
        self.byte = memoryview(bytearray(1))
        self.after_cr = False

    def serve(self, core):
        """Execute what is complete, byte by byte, until the stream has no more."""
        framer = core.framer
        read, framer.readinto = framer.readinto, nothing  # its bytes come by take()
        brk, framer.brk = framer.brk, None
        try:
            while True:
                serve(core)
                if core.foreground is not None or not framer.partial() and core.out.full():
                    core.stalled = core.active = True
                if core.stalled:
                    return
                if self.stream.readinto(self.byte):
                    framer.brk = None
                    self.take(framer, self.byte[0])
                elif framer.brk is brk:
                    return
                else:
                    framer.brk = brk  # the stream has no more: now a break is next
        finally:
            framer.readinto, framer.brk = read, brk

    def take(self, framer, byte: int):
        """One byte: edit, or keep and echo."""
        after_cr, self.after_cr = self.after_cr, False
        if framer.raw():
            self.echo(self.byte)
        elif byte == CR or byte == LF:
            self.after_cr = byte == CR
            if byte == CR or not after_cr:
                self.echo(b"\r\n")
        elif framer.state != LINE:
            self.echo(self.byte)
        elif byte == BS or byte == DEL:
            if framer.erase():
                self.echo(RUB)
            return
        elif byte == CTRL_U:
            while framer.erase():
                self.echo(RUB)
            return
        elif byte >= 0x20:
            self.echo(self.byte)
        framer.put(byte)

    def echo(self, data):
        """Write, and let the driver go on while there is no room."""
        write_all(self.stream, data, self.core)


def nothing(buf, at: int) -> int:
    """A stream that has nothing to read."""
    return 0


def write_all(stream, data, core):
    """Write all of data to a stream that takes what it can; events are taken in meanwhile."""
    link = core.link
    at = stream.write(data)
    while at < len(data):
        try:
            link.dispatch(link.nwp.wait(link.limit(ROOM_MS), ROOM))
        except Exception as error:
            stray(core, error)
        link.woken = True
        at += stream.write(memoryview(data)[at:])
