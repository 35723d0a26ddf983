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
        def get(self, cmd):                       # cmd.config_id, cmd.option, cmd.payload, cmd.raw()
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

import copy
import importlib.util
import random
from collections import Counter, deque

from ..world import World
from .clock import RealClock, Timers
from .codec import Command, protocol
from .config import Config
from .control import Control
from .faults import Faults
from .linklayer import Header, LinkLayer, Message, encode
from .registry import GROUPS, NwpError, handlers_of
from .storage import Storage

GROUP_MODULES = (
    "device",
    "fs",
    "sockets",
    "tls",
    "wlan",
    "netcfg",
    "netapp",
    "netutil",
)
CREDIT_POOL = 24
LOW_WATER = 14  # a host that believes in fewer credits is told of new ones (4.2)
EVENT_QUEUE = 64  # async messages that may wait before events are dropped (5, rule 14)
STATUS_FIELDS = ("status", "handle", "count")  # where a response carries its error
ROLES = {"STA": 0, "AP": 2, "P2P": 3, "TAG": 4}
ROLE_KEY = ("nwp", 0, 0)


class SnapshotError(RuntimeError):
    """The model holds something that cannot be copied, for example a real socket."""


class _Ref:
    """Stands for a live component inside a snapshot."""

    def __init__(self, name: str):
        self.name = name

    def __deepcopy__(self, memo):
        return memo["components"][self.name] if "components" in memo else self


def load_groups() -> None:
    """Import every group module that exists, so that it registers itself."""
    for name in GROUP_MODULES:
        full = f"{__package__}.{name}"
        if importlib.util.find_spec(full):
            importlib.import_module(full)


