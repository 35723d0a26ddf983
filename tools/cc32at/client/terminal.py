"""The interactive terminal: line editing, history, completion, colours."""

import contextlib
import os
import queue
import sys
import termios
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path

from prompt_toolkit import PromptSession
from prompt_toolkit.completion import (
    CompleteEvent,
    Completer,
    Completion,
    get_common_complete_suffix,
)
from prompt_toolkit.document import Document
from prompt_toolkit.formatted_text import FormattedText
from prompt_toolkit.history import FileHistory
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.patch_stdout import patch_stdout
from prompt_toolkit.shortcuts import print_formatted_text
from prompt_toolkit.styles import Style

from cc32at.private import owner_only, tighten

from . import table
from .errors import DeviceFailed
from .messages import Message
from .secrets import mask_line
from .session import AtClient
from .shorthand import COMMANDS, meant

STYLE = Style.from_dict(
    {
        "ok": "ansigreen",
        "error": "ansired bold",
        "event": "ansicyan",
        "comment": "ansibrightblack",
        "name": "bold",
        "prompt": "ansiblue bold",
    }
)
HELP = (
    "# Tab completes, the arrow keys recall; AT+<Command>=? shows usage; "
    "!time sets the board's clock; Ctrl-D leaves."
)


class MaskedHistory(FileHistory):
    """Command history whose lines never hold a secret, on disk or in memory.

    What was pasted is one entry of several lines. The file is its owner's alone.
    """

    def store_string(self, string: str) -> None:
        tighten(self.filename)
        with open(self.filename, "ab", opener=owner_only):
            super().store_string(string)

    def append_string(self, string: str) -> None:
        super().append_string("\n".join(map(mask_line, string.split("\n"))))


class AtCompleter(Completer):
    """Completes command names, then the keywords of the parameter under the cursor."""

    def get_completions(
        self, document: Document, complete_event: CompleteEvent
    ) -> Iterable[Completion]:
        line = document.text_before_cursor
        if line.startswith("!"):
            yield from (Completion(word, -len(line)) for word in COMMANDS if word.startswith(line))
            return
        if "=" not in line:
            for command in table.commands().values():
                word = f"AT+{command.name}" + ("=" if command.parameters else "")
                if word.lower().startswith(line.lower()):
                    yield Completion(word, -len(line), display_meta=",".join(command.parameters))
            return
        command = table.find(line)
        if command is not None:
            yield from keywords(command, line.partition("=")[2].split(","))


def keywords(command: table.Command, words: list[str]) -> Iterator[Completion]:
    """What the last of these words may become, by the keywords before it."""
    at = len(words) - 1
    offered = []
    for form in command.beginning(words[:-1]):
        if len(form) <= at:
            continue
        _, bar, start = words[-1].lstrip(" [").rpartition("|")
        for word in form[at].words:
            fits = word.lower().startswith(start.lower()) and (form[at].kind == "mask" or not bar)
            if fits and word not in offered:
                offered.append(word)
                yield Completion(word, -len(start))


def complete_at_once(event: KeyPressEvent) -> None:
    """Tab. What comes in the same breath, an Enter for one, must find the line complete."""
    buffer = event.current_buffer
    if buffer.complete_state:
        buffer.complete_next()
        return
    found = list(buffer.completer.get_completions(buffer.document, CompleteEvent()))
    if len(found) == 1:
        buffer.apply_completion(found[0])
    elif common := get_common_complete_suffix(buffer.document, found):
        buffer.insert_text(common)
    else:
        buffer.start_completion()


class Terminal:
    """Reads lines from the user and prints what the device says as it comes.

    One thread owns the port; the lines typed reach it through a queue.
    """

    def __init__(self, at: AtClient, history: Path | None = None):
        self.at = at
        self._typed: queue.Queue[bytes] = queue.Queue()
        self._stop = threading.Event()
        self._failure: BaseException | None = None
        path = history or history_path()
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        bindings = KeyBindings()
        bindings.add("tab")(complete_at_once)
        self._session: PromptSession[str] = PromptSession(
            [("class:prompt", "> ")],
            style=STYLE,
            history=MaskedHistory(str(path)),
            completer=AtCompleter(),
            key_bindings=bindings,
            complete_while_typing=False,
        )
        # Lines are printed without a moment in which the terminal echoes what is typed, and in
        # which Ctrl-C would throw it away.
        self._session.input.cooked_mode = contextlib.nullcontext
        at.listeners.append(self._show)

    def run(self) -> int:
        """Until Ctrl-D; returns 0, or 1 if the port or the device failed."""
        self._print([("class:comment", HELP)])
        worker = threading.Thread(target=self._serve, daemon=True)
        worker.start()
        with without_echo(), patch_stdout():
            while not self._stop.is_set():
                try:
                    line = self._session.prompt()
                except KeyboardInterrupt:
                    continue
                except EOFError:
                    break
                line = "\n".join(map(meant, line.split("\n")))
                self._typed.put(line.encode("utf-8", "surrogateescape") + b"\r\n")
        self._stop.set()
        worker.join(timeout=2)
        if self._failure:
            what = "" if isinstance(self._failure, DeviceFailed) else "port: "
            self._print([("class:error", f"{what}{self._failure}")])
        return int(self._failure is not None)

    def _serve(self) -> None:
        try:
            while not self._stop.is_set():
                while not self._typed.empty():
                    self.at.write(self._typed.get())
                self.at.poll()
        except Exception as error:  # the emulator or the port is gone: say so and end
            self._failure = error
            self._stop.set()
            if self._session.app.is_running:
                self._session.app.loop.call_soon_threadsafe(
                    lambda: self._session.app.exit(exception=EOFError)
                )

    def _show(self, message: Message) -> None:
        self._print(formatted(message))

    def _print(self, fragments: list[tuple[str, str]]) -> None:
        print_formatted_text(FormattedText(fragments), style=STYLE)


@contextlib.contextmanager
def without_echo() -> Iterator[None]:
    """What is typed between two prompts is the next one's, Ctrl-C too, and not echoed before."""
    if not sys.stdin.isatty():
        yield
        return
    before = termios.tcgetattr(sys.stdin)
    quiet = termios.tcgetattr(sys.stdin)
    quiet[3] &= ~(termios.ECHO | termios.ICANON | termios.ISIG)
    termios.tcsetattr(sys.stdin, termios.TCSANOW, quiet)
    try:
        yield
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, before)


def formatted(message: Message) -> list[tuple[str, str]]:
    """A message as coloured fragments; control characters are shown, not obeyed."""
    text = "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in str(message))
    if message.kind in ("value", "event"):
        name, colon, rest = text.partition(":")
        return [
            (f"class:{message.kind} class:name", name + colon),
            (f"class:{message.kind}", rest),
        ]
    return [(f"class:{message.kind}", text)]


def history_path() -> Path:
    """Where the history lives: below XDG_STATE_HOME."""
    state = os.environ.get("XDG_STATE_HOME") or str(Path.home() / ".local" / "state")
    return Path(state) / "cc32at" / "history"
