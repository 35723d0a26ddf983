"""A driver over the host build of firmware/link, in virtual time, and what runs its coroutines."""

from __future__ import annotations

import os
import sys

from cc32at.hostlink import install
from cc32at.nwp.clock import Timers, VirtualClock
from cc32at.nwp.codec import align4
from cc32at.nwp.linklayer import Header, LinkLayer, Message, encode


class Task:
    """A coroutine, what it waits for, and what became of it."""

    def __init__(self, coro):
        self.coro = coro
        self.wait = None
        self.done = False
        self.result = None
        self.error = None

    def step(self) -> None:
        try:
            self.wait = self.coro.send(None)
        except StopIteration as stop:
            self.done, self.result = True, stop.value
        except Exception as error:
            self.done, self.error = True, error

    def cancel(self) -> None:
        self.coro.close()
        self.done = True


class Rig:
    """A SimpleLink over a model, its clock, its tasks and the events it told of.

    LINK_ASAN=1 takes the sanitized library, in a process that is prepared for it (hostlink.build).
    """

    def __init__(self, model):
        from simplelink import SimpleLink

        self.model = model
        self.clock = VirtualClock()
        self.port = install(model, self.clock, sanitize=bool(os.environ.get("LINK_ASAN")))
        self.nwp = sys.modules["nwp"]
        self.sl = SimpleLink(self.nwp)
        self.events = []
        self.sl.on_event = lambda opcode, args: self.events.append((opcode, bytes(args)))
        self.tasks = []

    def opened(self, *descriptors: int) -> None:
        """Sockets of datagrams that the peer gives these descriptors."""
        handler = self.model.handler
        for sd in descriptors:
            self.model.handler = lambda op, body, sd=sd: [(0x1401, bytes((0, 0, sd, 0)))]
            assert self.sl.sockets.open(6 if sd & 0x80 else 2, 2) == sd
        self.model.handler = handler
        self.model.frames.clear()

    def start(self, coro) -> Task:
        """Run a coroutine as far as it goes now; pump() lets it go on."""
        task = Task(coro)
        task.step()
        if not task.done:
            self.tasks.append(task)
        return task

    def resume(self) -> None:
        for task in list(self.tasks):
            if not task.done and task.wait.ready():
                task.step()
        self.tasks = [task for task in self.tasks if not task.done]

    def pump(self, ms: int = 100) -> None:
        """Let `ms` of virtual time pass."""
        end = self.clock.now() + ms / 1000
        while True:
            self.resume()
            left = int((end - self.clock.now()) * 1000 + 0.999)
            if left <= 0:
                return
            for task in self.tasks:
                if task.wait.deadline is not None:
                    from simplelink.compat import ticks_diff

                    left = max(0, min(left, ticks_diff(task.wait.deadline, self.sl.link.ticks())))
            self.sl.link.pump(max(left, 1))

    def run(self, coro, ms: int = 700_000):
        """Run one coroutine, the others beside it, to its end: its result, or its exception."""
        task = self.start(coro)
        end = self.clock.now() + ms / 1000
        while not task.done and self.clock.now() < end:
            self.pump(50)
        assert task.done, "it hangs"
        if task.error is not None:
            raise task.error
        return task.result


class Peer:
    """Seam interface of a network processor whose answers are a function of the test.

    handler(opcode, body) -> list of messages; send() queues one unasked. `frames` is what came.
    """

    def __init__(self, handler=None):
        self.handler = handler or (lambda opcode, body: [])
        self.timers = Timers()
        self.link = LinkLayer(self._command, lambda level: None, self._fill, self.timers)
        self.header = Header()
        self.powered = False
        self.boot = [(0x0008, b"\x01\0\0\0\0\0\x10\x31\0\0\0\0")]
        self.frames = []
        self.shutdown_ready = True
        self.powers = []

    def send(self, opcode: int, args: bytes = b"", payload: bytes = b"", after: float = 0) -> None:
        """Queue a message, `after` seconds from now."""
        message = Message(opcode, args, payload)
        if after:
            self.timers.after(after, self.link.send, message)
        else:
            self.link.send(message)

    def abort(self, kind: int, data: int) -> None:
        message = Message(0x000C, data.to_bytes(4, "little"))
        message.abort_type = kind
        self.link.send(message)

    def raw(self, data: bytes) -> None:
        message = Message(0)
        message.raw = data
        self.link.send(message)

    def opcodes(self) -> list[int]:
        return [opcode for opcode, _ in self.frames]

    def _command(self, opcode: int, body: bytes) -> None:
        self.frames.append((opcode, body))
        for message in self.handler(opcode, body) or ():
            self.send(*message)

    def _fill(self, message, sequence: int) -> bytes:
        return encode(message, self.header, sequence)

    # Seam

    def attach(self, clock, on_irq) -> None:
        self.timers.attach(clock)

    def power(self, on: bool) -> None:
        self.powers.append(on)
        self.powered = on
        self.timers.clear()
        self.link.reset()
        self.header.reset()
        self.header.credits = 24
        if on:
            for message in self.boot:
                self.send(*message)

    def write(self, data: bytes) -> None:
        if self.powered:
            self.link.write(data)

    def read(self, n: int) -> bytes:
        return self.link.read(n)

    @property
    def irq(self) -> bool:
        return self.link.line

    def fds(self) -> list:
        return []

    def service(self) -> None:
        pass


def payload_of(body: bytes, args: int) -> bytes:
    """What follows the arguments of a command."""
    return body[align4(args) :]
