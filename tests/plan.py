"""What a choice of tests needs: python -m tests.plan [arguments of pytest].

Prints `image BOARD=... REPL=...` for each firmware image that the tests take by their fixtures,
and `file PATH` for each of their files. Runs none of them. What is wrong with the choice goes to
stderr, and the status is pytest's.
"""

import contextlib
import io
import sys

import pytest

from tests.boards import IMAGES

# They take the image with the prompt unless there is a board (tests/conftest.py).
BOARD_OR_IMAGE = {"boards", "serial_device"}


class Plan:
    """A plugin of pytest that keeps what was chosen."""

    def __init__(self) -> None:
        self.images: set[str] = set()
        self.files: dict[str, None] = {}

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        option = session.config.getoption
        given = {"elf", "elf_without_repl"} if option("--elf") else set()
        for item in session.items:
            self.files[str(item.path.relative_to(session.config.rootpath))] = None
            if option("--port") and item.get_closest_marker("world"):
                continue
            taken = set(item.fixturenames)
            if taken & BOARD_OR_IMAGE and not option("--port"):
                taken.add("elf")
            self.images |= taken & IMAGES.keys() - given

    def lines(self) -> list[str]:
        """What is printed."""
        images = [f"image {choice}" for name, (_, choice) in IMAGES.items() if name in self.images]
        return images + [f"file {name}" for name in self.files]


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
