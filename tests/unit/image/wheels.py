"""Installed packages as wheels again, so that a set-up can be tried without a registry."""

import re
import zipfile
from importlib import metadata
from pathlib import Path, PurePosixPath


def pack_all(folder: Path) -> None:
    """The wheel of each package that this Python has, but of those installed in place."""
    for package in metadata.distributions():
        if package.read_text("WHEEL") and not package.read_text("direct_url.json"):
            pack(package, folder)


def pack(package: metadata.Distribution, folder: Path) -> None:
    """Put the wheel that a package was installed from into a folder.

    What is outside of site-packages, by the path of its file in RECORD, are scripts in bin and
    data; the scripts that pip makes from entry points are left to pip.
    """
    name = re.sub(r"[-_.]+", "_", package.name)
    tags = re.findall(r"^Tag: (\S+)", package.read_text("WHEEL"), re.MULTILINE)
    parts = zip(*(tag.split("-") for tag in tags), strict=True)
    tag = "-".join(".".join(dict.fromkeys(part)) for part in parts)
    made = {entry.name for entry in package.entry_points if entry.group.endswith("_scripts")}
    stem = f"{name}-{package.version}"
    with zipfile.ZipFile(folder / f"{stem}-{tag}.whl", "w") as wheel:
        for file in package.files:
            path = PurePosixPath(*(part for part in file.parts if part != ".."))
            if file.suffix == ".pyc" or (file.parts[0] == ".." and path.name in made):
                continue
            if file.parts[0] == "..":
                inside = path.parts[0] == "bin"
                path = PurePosixPath(
                    f"{stem}.data",
                    *(("scripts", path.name) if inside else ("data", *path.parts)),
                )
            wheel.write(file.locate(), path)
