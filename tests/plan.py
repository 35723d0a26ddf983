"""What a choice of tests needs: python -m tests.plan [arguments of pytest].

Prints `image BOARD=... REPL=...` for each firmware image that the tests take by their fixtures,
and `file PATH` for each of their files. Runs none of them. What is wrong with the choice goes to
stderr, and the status is pytest's.
"""

import contextlib
import io
import sys

import pytest

from tests.boards import images

# They take the image with the prompt unless there is a board (tests/conftest.py).
BOARD_OR_IMAGE = {"boards", "serial_device"}


class Plan:
    """A plugin of pytest that keeps what was chosen."""

    def __init__(self) -> None:
        self.images: set[str] = set()
        self.known: dict[str, tuple[str, str]] = {}
        self.files: dict[str, None] = {}

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        option = session.config.getoption
        self.known = images(option("--board"))
        given = {"elf", "elf_without_repl"} if option("--elf") else set()
        for item in session.items:
            self.files[str(item.path.relative_to(session.config.rootpath))] = None
            if item.get_closest_marker("skip"):
                continue
            taken = set(item.fixturenames)
            if taken & BOARD_OR_IMAGE and not option("--port"):
                taken.add("elf")
            self.images |= taken & self.known.keys() - given

    def lines(self) -> list[str]:
        """What is printed."""
        choices = dict.fromkeys(self.known[name][1] for name in self.known if name in self.images)
        return [f"image {choice}" for choice in choices] + [f"file {name}" for name in self.files]


def main(arguments: list[str]) -> int:
    """The command."""
    plan = Plan()
    with contextlib.redirect_stdout(io.StringIO()) as said:
        status = pytest.main([*arguments, "--collect-only", "-q"], plugins=[plan])
    if status:
        print(said.getvalue(), file=sys.stderr)
    else:
        print(*plan.lines(), sep="\n")
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
