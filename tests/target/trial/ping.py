"""Ping on trial (guide table 54): OK when the driver has accepted, then any number of lines."""

from struct import unpack

from atcore.commands import command
from atcore.dispatch import ACCEPTED, REPEATED

_ARGUMENTS = (
    ("Family", "family", ""),
    ("Destination", "addr", "", "Family", b"0"),
    ("Size", "u16", ""),
    ("Delay", "u32", ""),
    ("Timeout", "u16", ""),
    ("Max", "u32", ""),
    ("Flags", "u32", ""),
)


@command(
    b"NetAPPPing",
    _ARGUMENTS,
    ok=ACCEPTED,
    values=REPEATED,
    reply=(("u16", 0), ("u16", 1), ("u16", 2)),
)
async def ping(cmd, family, address, *values):
    """Ping a host; destination 0 ends what goes on (table 54, rules O3, O4)."""
    words = unpack(">4I" if len(address) > 4 else ">I", address)
    host = words if len(words) > 1 else words[0]
    if not any(words):
        cmd.sl.netapp.ping_stop(host)
        return
    reports = cmd.sl.netapp.pings(host, *values)
    cmd.accepted()
    while report := await reports:
        await cmd.emit((report[5], report[4], report[3]))
