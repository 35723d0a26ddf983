"""What the command lines have in common."""

import click


class NotStarted(click.ClickException):
    """What was asked for cannot begin; as with a wrong option, the status is 2."""

    exit_code = 2


class AddressFile(click.Path):
    """The name of the file that the control interface's address is written to; no port."""

    def convert(self, value, param, ctx):
        if str(value).isdigit():
            self.fail(f"{value!r} is a number; name the file that the address goes to", param, ctx)
        return super().convert(value, param, ctx)


CONTROL_FILE = AddressFile(dir_okay=False)
CONTROL_HELP = "Control interface of the network processor; its address and token go into FILE."
