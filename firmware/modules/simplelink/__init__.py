"""SimpleLink host driver: the CC3220's network processor from Python.

    from simplelink import SimpleLink, events

    seen = []
    sl = SimpleLink()
    sl.on_event = lambda opcode, args: seen.append(events.decode(opcode, args))
    sl.run(sl.device.start())
    sl.wlan.connect(b"home", 2, b"password1")
    while not any(event and event[:2] == (events.NETAPP, 1) for event in seen):
        sl.link.pump(-1)  # until there is an address: IPV4_ACQUIRED
    sd = sl.sockets.open(2, 1)
    sl.run(sl.sockets.connect(sd, 80, b"\\x0a\\x00\\x00\\x02"))

Groups: device, wlan, sockets, fs, netapp, netcfg, netutil, as in nwp-protocol chapter 6. Plain
methods are short requests. `async def` methods wait: for a slow answer or for an event; they run
under sl.run() or in a program's own loop, which resumes a coroutine when the waiter it yielded is
ready(). Bytes in, bytes out; a failure raises SlError with its code.
"""

from .compat import ticks_diff
from .device import Device
from .errors import SlError
from .link import Link
from .waiter import Waiter

__all__ = ("SimpleLink", "SlError", "Waiter")


class SimpleLink:
    """One network processor, with its groups as attributes.

    on_event(opcode, args): called for every event that no operation waits for; args is a view that
    lasts until it returns; it must not call the driver. Fatal conditions come as opcodes 0xFF01 to
    0xFF05. send_ms: how long a send waits for credits. on_wait(): called every 100 ms while a
    plain method waits for its answer; the SlError that it raises ends that. It must not call the
    driver.
    """

    send_ms = 10000

    def __init__(self, nwp=None):
        if nwp is None:
            import nwp
        self.on_event = self.on_wait = None
        self.resets = []  # groups that want to know of a start
        self.link = Link(self, nwp)
        self.device = Device(self.link)

    def __getattr__(self, name: str):
        """The other groups, made when they are first asked for: until then they take no RAM."""
        if name == "sockets":
            from .sockets import Sockets as group
        elif name == "wlan":
            from .wlan import Wlan as group
        elif name == "fs":
            from .fs import Fs as group
        elif name == "netapp":
            from .netapp import NetApp as group
        elif name == "netcfg":
            from .netcfg import NetCfg as group
        elif name == "netutil":
            from .netutil import NetUtil as group
        else:
            raise AttributeError(name)
        made = group(self.link)
        setattr(self, name, made)
        return made

    def run(self, coro):
        """Run a coroutine of the driver to its end; returns what it returns, raises what it
        raises.
        """
        link = self.link
        resume = link.nwp.resume
        box = [None]
        try:
            while True:
                wait = resume(coro, box)
                if wait is None:
                    return box[0]
                while not wait.done and not wait.ready():
                    ms = -1
                    if wait.deadline is not None:
                        ms = max(0, ticks_diff(wait.deadline, link.ticks()))
                    link.pump(ms)
        finally:
            coro.close()

    def reset(self):
        """The network processor starts anew (called by device)."""
        for group in self.resets:
            group.reset()
