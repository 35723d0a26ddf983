"""What is said to a board on a desk: all of radio.py, at several speeds and at wrong ones."""

from tests.fuzz.radio import RADIO_TURNS, Radio

# The emulated firmware has no command of the fuzzer's own. Nobody else asks for this help; the
# number is a word that it does not read.
CANARY = b"AT+WlanProfileDel=?\r\n\xff%d"
EXECUTED = b"+WlanProfileDel: [index]", b"\n[index]"  # in either style
PROMPT = b"raw REPL"
SPEED = 115200
SPEEDS = (1200, 9600, 230400, 921600, 3000000)
BACK_MS = 12000  # a speed that nobody speaks is taken back by then


class Desk(Radio):
    """Makes a session for a board with a UART."""

    hostile_line = CANARY

    def __init__(self, seed: int, lines: int = 40):
        super().__init__(seed, lines, DESK_TURNS)
        self.tame = True  # the prompt is another program

    def baud(self, speed: int, ms: int = 0):
        self.said.append((ms, "baud", speed))

    def speed(self):
        """Change the speed, and follow or not; back to the first one in the end."""
        speed = self.chance.choice(SPEEDS)
        self.say(b"AT+Set=AT,BAUD,%d\r\n" % speed)
        if self.chance.random() < 0.7:
            self.baud(speed, 300)
            self.say(b"AT+Test\r\n", 50)
            for _ in range(self.chance.randrange(6)):
                self.line()
            self.say(b"AT+Set=AT,BAUD,%d\r\n" % SPEED, 2500)
            self.baud(SPEED, 300)
            self.say(b"AT+Test\r\n", 50)
        self.silence(BACK_MS)

    def mumble(self):
        """Some lines at a speed that the board does not have."""
        self.baud(self.chance.choice(SPEEDS), 100)
        for _ in range(self.chance.randint(1, 3)):
            self.say(self.legal() + b"\r\n")
        self.baud(SPEED, 200)


DESK_TURNS = (*RADIO_TURNS, (Desk.speed, 2), (Desk.mumble, 2))
