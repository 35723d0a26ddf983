"""UARTA0 at the line's speed: levels, time-outs, overrun, break, transmit interrupt."""

import pytest

from cc32at.emulator.peripherals.uart import IM

RX, TX, RT, BE, OE, FE = 1 << 4, 1 << 5, 1 << 6, 1 << 9, 1 << 10, 1 << 7
CHAR = 10 / 115200
IFLS_EIGHTH, IFLS_HALF, IFLS_MOST = 0 << 3, 2 << 3, 4 << 3
NO_FIFO, TRANSMIT = 0x100, 0x200
TEXT = b"The quick brown fox jumps over the lazy dog, twice."


def started(guest, choice, burst=0, **options):
    machine = guest("uart", choice, **options)
    machine.choose(burst, "burst")
    assert machine.boot()
    machine.run(until=lambda: machine.result(0) == 1, timeout=0.1)
    return machine


def chars(machine):
    return machine.words("chars", machine.word("char_count"))


def causes(machine):
    return machine.words("irq_cause", machine.word("irq_count"))


@pytest.mark.parametrize("ifls, level", [(IFLS_EIGHTH, 2), (IFLS_HALF, 8), (IFLS_MOST, 14)])
def test_receive_level(guest, accelerate, ifls, level):
    machine = started(guest, ifls, accelerate=accelerate)
    start = machine.now
    machine.uart.host_write(bytes(range(level)))
    machine.run(until=lambda: machine.word("irq_count") > 0, timeout=1)
    # The interrupt is seen once the handler has read what is there.
    assert machine.now - start == pytest.approx(level * CHAR, abs=4e-6)
    machine.run(timeout=0.001)
    assert chars(machine) == list(range(level))
    assert causes(machine) == [RX]


def test_receive_time_out_after_32_idle_bits(guest):
    machine = started(guest, IFLS_HALF)
    start = machine.now
    machine.uart.host_write(b"abc")
    machine.run(until=lambda: machine.word("irq_count") > 0, timeout=1)
    assert machine.now - start == pytest.approx(3 * CHAR + 32 / 115200, abs=2e-6)
    machine.run(timeout=0.01)
    assert causes(machine) == [RT]
    assert bytes(chars(machine)) == b"abc"


@pytest.mark.parametrize("ifls, burst", [(IFLS_HALF, 7), (IFLS_MOST, 13)])
def test_one_character_that_stays_in_the_fifo_makes_the_time_out(guest, accelerate, ifls, burst):
    """An emptied FIFO gives none (cc3220-hardware.md, corrections)."""
    machine = started(guest, ifls, burst, accelerate=accelerate)
    start = machine.now
    machine.uart.host_write(TEXT[: 3 * burst + 1])
    machine.run(until=lambda: machine.word("irq_count") > 3, timeout=1)
    idle = (3 * burst + 1) * CHAR + 32 / 115200
    assert machine.now - start == pytest.approx(idle, abs=6e-6)
    machine.run(timeout=0.001)
    assert causes(machine) == [RX, RX, RX, RT]
    assert bytes(chars(machine)) == TEXT[: 3 * burst + 1]


def test_loopback_is_inside_the_block(guest):
    """Whatever the pads are; and what comes on the line meanwhile is not heard (spec 3.6)."""
    machine = guest("uart", 0x400)
    machine.uart.host_write(b"xyz")
    machine.finish()
    assert bytes(chars(machine)) == TEXT[:12]
    assert machine.uart.host_read() == b""


def test_a_long_input_arrives_whole(guest, accelerate):
    machine = started(guest, IFLS_HALF, accelerate=accelerate)
    data = bytes(n * 7 & 0xFF for n in range(300))
    machine.uart.host_write(data)
    machine.run(timeout=301 * CHAR + 0.001)
    assert bytes(chars(machine)) == data
    assert set(causes(machine)) <= {RX, RX | RT, RT}


