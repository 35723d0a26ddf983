"""What the flashing image leaves in the serial flash beside the MCU image itself.

The image for the CC3220S and R has part of its code in a file of the network processor's store;
both are made by one build, and put onto a board by one flashing image. So the model's store gets
the file that lies beside the ELF, as part of its factory image, each time that a board with this
ELF is made. A world that has a file of that name keeps its own.
"""

from typing import Any

from .image import Image
from .variants import Variant

CHAPTERS = b"/atcore/chapters"


def program(nwp: Any, image: Image, chip: Variant) -> None:
    """Put the chapters into the store of `nwp` and tell it on which chip it is.

    One that is not in this process has a store and an identity of its own.
    """
    storage = getattr(nwp, "storage", None)
    if storage is None:
        return
    nwp.chip_id = chip.version_id(nwp.chip_id)
    if image.chapters is None or any(file.name == CHAPTERS for file in nwp.world.files):
        return
    from ..world.things import File

    nwp.world.files.append(File(CHAPTERS, image.chapters))
    if storage.content(CHAPTERS) != image.chapters:
        storage.put(CHAPTERS, image.chapters)
