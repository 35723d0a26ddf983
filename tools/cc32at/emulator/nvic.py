"""Exceptions of the Cortex-M4: pending, priorities, entry and return by hand.

Unicorn has no NVIC. Exception numbers are used throughout: 1..15 the core's, 16 + n for IRQ n.
Sets of exceptions are Python integers, bit n for exception n.
"""

import struct
from collections.abc import Callable

from unicorn.arm_const import UC_ARM_REG_CONTROL

from .cpu import NPRIV, SPSEL, Cpu

IRQS = 178
EXCEPTIONS = 16 + IRQS
RESET, NMI, HARD_FAULT, MEM_MANAGE, BUS_FAULT, USAGE_FAULT = 1, 2, 3, 4, 5, 6
SVCALL, PENDSV, SYSTICK = 11, 14, 15
NAMES = {
    0: "thread", 2: "NMI", 3: "HardFault", 4: "MemManage", 5: "BusFault",
    6: "UsageFault", 11: "SVCall", 14: "PendSV", 15: "SysTick",
}  # fmt: skip
ALWAYS_ENABLED = sum(1 << n for n in (NMI, HARD_FAULT, SVCALL, PENDSV, SYSTICK))
PRIORITY_MASK = 0xE0  # three bits of priority (cc3220-hardware.md 1.1)
THREAD_PRIORITY = 256

EXC_HANDLER, EXC_THREAD_MSP, EXC_THREAD_PSP = 0xFFFF_FFF1, 0xFFFF_FFF9, 0xFFFF_FFFD
EXC_RETURN_FLOOR = 0xFFFF_FFE0

_FRAME = struct.Struct("<8I")


def exception_name(number: int) -> str:
    """`IRQ 5`, `SysTick`..."""
    return NAMES.get(number) or (f"IRQ {number - 16}" if number >= 16 else f"exception {number}")


class Lockup(RuntimeError):
    """A fault inside HardFault or NMI, or no usable vector: the core stops for good."""


