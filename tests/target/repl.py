"""The raw REPL on the AT port (DESIGN, Settings and console)."""

from cc32at.client import AtClient

END = b"\x04"


def enter(at: AtClient) -> None:
    """Ctrl-A at the start of a line: the AT application gives way to the raw REPL."""
    at.write(b"\x01")
    expect(at, b"raw REPL; CTRL-B to exit\r\n>")


def leave(at: AtClient) -> None:
    """Ctrl-B: the port goes back to AT, which answers again."""
    at.write(b"\x02")
    at.flush(quiet=0.5)
    at.command("AT+Test")


def run(at: AtClient, source: str, timeout: float = 30.0) -> str:
    """What `source` prints in the raw REPL; AssertionError with the traceback if it raises."""
    at.write(source.encode() + END)
    answer = expect(at, END + b">", timeout)
    assert answer.startswith(b"OK"), answer
    output, error = answer[2:].split(END)[:2]
    assert not error, error.decode()
    return output.decode()


def once(at: AtClient, source: str, timeout: float = 30.0) -> str:
    """Run `source` and come back to AT."""
    enter(at)
    output = run(at, source, timeout)
    leave(at)
    return output


def expect(at: AtClient, ending: bytes, timeout: float = 10.0) -> bytes:
    """Bytes up to and with `ending`; AssertionError with what came if it does not come."""
    got = bytearray()
    end = at.clock() + timeout
    while not got.endswith(ending):
        data = at.port.read(max(1, at.port.in_waiting))
        at.transcript.received(data)
        got += data
        assert data or at.clock() < end, f"no {ending!r} in {bytes(got)!r}"
    return bytes(got)
