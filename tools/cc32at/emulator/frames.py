"""Cutting the two byte streams of the link into messages (nwp-protocol.md 2.1, 2.2)."""

from collections.abc import Callable

H2N_SYNC = bytes.fromhex("21433412")
READ_REQUEST = bytes.fromhex("65877856")
N2H_SYNC_MASK, N2H_SYNC = 0x7FFF_7F78, 0x2BCD_5C38  # sequence bits left out
HEADER = 8


class FrameReader:
    """Feed it a direction's bytes; on_frame(opcode, body) is called for each message.

    direction "H": host to NWP; "N": NWP to host, whose body includes the 8 header bytes.
    """

    def __init__(self, direction: str, on_frame: Callable[[int, bytes], None]):
        self._from_host = direction == "H"
        self._on_frame = on_frame
        self._buffer = bytearray()

    def reset(self) -> None:
        self._buffer.clear()

    def _at_sync(self) -> bool:
        if self._from_host:
            return self._buffer.startswith(H2N_SYNC)
        word = int.from_bytes(self._buffer[:4], "little")
        return word & N2H_SYNC_MASK == N2H_SYNC

    def feed(self, data: bytes) -> None:
        buffer = self._buffer
        buffer += data
        while len(buffer) >= 4:
            if not self._at_sync():
                del buffer[:4]
                continue
            if len(buffer) < HEADER:
                return
            length = int.from_bytes(buffer[6:8], "little")
            end = HEADER + (length + 3 & ~3)
            if len(buffer) < end:
                return
            self._on_frame(int.from_bytes(buffer[4:6], "little"), bytes(buffer[8 : 8 + length]))
            del buffer[:end]
