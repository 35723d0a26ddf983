"""What the command lines have in common."""

import click


class NotStarted(click.ClickException):
    """What was asked for cannot begin; as with a wrong option, the status is 2."""

    exit_code = 2
