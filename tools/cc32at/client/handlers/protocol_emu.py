"""emu:// - the firmware in the emulator, in this process, as a serial port."""

from cc32at.emulator.serialport import EmuSerial as Serial

__all__ = ["Serial"]
