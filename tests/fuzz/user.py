"""A user who does everything: the episodes of the soak (soak.py), one function each.

A user waits for each answer as a program would: a line that is not answered in time is noted in
`wrong`. Errors are answers, too; mistakes are made on purpose.
"""

import base64
import contextlib
import random
import re

from tests.fuzz import peers
from tests.fuzz.lines import NASTY, pool
from tests.fuzz.radio import HOST, JOIN, JOINED_MS

ANSWER_MS = 20_000  # all but a stop of a network processor that is dead
LATE_MS = 5000
END = re.compile(rb"^(OK|ERROR:.*|ERROR: .*)\r\n", re.M)
LATE = re.compile(rb"^(\+(Connect|Accept|Recv|RecvFrom|Select):|ERROR:.* \+)", re.M)
ADDRESS = re.compile(rb"^\+NetCfgGet: .*\b(?!0\.0\.0\.0)\d+\.\d+\.\d+\.\d+", re.M)
SOCKETS = 16
PLAIN = b"AT+Set=AT,STYLE,guide", b"AT+Set=AT,ECHO,0", b"AT+Set=AT,VERBOSE,0"
# What the legal lines of all commands may have left behind.
BACK = (
    b"AT+WlanSetMode=sta",
    b"AT+NetCfgSet=IPV4_STA_ADDR,DHCP",
    b"AT+WlanProfileDel=255",
    b"AT+WlanPolicySet=CONNECTION,,",
    b"AT+WlanPolicySet=PM,Normal,",
    *PLAIN,
)
ASIDE = b"at+set=at", b"at+stop", b"at+start", b"at+netcfgset=if"
TELL = b"from atcore.apps import at_commands as a;c=a._application.core;"
TELL += b"print('<',c.exceptions,c.last_exception or '','>')"


class User:
    """Speaks to the board of a game; `look` is called between commands."""

    def __init__(self, game, seed, look):
        self.game = game
        self.look = look
        self.chance = random.Random(seed)
        self.lines = self.errors = 0
        self.met = 0  # exceptions
        self.wrong = []
        self.open = []

    def shuffled(self, things) -> list:
        return self.chance.sample(things, len(things))

    def play(self, episode):
        """One episode, and all of its sockets closed."""
        episode(self)
        self.close_all()
        self.ask(b"AT+Test")  # the line printed last is in the heap until the next one

    # Speaking

    def ask(self, line, ms=ANSWER_MS) -> bytes:
        """The answer to a line, and what came with it."""
        game = self.game
        before, end = len(game.printed), game.now + ms
        self.lines += 1
        game.feed(game.now, line + b"\r\n")
        while not game.stuck and game.now < end:
            game.run(min(end, game.now + 20))
            if found := END.search(game.printed, before):
                self.errors += found[0].startswith(b"ERROR")
                self.look()
                return bytes(game.printed[before:])
        self.wrong.append(
            f"{line[:60]!r} is not answered: {bytes(game.printed[before:])[-200:]!r}"
        )
        return b""

    def late(self, line, ms=LATE_MS) -> bytes:
        """The late result of a line, if it comes."""
        before = len(self.game.printed)
        self.ask(line)
        end = self.game.now + ms
        while not self.game.stuck and self.game.now < end:
            if LATE.search(self.game.printed, before):
                break
            self.wait(50)
        return bytes(self.game.printed[before:])

    def wait(self, ms):
        self.game.run(self.game.now + ms)

    def call(self, operation, **parameters):
        self.game.call(operation, parameters)

    def socket(self, kind=b"INET,STREAM,TCP"):
        """A new socket; None without one."""
        found = re.search(rb"\+Socket: (\d+)", self.ask(b"AT+Socket=" + kind))
        if not found:
            return None
        self.open.append(int(found[1]))
        return self.open[-1]

    def connected(self, port):
        """A new socket that is connected to a peer; None without one."""
        sd = self.socket()
        if sd is None:
            return None
        self.late(b"AT+Connect=%d,INET,%d,%s" % (sd, port, HOST))
        return sd

    def send(self, sd, data, coded=False):
        text = base64.b64encode(data) if coded else data
        return self.ask(b"AT+Send=%d,%d,%d,%s" % (sd, coded, len(text), text))

    def close_all(self):
        for sd in self.open:
            self.ask(b"AT+Close=%d" % sd)
        self.open.clear()

    def plain(self):
        for line in PLAIN:
            self.ask(line)

    def restart(self):
        self.ask(b"AT+Stop=200", 90_000)
        self.open.clear()
        self.ask(b"AT+Start")

    def join(self):
        """Join the network, and have an address of it."""
        self.ask(JOIN.strip())
        self.wait(JOINED_MS)
        address = self.ask(b"AT+NetCfgGet=IPV4_STA_ADDR")
        if not ADDRESS.search(address):
            self.wrong.append(f"there is no address: {address[-200:]!r}")

    def tidy_up(self):
        """As at the beginning: joined, nothing open, nothing under way."""
        self.plain()
        self.restart()
        self.join()
        self.wait(2000)
        del self.game.printed[:]

    def exceptions(self) -> int:
        """How many the core has met; each is wrong, and the last one is named."""
        game = self.game
        before = len(game.printed)
        game.feed(game.now, b"\r\n\x01")
        self.wait(200)
        game.feed(game.now, TELL + b"\x04")
        self.wait(500)
        game.feed(game.now, b"\x02")
        self.wait(500)
        found = re.search(rb"< (\d+) (.*) >", game.printed[before:])
        del game.printed[before:]
        if not found:
            self.wrong.append("the prompt does not answer")
            return self.met
        if int(found[1]) > self.met:
            self.wrong.append(f"exception {int(found[1])}: {found[2].decode()}")
        self.met = int(found[1])
        return self.met


