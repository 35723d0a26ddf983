"""What is said in a random session: lines of the declared commands, legal and spoiled ones, payloads
that hold what must not be executed, pieces in time, breaks, events.

A session is a list of (ms since the one before, kind, value): "bytes" with what comes in, "break",
"event" with (opcode, arguments).
"""

import base64
import functools
import random

from tests.target import declared

CANARY = b"AT+Canary=%d"  # a command of the fuzzer's own: whoever executes it was misled
SETTINGS = (b"STYLE,ti", b"STYLE,guide", b"ECHO,1", b"ECHO,0", b"VERBOSE,1", b"VERBOSE,0")
EVENTS = (0x0099, 0x0078, 0x0880, 0x0881, 0x082E, 0x0892, 0x0896, 0x0830, 0x0831, 0x089A, 0x08B2)
EVENTS += (0x1825, 0x1A25, 0x1831, 0x182C, 0x1832, 0x100E, 0x100F, 0xFF01, 0xFF02, 0x0777)
LATE = b"Accept=%d,INET", b"Recv=%d,0,100", b"Recv=%d,1,4096", b"Connect=%d,INET,80,1.2.3.4"
LATE += (b"Select=%d,1,1,0", b"RecvFrom=%d,INET,7,0.0.0.0,0,50")
ENDS = b"\r\n", b"\r\n", b"\r\n", b"\r", b"\n", b"\n\r", b"\r\r\n", b"\r\n\r\n"
NASTY = b"\x00\x03\x03+++,,\"'[]|=?\r\n\xff\xfb\x01\x08\x7f\x15\x01 AT"


@functools.cache
def pool():
    """{command: (legal lines, spoiled lines)}, as bytes."""
    found = {}
    for name, declaration in sorted(declared.load().items()):
        if name in ("Canary", "Stop", "Start"):
            continue
        legal, spoiled = [], []
        for form in declared.forms(declaration):
            legal += [line.encode("latin-1", "replace") for line in form.legal()]
            spoiled += [line.encode("latin-1", "replace") for line, _ in form.mistakes()]
        found[name] = (legal, spoiled)
    return found


