"""The network processor: boot, dispatch, answers, events, credits, snapshot.

`NetworkProcessor` has the seam interface that the emulator, the in-process host link and the TCP
server drive: attach, power, write, read, irq, shutdown_ready, trigger, fds, service, snapshot,
restore. No threads; under a virtual clock every run is the same to the byte.

How to plug a group in
----------------------
A module `nwp/<group>.py` (listed in `GROUP_MODULES`) defines a class and nothing else is needed:

    @group("netcfg")
    class Netcfg(Group):
        def __init__(self, np):
            super().__init__(np)
            self.address = 0                      # state: plain attributes, copied by snapshots

        def power_on(self): ...                   # after boot, INIT_COMPLETE is queued
        def power_off(self): ...                  # close sockets; stored settings are kept for you

        @handles("NETCFG_GET")
        def get(self, cmd):                       # cmd.config_id, cmd.payload, cmd.raw("ip")
            value = self.np.config.get("netcfg", cmd.config_id, cmd.option)
            if value is None:
                raise NwpError("SL_ERROR_INVALID_PARAM")     # answered with that status
            self.np.respond(cmd, payload=value)   # fields of the request are echoed by name

        @handles("NETAPP_PING_V4")
        def ping(self, cmd):
            self.np.respond(cmd)                  # response first ...
            self.np.after(1.0, self.ping_done, cmd.attempts)

        def ping_done(self, n):                   # ... completion later
            self.np.event("NETAPP_PING_REPORT", status=0, sent=n, received=n)

A handler may also return a status instead of calling respond(). Every command that has a response
must be answered exactly once: a handler that neither answers nor raises must call
`np.defer(cmd)` and answer later. Data-class handlers (send, recv requests ...) answer nothing.

* np.respond(cmd, status=0, payload=b"", **fields)
* np.event(name, payload=b"", delay=0.0, **fields) -> bool; names of opcode rows
  ("SOCKET_CONNECT_DONE") or of user events ("WLAN_CONNECTED"); tail strings by name; honours masks
* np.after(seconds, bound_method, *args) -> id, np.cancel(id), np.now(), np.random (seeded)
* np.config.get / effective / set / delete: persistence rules of chapter 8 (config.py)
* np.storage: the file store (storage.py); np.world: the radio world; np.groups["wlan"]: neighbours
* np.set_status("WLAN_CONN", True), np.tx_failure(sd, on), np.non_blocking(sd, on),
  np.forget_socket(sd): header fields
* credits: a data-class command's credits (cmd.cost) come back when its handler returns, unless it
  called np.hold(cmd); then call np.release(cmd). A DUMMY refreshes a host that believes in few.
* np.role: "STA" | "AP" | "P2P" | "TAG"; np.set_next_role(name) takes effect at the next start
* np.real_time: True when the clock is the wall clock
"""

from __future__ import annotations

import importlib.util
import random
import struct
import traceback
from collections import Counter, deque

from ..world import World
from . import snapshot
from .api import Helpers
from .clock import RealClock, Timers
from .codec import H2N_SYNC, Command, protocol
from .config import Config
from .control import Control
from .faults import Faults
from .linklayer import Header, LinkLayer, Message, encode
from .registry import GROUPS, NwpError, handlers_of
from .storage import Storage
from .wirecheck import WireCheck

GROUP_MODULES = (
    "device",
    "fs",
    "fsctl",
    "sockets",
    "tls",
    "wlan",
    "netcfg",
    "netapp",
    "netutil",
)
CREDIT_POOL = 24
CHIP_ID = 0x31100019  # of a CC3220SF
ROLES = {"STA": 0, "AP": 2, "P2P": 3, "TAG": 4}
ROLE_KEY = ("nwp", 0, 0)


def load_groups() -> None:
    """Import every group module that exists, so that it registers itself."""
    for name in GROUP_MODULES:
        full = f"{__package__}.{name}"
        if importlib.util.find_spec(full):
            importlib.import_module(full)


