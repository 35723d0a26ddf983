"""LSPI, uDMA, mailbox and power of the network processor."""

import pytest

from .fakes import FakeNwp, message

POLLED, WITH_FIFO, DMA = range(3)
WORD = 128  # CPU cycles of one word at 20 MHz


@pytest.fixture(params=[POLLED, WITH_FIFO, DMA], ids=["polled", "fifo", "dma"])
def way(request):
    return request.param


def test_a_command_and_its_answer(guest, accelerate, way):
    nwp = FakeNwp()
    machine = guest("lspi", way, nwp=nwp, accelerate=accelerate)
    machine.finish()
    received = b"".join(machine.word("received", n).to_bytes(4, "little") for n in range(12))
    answer = message(0x0466, b"answer, sixteen.", 1)
    assert received[:16] == message(0x0008, b"")
    assert received[16:] == answer[:32]
    assert nwp.written == (
        bytes.fromhex("65877856")
        + bytes.fromhex("21433412 66840800 44332211 88776655")
        + bytes.fromhex("65877856")
    )
    assert machine.reports == []


def test_words_take_their_time(guest, way):
    machine = guest("lspi", way, nwp=FakeNwp())
    machine.finish()
    cycles = machine.result(3)
    assert 8 * WORD <= cycles < 8 * WORD + 8 * 60 + 400


def test_dma_leaves_its_table_done(guest):
    machine = guest("lspi", DMA, nwp=FakeNwp())
    machine.finish()
    assert machine.result(10) & 0x3FF7 == 0 and machine.result(11) & 0x3FF7 == 0
    assert machine.word("dma_irqs") == 5


def test_the_mailbox_is_a_level_and_each_message_interrupts_once(guest):
    machine = guest("lspi", POLLED, nwp=FakeNwp())
    machine.finish()
    assert machine.result(2) == 1
    assert machine.result(4) == 2


def test_power_and_out_of_band(guest):
    nwp = FakeNwp()
    machine = guest("lspi", POLLED, nwp=nwp)
    machine.finish()
    assert machine.result(0) == 0x20, "off: ready to be powered down"
    assert machine.result(1) != 0x20
    assert (machine.result(5), machine.result(6)) == (1, 0), "raw bit: one read, then cleared"
    assert machine.result(7) == 0x20
    assert nwp.triggers == 1
    assert nwp.powers == [True, False]


def test_the_clock_of_the_model_is_the_machines(guest):
    nwp = FakeNwp()
    machine = guest("lspi", POLLED, nwp=nwp)
    machine.run(until=lambda: nwp.irq, timeout=1)
    assert machine.now == pytest.approx(nwp.clock.now())
    assert 0.01 <= machine.now < 0.011
