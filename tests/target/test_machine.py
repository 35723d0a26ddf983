"""Module machine and module cc3220: the chip as Python sees it, and what happens when it fails."""

import ast

import pytest

from tests.target import repl

pytestmark = pytest.mark.prompt
BANNER = b"# AT commands for CC3220"


def restarts(at, source: str, timeout: float = 20.0) -> bytes:
    """Run what ends in a reset; what was printed until the AT application greeted again."""
    repl.enter(at)
    at.write(source.encode() + repl.END)
    got = bytearray()
    end = at.clock() + timeout
    while BANNER not in got:
        data = at.port.read(max(1, at.port.in_waiting))
        at.transcript.received(data)
        got += data
        assert data or at.clock() < end, f"no restart in {bytes(got)!r}"
    return bytes(got)


def cause(at) -> str:
    """Which constant machine.reset_cause() is equal to."""
    at.flush(quiet=0.5)
    source = (
        "import machine\n"
        "print([n for n in dir(machine) if n.endswith('_RESET')"
        " and getattr(machine, n) == machine.reset_cause()][0])"
    )
    return repl.once(at, source).strip()


def test_identity(at):
    shown = repl.once(at, "import machine\nprint(machine.freq(), len(machine.unique_id()))")
    assert shown == "80000000 20\r\n"


def test_leds_are_outputs_that_read_back(at):
    source = """
from machine import Pin
for name in ("LED_RED", "LED_YELLOW", "LED_GREEN"):
    led = Pin(name, Pin.OUT, value=1)
    seen = [led.value()]
    led.off()
    seen.append(led())
    led.toggle()
    seen.append(led.value())
    led(0)
    print(led, seen, led is getattr(Pin.board, name))
"""
    assert repl.once(at, source).split("\r\n")[:-1] == [
        "Pin(GPIO9, OUT) [1, 0, 1] True",
        "Pin(GPIO10, OUT) [1, 0, 1] True",
        "Pin(GPIO11, OUT) [1, 0, 1] True",
    ]


def test_a_pin_is_known_by_number_and_by_its_names(at):
    source = "from machine import Pin\nprint(Pin(13) is Pin('GPIO13') is Pin('BUTTON_GPIO13'))"
    assert repl.once(at, source) == "True\r\n"
    source = """
from machine import Pin
for name in (99, "GPIO99", "LED_BLUE"):
    try:
        Pin(name)
    except ValueError as error:
        print(error)
"""
    assert repl.once(at, source) == "no such pin\r\n" * 3


@pytest.mark.world
def test_a_button_interrupts(board, at):
    source = """
import time
from machine import Pin
seen = []
button = Pin("BUTTON_GPIO22", Pin.IN)
button.irq(lambda pin: seen.append((pin, pin())), Pin.IRQ_RISING)
print(button())
"""
    repl.enter(at)
    assert repl.run(at, source) == "0\r\n"
    board.machine.drive(22, True)
    assert repl.run(at, "time.sleep_ms(5)\nprint(seen)") == "[(Pin(GPIO22, IN), 1)]\r\n"
    board.machine.drive(22, False)
    assert repl.run(at, "button.irq(None)\nprint(len(seen), button())") == "1 0\r\n"
    repl.leave(at)


def test_two_buttons_at_one_instant_interrupt_both(board, at):
    source = """
import time
from machine import Pin
seen = []
buttons = [Pin(name, Pin.IN) for name in ("BUTTON_GPIO13", "BUTTON_GPIO22")]
for button in buttons:
    button.irq(seen.append, Pin.IRQ_RISING)
"""
    repl.enter(at)
    repl.run(at, source)
    board.machine.drive(13, True)
    board.machine.drive(22, True)
    repl.run(at, "time.sleep_ms(5)\nassert set(seen) == set(buttons)\nassert len(seen) == 2")
    board.machine.drive(13, False)
    board.machine.drive(22, False)
    repl.run(at, "for button in buttons: button.irq(None)")
    repl.leave(at)