# Episodes


def client(user):
    """Connect, say something, read it back, in both formats and many sizes."""
    for coded in (False, True):
        sd = user.connected(peers.ECHO)
        if sd is None:
            return
        for size in (1, 100, 1460, 4096):
            user.send(sd, user.chance.randbytes(size), coded)
            user.late(b"AT+Recv=%d,%d,%d" % (sd, coded, size))


def server(user):
    """Peers connect to us."""
    sd = user.socket()
    if sd is None:
        return
    user.ask(b"AT+Bind=%d,INET,0,0.0.0.0" % sd)
    user.ask(b"AT+Listen=%d,4" % sd)
    for _ in range(3):
        user.ask(b"AT+Accept=%d,INET" % sd)
        before = len(user.game.printed)
        user.call("dial")
        user.wait(500)
        if found := re.search(rb"\+Accept: (\d+),", user.game.printed[before:]):
            user.open.insert(0, int(found[1]))
            user.late(b"AT+Recv=%d,0,1000" % user.open[0], 500)


def datagrams(user):
    """Datagrams there and back."""
    sd = user.socket(b"INET,DGRAM,UDP")
    if sd is None:
        return
    for size in (1, 700, 1400):
        data = user.chance.randbytes(size)
        head = b"AT+SendTo=%d,INET,%d,%s,0,%d," % (sd, peers.DATAGRAM, HOST, size)
        user.ask(head + data)
        user.late(b"AT+RecvFrom=%d,INET,0,0.0.0.0,1,1500" % sd)


def streams(user):
    """A lot of bytes out, and in."""
    sd = user.connected(peers.DISCARD)
    if sd is None:
        return
    for _ in range(30):
        user.send(sd, user.chance.randbytes(1460))
    sd = user.connected(peers.CHATTY)
    for _ in range(10):
        user.late(b"AT+Recv=%d,%d,4096" % (sd, user.chance.randrange(2)))


def ups_and_downs(user):
    """Peers that hang up, reset, do not read; who waits for them is told, or not."""
    for port in (peers.BRIEF, peers.RESET, peers.DEAF, 80):
        sd = user.connected(port)
        if sd is not None:
            user.send(sd, b"x" * 1000)
            user.late(b"AT+Recv=%d,0,100" % sd, 500)


def many_reads(user):
    """Sixteen reads in Base64 that wait, and get their data at once."""
    user.restart()  # all sockets are there, the control socket of select, too
    user.join()
    found = [user.connected(peers.ECHO) for _ in range(SOCKETS)]
    found = [sd for sd in found if sd is not None]
    for sd in found:
        user.ask(b"AT+Recv=%d,1,4096" % sd)
    for sd in found:
        user.send(sd, user.chance.randbytes(1400))
    user.wait(3000)
    for sd in found:  # and sixteen that are ended
        user.ask(b"AT+Recv=%d,1,4096" % sd)


