"""Run the network processor alone, for an outside driver (see listen.py for the byte protocol)."""

from __future__ import annotations

import contextlib
import signal
from pathlib import Path

import click

from ..cli import CONTROL_FILE, CONTROL_HELP, NotStarted
from ..world import World, WorldError
from .listen import LinkServer
from .model import NetworkProcessor
from .storage import Storage


@click.command()
@click.option("--listen", "port", type=click.IntRange(0, 65535), required=True, help="TCP port.")
@click.option("--world", "world_file", type=click.Path(path_type=Path), help="World (YAML).")
@click.option("--store", type=click.Path(path_type=Path), help="Keep files and settings here.")
@click.option("--control", type=CONTROL_FILE, metavar="FILE", help=CONTROL_HELP)
@click.option("--once", is_flag=True, help="End after the first driver has gone.")
def main(port, world_file, store, control, once) -> None:
    """Serve the link seam on 127.0.0.1 to one driver at a time."""
    try:
        world = World.load(world_file) if world_file else World.default()
        blocks = world.device.flash_kb // 4
        np = NetworkProcessor(world, Storage(store, blocks=blocks))
        server = LinkServer(np, port)
        controlled = control and np.control.listen(control)
    except (OSError, WorldError, ValueError) as error:
        raise NotStarted(str(error)) from None
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, signal.default_int_handler)
    with (
        contextlib.suppress(KeyboardInterrupt),
        contextlib.closing(np),
        contextlib.closing(server),
    ):
        click.echo(f"listening on 127.0.0.1:{server.port}")
        if controlled:
            click.echo(f"control on 127.0.0.1:{controlled}, see {control}")
        serve(server, once)


def serve(server: LinkServer, once: bool) -> None:
    """Serve drivers for ever, or until the first one has gone."""
    while server.client is None:
        server.step(0.1)
    server.serve((lambda: server.client is None) if once else None)


if __name__ == "__main__":
    main()
