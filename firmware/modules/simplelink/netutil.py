"""Network utilities: keys, signatures, random numbers (nwp-protocol 6.7)."""

from struct import pack, unpack_from

from .compat import const
from .errors import SlError, checked

# table: opcodes netutil
_NETUTIL_GET = const(0xB4C0)
_NETUTIL_CMD = const(0xB4C1)
_NETUTIL_CMD_DONE = const(0x30C1)
# end
# table: locks NETUTIL
_LOCK_NETUTIL = const(21)
# end
# table: errors SL_ESMALLBUF SL_EZEROLEN
_SL_ESMALLBUF = const(-2001)
_SL_EZEROLEN = const(-2002)
# end


class NetUtil:
    """sl.netutil"""

    def __init__(self, link):
        self.link = link

    async def get(self, object: int, option: int, buf) -> int:
        """Read into buf; returns the length. option: 1 public key, 2 its info, 3 random bytes."""
        if not len(buf):
            raise SlError(_SL_EZEROLEN)
        args = pack("<IhHHxx", object, 0, option, len(buf))
        done = await self.link.command(_NETUTIL_GET, args, head=12, into=buf)
        checked(unpack_from("<h", done.result, 4)[0])
        if done.size > len(buf):
            raise SlError(_SL_ESMALLBUF)
        return done.size

    async def command(self, command: int, attrib, data=b"", out=b"") -> int:
        """Run a command: its attributes, its input; the result goes to out (a buffer), its length
        is returned.

        command: 1 certificate, 2 sign, 3 verify, 4 temporary keys, 5 install a key, 6 ARP lookup.
        """
        link = self.link
        await link.admit()
        with await link.turn(_LOCK_NETUTIL, _NETUTIL_CMD_DONE) as wait:
            wait.head = 12
            wait.into = out
            args = pack("<HHHH", command, len(attrib), len(data), len(out))
            await self._started(wait, args, attrib, data)
            return _output(await wait, wait.size, len(out))

    async def _started(self, wait, args, attrib, data):
        """Send a command and take its answer; `wait` is for the event that follows."""
        try:
            done = await self.link.command(
                _NETUTIL_CMD, args, attrib, more=data, undo=self._unwanted, lock=_LOCK_NETUTIL
            )
            checked(unpack_from("<h", done.result)[0])
        except SlError:
            wait.sent = False  # no event follows
            raise

    async def _unwanted(self, answer):
        """The answer of a command that was cancelled before it: no event follows a refusal."""
        if len(answer) < 2 or answer[1] & 0x80:
            self.link.owners[_LOCK_NETUTIL] = None


def _output(done: bytes, size: int, room: int) -> int:
    """Length of a command's output: what its header says, as far as it came."""
    checked(unpack_from("<h", done, 4)[0] if len(done) >= 12 else 0)
    size = min(size, unpack_from("<H", done, 8)[0] if len(done) >= 12 else 0)
    if size > room:
        raise SlError(_SL_ESMALLBUF)
    return size
