"""A network processor of a few lines: answers nothing on its own, remembers everything."""

import copy
import struct


def message(opcode: int, body: bytes, sequence: int = 0) -> bytes:
    """A message to the host, as it crosses the wire."""
    header = struct.pack("<IHHBBHI", 0xABCDDCBC | sequence, opcode, 8 + len(body), 20, 0, 1536, 0)
    return header + body + bytes(-len(body) % 4)


class FakeNwp:
    """Has the seam's interface. Boots in 10 ms with a message; answers a command with one."""

    def __init__(self):
        self.written = b""
        self.queue = []
        self.reading = b""
        self.irq = False
        self.shutdown_ready = True
        self.powers = []
        self.triggers = 0
        self.sequence = 0

    def attach(self, clock, on_irq):
        self.clock, self.on_irq = clock, on_irq

    def power(self, on):
        self.powers.append(on)
        self.shutdown_ready = not on
        self.queue.clear()
        self.sequence = 0
        if on:
            self.clock.call_at(self.clock.now() + 0.01, self.boot)

    def boot(self):
        self.say(0x0008, b"")

    def say(self, opcode, body):
        self.queue.append((opcode, body))
        self.line()

    def line(self):
        self.irq = bool(self.queue)
        self.on_irq(self.irq)

    def write(self, data):
        self.written += data
        if self.written.endswith(bytes.fromhex("65877856")):
            opcode, body = self.queue.pop(0)
            self.reading = message(opcode, body, self.sequence)
            self.sequence = (self.sequence + 1) & 3
            self.line()
        elif self.written.endswith(bytes.fromhex("4433221188776655")):
            self.say(0x0466, b"answer, sixteen.")

    def read(self, n):
        data, self.reading = self.reading[:n], self.reading[n:]
        return data.ljust(n, b"\xff")

    def trigger(self):
        self.triggers += 1

    def fds(self):
        return []

    def service(self):
        pass

    def snapshot(self):
        kept = {k: v for k, v in vars(self).items() if k not in ("clock", "on_irq")}
        return copy.deepcopy(kept)

    def restore(self, state):
        vars(self).update(copy.deepcopy(state))
