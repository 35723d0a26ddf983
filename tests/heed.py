"""Signals of programs that a test starts."""

import signal


def heed_signals() -> None:
    """For `preexec_fn`: what ends a program does so, though whoever runs the tests ignores it."""
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)
