"""Makes a session that is wrong as short as it can be, and still wrong in the same way."""

from tests.fuzz.lines import PAUSE, SILENCE

ROUNDS = 20


def groups(said: list, whole: bool) -> list:
    """The items as lists that go or stay together: with `whole` a canary and what is around it.

    Without its header a payload is a command, and rightly executed.
    """
    found, kept, after = [], None, 0
    for item in said:
        if kept is None and whole and item[:2] == (PAUSE, "bytes") and not item[2]:
            kept, after = [], 0
            found.append(kept)
        if kept is None:
            found.append([item])
            continue
        kept.append(item)
        after += item == (SILENCE, "bytes", b"")
        if after == 2:
            kept = None
    return found


def shrink(said: list, still, whole: bool = False, bytewise: bool = True) -> list:
    """The smallest session found of which still(items) is true.

    whole: see groups(). Without bytewise only whole items are left out.
    """
    parts = _fewer(groups(said, whole), lambda parts: still(_joined(parts)))
    if bytewise and not whole:
        for _ in range(ROUNDS):
            before = _joined(parts)
            parts = _shorter(parts, still)
            if _joined(parts) == before:
                break
    return _joined(parts)


def _joined(parts: list) -> list:
    return [item for part in parts for item in part]


def _fewer(parts: list, still) -> list:
    """Leave out what can be left out, in ever smaller pieces (ddmin)."""
    size = max(1, len(parts) // 2)
    while True:
        at, gone = 0, False
        while at < len(parts):
            fewer = parts[:at] + parts[at + size :]
            if still(fewer):
                parts, gone = fewer, True
            else:
                at += size
        if size == 1 and not gone:
            return parts
        size = max(1, size // 2)


def _shorter(parts: list, still) -> list:
    """Cut bytes out of what is left, and time."""
    for i, part in enumerate(parts):
        (gap, kind, value), *rest = part
        for other in (0, 25):
            if gap > other and still(
                _joined([*parts[:i], [(other, kind, value)], *parts[i + 1 :]])
            ):
                gap = other
                break
        if kind == "bytes":

            def fits(pieces, gap=gap, rest=rest, before=parts[:i], after=parts[i + 1 :]):
                item = (gap, "bytes", b"".join(pieces))
                return still(_joined([*before, [item, *rest], *after]))

            value = b"".join(_fewer([bytes([byte]) for byte in value], fits))
        parts = [*parts[:i], [(gap, kind, value), *rest], *parts[i + 1 :]]
    return parts
