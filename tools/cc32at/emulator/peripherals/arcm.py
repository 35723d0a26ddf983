"""ARCM: clock gates and soft resets of the application side (cc3220-hardware.md 3.1)."""

from functools import partial

from ..block import Block

RUN, SLEEP = 1, 1 << 8
RESET_BIT, ENABLED = 1, 2
APPS_TO_NWP_WAKE = 0x118
RCM_INT_STATUS, RCM_INT_ENABLE = 0x120, 0x124
LPDS_REQ = 0xE4
PRCM_IRQ = 172
SLOW_CLOCK_MATCH = 1 << 2

# CLK_GATING offsets: of blocks that are modelled, a block's `gate` names one of these.
GATES = (
    0x04, 0x14, 0x24, 0x30, 0x40, 0x48, 0x50, 0x58, 0x60, 0x68, 0x70, 0x78,
    0x80, 0x88, 0x90, 0x98, 0xA0, 0xA8, 0xB8, 0xC8, 0xD8,
)  # fmt: skip
CLOCK_DIVIDERS = (0x00, 0x10, 0x20, 0x2C, 0x38, 0xD0)


class Arcm(Block):
    """Gates closed after reset; a block is clocked while its run bit is set and reset is not."""

    name = "ARCM"
    base = 0x4402_5000
    RESET = {
        **{gate: 0 for gate in GATES},
        **{gate + 4: 0 for gate in GATES},
        **{offset: 0 for offset in CLOCK_DIVIDERS},
        LPDS_REQ: 0, 0x11C: 0, RCM_INT_ENABLE: 0,
    }  # fmt: skip
    STATE = ("rcm_status",)

    def __init__(self, chip):
        super().__init__(chip)
        self.rcm_status = 0
        for gate in GATES:
            self.writers[gate] = partial(self._write_gate, gate)
            self.readers[gate + 4] = partial(self._read_reset, gate)
            self.writers[gate + 4] = partial(self._write_reset, gate)
        self.readers[APPS_TO_NWP_WAKE] = lambda: 0
        self.writers[APPS_TO_NWP_WAKE] = self._wake
        self.writers[LPDS_REQ] = self._request_lpds
        self.readers[RCM_INT_STATUS] = self._read_status
        self.writers[RCM_INT_ENABLE] = self._write_enable
        self.gated: dict[int, list[Block]] = {}

    def attach(self, blocks: list[Block]) -> None:
        for block in blocks:
            if block.gate is not None:
                self.gated.setdefault(block.gate, []).append(block)

    def reset(self) -> None:
        super().reset()
        self.rcm_status = 0
        for gate in self.gated:
            self._apply(gate)

    def _apply(self, gate: int) -> None:
        clocked = bool(self.regs[gate] & RUN) and not self.regs[gate + 4] & RESET_BIT
        for block in self.gated.get(gate, ()):
            if block.clocked != clocked:
                block.clocked = clocked
                block.gating()

    def _write_gate(self, gate: int, value: int) -> None:
        self.regs[gate] = value
        self._apply(gate)

    def _read_reset(self, gate: int) -> int:
        held = self.regs[gate + 4] & RESET_BIT
        enabled = self.regs[gate] & RUN and not held
        return held | (ENABLED if enabled else 0)

    def _write_reset(self, gate: int, value: int) -> None:
        self.regs[gate + 4] = value & RESET_BIT
        if value & RESET_BIT:
            for block in self.gated.get(gate, ()):
                block.reset()
        self._apply(gate)

    def sleeping_blocks(self) -> list[Block]:
        """Blocks that run but would stop in WFI, for want of their sleep clock."""
        return [
            block
            for gate, blocks in self.gated.items()
            if self.regs[gate] & RUN and not self.regs[gate] & SLEEP
            for block in blocks
            if block.clocked
        ]

    def _wake(self, value: int) -> None:
        if value & 1:
            self.chip.nwp_port.wake()

    def _request_lpds(self, value: int) -> None:
        self.regs[LPDS_REQ] = value
        if value & 1:
            self.chip.report("power", "low-power deep sleep is not modelled: WFI only sleeps")

    def slow_clock_match(self) -> None:
        """The RTC has reached its interrupt match value (3.9)."""
        self.rcm_status |= SLOW_CLOCK_MATCH
        self._line()

    def _line(self) -> None:
        level = bool(self.rcm_status & self.regs[RCM_INT_ENABLE])
        self.chip.nvic.set_line(PRCM_IRQ, level)

    def _read_status(self) -> int:
        status, self.rcm_status = self.rcm_status, 0
        self._line()
        return status

    def _write_enable(self, value: int) -> None:
        self.regs[RCM_INT_ENABLE] = value
        self._line()
