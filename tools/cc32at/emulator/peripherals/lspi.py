"""LSPI: the link to the network processor, a McSPI (cc3220-hardware.md 3.11, 3.12, 4.4).

Words take their time: 32 bits at 40 MHz divided by the channel's clock ratio, 1.6 us at 20 MHz.
The exchange is followed lazily for polling and by one event for interrupts and DMA.
"""

from collections import deque

from ..block import Block
from ..scheduler import CPU_HZ
from .apps_config import LSPI_RX_DONE, LSPI_TX_DONE

HWINFO, SYSCONFIG, SYSSTATUS, IRQSTATUS, IRQENABLE, MODULCTRL = (
    0x004, 0x110, 0x114, 0x118, 0x11C, 0x128,
)  # fmt: skip
CH0CONF, CH0STAT, CH0CTRL, TX0, RX0, XFERLEVEL = 0x12C, 0x130, 0x134, 0x138, 0x13C, 0x17C
CLKG, FFER, FFEW, FORCE, DMAR, DMAW = 1 << 29, 1 << 28, 1 << 27, 1 << 20, 1 << 15, 1 << 14
RXFFF, RXFFE, TXFFF, TXFFE, EOT, TXS, RXS = 64, 32, 16, 8, 4, 2, 1
INT_TX_EMPTY, INT_RX_FULL, INT_RX_OVERFLOW, INT_EOW = 1, 4, 8, 1 << 17
FIFO_WORDS = 16  # shared by both ways when both are on
SPI_CLOCK_CYCLES = CPU_HZ // 40_000_000
RX_CHANNEL, TX_CHANNEL = 12, 13
IRQ = 177
TRANSMIT_ONLY = 2


