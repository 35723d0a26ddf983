"""How group modules plug into the model; see `model.py` for the helpers they use."""

from __future__ import annotations

GROUPS: dict[str, type] = {}


class NwpError(Exception):
    """Raised by a handler: the command is answered with this status (nwp-protocol.md 11).

    `code` is a number or the name of an error, for example "SL_ERROR_BSD_EBADF".
    """

    def __init__(self, code: int | str):
        super().__init__(code)
        self.code = code


def handles(*names: str):
    """Mark a method as the handler of these opcode names (rows of protocol.json)."""

    def mark(method):
        method.opcodes = names
        return method

    return mark


def group(name: str):
    """Register a class as the group `name`; the model makes one instance of each."""

    def register(cls: type) -> type:
        cls.name = name
        GROUPS[name] = cls
        return cls

    return register


class Group:
    """Base of a group of opcodes. State lives in plain instance attributes.

    All hooks may be left out. Everything but `np` is copied by snapshot() and put back by
    restore(), so keep closures out of attributes and timers: use bound methods of the group. Name
    attributes that must not be copied in the class attribute `not_copied` ("np" included).
    """

    name = ""
    not_copied = frozenset({"np"})

    def __init__(self, np):
        self.np = np

    def power_on(self) -> None:
        """The NWP has booted; INIT_COMPLETE is queued. Start roles, timers, services."""

    def power_off(self) -> None:
        """Power is gone or about to go: close sockets, forget what is not stored."""

    def fds(self) -> list:
        """Selectable objects to watch while the host sleeps."""
        return []

    def service(self) -> None:
        """Do what the selectable objects are ready for, without blocking."""

    def has_real_io(self) -> bool:
        """True while something lives outside the model, so that no snapshot can hold it."""
        return False


def handlers_of(instance: Group) -> dict:
    """Opcode name -> bound method, from the marks of `handles`."""
    found = {}
    for attribute in dir(type(instance)):
        method = getattr(type(instance), attribute)
        for name in getattr(method, "opcodes", ()):
            if name in found:
                raise ValueError(f"{type(instance).__name__}: two handlers for {name}")
            found[name] = getattr(instance, attribute)
    return found