class NetworkProcessor(Helpers):
    """The model behind the link seam.

    world: a World (world/__init__.py); None = the default one. storage: a Storage; None = a fresh
    one in memory. seed: of `np.random`.
    """

    not_copied = frozenset({"protocol", "groups", "handlers", "log", "trace", "strict", "on_irq"})

    def __init__(self, world=None, storage=None, seed: int = 1):
        load_groups()
        self.protocol = protocol()
        self.world = world if world is not None else World.default()
        blocks = self.world.device.flash_kb // 4
        self.storage = storage if storage is not None else Storage(blocks=blocks)
        self.storage.provision(self.world)
        self.random = random.Random(seed)
        self.timers = Timers()
        self.config = Config(self.storage)
        self.header = Header()
        self.link = LinkLayer(self._command, self._line, self._fill, self.timers)
        self.link.on_request = self._request
        self.faults = Faults(self)
        self.check = WireCheck(self)
        self.groups = {name: cls(self) for name, cls in GROUPS.items()}
        self.handlers = {}
        for instance in self.groups.values():
            self.handlers.update(handlers_of(instance))
        self.powered = False
        self.booted = False  # answers commands
        self._groups_up = False
        self.role = "STA"
        self.event_masks: dict[int, int] = {}
        self.dropped_events: dict[int, int] = {}
        self.counters = Counter()
        self.log: deque = deque(maxlen=2000)
        self._ready = True
        self.told = 0
        self.on_irq = None
        self._chip_id = CHIP_ID
        self.trace = None  # trace("H" | "N", name, frame from the sync word on)
        self.strict = True  # errors in handlers end the run; else they are printed and refused
        self.control = Control(self)

    # Seam

    def attach(self, clock, on_irq) -> None:
        """Connect to a clock (now, call_at, cancel) and to the interrupt line, on_irq(level)."""
        self.on_irq = on_irq
        self.timers.attach(clock)

    def power(self, on: bool) -> None:
        """Power of the NWP. Off forgets everything but what is stored; on boots."""
        if on == self.powered:
            return
        self.powered = on
        if on:
            self._ready = False
            self.timers.after(self.world.timing.boot_s, self._boot)
        else:
            self._halt()

    def write(self, data: bytes) -> None:
        """Bytes the host clocked out; lost while there is no power."""
        if self.powered:
            self.link.write(data)

    @property
    def violations(self) -> list[str]:
        """What the host did against the rules of the wire (wirecheck.py)."""
        return [text for _, text in self.check.found]

    def read(self, n: int) -> bytes:
        """Exactly n bytes as the host clocks them in; 0xFF where there is no message."""
        return self.link.read(n) if self.powered else b"\xff" * n

    @property
    def irq(self) -> bool:
        return self.link.line

    @property
    def shutdown_ready(self) -> bool:
        """NWP_LPDS_WAKEUP_CFG reads 0x20: down, or ready to lose power (1.3)."""
        return self._ready

    def trigger(self) -> None:
        """Out-of-band interrupt: the host is about to remove power without asking (1.3)."""
        if self.powered and not self._ready:
            self.timers.after(self.world.timing.trigger_s, self.stopped)

    def fds(self) -> list:
        """Selectable objects to watch while the host is idle."""
        found = self.control.fds()
        for instance in self.groups.values():
            found += instance.fds()
        return found

    def service(self) -> None:
        """Do the host I/O that is possible now."""
        self.control.service()
        for instance in self.groups.values():
            instance.service()

    def close(self) -> None:
        """End what outlives the power: the control interface."""
        self.control.close()

    # Boot and stop

    @property
    def chip_id(self) -> int:
        """The number that the host is told: the world's, or that of the chip it is part of."""
        given = self.world.device.chip_id
        return self._chip_id if given is None else given

    @chip_id.setter
    def chip_id(self, value: int) -> None:
        self._chip_id = value

    @property
    def real_time(self) -> bool:
        return isinstance(self.timers.clock, RealClock) or bool(
            getattr(self.timers.clock, "is_real", False)
        )

    def _boot(self) -> None:
        self.config.power_on()
        self.storage.power_on()
        self.booted = True
        self.header.credits = CREDIT_POOL
        stored = self.config.get(*ROLE_KEY)
        self.role = stored.decode() if stored else self.world.device.role
        status = self.faults.start_status(self._start_status())
        self.event(
            "DEVICE_INIT_COMPLETE",
            status=status,
            chip_id=self.chip_id,
            more_data=0,
        )
        self._groups_up = True
        for instance in self.groups.values():
            instance.power_on()

    def _start_status(self) -> int:
        enum = self.protocol.enums["start_status"]
        if self.storage.locked:
            self.set_status("LOCKED", True)
            return enum["ERR_FS_ALERT"]
        if self.storage.programming:
            return enum["ERR_INCOMPLETE_PROGRAMMING"]
        if self.storage.restored:
            self.storage.restored = False
            self.storage.save()
            return enum["RESTORE_IMAGE_COMPLETE"]
        return enum[f"ROLE_{self.role}"]

    def _halt(self) -> None:
        """Everything volatile is gone."""
        self._groups_down()
        self.timers.clear()
        self.link.reset()
        self.storage.power_off()
        self.header.reset()
        self.event_masks.clear()
        self.dropped_events.clear()
        self.told = 0
        self.check.reset()
        self._ready = True

    def stopped(self) -> None:
        """The NWP has come to rest: groups are down, power may go."""
        self._groups_down()
        self.timers.keep_only(self.link)
        self._ready = True

    def _groups_down(self) -> None:
        self.booted = False
        if self._groups_up:
            self._groups_up = False
            for instance in self.groups.values():
                instance.power_off()

    def cut_power(self) -> None:
        """The supply fails: files open for writing are lost, the host hears nothing more."""
        self.power(False)

    def set_next_role(self, name: str) -> None:
        """Operating mode from the next start on (always stored, 8)."""
        self.config.set(*ROLE_KEY, name.encode(), rule="persistent")

    # Link events

    def _line(self, level: bool) -> None:
        if self.on_irq is not None:
            self.on_irq(level)

    def line_restored(self) -> None:
        """Tell the host side the level after a restore."""
        self._line(self.link.line)

    def _fill(self, message: Message, sequence: int) -> bytes:
        data = self.faults.spoil(message, encode(message, self.header, sequence), sequence)
        self.told = self.header.credits
        self.check.answered(message.name)
        self.counters["messages"] += 1
        self.log.append((self.now(), "N", message.name or f"0x{message.opcode:04X}"))
        if self.trace:
            self.trace("N", message.name, data)
        return data

    def _request(self) -> None:
        self.check.request(bool(self.link.queue))

    def post(self, message: Message, delay: float = 0.0) -> None:
        """Queue a message, by way of the faults."""
        for late, item in self.faults.outgoing(message):
            if delay + late > 0:
                self.timers.after(delay + late, self.link.send, item)
            else:
                self.link.send(item)

    def _cost(self, cmd: Command) -> int:
        """Credits the host took for a data-class command (4.2)."""
        if cmd.name.startswith("SOCKET_SEND"):
            return 1 + max(cmd.args["len"] - 1, 0) // self.header.min_tx_payload
        return 1 if cmd.name.startswith("SOCKET_RECV") else 0

    def _command(self, opcode: int, body: bytes) -> None:
        row = self.protocol.by_opcode.get(opcode)
        self.counters["commands"] += 1
        self.log.append((self.now(), "H", row.name if row else f"0x{opcode:04X}"))
        if self.trace:
            frame = struct.pack("<4sHH", H2N_SYNC, opcode, len(body)) + body
            self.trace("H", row.name if row else "", frame)
        if not self.booted:
            self.check.early(opcode)
            return
        if row is None or not row.to_nwp or row.name not in self.handlers:
            self._unknown(opcode)
            return
        cmd = Command(row, body)
        cmd.cost, cmd.held = self._cost(cmd), False
        self.header.credits -= cmd.cost
        self.told -= cmd.cost
        self.check.command(cmd)
        if not self.faults.incoming(cmd):
            self._run(cmd)
        if not cmd.held:
            self.release(cmd)

    def _unknown(self, opcode: int) -> None:
        """Silence would kill the host after 10 s: answer with an error (5, rule 6)."""
        self.counters["unknown"] += 1
        if opcode & 0x400 and opcode & 0x8000:
            status = self.protocol.error("SL_ERROR_INVALID_OPCODE")
            args = self.protocol.pack("basic_response", status=status)
            self.post(Message(opcode & 0x7FFF, args, name=f"0x{opcode & 0x7FFF:04X}"))

    def _run(self, cmd: Command) -> None:
        try:
            if cmd.short:
                raise NwpError("SL_ERROR_INVALID_PARAM")
            if self.storage.locked and cmd.row.group not in ("fs", "device"):
                raise NwpError("SL_ERROR_NOT_ALLOWED_NWP_LOCKED")
            result = self.handlers[cmd.name](cmd)
        except NwpError as error:
            self._refuse(cmd, error.code)
            return
        except Exception:
            if self.strict:
                raise
            traceback.print_exc()
            self._refuse(cmd, "SL_ERROR_GENERAL_DEVICE")
            return
        if cmd.row.response_opcode is not None and cmd.answered is False:
            if result is None:
                raise RuntimeError(f"handler of {cmd.name} did not answer")
            self.respond(cmd, result)

    def _refuse(self, cmd: Command, error: int | str) -> None:
        self.counters["errors"] += 1
        if cmd.row.response_opcode is not None and not cmd.answered:
            self.respond(cmd, error)

    # Snapshot (snapshot.py)

    def components(self) -> dict:
        """Everything that has state, by the name it has in a snapshot."""
        parts = {f"group.{name}": instance for name, instance in self.groups.items()}
        parts |= {"link": self.link, "timers": self.timers, "config": self.config}
        parts |= {"storage": self.storage, "world": self.world, "faults": self.faults}
        parts |= {"check": self.check}
        return parts | {"np": self, "header": self.header, "control": self.control}

    def snapshot(self) -> dict:
        """A deep copy of the whole state; SnapshotError while real sockets are open."""
        return snapshot.take(self)

    def restore(self, state: dict) -> None:
        """Put a snapshot back; the clock must show the time of the snapshot again."""
        snapshot.put_back(self, state)
        self.storage.save()