class Lspi(Block):
    """Controller side of the link. Words go to and come from `chip.nwp_port.exchange`."""

    name = "LSPI"
    base = 0x4402_2000
    gate = 0x40
    RESET = {
        HWINFO: 4 << 1 | 1, SYSCONFIG: 0, IRQENABLE: 0, MODULCTRL: 4, CH0CONF: 0x60000,
        CH0CTRL: 0, XFERLEVEL: 0, 0x000: 0, 0x010: 0, 0x100: 0, 0x120: 0, 0x124: 0,
    }  # fmt: skip
    STATE = (
        "_tx", "_rx", "_word", "_done", "_irqstatus", "_dma", "_dma_out", "_event", "_count",
    )  # fmt: skip

    def __init__(self, chip):
        super().__init__(chip)
        self._tx: deque[int] = deque()
        self._rx: deque[int] = deque()
        self._event = None
        self._clear()
        self.readers |= {
            SYSSTATUS: lambda: 1,
            IRQSTATUS: self._read_irqstatus,
            CH0STAT: self._read_stat,
            RX0: self._read_rx,
            TX0: lambda: 0,
        }
        self.writers |= {
            SYSCONFIG: self._write_sysconfig,
            IRQSTATUS: self._write_irqstatus,
            IRQENABLE: self._write_irqenable,
            CH0CONF: self._write_conf,
            CH0CTRL: self._write_ctrl,
            TX0: self._write_tx,
            XFERLEVEL: self._write_level,
        }

    def _clear(self) -> None:
        self._tx.clear()
        self._rx.clear()
        self._word: int | None = None  # in the shift register
        self._done = 0  # cycle at which it is through
        self._irqstatus = 0
        self._dma: tuple | None = None
        self._dma_out = b""
        self._count = 0
        self.chip.scheduler.cancel(self._event)
        self._event = None

    def reset(self) -> None:
        super().reset()
        self._clear()
        self.chip.nvic.set_line(IRQ, False)

    # Shape and time

    def word_cycles(self) -> int:
        """CPU cycles for one word."""
        conf = self.regs[CH0CONF]
        bits = (conf >> 7 & 31) + 1
        clkd = conf >> 2 & 15
        ratio = (self.regs[CH0CTRL] >> 8 & 0xFF) << 4 | clkd
        divider = ratio + 1 if conf & CLKG else 1 << clkd
        return bits * divider * SPI_CLOCK_CYCLES

    def _depth(self, enable: int) -> int:
        conf = self.regs[CH0CONF]
        if not conf & enable:
            return 1
        return FIFO_WORDS // 2 if conf & FFER and conf & FFEW else FIFO_WORDS

    def _on(self) -> bool:
        return bool(self.regs[CH0CTRL] & 1)

    # Words, one by one

    def _start(self, now: int) -> None:
        """Load the shift register when it is free and the channel runs."""
        if self._word is None and self._tx and self._on():
            self._word = self._tx.popleft()
            self._done = now + self.word_cycles()

    def _sync(self) -> None:
        now = self.chip.now()
        while self._word is not None and self._done <= now:
            finished, word = self._done, self._word
            self._word = None
            self._arrived(self._exchange(word))
            self._start(finished)
            if not self._tx:
                self._irqstatus |= INT_TX_EMPTY

    def _exchange(self, word: int) -> int:
        """Shift one word through; without chip select the NWP does not listen."""
        if self.regs[CH0CONF] & FORCE:
            return self.chip.nwp_port.exchange(word)
        self.chip.report("lspi", "LSPI: a word went out without chip select (FORCE)")
        return 0xFFFF_FFFF

    def _arrived(self, word: int) -> None:
        if self.regs[CH0CONF] >> 12 & 3 == TRANSMIT_ONLY:
            return
        if len(self._rx) >= self._depth(FFER):
            self._irqstatus |= INT_RX_OVERFLOW
            self.chip.report("lspi", "LSPI: receive overflow, a word is lost")
            return
        self._rx.append(word)
        level = self.regs[XFERLEVEL] >> 8 & 0xFF
        if 4 * len(self._rx) > level or not self.regs[CH0CONF] & FFER:
            self._irqstatus |= INT_RX_FULL

    def _plan(self) -> None:
        """An event at the next word's end, if someone would see it."""
        self.chip.scheduler.cancel(self._event)
        self._event = None
        if self._word is not None and self.regs[IRQENABLE]:
            self._event = self.chip.scheduler.at(self._done, self._due)
            self.chip.cpu.stop_soon()

    def _due(self) -> None:
        self._event = None
        self._sync()
        self.update_line()
        self._plan()

    # uDMA: a whole block

    def try_dma(self) -> None:
        """Begin a block when everything that starts one is there."""
        conf = self.regs[CH0CONF]
        udma = self.chip.udma
        ways = conf & (DMAR | DMAW)
        if self._dma or not ways or not conf & FORCE or not self._on() or not self.clocked:
            return
        if conf & DMAW and not udma.ready(TX_CHANNEL):
            return
        if conf & DMAR and not udma.ready(RX_CHANNEL):
            return
        if not conf & DMAW:
            self.chip.report("lspi", "LSPI: DMA for reception only never starts the clock")
            return
        out = udma.transfer(TX_CHANNEL)
        into = udma.transfer(RX_CHANNEL) if conf & DMAR else None
        if out is None or (conf & DMAR and into is None):
            return
        self._begin(out, into)

    def _begin(self, out, into) -> None:
        sram = self.chip.sram
        fixed = out.control >> 26 & 3 == 3
        length = 4 if fixed else 4 * out.items
        if not sram.holds(out.source, length):
            self.chip.udma.error(f"uDMA cannot read 0x{out.source:08X}")
            return
        if into is not None and into.items != out.items:
            self.chip.report("lspi", f"LSPI: DMA of {out.items} words out, {into.items} in")
        data = sram.read(out.source, length)
        self._dma_out = data * out.items if fixed else data
        self._dma = (out, into)
        end = self.chip.now() + out.items * self.word_cycles()
        self._event = self.chip.scheduler.at(end, self._dma_done)
        self.chip.cpu.stop_soon()

    def _dma_done(self) -> None:
        self._event = None
        out, into = self._dma
        self._dma = None
        received = self.chip.nwp_port.exchange_block(self._dma_out)
        self._dma_out = b""
        bits = LSPI_TX_DONE
        self.chip.udma.finish(TX_CHANNEL, out)
        if into is not None:
            bits |= LSPI_RX_DONE
            self._store(into, received[: 4 * into.items])
            self.chip.udma.finish(RX_CHANNEL, into)
        self._irqstatus |= INT_EOW | INT_TX_EMPTY
        self.chip.apps_config.done(bits)

    def _store(self, into, data: bytes) -> None:
        if into.control >> 30 & 3 == 3:
            data = data[-4:]
        if self.chip.sram.holds(into.destination, len(data)):
            self.chip.sram.write(into.destination, data)
        else:
            self.chip.udma.error(f"uDMA cannot write 0x{into.destination:08X}")

    # Registers

    def _read_stat(self) -> int:
        self._sync()
        rx, tx = len(self._rx), len(self._tx)
        value = TXS if not tx else 0
        value |= RXS if rx else 0
        conf = self.regs[CH0CONF]
        if conf & FFEW:
            value |= (TXFFE if not tx else 0) | (TXFFF if tx >= self._depth(FFEW) else 0)
        if conf & FFER:
            value |= (RXFFE if not rx else 0) | (RXFFF if rx >= self._depth(FFER) else 0)
        return value | (EOT if self._word is None and not self._dma else 0)

    def _read_rx(self) -> int:
        self._sync()
        if not self._rx:
            self.chip.report("lspi", "LSPI: RX0 read while empty")
            return 0xFFFF_FFFF
        return self._rx.popleft()

    def _write_tx(self, value: int) -> None:
        self._sync()
        if not self._on():
            self.chip.report("lspi", "LSPI: TX0 written while the channel is off: lost")
            return
        if len(self._tx) >= self._depth(FFEW):
            self.chip.report("lspi", "LSPI: TX0 written while full: lost")
            return
        self._tx.append(value)
        self._start(self.chip.now())
        self._plan()

    def _write_conf(self, value: int) -> None:
        self._sync()
        if self._word is not None and self.regs[CH0CONF] & FORCE and not value & FORCE:
            self.chip.report("lspi", "LSPI: chip select released during a word")
        self.regs[CH0CONF] = value
        self.try_dma()

    def _write_ctrl(self, value: int) -> None:
        self._sync()
        was = self._on()
        self.regs[CH0CTRL] = value & 0xFF01
        if was and not value & 1:
            self._tx.clear()
            self._rx.clear()
        self._start(self.chip.now())
        self.try_dma()

    def _write_level(self, value: int) -> None:
        self.regs[XFERLEVEL] = value

    def _write_sysconfig(self, value: int) -> None:
        if value & 2:
            self.reset()
        self.regs[SYSCONFIG] = value & ~2

    def _read_irqstatus(self) -> int:
        self._sync()
        return self._irqstatus

    def _write_irqstatus(self, value: int) -> None:
        self._sync()
        self._irqstatus &= ~value
        self.update_line()

    def _write_irqenable(self, value: int) -> None:
        self._sync()
        self.regs[IRQENABLE] = value
        self.update_line()
        self._plan()

    def update_line(self) -> None:
        """The block's interrupt: its own causes, or its DMA-done bits in the collector."""
        own = self._irqstatus & self.regs[IRQENABLE]
        self.chip.nvic.set_line(IRQ, bool(own) or self.chip.apps_config.lspi_pending())
