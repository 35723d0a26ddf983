"""A core with the built commands on a stream, and what it answers to bytes that come in time."""

from tests.unit.atcore.fake import FakeDriver, FakeStream, listen


def build(**values):
    import atcore
    from atcore.commands import ALL, device, socket, wlan  # noqa: F401

    driver = FakeDriver()
    stream = FakeStream(driver.link)
    return atcore.create(driver, ALL, stream, **values), stream, driver.calls


def answers(line, *pieces, ms=0):
    """Feed pieces, (data, after ms) or data at once; what is answered within `ms` after them."""
    core, stream, _ = line
    at = 0
    for piece in pieces:
        data, wait = piece if isinstance(piece, tuple) else (piece, 0)
        at += wait
        stream.feed(data, at)
    return listen(core, at + ms or 1)