def test_every_level_interrupts_in_time_without_the_time_out(guest):
    machine = started(guest, IFLS_HALF)
    machine.chip.uarts[0].regs[IM] &= ~RT
    start = machine.now
    machine.uart.host_write(bytes(range(40)))
    for n in range(1, 6):
        machine.run(until=lambda n=n: machine.word("irq_count") >= n, timeout=0.01)
        assert machine.now - start == pytest.approx(8 * n * CHAR, abs=1e-5)
    machine.run(timeout=0.001)
    assert causes(machine) == [RX] * 5 and chars(machine) == list(range(40))


def test_without_fifo_every_character_interrupts(guest):
    machine = started(guest, NO_FIFO)
    machine.uart.host_write(b"xyz")
    machine.run(timeout=0.01)
    assert causes(machine) == [RX] * 3
    assert bytes(chars(machine)) == b"xyz"


def test_overrun_is_marked_and_loses_the_last(guest):
    machine = started(guest, IFLS_HALF)
    sram, slow = machine.chip.sram, machine.symbol("slow")
    sram.put_word(slow, 1)
    machine.uart.host_write(bytes(range(20)))
    machine.run(timeout=0.01)
    assert OE in causes(machine) or any(cause & OE for cause in causes(machine))
    sram.put_word(slow, 0)
    machine.uart.host_write(b"\x55")
    machine.run(timeout=0.01)
    machine.uart.host_write(b"\x66")
    machine.run(timeout=0.01)
    assert chars(machine)[:16] == list(range(16))
    assert chars(machine)[16] & 0xFF == 0x66
    assert chars(machine)[16] & 0x800, "the next character tells of the loss"


def test_break(guest):
    machine = started(guest, IFLS_EIGHTH)
    machine.uart.host_break(0.05)
    machine.uart.host_write(b"A")
    machine.run(timeout=0.04)
    assert chars(machine) in ([], [0x500])
    machine.run(timeout=0.1)
    assert chars(machine) == [0x500, ord("A")]
    assert any(cause & BE for cause in causes(machine))


@pytest.mark.parametrize("tx_level", range(5))
def test_transmit_interrupt_keeps_the_line_busy(guest, accelerate, tx_level):
    machine = started(guest, TRANSMIT | IFLS_HALF | tx_level, accelerate=accelerate)
    start = machine.now
    assert machine.run(until=lambda: machine.uart.available == len(TEXT), timeout=1)
    assert machine.uart.host_read() == TEXT
    # The line never pauses: the text takes its characters' time, counted from before the test
    # looked at the clock.
    assert machine.now - start < len(TEXT) * CHAR
    assert all(cause & TX for cause in causes(machine))


def test_speed_follows_the_divisor(guest):
    machine = guest("uart", TRANSMIT | IFLS_HALF)
    machine.choose(5, "ibrd")
    machine.choose(27, "fbrd")
    machine.run(until=lambda: machine.uart.available == len(TEXT), timeout=1)
    assert machine.uart.guest_baud == pytest.approx(921600, rel=0.01)
    assert machine.now == pytest.approx(len(TEXT) * 10 / 921600, rel=0.25)


@pytest.mark.parametrize(
    "host, guest_understands", [(115200, True), (117000, True), (9600, False)]
)
def test_the_hosts_speed_counts(guest, host, guest_understands):
    machine = started(guest, IFLS_HALF)
    machine.uart.set_host_baud(host)
    machine.uart.host_write(b"Uhu")
    machine.run(timeout=0.1)
    assert (bytes(c & 0xFF for c in chars(machine)) == b"Uhu") == guest_understands


def test_the_wrong_speed_is_seen_bit_by_bit(guest):
    """0xF0 at half the speed the receiver expects: every bit twice, then the stop bit is low."""
    machine = started(guest, IFLS_HALF)
    machine.uart.set_host_baud(57600)
    machine.uart.host_write(b"\xff")
    machine.run(timeout=0.1)
    assert chars(machine) == [0xFE], "start bit of two bits, then ones"


def test_nothing_passes_before_the_receiver_is_on(guest):
    machine = guest("uart", IFLS_HALF)
    machine.uart.host_write(b"a")
    machine.run(max_insns=20)
    assert machine.chip.uarts[0].listening is False
    machine.run(timeout=0.1)
    assert bytes(chars(machine)) in (b"", b"a")
