"""The emulated board on the command line: python -m cc32at.emulator.

Without --pty or --tcp the console is this terminal (Ctrl-] ends), or standard input and output.
"""

import contextlib
import signal
import sys
from pathlib import Path
from typing import Any, TextIO

import click

from cc32at.cli import CONTROL_FILE, CONTROL_HELP, NotStarted
from cc32at.private import open_private

from .image import ImageError
from .machine import GuestIdle, Machine
from .nvic import Lockup
from .ports import PtyPort, TcpPort, TerminalPort
from .profile import Profile
from .scheduler import Livelock
from .tcpnwp import TcpNwp
from .trace import Trace
from .variants import VARIANTS

ELF = Path("build/CC3220SF_LAUNCHXL/firmware.elf")
STORE_FILE = "nwp-store.json"


def pair(text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not sign:
        raise click.BadParameter(f"{text!r} is not NAME=VALUE", param_hint="--set")
    return name.lower(), value


def address(text: str, scheme: str = "") -> tuple[str, int]:
    """`HOST:PORT` or `PORT` (then on 127.0.0.1)."""
    host, _, port = text.removeprefix(scheme).rpartition(":")
    if not port.isdigit() or int(port) > 65535:
        raise click.BadParameter(f"{text!r} is not [HOST:]PORT with a port up to 65535")
    return host or "127.0.0.1", int(port)


def network_processor(
    nwp: str | None, world: str | None, store: str | None, control: str | None = None
) -> Any:
    """The outside one at `tcp:HOST:PORT`, else the model. Raises OSError, ValueError.

    control: the file that tells the address of the model's control interface
    (cc32at/nwp/control.py). Its close() is to be called at the end.
    """
    if nwp:
        if world or store or control:
            raise click.UsageError("world, store and control belong to the built-in NWP")
        return TcpNwp(*address(nwp, "tcp:"))
    from cc32at.nwp import NetworkProcessor, Storage
    from cc32at.world import World

    around = World.load(world) if world else World.default()
    path = Path(store) if store else None
    if path and path.is_dir():
        path = path / STORE_FILE
    model = NetworkProcessor(around, Storage(path, blocks=around.device.flash_kb // 4))
    if control:
        port = model.control.listen(control)
        click.echo(f"control on 127.0.0.1:{port}, see {control}", err=True)
    return model


class Ending:
    """A context in which SIGINT, SIGTERM and SIGHUP end the machine in good order.

    One that comes before the machine is there is not forgotten; one that is ignored (nohup) stays
    ignored.
    """

    NUMBERS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

    def __init__(self) -> None:
        self.asked = False
        self.machine: Machine | None = None
        self._before: dict[int, Any] = {}

    def __enter__(self) -> "Ending":
        for number in self.NUMBERS:
            if signal.getsignal(number) is not signal.SIG_IGN:
                self._before[number] = signal.signal(number, self._ask)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _ask(self, *_: object) -> None:
        self.asked = True
        if self.machine:
            self.machine.stop()


def serve(machine: Machine, ending: Ending) -> int:
    """Run until a signal, the end of the terminal, or a fault the guest does not survive."""
    ports = machine.pacer.ports
    try:
        machine.run(until=lambda: ending.asked or any(getattr(p, "ended", False) for p in ports))
    except (Lockup, GuestIdle, Livelock, OSError) as error:
        click.echo(f"emulator: {error}", err=True)
        return 1
    return 0


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--elf", default=str(ELF), show_default=True, help="Firmware image.")
@click.option("--world", metavar="FILE", help="Radio world (YAML).")
@click.option("--nwp", metavar="tcp:HOST:PORT", help="A network processor outside.")
@click.option("--nwp-store", metavar="PATH", help="Keep the NWP's files over runs (file or dir).")
@click.option("--control", type=CONTROL_FILE, metavar="FILE", help=CONTROL_HELP)
@click.option("--pty", is_flag=False, flag_value="", default=None, metavar="[LINK]",
              help="Console on a pseudo-terminal; LINK: a symbolic link to it.")  # fmt: skip
@click.option("--tcp", metavar="[HOST:]PORT", help="Console on a TCP port (127.0.0.1).")
@click.option("--set", "settings", multiple=True, metavar="NAME=VALUE",
              help="Boot with a setting of README's table, in small letters.")  # fmt: skip
@click.option("--trace", metavar="FILE", help="AT lines and frames; - is stdout.")
@click.option(
    "--cpi",
    type=click.FloatRange(1, 100),
    default=1.0,
    show_default=True,
    help="Cycles an instruction.",
)
@click.option("--accel/--no-accel", default=None, help="C accelerator (default: if available).")
@click.option("--chip", type=click.Choice(list(VARIANTS), case_sensitive=False),
              help="The chip (default: the one the image was built for).")  # fmt: skip
@click.option("--primask", is_flag=True, help="Boot with interrupts masked (PRIMASK 1).")
@click.option("--profile", is_flag=True, help="Print where the time went, at the end.")
def main(
    elf,
    world,
    nwp,
    nwp_store,
    control,
    pty,
    tcp,
    settings,
    trace,
    cpi,
    accel,
    chip,
    primask,
    profile,
) -> None:
    """Run the CC3220 firmware on the wall clock."""
    if pty is not None and tcp:
        raise click.UsageError("the console has one other end: --pty or --tcp")
    with Ending() as ending, contextlib.ExitStack() as stack:
        try:
            processor = network_processor(nwp, world, nwp_store, control)
            stack.callback(processor.close)
            machine = Machine(
                elf,
                nwp=processor,
                clock="real",
                settings=dict(pair(text) for text in settings),
                trace=Trace(stack.enter_context(_trace_file(trace))) if trace else None,
                cpi=int(cpi) if cpi == int(cpi) else cpi,
                accelerate=accel,
                primask=primask,
                chip=chip,
            )
            stack.callback(machine.close)
            ending.machine = machine
            _add_ports(machine, pty, tcp)
        except (OSError, ValueError, ImageError) as error:
            raise NotStarted(str(error)) from None
        profiler = Profile() if profile else None
        if profiler:
            profiler.attach(machine)
        status = serve(machine, ending)
        if profiler:
            profiler.report(sys.stderr)
    sys.exit(status)


def _trace_file(name: str) -> contextlib.AbstractContextManager[TextIO]:
    return contextlib.nullcontext(sys.stdout) if name == "-" else open_private(name)


def _add_ports(machine: Machine, pty: str | None, tcp: str | None) -> None:
    """Front ends for a board that listens already, so that nothing typed early is lost."""
    machine.boot()
    if pty is not None:
        port = PtyPort(machine.uart, pty or None)
        machine.add_port(port)
        click.echo(f"console on {pty or port.path}", err=True)
    if tcp:
        listener = TcpPort(machine.uart, *reversed(address(tcp)))
        machine.add_port(listener)
        click.echo("console on {}:{}".format(*listener.address), err=True)
    if pty is None and not tcp:
        machine.add_port(TerminalPort(machine.uart))


if __name__ == "__main__":
    main()
