"""python -m cc32at.gen [--check]"""

from __future__ import annotations

import argparse

from . import ROOT, commands, keywords, outputs


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m cc32at.gen", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; 1 if out of date")
    check = parser.parse_args().check
    stale = 0
    # One after the other: the declarations are those of modules that the first has written.
    for made in (outputs, keywords.outputs, lambda: commands.outputs(ROOT)):
        for path, text in made().items():
            if not path.exists() or path.read_text() != text:
                stale += 1
                print(f"{path.name}: {'out of date' if check else 'written'}")
                if not check:
                    path.write_text(text)
    return 1 if check and stale else 0


if __name__ == "__main__":
    raise SystemExit(main())