def selects(user):
    """Select, in time and not, several at once."""
    found = [user.connected(port) for port in (peers.ECHO, peers.CHATTY)]
    if None in found:
        return
    user.late(b"AT+Select=16,%d,1,0" % found[0])
    user.late(b"AT+Select=16,%d|%d,5,0" % tuple(found))
    user.ask(b"AT+Select=16,%d,2,0" % found[0])
    user.ask(b"AT+Select=16,%d,3,0" % found[0])
    user.send(found[0], b"now")
    user.wait(4000)


def mistakes(user):
    """Lines with a mistake, noise, payloads of a wrong length, breaks."""
    spoiled = pool()[1]
    for _ in range(40):
        user.ask(user.chance.choice(user.chance.choice(spoiled)))
    game = user.game
    for _ in range(3):
        game.feed(game.now, bytes(b for b in NASTY if b not in b"\x01\x03") + b"\r\n")
        user.wait(500)
    game.feed(game.now, b"AT+Send=0,0,1000,abc")
    user.wait(100)
    game.feed(game.now, None)
    user.wait(200)
    game.feed(game.now, b"AT+Send=0,0,3,abcdef\r\n")
    user.wait(200)
    game.feed(game.now, b"AT+Send=0,0,1000,abc")
    user.wait(2500)
    game.feed(game.now, b"\r\n")
    user.wait(500)
    game.feed(game.now, b"AT+Foo=" + b"x" * 6000 + b"\r\n")
    user.wait(1500)
    user.ask(b"AT+Test")


def everything(user):
    """A legal line of each command, and as it was."""
    for lines in user.shuffled(pool()[0]):
        line = user.chance.choice(lines)
        if not line.lower().startswith(ASIDE):
            user.ask(line)
            user.wait(200)
    user.wait(LATE_MS)
    for line in BACK:
        user.ask(line)
    user.restart()
    user.join()


def settings(user):
    """Other styles, echo, verbose."""
    for line in (b"STYLE,ti", b"ECHO,1", b"VERBOSE,1", b"ECHO,0", b"STYLE,guide", b"SENDWAIT,10"):
        user.ask(b"AT+Set=AT," + line)
        for lines in user.chance.sample(pool()[1], 5):
            user.ask(user.chance.choice(lines))
        user.ask(b"AT+Get=General,Version")
    user.plain()


def scans(user):
    """What is in the air, and what is kept of it."""
    user.ask(b"AT+WlanScan=0,30")
    user.wait(4000)
    user.ask(b"AT+WlanScan=0,30")
    user.ask(b"AT+WlanProfileAdd=office,,WPA_WPA2,correct-horse,,,,3")
    user.ask(b"AT+WlanProfileGet=0")
    user.ask(b"AT+WlanProfileDel=255")
    for option in (b"IPV4_STA_ADDR", b"GET_MAC_ADDR", b"IF"):
        user.ask(b"AT+NetCfgGet=" + option)


def weather(user):
    """The network comes and goes."""
    with contextlib.suppress(KeyError):
        user.call("deauth")
        user.wait(2000)
        user.join()
        user.call("lose_lease")
        user.wait(JOINED_MS)
        user.call("ap_off", ssid="guests")
        user.wait(3000)
        user.call("ap_on", ssid="guests")
        user.join()
    for _ in range(60):
        user.call("general_error")
    user.wait(1000)


def restarts(user):
    """Stop and start, in good health and after a fatal error; with reads that wait."""
    sd = user.connected(peers.ECHO)
    if sd is not None:
        user.ask(b"AT+Recv=%d,0,100" % sd)
    user.restart()
    user.call("abort", type=1, data=2)
    user.wait(1000)
    user.ask(b"AT+Get=General,Version")
    user.restart()
    user.join()


EPISODES = (client, server, datagrams, streams, ups_and_downs, many_reads, selects)
EPISODES += (mistakes, everything, settings, scans, weather, restarts)
