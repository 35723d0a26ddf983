"""Commands of one argument type each, to see what becomes of a parameter (atcore/grammar.py)."""

import re

from tests.unit.atcore.fake import FakeDriver, ask

# The name of a command, and its arguments as a declaration has them.
DECLARED = {
    "U8": (("a", "u8", ""),),
    "U16": (("a", "u16", ""),),
    "U32": (("a", "u32", ""),),
    "I16": (("a", "i16", ""),),
    "Word": (("a", "i16", "", b"listen"),),
    "I32": (("a", "i32", ""),),
    "Range": (("a", "range", "", 1, 13),),
    "Key": (("a", "key", "", b"socket_type"),),
    "Mask": (("a", "mask", "", b"alpn"),),
    "Str": (("a", "str", "", 8),),
    "Ssid": (("a", "str", "", 32, 1),),
    "Ip4": (("a", "ip4", ""),),
    "Ip6": (("a", "ip6", ""),),
    "Mac": (("a", "mac", ""),),
    "Filter": (("a", "array", "", 4, b":"),),
    "Channels": (("a", "array", "", 4, b","),),
    "List": (("a", "list", ""),),
    "Length": (("a", "length", ""),),
    "Addr": (("f", "family", ""), ("p", "u16", ""), ("a", "addr", "")),
    "Three": (("a", "u8", ""), ("b", "str", "?", 8), ("c", "u8", "?")),
}


class Desk:
    """A core whose commands note their values."""

    def __init__(self, **settings):
        import atcore
        from atcore.dispatch import Commands

        self.got = None
        commands = Commands()
        for name, args in DECLARED.items():
            commands.command(name.encode(), args)(self.take)
        self.core = atcore.create(FakeDriver(), commands, **settings)

    def take(self, cmd, *values):
        self.got = values

    def __call__(self, line):
        """The values of `Name=parameters`, or the code of the parse error."""
        line = line.encode() if isinstance(line, str) else line
        self.got = None
        (answer,) = ask(self.core, b"AT+" + line)
        if answer == b"OK":
            return self.got if len(self.got) > 1 else self.got[0]
        assert self.got is None, "the handler ran although there was an error"
        return re.fullmatch(rb"ERROR: ?([a-z ]+), ?(-?\d+)", answer).groups()


def parse_error(code):
    """What a Desk gives for a parse error."""
    return b"parse parameters", b"%d" % code
