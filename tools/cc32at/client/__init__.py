"""Client for the AT firmware on any serial port: a board, a pty, TCP, or the emulator.

from cc32at.client import AtClient

with AtClient.open("/dev/ttyACM0") as at:
    print(at.command("AT+Get=General,Version").fields)
    sd = at.call("Socket", "INET", "STREAM", "TCP").fields[0]
    pending = at.start(f"AT+Connect={sd},INET,80,10.0.0.1")
    print(pending.result(timeout=30).fields)
"""

from .errors import AtError, AtTimeout, ClientError, DeviceFailed
from .messages import Message, MessageReader
from .ports import open_port
from .session import AtClient, Pending, Result
from .transcript import Transcript

__all__ = [
    "AtClient",
    "AtError",
    "AtTimeout",
    "ClientError",
    "DeviceFailed",
    "Message",
    "MessageReader",
    "Pending",
    "Result",
    "Transcript",
    "open_port",
]