@pytest.mark.world
def test_two_pins_at_one_instant_are_both_served_before_the_chip_sleeps(board, at):
    """The second callback must not wait for the next interrupt."""
    source = """
import time
from machine import Pin
seen = []
for name in ("GPIO22", "GPIO17"):
    pin = Pin(name, Pin.IN)
    pin.irq(lambda pin: seen.append((str(pin), time.ticks_us())), Pin.IRQ_RISING)
time.sleep(20)
print(sorted(name for name, _ in seen))
print(time.ticks_diff(seen[1][1], seen[0][1]) < 1000)
"""
    repl.enter(at)
    at.write(source.encode() + repl.END)
    repl.expect(at, b"OK")
    at.sleep(1.0)
    board.machine.drive(22, True)
    board.machine.drive(17, True)
    output = repl.expect(at, repl.END + b">", 60).decode()
    assert output.split("\r\n")[:2] == ["['Pin(GPIO17, IN)', 'Pin(GPIO22, IN)']", "True"]
    repl.leave(at)


def test_sleeping_takes_the_time_it_should(at):
    source = """
import time
for ms in (1, 50, 1500):
    start = time.ticks_us()
    time.sleep_ms(ms)
    late = time.ticks_diff(time.ticks_us(), start) - 1000 * ms
    print(0 <= late < 1000)
"""
    assert repl.once(at, source) == "True\r\n" * 3


def test_idle_sleeps_but_lets_a_program_poll_the_time(at):
    source = """
import machine, time
start, turns = time.ticks_ms(), 0
while time.ticks_diff(time.ticks_ms(), start) < 100:
    machine.idle()
    turns += 1
print(10 <= turns <= 200)
"""
    assert repl.once(at, source) == "True\r\n"


FLOOD = 10_000
COUNT_LOST = """
import time
from cc3220 import console
console.overruns()
time.sleep_ms(1500)
kept, page = 0, bytearray(512)
while n := console.readinto(page):
    kept += n
print(kept, console.overruns(), console.overruns())
"""


def test_what_does_not_fit_the_receive_ring_is_counted(at):
    """The ring holds at least 8 KB; every byte beyond it is counted once."""
    repl.enter(at)
    at.write(COUNT_LOST.encode() + repl.END)
    repl.expect(at, b"OK")
    at.port.write(b"x" * FLOOD)
    output = repl.expect(at, repl.END + b">").split(repl.END)[0]
    repl.leave(at)
    kept, lost, again = map(int, output.split())
    assert kept >= 8192
    assert (kept + lost, again) == (FLOOD, 0)


PLACE_LOST = """
import time
from cc3220 import console
console.watch(b"", 0)
console.wake_at(1)
time.sleep_ms(1500)
page, read, lost = bytearray(512), 0, []
for _ in range(3):
    while n := console.readinto(page):
        read += n
    lost.append((read, console.lost(), console.lost()))
    time.sleep_ms(1500)
print(lost)
"""


def test_lost_bytes_stop_the_reading_where_they_are_missing(at):
    """console.lost() says how many, once; what comes later is read again."""
    repl.enter(at)
    at.write(PLACE_LOST.encode() + repl.END)
    repl.expect(at, b"OK")
    at.port.write(b"x" * FLOOD)
    at.sleep(2)
    at.port.write(b"y" * 100)
    output = repl.expect(at, repl.END + b">").split(repl.END)[0]
    repl.leave(at)
    (kept, lost, again), second, third = ast.literal_eval(output.decode())
    assert kept >= 8192 and (kept + lost, again) == (FLOOD, 0)
    assert second == third == (kept + 100, 0, 0)


@pytest.mark.world
def test_ticks_go_on_over_the_wraps_of_the_counter(board, at):
    start = int(repl.once(at, "import time\nprint(time.ticks_ms())"))
    before = board.machine.now
    at.sleep(150.0)  # several times 131.072 s / 625, and once the whole
    end = int(repl.once(at, "import time\nprint(time.ticks_ms())"))
    passed = 1000 * (board.machine.now - before)
    assert abs(end - start - passed) < 500  # the way to the REPL and back