class Nvic:
    """What is pending, what is active, and the way in and out of handlers."""

    def __init__(self, cpu: Cpu):
        self.cpu = cpu
        self.on_ready: Callable[[bool], None] = lambda ready: None
        self.reset()

    def reset(self) -> None:
        self.pending = 0
        self.enabled = ALWAYS_ENABLED
        self.priority = [0] * EXCEPTIONS
        self.priority[NMI] = -2
        self.priority[HARD_FAULT] = -1
        self.lines = 0
        self.active: list[int] = []
        self.group_mask = 0xFE
        self.vtor = 0

    def save(self) -> tuple:
        return (
            self.pending, self.enabled, list(self.priority), self.lines,
            list(self.active), self.group_mask, self.vtor,
        )  # fmt: skip

    def load(self, state: tuple) -> None:
        (
            self.pending, self.enabled, priority, self.lines, active, self.group_mask, self.vtor,
        ) = state  # fmt: skip
        self.priority = list(priority)
        self.active = list(active)
        self.on_ready(bool(self.pending & self.enabled))

    # Pending

    def changed(self) -> None:
        """Something was pended or enabled: look at it before the next instruction."""
        ready = bool(self.pending & self.enabled)
        self.on_ready(ready)
        if ready:
            self.cpu.stop_soon()

    def pend(self, number: int) -> None:
        self.pending |= 1 << number
        if self.enabled >> number & 1:
            self.changed()

    def clear(self, number: int) -> None:
        """Clear pending; a level that is still asserted pends at once again."""
        if not self.lines >> number & 1:
            self.pending &= ~(1 << number)

    def set_line(self, irq: int, level: bool) -> None:
        """Level of a peripheral's line. Going high pends; going low leaves that latched."""
        bit = 1 << (irq + 16)
        if level:
            if not self.lines & bit:
                self.lines |= bit
                self.pend(irq + 16)
        else:
            self.lines &= ~bit

    # Priorities

    def group_priority(self, number: int) -> int:
        priority = self.priority[number]
        return priority & self.group_mask if priority >= 0 else priority

    def _active_priority(self) -> int:
        if not self.active:
            return THREAD_PRIORITY
        return min(self.group_priority(n) for n in self.active)

    def execution_priority(self, with_primask: bool = True) -> int:
        """Of the code that runs now, with BASEPRI, FAULTMASK and PRIMASK."""
        current = self._active_priority()
        primask, basepri, faultmask = self.cpu.frame.read()[:3]
        if faultmask & 1:
            return min(current, -1)
        if primask & with_primask:
            current = min(current, 0)
        if basepri & PRIORITY_MASK:
            current = min(current, basepri & PRIORITY_MASK & self.group_mask)
        return current

    def best(self) -> int:
        """The pending and enabled exception that goes first; 0 when there is none."""
        ready = self.pending & self.enabled
        best, best_priority = 0, THREAD_PRIORITY
        while ready:
            number = (ready & -ready).bit_length() - 1
            ready &= ready - 1
            if self.priority[number] < best_priority:
                best, best_priority = number, self.priority[number]
        return best

    def takable(self) -> int:
        """The exception that may interrupt what runs now; 0 when there is none."""
        best = self.best()
        return best if best and self.group_priority(best) < self.execution_priority() else 0

    def wakes(self) -> bool:
        """Whether WFI ends: something pends that would be taken if PRIMASK were clear."""
        best = self.best()
        return best != 0 and self.group_priority(best) < self.execution_priority(False)

    # Entry and return

    def _stack(self, address: int, length: int):
        sram = self.cpu.memories[-1]
        if sram.holds(address, length):
            return sram
        raise Lockup(f"stack pointer 0x{address:08X} is outside SRAM")

    def vector(self, number: int) -> int:
        address = self.vtor + 4 * number
        for memory in self.cpu.memories:
            if memory.holds(address, 4):
                return memory.word(address)
        name = exception_name(number)
        raise Lockup(f"{name}: no vector table at 0x{self.vtor:08X} (VTOR not set?)")

    def enter(self, number: int, return_to: int) -> None:
        """Stack the frame and go to the handler. Not from inside a register callback.

        The registers are those that the priority check has just read.
        """
        cpu = self.cpu
        r0, r1, r2, r3, r12, lr, _, xpsr, sp, control = cpu.frame.values[3:]
        frame = (sp - 32) & ~7
        xpsr = (xpsr & ~0x200) | (0x200 if sp & 4 else 0)  # CCR.STKALIGN
        memory = self._stack(frame, 32)
        _FRAME.pack_into(
            memory.view, frame - memory.base, r0, r1, r2, r3, r12, lr, return_to, xpsr
        )
        handler = self.vector(number)
        if not handler & 1:
            raise Lockup(f"{exception_name(number)}: vector 0x{handler:08X} is not Thumb")
        if self.active:
            link = EXC_HANDLER
        else:
            link = EXC_THREAD_PSP if control & SPSEL else EXC_THREAD_MSP
            if control & NPRIV:
                cpu.raise_privilege()
        values = cpu.entry.values
        values[0] = frame
        values[1] = 0
        values[2] = number
        values[3] = 0x0100_0000
        values[4] = link
        cpu.entry.write()
        if control & NPRIV:
            cpu.write(UC_ARM_REG_CONTROL, NPRIV)
        self.active.append(number)
        self.pending &= ~(1 << number)
        self.on_ready(bool(self.pending & self.enabled))
        cpu.pc = handler & ~1

    def leave(self, magic: int) -> None:
        """Exception return; `magic` is EXC_RETURN as PC shows it (bit 0 lost).

        It says which stack holds the frame and, in thread mode, stays in use (CONTROL.SPSEL).
        """
        number = self.active.pop()
        if self.lines >> number & 1:
            self.pending |= 1 << number
            self.on_ready(bool(self.pending & self.enabled))
        cpu = self.cpu
        on_process_stack = magic & 0xF >= 0xC
        *stacks, control = cpu.banked.read()
        sp = stacks[on_process_stack]
        if control & NPRIV:  # it is given back when the stack pointers are where they belong
            cpu.write(UC_ARM_REG_CONTROL, 0)
        memory = self._stack(sp, 32)
        *registers, pc, xpsr = _FRAME.unpack_from(memory.view, sp - memory.base)
        exit_ = cpu.exits[on_process_stack]
        values = exit_.values
        values[0] = sp + 32 + (4 if xpsr & 0x200 else 0)
        values[1], values[2], values[3], values[4], values[5], values[6] = registers
        values[7] = 0
        values[8] = xpsr & ~0x200
        values[9] = control & NPRIV | (SPSEL if on_process_stack else 0)
        values[10] = pc | 1
        exit_.write()
        cpu.pc = pc & ~1

    def return_and_chain(self, magic: int) -> None:
        """Leave, and at once enter what is pending and may run (from the interrupt hook)."""
        self.leave(magic)
        following = self.takable() if self.pending & self.enabled else 0
        if following:
            self.enter(following, return_to=self.cpu.pc)
            self.cpu.set_pc(self.cpu.pc)
