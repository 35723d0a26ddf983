"""Run the network processor alone, for an outside driver (see listen.py for the byte protocol)."""

from __future__ import annotations

from pathlib import Path

import click

from ..world import World, WorldError
from .listen import LinkServer
from .model import NetworkProcessor
from .storage import Storage


@click.command()
@click.option("--listen", "port", type=click.IntRange(0, 65535), required=True, help="TCP port.")
@click.option("--world", "world_file", type=click.Path(path_type=Path), help="World (YAML).")
@click.option("--store", type=click.Path(path_type=Path), help="Keep files and settings here.")
@click.option("--control", type=click.IntRange(0, 65535), help="Port of the control interface.")
@click.option("--once", is_flag=True, help="End after the first driver has gone.")
def main(port, world_file, store, control, once) -> None:
    """Serve the link seam on 127.0.0.1 to one driver at a time."""
    try:
        world = World.load(world_file) if world_file else World.default()
        blocks = world.device.flash_kb // 4
        np = NetworkProcessor(world, Storage(store, blocks=blocks))
    except (OSError, WorldError, ValueError) as error:
        raise click.ClickException(str(error)) from None
    server = LinkServer(np, port)
    click.echo(f"listening on 127.0.0.1:{server.port}")
    if control is not None:
        click.echo(f"control on 127.0.0.1:{np.control.listen(control)}")
    seen = [False]

    def finished() -> bool:
        seen[0] = seen[0] or server.client is not None
        return once and seen[0] and server.client is None

    try:
        server.serve(finished)
    except KeyboardInterrupt:
        pass
    finally:
        server.close()
        np.control.close()


if __name__ == "__main__":
    main()