class Speaker:
    """Makes one session from a seed."""

    def __init__(self, seed, lines=40):
        self.chance = random.Random(seed)
        self.lines = lines
        self.canaries = 0
        self.said = []

    def session(self):
        """The session, ended by what everybody must understand."""
        for _ in range(self.lines):
            self.chance.choices(*zip(*TURNS, strict=True))[0](self)
        return self.said

    def say(self, data, ms=None):
        """Bytes, often in pieces."""
        chance = self.chance
        gap = chance.choice((0, 0, 0, 1, 5, 30, 200)) if ms is None else ms
        if len(data) > 1 and chance.random() < 0.2:
            cuts = sorted(chance.sample(range(1, len(data)), min(len(data) - 1, 3)))
            for first, last in zip([0, *cuts], [*cuts, len(data)], strict=True):
                self.said.append((gap, "bytes", data[first:last]))
                gap = chance.choice((0, 1, 3, 15))
            return
        self.said.append((gap, "bytes", data))

    def end(self):
        return self.chance.choice(ENDS)

    def legal(self):
        """A line that is understood."""
        return self.chance.choice(self.chance.choice(list(pool().values()))[0])

    def line(self):
        self.say(self.legal() + self.end())

    def wrong(self):
        """A line with one mistake that its declaration tells."""
        lines = self.chance.choice(list(pool().values()))[1]
        self.say((self.chance.choice(lines) if lines else b"AT+Foo") + self.end())

    def mutated(self):
        """A line with bytes changed, lost, doubled, moved."""
        chance = self.chance
        line = bytearray(self.legal())
        for _ in range(chance.randint(1, 4)):
            at = chance.randrange(len(line) + 1)
            how = chance.randrange(6)
            if how == 0:
                line[at:at] = bytes([chance.choice(NASTY)])
            elif how == 1:
                del line[at : at + chance.randint(1, 4)]
            elif how == 2:
                line[at : at + 1] = bytes([chance.randrange(256)])
            elif how == 3:
                line[at:at] = line[max(0, at - 5) : at]
            elif how == 4:
                line[at:at] = b"," * chance.randint(1, 3)
            else:
                line = bytearray(line.swapcase())
            line = line or bytearray(b"A")
        self.say(bytes(line) + self.end())

    def noise(self):
        """Bytes that mean nothing."""
        chance = self.chance
        self.say(bytes(chance.choice(NASTY) for _ in range(chance.randint(1, 30))))
        if chance.random() < 0.7:
            self.say(self.end())

    def long(self):
        """A line about as long as can be, or longer."""
        size = self.chance.choice((2540, 2560, 2561, 2600, 6000, 9000))
        self.say(b"AT+Foo=" + b"x" * size + self.end())

    def payload(self):
        """Send or SendTo with a payload of anything, canaries included."""
        chance = self.chance
        data = bytearray(chance.randbytes(chance.choice((1, 3, 20, 60, 1460, 4096))))
        if chance.random() < 0.7:
            self.canaries += 1
            line = CANARY % self.canaries
            data[chance.randrange(len(data)) :] = b"\r\n" + line + b"\r\n" + line + b"\r\n\x01"
            del data[4096:]
        data = bytes(data)
        format = chance.choice((0, 0, 1))
        text = base64.b64encode(data) if format else data
        head = b"AT+Send=%d,%d," if chance.random() < 0.7 else b"AT+SendTo=%d,INET,7,1.2.3.4,%d,"
        head = head % (chance.randrange(16), format) + b"%d," % len(text)
        how = chance.randrange(8)
        if how < 4:
            self.say(head + text + self.end())
        elif how == 4:  # silence ends it as well
            self.say(head + text)
            self.say(b"", 25)
        elif how == 5:  # a break ends it before its time
            self.say(head + text[: chance.randrange(len(text))])
            self.said.append((1, "break", None))
            self.say(text[chance.randrange(len(text)) :] + b"\r\n", 1)
            self.say(b"", 30)
        elif how == 6:  # one byte too many, and what follows
            self.say(head + text + b"x" + CANARY % self.canaries + b"\r\n", 0)
            self.say(b"", 30)
        else:  # a pause, then the rest of it in one go
            cut = chance.randrange(len(text))
            self.say(head + text[:cut])
            self.said.append((chance.choice((2100, 2500)), "bytes", text[cut:] + b"\r\n"))
            self.say(b"", 30)

    def late(self):
        """Commands that wait."""
        for _ in range(self.chance.choice((1, 1, 2, 20))):
            line = self.chance.choice(LATE) % self.chance.randrange(16)
            self.say(b"AT+" + line + self.end())

    def burst(self):
        """Many commands at once."""
        self.say(b"".join(self.legal() + b"\r\n" for _ in range(self.chance.randint(2, 30))), 0)

    def setting(self):
        self.say(b"AT+Set=AT," + self.chance.choice(SETTINGS) + self.end())

    def stop(self):
        self.say(b"AT+Stop=%d\r\n" % self.chance.choice((0, 200)))
        if self.chance.random() < 0.7:
            self.say(b"AT+Start\r\n")

    def start(self):
        self.say(b"AT+Start\r\n")

    def close(self):
        self.say(b"AT+Close=%d\r\n" % self.chance.randrange(16))

    def broken(self):
        self.said.append((self.chance.choice((0, 5, 50)), "break", None))

    def event(self):
        chance = self.chance
        args = chance.randbytes(chance.choice((0, 4, 8, 60, 80)))
        for _ in range(chance.choice((1, 1, 3, 60))):
            self.said.append((0, "event", (chance.choice(EVENTS), args)))

    def quiet(self):
        self.said.append((self.chance.choice((25, 300, 1200, 2500)), "bytes", b""))


TURNS = (
    (Speaker.line, 30),
    (Speaker.wrong, 15),
    (Speaker.mutated, 15),
    (Speaker.payload, 12),
    (Speaker.late, 5),
    (Speaker.burst, 3),
    (Speaker.noise, 4),
    (Speaker.long, 1),
    (Speaker.setting, 4),
    (Speaker.stop, 2),
    (Speaker.start, 3),
    (Speaker.close, 4),
    (Speaker.broken, 2),
    (Speaker.event, 5),
    (Speaker.quiet, 5),
)
