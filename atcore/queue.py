"""The receive queue: messages in the order in which the application gets them.

Replies keep the order of their commands (rule O8). Late results and events may overtake, but
never inside a list or while the stream holds them back (rule O9). Replies and late results are
never dropped: they hold back the reading of lines. Of the events the oldest are dropped when
there are too many; `+EventLost: <number>` then says how many, once, where they are missing.
"""

MANY = 8  # messages that hold back the reading of lines
EVENTS = 48  # events kept

# An entry is a message: a reply; a tuple: late lines that stay together, or with None as its first
# element what nothing may come before; a list: an event.


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
        self.lost = 0
        self.line = line  # builder for the line about lost events
        self.room = Room(self)
        self.was_event = False  # the message taken last came by itself

    def full(self) -> bool:
        """Whether commands should wait for the application to take something."""
        return len(self.entries) >= MANY and len(self.entries) - self.events >= MANY

    def push(self, message):
        """A reply."""
        self.entries.append(message)

    def emit(self, owner, message):
        """A line of owner's list."""
        self.group = owner
        self.entries.append(message)

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
        self.events += 1
        (self.behind if self.group else self.entries).append([message])

    def drop(self):
        """Forget the oldest event."""
        for entries in (self.entries, self.behind):
            for i in range(len(entries)):
                if type(entries[i]) is list:
                    del entries[i]
                    self.events -= 1
                    self.lost += 1
                    return

    def __len__(self) -> int:
        return len(self.entries)

    def take(self, held: bool, ti: bool):
        """The next message or None; late lines and events stay while `held`."""
        entries = self.entries
        i = 0
        if held and not (entries and type(entries[0]) is tuple and entries[0][0] is None):
            while i < len(entries) and type(entries[i]) in (tuple, list):
                i += 1
        if i >= len(entries):
            return None
        entry = entries[i]
        kind = type(entry)
        self.was_event = kind is list or kind is tuple
        if kind is list and self.lost:
            return self.confess(ti)
        if kind is tuple:
            if entry[0] is None:
                entry = entry[1:]
            if len(entry) > 1:
                entries[i] = (None,) + entry[1:]
            else:
                del entries[i]
            return entry[0]
        del entries[i]
        if kind is list:
            self.events -= 1
            return entry[0]
        return entry

    def confess(self, ti: bool) -> bytes:
        """The line that tells of lost events."""
        message = self.line.begin(b"EventLost", ti).num(self.lost).message()
        self.lost = 0
        return message
