"""Stands in for a client (window B): its chapter stays while it keeps something, or waits."""

from simplelink.waiter import Sleep

from ..compat import const
from ..dispatch import AT_ONCE
from . import command

_HANDLE = const(("handle", "u8", ""))
clients = []


class Client:
    """What is kept: its name, and how many bytes it was told."""

    def __init__(self, name: bytes):
        self.name = name
        self.told = 0


@command(b"KeeperCreate", (("Name", "str", "", 32),), reply=(("u8", 0),))
def create(cmd, name):
    client = Client(bytes(name))
    cmd.core.keep(cmd, client)
    clients.append(client)
    return len(clients) - 1


@command(
    b"KeeperTell",
    (_HANDLE, ("format", "format", ""), ("length", "size", ""), ("data", "data", "")),
    varies=True,
    reply=(("str", 0), ("u32", 1), ("u32", 2)),
)
def tell(cmd, handle, format, length, data):
    client = clients[handle] if handle < len(clients) else Client(b"nobody")
    data = cmd.data(format, data)
    client.told += len(data)
    return client.name, client.told, sum(data)


@command(b"KeeperWait", (("ms", "u32", ""),), ok=AT_ONCE, reply=(("u32", 0),))
async def wait(cmd, ms):
    await Sleep(cmd.sl.link, ms)
    return ms


@command(b"KeeperDelete", (_HANDLE,))
def delete(cmd, handle):
    cmd.core.release(clients.pop(handle))