def test_the_second_uart_takes_any_legal_line(at):
    source = """
from machine import UART
uart = UART(1, 9600, bits=7, parity=0, stop=2)
print(uart, uart.write(b"abc"), uart.any(), uart.read(1))
uart.flush()
print(uart.txdone())
uart.init(baudrate=3000000)
print(uart)
for line in (dict(baudrate=20), dict(bits=9), dict(stop=3), dict(rxbuf=1 << 20)):
    try:
        uart.init(**line)
    except ValueError as error:
        print(error)
uart.deinit()
try:
    uart.any()
except OSError as error:
    print(error.errno)
"""
    assert repl.once(at, source).split("\r\n")[:-1] == [
        "UART(1, baudrate=9600, bits=7, parity=even, stop=2) 3 0 None",
        "True",
        "UART(1, baudrate=3000000, bits=7, parity=even, stop=2)",
        "baudrate",
        "bits",
        "stop",
        "buffer too large",
        "19",
    ]


def test_flash_beyond_the_image_keeps_bytes_and_refuses_the_image(at):
    source = """
import cc3220, machine
first, end = cc3220.flash_range()
cc3220.flash_erase(first)
cc3220.flash_write(first + 125, b"across a line")
print(bytes(machine.mem8[first + i] for i in range(124, 140)))
cc3220.flash_erase(first)
print(machine.mem8[first + 125])
for wrong in (first - 2048, first + 1, end, 0x01000800):
    try:
        cc3220.flash_erase(wrong)
    except OSError as error:
        print(error.errno)
"""
    shown = repl.once(at, source).split("\r\n")[:-1]
    assert shown == [r"b'\xffacross a line\xff\xff'", "255", "5", "5", "5", "5"]


def test_ctrl_c_stops_a_program(at):
    repl.enter(at)
    at.write(b"while True: pass" + repl.END)
    at.sleep(0.2)
    at.write(b"\x03")
    assert b"KeyboardInterrupt" in repl.expect(at, repl.END + b">")
    at.write(b"import time\ntime.sleep(1000)" + repl.END)
    at.sleep(0.2)
    at.write(b"\x03")
    assert b"KeyboardInterrupt" in repl.expect(at, repl.END + b">")
    repl.leave(at)


def test_reset_goes_through_hibernate(at):
    restarts(at, "import machine\nmachine.reset()")
    assert cause(at) == "DEEPSLEEP_RESET"
    at.command("AT+Test")


def test_deepsleep_wakes_by_the_clock(at):
    start = at.clock()
    restarts(at, "import machine\nmachine.deepsleep(3000)")
    assert 3.0 <= at.clock() - start < 8.0
    assert cause(at) == "DEEPSLEEP_RESET"


def test_the_watchdog_resets_what_does_not_feed_it(at):
    source = """
import machine, time
dog = machine.WDT(timeout=1000)
for _ in range(4):
    time.sleep_ms(600)
    dog.feed()
print("fed")
while True:
    pass
"""
    assert b"fed\r\n" in restarts(at, source)
    assert cause(at) == "WDT_RESET"


def test_a_fault_is_reported_and_resets(at):
    shown = restarts(at, "import machine\nmachine.mem32[0x50000000]").decode()
    report = [line for line in shown.split("\r\n") if line.startswith("# ")]
    assert report[0].startswith("# fault HardFault exception=00000003 cfsr=00008200")
    assert "bfar=50000000" in report[0]
    assert " pc=010" in report[1]
    assert report[2].startswith("# r0=")
    at.flush(quiet=0.5)
    at.command("AT+Test")


def test_recursion_without_end_is_an_exception_not_a_fault(at):
    source = """
def f():
    f()
try:
    f()
except RuntimeError as error:
    print(error)
"""
    shown = repl.once(at, source)
    assert shown in ("maximum recursion depth exceeded\r\n", "pystack exhausted\r\n")
