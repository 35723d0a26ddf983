"""What a declaration must say, beyond what dispatch.py looks at when it takes it.

The chapters' declarations are checked on the PC, where firmware/describe.py reads them (`make
generate`); what a program declares at run time is checked when it does.
"""

from atbytes import kw_find

from ._keywords import TABLES
from .compat import const
from .grammar import KINDS

_LIMITS = {"str": 1, "key": 1, "sub": 1, "mask": 1, "range": 2, "few": 2, "array": 2}
_CHOOSE = const(("key", "sub", "family"))  # what may choose a form with a payload: keywords
_LAST = const(("forms", "data"))
_LADEN = const(-1)  # among lengths: a form has a payload
_MOST = const(24)  # parameters of a line
_LONGEST = const(29)  # name of a command with a payload


def check(name, args=(), forms=None, payload=False, varies=False, **others):
    """ValueError, and what is wrong, for the arguments of Commands.command()."""
    try:
        if type(name) is not bytes:
            raise ValueError("the name is bytes, as b'Listen'")
        if forms:
            args += (("Values", "forms", "", forms),)
        found = set()
        walk(tuple(args), (), found)
        laden = _LADEN in found
        if payload and not laden:
            raise ValueError(
                'has no payload in any form: declare payload=False, or an argument of kind "data"'
            )
        if laden and not payload and args[-1][1] == "forms":
            raise ValueError("has a payload in a form: declare payload=True")
        if len(found - {_LADEN}) > 1 and not varies:
            raise ValueError("has forms of different length: declare varies=True")
        if laden and len(name) > _LONGEST:
            raise ValueError("has a payload: its name may have %d letters" % _LONGEST)
    except ValueError as error:
        told = name.decode() if type(name) is bytes else name
        raise ValueError("%s: %s" % (told, error))


def walk(args: tuple, before: tuple, found: set):
    """Check the arguments behind those `before`; how many there are goes to `found`."""
    for at, arg in enumerate(args):
        if type(arg) is not tuple or len(arg) < 3:
            raise ValueError("an argument is (name, kind, flags), not %r" % (arg,))
        kind = arg[1]
        if kind in _LAST and at < len(args) - 1:
            raise ValueError('nothing stands behind an argument of kind "%s"' % kind)
        if kind == "forms":
            rows(arg, before + args[:at], found)
            return
        if kind == "data":
            laden(before + args[:at])
            found.add(_LADEN)
        else:
            plain(arg, before + args[:at])
            if kind == "addr":
                address(arg, before, args[:at])
    count = len(before) + len(args)
    if count > _MOST:
        raise ValueError("a line has at most %d parameters" % _MOST)
    found.add(count)


def plain(arg: tuple, before: tuple):
    """Check an argument that is a parameter like others, behind those `before`."""
    kind = arg[1]
    if kind not in KINDS:
        raise ValueError('%s is of a kind that is none: "%s"' % (arg[0], kind))
    if len(arg) < 3 + _LIMITS.get(kind, 0):
        raise ValueError('%s, of kind "%s", lacks a limit (grammar.py)' % (arg[0], kind))
    if kind == "sub" and not before:
        raise ValueError("%s goes with a value before it, and there is none" % arg[0])
    tables = (arg[3],) if kind in ("key", "mask") else ()
    if kind == "sub":
        tables = [pair[1] for pair in arg[3] if pair[1] is not None]
    for table in tables:
        try:
            kw_find(TABLES, table, b"", 0, 0)
        except (KeyError, TypeError):
            raise ValueError("%s has keywords of a table that is none: %r" % (arg[0], table))


def address(arg: tuple, before: tuple, args: tuple):
    """Check that something says of which family an address is (forms.settled())."""
    if before:
        raise ValueError("%s: a form has no addresses" % arg[0])
    at, wanted = (0, arg[3]) if len(arg) > 3 else (1, "family")
    if wanted not in [one[at] for one in args]:
        raise ValueError("%s: nothing before it says of which family it is" % arg[0])


def rows(arg: tuple, before: tuple, found: set):
    """Check the rows of forms, which what stands before them chooses."""
    bare = False  # a row before has no payload
    for row in arg[3] if len(arg) > 3 else ():
        if type(row) is not tuple or len(row) < 2 or type(row[1]) is not tuple:
            raise ValueError("a row of forms is (choice, arguments), not %r" % (row,))
        choice = row[0]
        choosing = () if choice is None else choice if type(choice) is tuple else (choice,)
        if len(choosing) > len(before) or not before:
            raise ValueError("%s: nothing stands before what chooses the form" % arg[0])
        inside = set()
        walk(row[1], before, inside)
        found |= inside
        if _LADEN not in inside:
            bare = True
        elif choice is None and bare:
            raise ValueError("a form for any value has a payload, and one before it has none")
        elif [one for one in before[len(before) - len(choosing) :] if one[1] not in _CHOOSE]:
            raise ValueError("a form with a payload is chosen by keywords")
    if not found:
        raise ValueError("%s has no rows" % arg[0])


def laden(before: tuple):
    """Check what stands before a payload."""
    sizes = [arg for arg in before if arg[1] == "size"]
    formats = [arg for arg in before if arg[1] == "format"]
    if not sizes:
        raise ValueError('a payload needs its length: an argument of kind "size" before it')
    if len(sizes) > 2 or len(formats) > 1:
        raise ValueError("a payload has one length or two, and one format")
    for arg in sizes + formats:
        if "?" in arg[2]:
            raise ValueError("%s may not be empty: it says where the payload ends" % arg[0])
