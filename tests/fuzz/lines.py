"""What is said in a random session: lines of the declared commands, legal and spoiled, payloads
that hold what must not be executed, pieces in time, breaks, events. session.py tells the form.

Whatever holds a canary begins on a quiet line, and all that must be dropped of it comes without a
pause of 20 ms: so no canary may be executed, whatever was said before.
"""

import base64
import functools
import random

from tests.target import declared

CANARY = b"AT+Canary=%d"  # a command of the fuzzer's own: whoever executes it was misled
SETTINGS = (
    b"STYLE,ti",
    b"STYLE,guide",
    b"ECHO,1",
    b"ECHO,0",
    b"VERBOSE,1",
    b"VERBOSE,2",
    b"VERBOSE,0",
)
SETTINGS += (b"BANNER,1", b"AUTOSTART,0", b"AUTOSTART,1")
EVENTS = (0x0099, 0x0078, 0x0880, 0x0881, 0x082E, 0x0892, 0x0896, 0x0830, 0x0831, 0x089A, 0x08B2)
EVENTS += (0x1825, 0x1A25, 0x1831, 0x182C, 0x1832, 0x100E, 0x100F, 0xFF01, 0xFF02, 0x0777)
LATE = b"Accept=%d,INET", b"Recv=%d,0,100", b"Recv=%d,1,4096", b"Connect=%d,INET,80,1.2.3.4"
LATE += (b"Select=%d,1,1,0", b"RecvFrom=%d,INET,7,0.0.0.0,0,50")
ENDS = b"\r\n", b"\r\n", b"\r\n", b"\r", b"\n", b"\n\r", b"\r\r\n", b"\r\n\r\n"
NASTY = b"\x00\x03\x03+++,,\"'[]|=?\r\n\xff\xfb\x01\x08\x7f\x15\x01 AT"
PAUSE, SILENCE = 2100, 25  # ms that end an incomplete payload, and what is dropped
ASIDE = "Canary", "Stop", "Start"  # said in their own turns


@functools.cache
def pool():
    """(legal, spoiled) lines as bytes, one list a command each."""
    legal, spoiled = [], []
    for name, declaration in sorted(declared.load().items()):
        if name not in ASIDE:
            forms = declared.forms(declaration)
            legal.append([raw(line) for form in forms for line in form.legal()])
            spoiled.append([raw(line) for form in forms for line, _ in form.mistakes()])
    return legal, [lines for lines in spoiled if lines]


def raw(line: str) -> bytes:
    return line.encode("latin-1", "replace")


def tame(seed: int) -> bool:
    """Whether nothing in the session means the prompt, outside of payloads."""
    return seed % 2 == 1


