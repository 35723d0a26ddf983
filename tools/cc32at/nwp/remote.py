"""Asking for operations of the control interface from another program (see control.py).

python -m cc32at.nwp.remote FILE '{"op": "ap_off", "ssid": "office"}' ...

FILE is the address file that --control names. The answers are printed, a line each. Without
requests on the command line they are read from standard input. The status is 1 if any was refused.
"""

from __future__ import annotations

import json
import socket
import sys
from pathlib import Path

import click

from ..cli import NotStarted


class Refused(RuntimeError):
    """The answer of the control interface to what it does not do; the text says why."""


class Remote:
    """A connection to the control interface whose address file this is.

    with Remote("build/control.json") as remote:
        remote.call("ap_off", ssid="office")

    Raises OSError when nobody is there, Refused when the token is another one's.
    """

    def __init__(self, address_file: str | Path, timeout: float = 10.0):
        first = Path(address_file).read_text()
        try:
            address = json.loads(first)
            where = address["host"], address["port"]
        except (ValueError, TypeError, LookupError):
            raise OSError(f"{address_file}: no address file") from None
        self._socket = socket.create_connection(where, timeout)
        self._lines = self._socket.makefile("rb")
        self._result(self.exchange(first))

    def __enter__(self) -> Remote:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def exchange(self, line: str) -> dict:
        """The answer object to a request line."""
        self._socket.sendall(line.strip().encode() + b"\n")
        answer = self._lines.readline()
        if not answer:
            raise ConnectionError("the control interface has closed the connection")
        return json.loads(answer)

    def call(self, op: str, **arguments):
        """The result of an operation; Refused with the reason."""
        return self._result(self.exchange(json.dumps({"op": op, **arguments})))

    @staticmethod
    def _result(answer: dict):
        if not answer["ok"]:
            raise Refused(answer["error"])
        return answer["result"]

    def close(self) -> None:
        self._lines.close()
        self._socket.close()


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("address_file", metavar="FILE")
@click.argument("requests", nargs=-1)
def main(address_file: str, requests: tuple[str, ...]) -> None:
    """Send requests (JSON objects) to the control interface whose address is in FILE."""
    try:
        remote = Remote(address_file)
    except (OSError, Refused) as error:
        raise NotStarted(str(error)) from None
    refused = False
    with remote:
        for line in requests or filter(str.strip, sys.stdin):
            answer = remote.exchange(line)
            click.echo(json.dumps(answer))
            refused = refused or not answer["ok"]
    sys.exit(int(refused))


if __name__ == "__main__":
    main()
