"""What can go wrong when talking AT."""


class ClientError(Exception):
    """Base of everything this package raises."""


class AtError(ClientError):
    """The device answered a command with an error line (guide 5.2).

    `description` is the text between the colon and the code, without a `+Name`; `code` the
    number; `command` what was sent, secrets masked; `late` is true for a failure that came
    after the command's OK (guide-style O7).
    """

    def __init__(self, description: str, code: int, command: str = "", late: bool = False):
        self.description = description
        self.code = code
        self.command = command
        self.late = late
        super().__init__(
            f"{command}: {description}, {code}" if command else f"{description}, {code}"
        )


class AtTimeout(ClientError):
    """The device did not answer in time; `seen` holds the last lines that did come."""

    def __init__(self, waiting_for: str, seconds: float, seen: list[str]):
        self.waiting_for = waiting_for
        self.seconds = seconds
        self.seen = seen
        tail = "; last lines: " + " | ".join(seen) if seen else "; nothing came at all"
        super().__init__(f"no {waiting_for} within {seconds:g} s{tail}")


class DeviceFailed(ClientError):
    """The firmware gave up (a line `# fatal: ...`) and answers no more; `seen` as above."""

    def __init__(self, reason: str, seen: list[str]):
        self.reason = reason
        self.seen = seen
        super().__init__(f"the device gave up: {reason}")