class NetworkProcessor:
    """The model behind the link seam.

    world: a World (world/__init__.py); None = the default one. storage: a Storage; None = a fresh
    one in memory. seed: of `np.random`. boot_s: seconds from power-on to INIT_COMPLETE.
    """

    not_copied = frozenset({"protocol", "groups", "handlers", "log", "trace", "_on_irq"})

    def __init__(self, world=None, storage=None, seed: int = 1, boot_s: float | None = None):
        load_groups()
        self.protocol = protocol()
        self.world = world if world is not None else World.default()
        self.storage = storage if storage is not None else Storage()
        self.storage.provision(self.world)
        self.random = random.Random(seed)
        self.boot_s = self.world.device.boot_s if boot_s is None else boot_s
        self.timers = Timers()
        self.config = Config(self.storage)
        self.header = Header()
        self.link = LinkLayer(self._command, self._line, self._fill, self.timers)
        self.faults = Faults(self)
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
        self._told = 0
        self._on_irq = None
        self.trace = None  # trace(direction "H"|"N", name, bytes); direction as in the vectors
        self.control = Control(self)

    # Seam

    def attach(self, clock, on_irq) -> None:
        """Connect to a clock (now, call_at, cancel) and to the interrupt line, on_irq(level)."""
        self._on_irq = on_irq
        self.timers.attach(clock)

    def power(self, on: bool) -> None:
        """Power of the NWP. Off forgets everything but what is stored; on boots."""
        if on == self.powered:
            return
        self.powered = on
        if on:
            self._ready = False
            self.timers.after(self.boot_s, self._boot)
        else:
            self._halt()

    def write(self, data: bytes) -> None:
        """Bytes the host clocked out; lost while there is no power."""
        if self.powered:
            self.link.write(data)

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
            self.timers.after(0.005, self.stopped)

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

    # Boot and stop

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
            chip_id=self.world.device.chip_id,
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
        return enum[f"ROLE_{self.role}"]

    def _halt(self) -> None:
        """Everything volatile is gone."""
        self._groups_down()
        self.timers.clear()
        self.link.reset()
        self.storage.power_off()
        self.header.__init__()
        self.event_masks.clear()
        self.dropped_events.clear()
        self._told = 0
        self._ready = True

    def stopped(self) -> None:
        """The NWP has come to rest: groups are down, power may go."""
        self._groups_down()
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

    # Helpers for groups

    def now(self) -> float:
        """Seconds of the attached clock."""
        return self.timers.clock.now()

    def after(self, seconds: float, fn, *args) -> int:
        """Call a bound method later; forgotten at power-off. Returns an id for cancel()."""
        return self.timers.after(seconds, fn, *args)

    def cancel(self, number: int | None) -> None:
        self.timers.cancel(number)

    def respond(self, cmd: Command, status: int | str = 0, payload: bytes = b"", **fields) -> None:
        """Answer a command: its response layout, request fields echoed, exact payload.

        RuntimeError when it was answered before or has no response.
        """
        if cmd.answered or cmd.row.response_opcode is None:
            raise RuntimeError(f"{cmd.name} cannot be answered (again)")
        cmd.answered = True
        layout = cmd.row.response
        values = {
            name: cmd.args[name]
            for name, field in layout.by_name.items()
            if name in cmd.args and not field.is_pad and name != "status"
        }
        if payload and "length" in layout.by_name:
            values["length"] = len(payload)
        status = self.protocol.error(status)
        if status or "status" in layout.by_name:
            for name in STATUS_FIELDS:
                if name in layout.by_name:
                    values[name] = status
                    break
        values.update(fields)
        message = Message(cmd.row.response_opcode, layout.pack(values), payload, cmd.name)
        self._post(message, 0.0)

    def defer(self, cmd: Command) -> None:
        """The handler will answer later."""
        cmd.answered = None

    def event(self, name: str, payload: bytes = b"", delay: float = 0.0, **fields) -> bool:
        """Send an async or data message; False when a mask or a full queue kept it back."""
        name = self.protocol.event_messages.get(name, name)
        row = self.protocol.opcodes[name]
        class_id = self.protocol.event_ids.get(name)
        if class_id and self.event_masks.get(class_id[0], 0) >> class_id[1] & 1:
            return False
        if class_id and len(self.link.queue) >= EVENT_QUEUE:
            self.groups["device"].event_dropped(name, class_id[0])
            return False
        abort_type = fields.pop("abort_type", None)
        message = Message(row.opcode, row.response.pack(fields), payload, name)
        message.abort_type = abort_type
        self._post(message, delay)
        return True

    def refresh(self) -> None:
        """Make the host see the header fields soon: a DUMMY unless something waits anyway."""
        if self.booted and not self.link.queue:
            self._post(Message(self.protocol.opcodes["DEVICE_DUMMY"].opcode, name="DEVICE_DUMMY"))

    def set_status(self, bit: str, on: bool) -> None:
        """A bit of the device status byte, by its name in enum dev_status."""
        mask = self.protocol.enums["dev_status"][bit]
        self.header.dev_status = self.header.dev_status & ~mask | (mask if on else 0)

    def tx_failure(self, sd: int, on: bool) -> None:
        """Bit of a socket in the transmit-failure bitmap."""
        bit = 1 << (sd & 15)
        self.header.tx_failure = self.header.tx_failure & ~bit | (bit if on else 0)

    def non_blocking(self, sd: int, on: bool) -> None:
        """Bit of a socket in the non-blocking bitmap."""
        bit = 1 << (sd & 15)
        self.header.non_blocking = self.header.non_blocking & ~bit | (bit if on else 0)

    def forget_socket(self, sd: int) -> None:
        """Clear both bits: when a socket is created and when it is closed (5, rule 7)."""
        self.tx_failure(sd, False)
        self.non_blocking(sd, False)

    def hold(self, cmd: Command) -> None:
        """Keep this command's credits until release()."""
        cmd.held = True

    def release(self, cmd: Command) -> None:
        """Give a command's credits back."""
        self.header.credits += cmd.cost
        cmd.cost = 0
        cmd.held = False
        if self._told < min(LOW_WATER, self.header.credits):
            self.refresh()

    # Link events

    def _line(self, level: bool) -> None:
        if self._on_irq is not None:
            self._on_irq(level)

    def _fill(self, message: Message, sequence: int) -> bytes:
        data = self.faults.spoil(message, encode(message, self.header, sequence), sequence)
        self._told = self.header.credits
        self.counters["messages"] += 1
        self.log.append((self.now(), "N", message.name or f"0x{message.opcode:04X}"))
        if self.trace:
            self.trace("N", message.name, data)
        return data

    def _post(self, message: Message, delay: float = 0.0) -> None:
        """Queue a message, by way of the faults."""
        for late, item in self.faults.outgoing(message):
            if delay + late > 0:
                self.timers.after(delay + late, self.link.send, item)
            else:
                self.link.send(item)

    def _cost(self, cmd: Command) -> int:
        """Credits the host took for a data-class command (4.2)."""
        if cmd.name.startswith("SOCKET_SEND"):
            return 1 + max(len(cmd.payload) - 1, 0) // self.header.min_tx_payload
        return 1 if cmd.name.startswith("SOCKET_RECV") else 0

    def _command(self, opcode: int, body: bytes) -> None:
        if not self.booted:
            self.counters["ignored"] += 1
            return
        row = self.protocol.by_opcode.get(opcode)
        self.counters["commands"] += 1
        self.log.append((self.now(), "H", row.name if row else f"0x{opcode:04X}"))
        if self.trace:
            self.trace("H", row.name if row else "", body)
        if row is None or not row.to_nwp or row.name not in self.handlers:
            self._unknown(opcode)
            return
        cmd = Command(row, body)
        cmd.cost, cmd.held = self._cost(cmd), False
        self.header.credits -= cmd.cost
        self._told -= cmd.cost
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
            self._post(Message(opcode & 0x7FFF, args, name=f"0x{opcode & 0x7FFF:04X}"))

    def _run(self, cmd: Command) -> None:
        try:
            if cmd.short:
                raise NwpError("SL_ERROR_INVALID_PARAM")
            if self.storage.locked and cmd.row.group not in ("fs", "device"):
                raise NwpError("SL_ERROR_NOT_ALLOWED_NWP_LOCKED")
            result = self.handlers[cmd.name](cmd)
        except NwpError as error:
            self.counters["errors"] += 1
            if cmd.row.response_opcode is not None and not cmd.answered:
                self.respond(cmd, error.code)
            return
        if cmd.row.response_opcode is not None and cmd.answered is False:
            if result is None:
                raise RuntimeError(f"handler of {cmd.name} did not answer")
            self.respond(cmd, result)

    # Snapshot

    def _components(self) -> dict:
        parts = {f"group.{name}": instance for name, instance in self.groups.items()}
        parts |= {"link": self.link, "timers": self.timers, "config": self.config}
        parts |= {"storage": self.storage, "world": self.world, "faults": self.faults}
        return parts | {"np": self, "header": self.header}

    def snapshot(self) -> dict:
        """A deep copy of the whole state; SnapshotError while real sockets are open."""
        busy = [name for name, g in self.groups.items() if g.has_real_io()]
        if busy:
            raise SnapshotError(f"real sockets are open in: {', '.join(busy)}")
        parts = self._components()
        memo = {id(part): _Ref(name) for name, part in parts.items()}
        memo[id(self.control)] = _Ref("control")
        state = {name: _state_of(part) for name, part in parts.items() if name != "header"}
        state["header_values"] = {n: getattr(self.header, n) for n in Header.__slots__}
        return copy.deepcopy(state, memo)

    def restore(self, state: dict) -> None:
        """Put a snapshot back; the clock must show the time of the snapshot again."""
        for instance in self.groups.values():
            if instance.has_real_io():
                instance.power_off()
        parts = self._components()
        memo = {"components": {**parts, "control": self.control}}
        state = copy.deepcopy(state, memo)
        for name, value in state.pop("header_values").items():
            setattr(self.header, name, value)
        for name, values in state.items():
            if name == "timers":
                self.timers.set_state(values)
                continue
            part = parts[name]
            for gone in set(vars(part)) - set(values) - set(getattr(part, "not_copied", ())):
                del part.__dict__[gone]
            part.__dict__.update(values)
        self._line(self.link.line)


def _state_of(part) -> dict:
    """Attributes that a snapshot holds; a component names the others in `not_copied`."""
    if isinstance(part, Timers):
        return part.__getstate__()
    leave = getattr(part, "not_copied", ())
    return {name: value for name, value in vars(part).items() if name not in leave}
