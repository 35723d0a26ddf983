"""The commands, one module a chapter of the guide. Importing a chapter declares its commands."""

from ..dispatch import Commands

ALL = Commands()
command = ALL.command
