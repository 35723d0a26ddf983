"""The receive queue: messages in the order in which the application gets them.

Replies keep the order of their commands (rule O8). Late results and events may overtake, but
never inside a list or while the stream holds them back (rule O9); the answer of a command that
has waited does not pass those that came before it meanwhile. Replies and late results are
never dropped: they hold back the reading of lines. Of the events the oldest are dropped when
there are too many; `+EventLost: <number>` then says how many, once, where they are missing. An
event that is kept is never dropped: it holds its source back.
"""

from .reply import Pieces

MANY = 8  # messages that hold back the reading of lines
EVENTS = 48  # events kept

# Kinds of entries. A reply is the message itself, mostly one of REPLIES. An EVENT is a list of one
# message. A LATE entry is a tuple of lines that stay together, or a mark and a message. A KEPT one
# is an event that is never dropped.
REPLIES = (bytes, memoryview)
LATE = tuple
EVENT = list
# Marks:
_FIRST = None  # what nothing may come before
_BEHIND = False  # a reply that passes nothing, nor does what is behind it


class Kept(Pieces):
    """An event that is never dropped, in pieces; and a waiter: done when it has been printed."""

    deadline = None
    done = False

    def __init__(self, core, parts: list):
        super().__init__(parts)
        self.core = core

    def delivered(self):
        """It has been printed, or copied: what it was made of is free."""
        self.parts = ()
        self.done = True
        self.core.wake()

    def ready(self) -> bool:
        return self.done

    def __iter__(self):
        while not self.done:
            yield self

    __await__ = __iter__


KEPT = Kept
HELD = (LATE, EVENT, KEPT)  # kinds that stay while a line is half typed


class Room:
    """Waiter: done when the queue is short again."""

    deadline = None
    done = False

    def __init__(self, out):
        self.out = out

    def ready(self) -> bool:
        return not self.out.full()

    def __iter__(self):
        while not self.ready():
            yield self

    __await__ = __iter__


class Queue:
    """Messages on their way to the application."""

    def __init__(self, line):
        self.entries = []
        self.group = None  # the command whose list is not complete
        self.behind = []  # what came meanwhile
        self.events = 0
        self.kept = 0
        self.lost = 0
        self.line = line  # builder for the line about lost events
        self.room = Room(self)
        self.was_event = False  # the message taken last came by itself

    def full(self) -> bool:
        """Whether commands should wait for the application to take something."""
        count = len(self.entries)
        return count >= MANY and count - self.events - self.kept >= MANY

    def blocked(self) -> bool:
        """Whether no line is to be read: replies wait, and nothing that needs its line's end."""
        entries = self.entries
        return len(entries) >= MANY and type(entries[0]) not in HELD

    def push(self, message):
        """A reply."""
        self.entries.append(message)

    def bind(self, at: int):
        """The entry at this index was pushed as a reply: it must not pass what is before it."""
        self.entries[at] = (_BEHIND, self.entries[at])

    def pair(self, message, ok):
        """A reply of two messages, or neither of them."""
        entries = self.entries
        entries.append(message)
        try:
            entries.append(ok)
        except MemoryError:
            entries.pop()
            raise

    def emit(self, owner, message):
        """A line of owner's list."""
        at = len(self.entries)
        self.entries.append(message)
        if self.group is not owner:
            self.group = owner
            if at:
                self.bind(at)

    def finish(self, owner):
        """Owner has answered: what waited for that may follow."""
        if self.group is owner:
            self.group = None
            self.entries.extend(self.behind)
            self.behind.clear()

    def push_late(self, messages: tuple):
        """Lines of a background command that belong together."""
        (self.behind if self.group else self.entries).append(messages)

    def push_event(self, message):
        """An event."""
        if self.events >= EVENTS:
            self.drop()
        (self.behind if self.group else self.entries).append([message])
        self.events += 1

    def keep(self, kept: Kept):
        """An event that is never dropped. Its source must wait until it is printed."""
        (self.behind if self.group else self.entries).append(kept)
        self.kept += 1

    def drop(self):
        """Forget the oldest event."""
        for entries in (self.entries, self.behind):
            for i in range(len(entries)):
                if type(entries[i]) is EVENT:
                    del entries[i]
                    self.events -= 1
                    self.lost += 1
                    return

    def __len__(self) -> int:
        return len(self.entries)

    def take(self, held: bool, ti: bool):
        """The next message or None; late lines and events stay while `held`."""
        entries = self.entries
        i = self.passable() if held else 0
        if i >= len(entries):
            return None
        entry = entries[i]
        kind = type(entry)
        self.was_event = kind in HELD and not (kind is LATE and entry[0] is _BEHIND)
        if kind is EVENT and self.lost:
            return self.confess(ti)
        if kind is LATE:
            if not entry[0]:
                entry = entry[1:]
            if len(entry) > 1:
                entries[i] = (_FIRST,) + entry[1:]
            else:
                del entries[i]
            return entry[0]
        del entries[i]
        if kind is EVENT:
            self.events -= 1
            return entry[0]
        if kind is KEPT:
            self.kept -= 1
        return entry

    def passable(self) -> int:
        """Index of the first entry that may go while late lines and events are held; the end."""
        entries = self.entries
        for i in range(len(entries)):
            entry = entries[i]
            kind = type(entry)
            if kind is LATE and not entry[0]:
                return len(entries) if i else 0
            if kind not in HELD:
                return i
        return len(entries)

    def confess(self, ti: bool) -> bytes:
        """The line that tells of lost events."""
        message = self.line.begin(b"EventLost", ti).num(self.lost).message()
        self.lost = 0
        return message
