"""LSPI, uDMA, mailbox and power of the network processor."""

import pytest

from cc32at.emulator.peripherals.udma import NO_INCREMENT, Transfer

from .fakes import FakeNwp, message

POLLED, WITH_FIFO, DMA, DMA_LAST_BYTE = range(4)
WORD = 128  # CPU cycles of one word at 20 MHz


@pytest.fixture(
    params=[POLLED, WITH_FIFO, DMA, DMA_LAST_BYTE], ids=["polled", "fifo", "dma", "dma-last-byte"]
)
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


@pytest.mark.parametrize("width", [0, 1, 2])
@pytest.mark.parametrize("at", ["the last item", "its last byte"])
def test_an_end_pointer_may_be_anywhere_in_the_last_item(width, at):
    start, items, size = 0x2000_0100, 37, 1 << width
    end = start + items * size - (size if at == "the last item" else 1)
    control = width << 30 | width << 28 | width << 26 | width << 24 | items - 1 << 4 | 1
    transfer = Transfer(0, end, end, control)
    assert (transfer.source, transfer.destination) == (start, start)
    assert (transfer.items, transfer.item_size) == (items, size)
    fixed = control | NO_INCREMENT << 26 | NO_INCREMENT << 30
    transfer = Transfer(0, start + size - 1, start, fixed)
    assert (transfer.source, transfer.destination) == (start, start)


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
