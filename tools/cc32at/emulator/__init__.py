"""An emulated CC3220: Unicorn's Cortex-M4, our exceptions, bus, peripherals and time."""

from .image import Image, ImageError
from .machine import GuestIdle, Machine
from .nvic import Lockup

__all__ = ["GuestIdle", "Image", "ImageError", "Lockup", "Machine"]
