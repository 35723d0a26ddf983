"""Sockets below IP: transceiver (layers 1 and 2), RX metrics, raw packets.

There is no radio: what is sent lands in a log that tests can read (`sent`), what is received is
put there by the control interface (`inject`). Rules of use are the NWP's (nwp-protocol.md 4.7).
"""

from __future__ import annotations

from collections import deque

from . import sockopt as so
from .codec import protocol
from .codes import BSD
from .sock_base import Socket

RF, PACKET = 6, 17
RX_METRICS = 4


class AirSocket(Socket):
    """Domain 6 (descriptor 0x80 + id) or 17."""

    def __init__(self, table, sd, domain, kind, protocol):
        super().__init__(table, sd, domain, kind, protocol)
        self.id_flag = 0x80 if domain == RF else 0
        self.channel = protocol
        self.frames: deque = deque()
        self.sent: deque = deque(maxlen=64)  # (transmit parameters or None, frame)

    def option_changed(self, level, number):
        if level == so.SOCKET and number == so.CHANGE_CHANNEL:
            channel = self.options.number(so.CHANGE_CHANNEL)
            if not 1 <= channel <= 14:
                self.table.refuse(BSD.EINVAL)
            self.channel = channel

    def send(self, cmd, data):
        parameters = None
        if self.domain == RF:
            parameters, data = int.from_bytes(data[:4], "little"), data[4:]
        self.sent.append((parameters, bytes(data)))

    def inject(self, frame: bytes, rate: int = 0, channel: int | None = None, rssi: int = -50):
        """A frame from the air; with the header that the socket's kind has."""
        if self.domain == RF:
            header = protocol().pack(
                "transceiver_rx_header",
                rate=rate,
                channel=self.channel if channel is None else channel,
                rssi=rssi,
                timestamp=int(self.table.np.now() * 1e6) & 0xFFFFFFFF,
            )
            if self.kind == RX_METRICS:
                tlv = protocol().pack("rx_metrics_tlv", type=1, length=len(header) + len(frame))
                header = tlv + header
            frame = header + frame
        self.frames.append(frame)
        self.try_receive()
        self.table.changed()

    def take(self, max_len):
        if not self.frames:
            return None
        frame = self.frames.popleft()[:max_len]
        return len(frame), frame, None

    def readable(self):
        return bool(self.frames)
