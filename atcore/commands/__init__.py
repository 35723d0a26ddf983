"""The commands, one module a chapter of the guide. Importing a chapter declares its commands.

It is imported when the first of its commands is used (_chapters.py, which `python -m cc32at.gen`
writes, tells whose they are), or at power-up if it has `_EAGER`: the name of the driver's group
that everybody needs with it.
"""

from ..dispatch import Commands
from ._chapters import PAYLOADS

ALL = Commands(PAYLOADS)
command = ALL.declare  # `make generate` checks what they say
