"""The hibernate domains: HIB3P3 (always on, RTC) and HIB1P2 (cc3220-hardware.md 3.9)."""

from ..block import Block
from ..scheduler import CPU_HZ

RTC_HZ = 32768
ACCESS_GAP = CPU_HZ // 5000  # 200 us between accesses to the slow domain

HIB_REQ, RTC_ENABLE, RTC_RESET, RTC_READ, RTC_LSW, RTC_MSW = 0x00, 0x04, 0x08, 0x0C, 0x10, 0x14
WAKE_EN, WAKE_LSW, WAKE_MSW = 0x18, 0x1C, 0x20
IRQ_EN, IRQ_LSW, IRQ_MSW = 0x54, 0x58, 0x5C
GPIO_WAKE_EN, GPIO_WAKE_CONF = 0x404, 0x408
HIB_REG0, HIB_REG1, HIB_REG2, HIB_REG3 = 0x418, 0x41C, 0x420, 0x424
WAKE_STATUS, LPDS_GPIO = 0x468, 0x46C
PLAIN = (
    WAKE_EN, WAKE_LSW, WAKE_MSW, GPIO_WAKE_EN, GPIO_WAKE_CONF, HIB_REG0, HIB_REG1, HIB_REG2,
    HIB_REG3, LPDS_GPIO, 0x2C, 0x34, 0x40, 0x40C, 0x410, 0x414, 0x474,
)  # fmt: skip
WAKE_RTC, WAKE_GPIO = 2, 4
WAKE_GPIOS = (2, 4, 13, 17, 11, 24, 26)  # bit order of GPIO_WAKE_EN


class Hib3p3(Block):
    """Always on: keeps its registers and the RTC over hibernation, loses them with the supply.

    Accesses closer than 200 us to the one before are reported and carried out: the vendor's own
    start-up does not pause (section 11).
    """

    name = "HIB3P3"
    base = 0x4402_F800
    size = 0x800
    storage = True
    STATE = ("_rtc_base", "_rtc_latch", "_last", "_irq_event")

    def __init__(self, chip):
        super().__init__(chip)
        self._rtc_base: int | None = None  # cycle of RTC zero; None: not started
        self._rtc_latch = 0
        self._last = -ACCESS_GAP
        self._irq_event = None
        for offset in PLAIN:
            self.regs[offset] = 0
            self._wire(
                offset,
                lambda offset=offset: self.regs[offset],
                lambda value, offset=offset: self.regs.__setitem__(offset, value),
            )
        self.regs[WAKE_STATUS] = 0
        self._wire(HIB_REQ, lambda: 0, self._request)
        self._wire(RTC_ENABLE, lambda: int(self._rtc_base is not None), self._enable)
        self._wire(RTC_RESET, lambda: 0, self._restart)
        self._wire(RTC_READ, lambda: 0, self._latch)
        self._wire(RTC_LSW, lambda: self._rtc_latch & 0xFFFF_FFFF, lambda value: None)
        self._wire(RTC_MSW, lambda: self._rtc_latch >> 32 & 0xFFFF, lambda value: None)
        self._wire(WAKE_STATUS, lambda: self.regs[WAKE_STATUS], lambda value: None)
        for offset in (IRQ_EN, IRQ_LSW, IRQ_MSW):
            self.regs[offset] = 0
            self._wire(offset, lambda offset=offset: self.regs[offset],
                       lambda value, offset=offset: self._write_match(offset, value))  # fmt: skip

    def _wire(self, offset: int, reader, writer) -> None:
        def read() -> int:
            self._pace(offset)
            return reader()

        def write(value: int) -> None:
            self._pace(offset)
            writer(value)

        self.readers[offset] = read
        self.writers[offset] = write

    def _pace(self, offset: int) -> None:
        now = self.chip.now()
        gap, self._last = now - self._last, now
        if gap < ACCESS_GAP:
            where = f"HIB3P3+0x{offset:03X}"
            self.chip.report("hib", f"{where} accessed less than 200 us after the access before")

    def power_lost(self) -> None:
        """Supply or nRESET: everything goes, the RTC stops."""
        for offset in self.regs:
            self.regs[offset] = 0
        self._rtc_base = None
        self._rtc_latch = 0
        self._last = self.chip.now() - ACCESS_GAP
        self.chip.scheduler.cancel(self._irq_event)

    # RTC

    def ticks(self) -> int:
        """The 48-bit counter now; 0 while the RTC is not started."""
        if self._rtc_base is None:
            return 0
        return (self.chip.now() - self._rtc_base) * RTC_HZ // CPU_HZ & (1 << 48) - 1

    def cycle_of(self, tick: int) -> int:
        """The CPU cycle at which the RTC shows `tick`."""
        base = self._rtc_base or 0
        return base - (-tick * CPU_HZ // RTC_HZ)

    def _enable(self, value: int) -> None:
        if value & 1 and self._rtc_base is None:
            self._rtc_base = self.chip.now()
            self._schedule_irq()

    def _restart(self, value: int) -> None:
        if value & 1 and self._rtc_base is not None:
            self._rtc_base = self.chip.now()
            self._schedule_irq()

    def _latch(self, value: int) -> None:
        if value & 1:
            self._rtc_latch = self.ticks()

    def _write_match(self, offset: int, value: int) -> None:
        self.regs[offset] = value
        self._schedule_irq()

    def _schedule_irq(self) -> None:
        self.chip.scheduler.cancel(self._irq_event)
        match = self.regs[IRQ_MSW] << 32 | self.regs[IRQ_LSW]
        if self.regs[IRQ_EN] & 1 and self._rtc_base is not None and match > self.ticks():
            self._irq_event = self.chip.scheduler.at(
                self.cycle_of(match), self.chip.arcm.slow_clock_match
            )

    # Hibernate

    def _request(self, value: int) -> None:
        if value & 1:
            self.chip.request_hibernate()

    def wake_cycle(self) -> int | None:
        """When the RTC ends hibernation; None if it does not."""
        if not self.regs[WAKE_EN] & 1 or self._rtc_base is None:
            return None
        return self.cycle_of(self.regs[WAKE_MSW] << 32 | self.regs[WAKE_LSW])

    def gpio_wakes(self, gpio: int, before: bool, now: bool) -> bool:
        """Whether this change of a pin (GPIO number) ends hibernation."""
        if gpio not in WAKE_GPIOS:
            return False
        bit = WAKE_GPIOS.index(gpio)
        if not self.regs[GPIO_WAKE_EN] >> bit & 1:
            return False
        conf = self.regs[GPIO_WAKE_CONF] >> 2 * bit & 3
        return (not now, now, before and not now, now and not before)[conf]

    def woke(self, source: int) -> None:
        self.regs[WAKE_STATUS] = 1 | source << 1


class Hib1p2(Block):
    """Power supply trims (plain storage), boot pins, the fast view of the RTC."""

    name = "HIB1P2"
    base = 0x4402_F000
    size = 0x800
    storage = True
    RESET = {0x0C8: 2}  # SOP sense: two-wire debug
    FAST_LSW, FAST_MSW, SOP_SENSE = 0x0CC, 0x0D0, 0x0C8

    def __init__(self, chip):
        super().__init__(chip)
        self.readers[self.FAST_LSW] = lambda: chip.hib.ticks() & 0xFFFF_FFFF
        self.readers[self.FAST_MSW] = lambda: chip.hib.ticks() >> 32
        self.writers[self.SOP_SENSE] = lambda value: None
