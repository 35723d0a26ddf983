"""Talk AT: in a terminal with line editing, or from a pipe.

python -m cc32at.client                       the emulator, started here
python -m cc32at.client --port /dev/ttyACM0   a board
printf 'AT+Test\n' | python -m cc32at.client  prints the answers, exits 0 or 1
"""

import sys
from urllib.parse import urlencode

import click
import serial

from cc32at.cli import CONTROL_FILE, CONTROL_HELP, NotStarted

from .batch import Batch
from .session import AtClient
from .transcript import Transcript


def emulator_url(settings: dict[str, str], **files: str | None) -> str:
    """The URL of an emulator: on the wall clock for a person, in virtual time for a script."""
    query = {"clock": "real" if sys.stdin.isatty() else "virtual", **settings}
    return "emu://?" + urlencode(query | {k: v for k, v in files.items() if v})


def parse_settings(pairs: tuple[str, ...]) -> dict[str, str]:
    """name=value pairs as a dict with lower-case names."""
    for pair in pairs:
        if "=" not in pair:
            raise click.BadParameter(f"{pair!r} is not NAME=VALUE", param_hint="--set")
    return {name.lower(): value for name, _, value in (pair.partition("=") for pair in pairs)}


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--port", metavar="URL", help="Serial port or pyserial URL; default: the emulator.")
@click.option("--baud", type=click.IntRange(min=1), default=115200, show_default=True)
@click.option(
    "--wait",
    type=click.FloatRange(min=0),
    default=10.0,
    show_default=True,
    help="Seconds for late results at the end.",
)
@click.option(
    "--set", "settings", multiple=True, metavar="NAME=VALUE", help="Setting to boot with."
)
@click.option("--world", metavar="FILE", help="Radio world of the emulator (YAML).")
@click.option("--elf", metavar="FILE", help="Firmware for the emulator.")
@click.option("--store", metavar="FILE", help="Keep the emulator's files and settings over runs.")
@click.option("--nwp", metavar="tcp:HOST:PORT", help="Another network processor behind the chip.")
@click.option("--control", type=CONTROL_FILE, metavar="FILE", help=CONTROL_HELP)
@click.option("--trace", metavar="FILE", help="AT lines and frames of the link, secrets masked.")
@click.option("--log", metavar="FILE", help="Transcript of both directions, secrets masked.")
def main(port, baud, wait, settings, log, **emulator):
    """Talk AT to a board or to the firmware in the emulator."""
    chosen = parse_settings(settings)
    for name, value in {**chosen, **emulator}.items():
        if port and value and name != "style":
            raise click.UsageError(f"{name} is the emulator's; --port {port} is none")
    url = port or emulator_url(chosen, **emulator)
    try:
        at = AtClient.open(url, baud, chosen.get("style", "guide"), Transcript(log))
    except (serial.SerialException, OSError, ValueError) as error:
        what = f"cannot open {port}" if port else "cannot start the emulator"
        raise NotStarted(f"{what}: {error}") from error
    with at:
        if sys.stdin.isatty():
            from .terminal import Terminal

            status = Terminal(at).run()
        else:
            status = Batch(at, sys.stdout.buffer).run(sys.stdin.buffer, wait)
    sys.exit(status)


if __name__ == "__main__":
    main()
