"""Names in a frozen image without their text, where nobody reads it.

python -m cc32at.image.names SOURCE... -- COMMAND... -o FROZEN_CONTENT ...

Runs COMMAND, which freezes Python below SOURCE, and takes the text of names out of what it wrote:
of attributes, globals, parameters and functions, which the interpreter knows by their number. Left
are those that a program can come upon as text: whatever is a string in it, its modules, files and
classes. What is lost: a traceback tells files and no functions.
"""

import ast
import re
import subprocess
import sys
from pathlib import Path

POOL = re.compile(
    r"(const qstr_len_t mp_qstr_frozen_const_lengths\[\] = \{\n)(.*?)(\};.*?"
    r"const qstr_pool_t mp_qstr_frozen_const_pool = \{\n.*?)(true|false)"
    r"(, // is_sorted.*?\n    \{\n)"
    r"(.*?)(    \},\n\};)",
    re.DOTALL,
)


def strings(tree: ast.AST) -> set[str]:
    """What a program can come upon as text."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            found.add(node.value)
        elif isinstance(node, ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module or "")
        elif isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
    return found


def kept(folders: list[Path]) -> set[str]:
    """The names whose text stays: of the programs in these folders."""
    found = set()
    for folder in folders:
        for path in folder.rglob("*.py"):
            found |= strings(ast.parse(path.read_text()))
            inside = path.relative_to(folder.parent)
            module = inside.with_suffix("")
            found |= {str(inside), ".".join(module.parts), *module.parts}
    return found


def without(text: str, keep: set[str]) -> str:
    """The same frozen content with empty text for all names but these.

    No empty text is ever found (qstr_find_strn() knows it by its length); the hash, by which
    dictionaries go, stays. The pool is not in order any more.
    """
    match = POOL.search(text)
    if match is None:
        raise ValueError("there are no names in what was frozen")
    head, lengths, middle, is_sorted, rest, names, tail = match.groups()
    if is_sorted == "false":
        return text  # nothing was to be frozen anew
    names, lengths = names.splitlines(), lengths.splitlines()
    if len(names) != len(lengths):
        raise ValueError("not every name has a length")
    for at, name in enumerate(names):
        if ast.literal_eval(name.strip().removesuffix(",")) not in keep:
            names[at], lengths[at] = '        "",', "    0,"
    parts = (head, *lengths, middle, "false", rest, *names, tail)
    ends = ("", *["\n"] * len(lengths), "", "", "", *["\n"] * len(names), "")
    return (
        text[: match.start()]
        + "".join(map("".join, zip(parts, ends, strict=True)))
        + text[match.end() :]
    )


def main(arguments: list[str]) -> int:
    """Freeze, and leave texts out."""
    at = arguments.index("--")
    command = arguments[at + 1 :]
    status = subprocess.run(command).returncode
    if status == 0:
        content = Path(command[command.index("-o") + 1])
        keep = kept([Path(folder) for folder in arguments[:at]])
        content.write_text(without(content.read_text(), keep))
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