class Speaker:
    """Makes one session from a seed."""

    hostile_line = CANARY  # with a place for a number

    def __init__(self, seed: int, lines: int = 40, turns=None, pool=pool):
        self.pool = pool
        self.chance = random.Random(seed)
        self.seed = seed
        self.lines = lines
        self.tame = tame(seed)
        self.turns, self.weights = zip(*(turns or TURNS), strict=True)
        self.canaries = 0
        self.said = []

    def session(self) -> list:
        for turn in self.chance.choices(self.turns, self.weights, k=self.lines):
            turn(self)
        return self.said

    def say(self, data: bytes, ms=None):
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

    def silence(self, ms: int):
        self.said.append((ms, "bytes", b""))

    def end(self) -> bytes:
        return self.chance.choice(ENDS)

    def legal(self) -> bytes:
        """A line that is understood."""
        return self.chance.choice(self.chance.choice(self.pool()[0]))

    def line(self):
        self.say(self.legal() + self.end())

    def wrong(self):
        """A line with one mistake that its declaration tells."""
        self.say(self.chance.choice(self.chance.choice(self.pool()[1])) + self.end())

    def mutated(self):
        """A line with bytes changed, lost, doubled, moved."""
        chance = self.chance
        line = bytearray(self.legal())
        for _ in range(chance.randint(1, 4)):
            at = chance.randrange(len(line) + 1)
            how = chance.randrange(6)
            if how == 0:
                line[at:at] = self.nasty(1)
            elif how == 1:
                del line[at : at + chance.randint(1, 4)]
            elif how == 2:
                line[at : at + 1] = self.nasty(1) if self.tame else bytes([chance.randrange(256)])
            elif how == 3:
                line[at:at] = line[max(0, at - 5) : at]
            elif how == 4:
                line[at:at] = b"," * chance.randint(1, 3)
            else:
                line = bytearray(line.swapcase())
        self.say(bytes(line or b"A") + self.end())

    def nasty(self, size: int) -> bytes:
        """Bytes that mean something, or nothing."""
        return self.harmless(bytes(self.chance.choice(NASTY) for _ in range(size)))

    def harmless(self, text: bytes) -> bytes:
        """The same without what means the prompt at the beginning of a line, if that is so."""
        return text.replace(b"\1", b"1").replace(b"\3", b"3") if self.tame else text

    def noise(self):
        """Bytes that mean nothing."""
        self.say(self.nasty(self.chance.randint(1, 30)))
        if self.chance.random() < 0.7:
            self.say(self.end())

    def before(self):
        """Noise, and a command right behind it (rule O12)."""
        noise = (b"\xff", b"\xff\xfb\x01\xff\xfd\x03", b"+++", b"\0\0", b" ", b"\x80\x81", b"x")
        self.say(self.chance.choice(noise) + self.legal() + self.end())

    def long(self):
        """A line about as long as can be, or longer."""
        size = self.chance.choice((2540, 2560, 2561, 2600, 6000, 9000))
        self.say(b"AT+Foo=" + b"x" * size + self.end())

    def payload(self):
        """Send or SendTo with a payload of anything, as it should be."""
        head, text = self.sending(lambda size: self.harmless(self.chance.randbytes(size)))
        self.say(head % len(text) + text + self.end())
        if self.chance.random() < 0.2:
            self.silence(SILENCE)  # ends it as well as a line end

    def sending(self, content, sizes=(1, 3, 20, 60, 1460, 4096)) -> tuple:
        """(head with a place for the length, payload)"""
        chance = self.chance
        data = content(chance.choice(sizes))
        format = chance.choice((0, 0, 1))
        head = b"AT+Send=%d,%d," if chance.random() < 0.7 else b"AT+SendTo=%d,INET,7,1.2.3.4,%d,"
        text = base64.b64encode(data) if format else data
        return head % (chance.randrange(16), format) + b"%d,", text

    def hostile(self, size: int) -> bytes:
        """Bytes with a canary in them, more than once."""
        self.canaries += 1
        line = self.hostile_line % self.canaries
        data = bytearray(self.chance.randbytes(size))
        at = self.chance.randrange(size)
        data[at:at] = b"\r\n" + line + b"\r\n" + line + b"\r\n\x01\r\n" + line + b"\r\n"
        return bytes(data[-4096:])

    def canary(self):
        """A payload with canaries that ends too early, or is no good otherwise."""
        self.silence(PAUSE)
        self.say(b"\r\n", 0)
        self.silence(SILENCE)
        head, text = self.sending(self.hostile, (20, 60, 300, 1460, 4000))
        self.chance.choice(EARLY)(self, head, text)
        self.silence(SILENCE)

    def whole(self, head, text):
        """Nothing is wrong with it."""
        self.say(head % len(text) + text + self.end())

    def held(self, head, text):
        """A break ends it before its time, and the rest of it comes after that."""
        self.say(head % len(text) + text[: self.chance.randrange(len(text))])
        self.said.append((1, "break", None))
        self.say(text[self.chance.randrange(len(text)) :] + b"\r\n", 1)

    def tail(self, head, text):
        """It is longer than was told."""
        size = len(text) - self.chance.randint(1, len(text) - 1)
        while text[size] in b"\r\n":  # or it would be no longer than was told
            size = (size or len(text)) - 1
        self.say(head % size + text + b"\r\n", 0)

    def paused(self, head, text):
        """A pause, then the rest of it in one go."""
        cut = self.chance.randrange(len(text))
        self.say(head % len(text) + text[:cut])
        self.said.append((self.chance.choice((2050, 2100, 2500)), "bytes", text[cut:] + b"\r\n"))

    def refused(self, head, text):
        """The command is no good, whatever its payload is."""
        good = head.split(b"=")[1].split(b",")[0]
        wrong = self.chance.choice((b"-1", b"256", b"x", b"", b'"0'))
        if wrong == b'"0':  # with echo on that is still a line, and keys edit it
            text = text.translate(None, b"\x08\x15\x7f")
        self.say(head.replace(b"=" + good, b"=" + wrong, 1) % len(text) + text + b"\r\n", 0)

    def huge(self, head, text):
        """More than there may be."""
        size = self.chance.choice((4097, 5465, 6000, 20000))
        text = (text * (size // len(text) + 1))[:size]
        self.say(head % size + text + b"\r\n", 0)

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
        """A break outside of a payload, mostly."""
        self.said.append((self.chance.choice((0, 5, 50)), "break", None))

    def event(self):
        chance = self.chance
        args = chance.randbytes(chance.choice((0, 4, 8, 60, 80)))
        for _ in range(chance.choice((1, 1, 3, 60))):
            self.said.append((0, "event", (chance.choice(EVENTS), args)))

    def quiet(self):
        self.silence(self.chance.choice((SILENCE, 300, 1200, 2500)))


EARLY = tuple(
    getattr(Speaker, name) for name in ("whole", "held", "tail", "paused", "refused", "huge")
)
TURNS = (
    (Speaker.line, 30),
    (Speaker.wrong, 15),
    (Speaker.mutated, 15),
    (Speaker.payload, 6),
    (Speaker.canary, 6),
    (Speaker.before, 3),
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
