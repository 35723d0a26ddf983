"""Echo and line editing on a stream, while the setting ECHO is on.

Backspace and DEL take back a character, Ctrl-U the line. Payload bytes are echoed as they are and
never edited. While a command is under way nothing is read, so the echo comes when it is answered.
"""

from ..framing import LINE

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

    def serve(self):
        """Execute what is complete, byte by byte, until the stream has no more."""
        core = self.core
        framer = core.framer
        read, framer.readinto = framer.readinto, nothing  # its bytes come by take()
        while True:
            framer.serve()
            if core.foreground is not None or not framer.end and core.out.full():
                core.stalled = core.active = True
            if core.stalled or not self.stream.readinto(self.byte):
                framer.readinto = read
                return
            self.take(framer, self.byte[0])

    def take(self, framer, byte: int):
        """One byte: edit, or keep and echo."""
        after_cr, self.after_cr = self.after_cr, byte == CR
        if framer.state == LINE:
            if byte == BS or byte == DEL:
                if framer.erase():
                    self.echo(RUB)
                return
            if byte == CTRL_U:
                while framer.erase():
                    self.echo(RUB)
                return
            if byte == CR or byte == LF:
                if byte == CR or not after_cr:
                    self.echo(b"\r\n")
            elif byte >= 0x20:
                self.echo(self.byte)
        else:
            self.echo(self.byte)
        framer.put(byte)

    def echo(self, data):
        """Write, and let the driver go on while there is no room."""
        write_all(self.stream, data, self.core.link)


def nothing(buf, at: int) -> int:
    """A stream that has nothing to read."""
    return 0


def write_all(stream, data, link):
    """Write all of data to a stream that takes what it can; events are taken in meanwhile."""
    at = stream.write(data)
    while at < len(data):
        link.dispatch(link.nwp.wait(link.limit(ROOM_MS), ROOM))
        link.woken = True
        at += stream.write(memoryview(data)[at:])
