"""What is said to a board that has a network processor: connections to peers, mishaps of the link,
events of the radio world, besides the lines of lines.py. Kind "call" of an item: (operation,
parameters) of cc32at.nwp.control, or ("dial", {}) for a peer that connects to the board.
"""

from tests.fuzz import peers
from tests.fuzz.lines import TURNS, Speaker

HOST = ".".join(str(number) for number in peers.HOST).encode()
PORTS = (peers.ECHO, peers.DISCARD, peers.CHATTY, peers.BRIEF, peers.RESET, peers.DEAF, 80)
# Mishaps of a message, or of the frame it travels in.
MISHAPS = (
    {"do": "lose"},
    {"do": "ignore"},
    {"do": "delay", "seconds": 0.3},
    {"do": "delay", "seconds": 3.0},
    {"do": "duplicate"},
    {"do": "status", "status": -1},
    {"do": "status", "status": -2010},
    {"do": "flip", "byte": 4},
    {"do": "flip", "byte": 9, "mask": 255},
    {"do": "flip", "byte": -1, "mask": 128},
    {"do": "length", "length": 4},
    {"do": "length", "length": 60000},
    {"do": "bad_sync"},
    {"do": "wrong_sequence"},
    {"do": "no_sequence"},
    {"do": "double_sync"},
    {"do": "garbage"},
    {"do": "misalign"},
    {"do": "truncate", "bytes": 8},
    {"do": "cut_power"},
)
WORLD = (
    ("deauth", {}),
    ("lose_lease", {}),
    ("ip_collision", {}),
    ("ap_off", {"ssid": "guests"}),
    ("ap_on", {"ssid": "guests"}),
    ("abort", {"type": 1, "data": 2}),
    ("general_error", {}),
    ("reset_request", {}),
    ("dummy", {}),
)
JOIN = b"AT+WlanConnect=guests,,OPEN,,,,\r\n"
JOINED_MS = 8000


class Radio(Speaker):
    """Makes a session for a board; `faults`: with mishaps."""

    def __init__(self, seed: int, lines: int = 40, turns=None):
        super().__init__(seed, lines, turns or RADIO_TURNS)
        self.faults = seed % 3 == 0
        self.tame = self.tame or self.faults

    def session(self):
        if self.seed % 4:
            self.say(JOIN, 0)
            self.silence(JOINED_MS)
        return super().session()

    def hostile(self, size: int) -> bytes:
        """No canary where an answer may be lost: who waits for it does not see a quiet line."""
        return self.harmless(self.chance.randbytes(size)) if self.faults else super().hostile(size)

    def call(self, operation: str, **parameters):
        self.said.append((self.chance.choice((0, 1, 50)), "call", (operation, parameters)))

    def mishap(self):
        """The n-th message from now on is lost, late or spoiled."""
        if self.faults:
            spec = self.chance.choice(MISHAPS)
            self.call("fault", to="*", skip=self.chance.randrange(6), **spec)

    def world(self):
        operation, parameters = self.chance.choice(WORLD)
        if self.faults or operation not in ("abort",):
            self.call(operation, **parameters)

    def dial(self):
        self.call("dial")

    def talk(self):
        """A socket from its making to its end, or to some place before that."""
        chance = self.chance
        sd = chance.randrange(3)
        port = chance.choice(PORTS)
        lines = [
            b"AT+Socket=INET,STREAM,TCP",
            b"AT+Connect=%d,INET,%d,%s" % (sd, port, HOST),
            b"AT+Send=%d,0,%d,%s" % (sd, 40, b"0123456789" * 4),
            b"AT+Recv=%d,%d,%d" % (sd, chance.randrange(2), chance.choice((1, 40, 4096))),
            b"AT+Close=%d" % sd,
        ]
        for line in lines[chance.randrange(2) : chance.randrange(3, 6)]:
            self.say(line + self.end(), chance.choice((0, 0, 20, 300)))

    def pour(self):
        """More into a connection than its peer may take."""
        sd = self.chance.randrange(3)
        line = b"AT+Send=%d,0,1460,%s\r\n" % (sd, b"x" * 1460)
        for _ in range(self.chance.choice((2, 10, 40))):
            self.say(line, 0)

    def serve(self):
        """A socket that listens, and who calls."""
        sd = self.chance.randrange(3)
        self.say(
            b"AT+Socket=INET,STREAM,TCP\r\nAT+Bind=%d,INET,0,0.0.0.0\r\n"
            b"AT+Listen=%d,2\r\nAT+Accept=%d,INET\r\n" % (sd, sd, sd)
        )
        self.dial()

    def datagram(self):
        sd = self.chance.randrange(3)
        self.say(b"AT+Socket=INET,DGRAM,UDP\r\n")
        self.say(b"AT+SendTo=%d,INET,%d,%s,0,3,abc\r\n" % (sd, peers.DATAGRAM, HOST), 5)
        self.say(b"AT+RecvFrom=%d,INET,0,0.0.0.0,0,10\r\n" % sd)


RADIO_TURNS = (
    *TURNS,
    (Radio.talk, 10),
    (Radio.pour, 3),
    (Radio.serve, 3),
    (Radio.datagram, 3),
    (Radio.dial, 2),
    (Radio.mishap, 10),
    (Radio.world, 3),
)
