"""What frozen code uses, and the small configuration has (CC3220S_LAUNCHXL/mpconfig_small.h).

Everything that the full configuration has and the small one has not is looked for in the sources
of the modules that are frozen into the small image. Both are read from the tables in the images.
"""

import ast
import builtins
import struct
from functools import cached_property
from pathlib import Path

import pytest
from elftools.elf.elffile import ELFFile

ROOT = Path(__file__).parents[3]
FOLDERS = {"atcore": ROOT, "simplelink": ROOT / "firmware" / "modules"}
# Looked for in a `try`, whose `except` is the small image's way.
OPTIONAL = {("io", "BytesIO"), ("traceback", "format_exception")}


class Image:
    """The tables of an image."""

    def __init__(self, elf: Path):
        with elf.open("rb") as stream:
            image = ELFFile(stream)
            self.symbols = {s.name: s for s in image.get_section_by_name(".symtab").iter_symbols()}
            self.parts = [
                (s["sh_addr"], s.data()) for s in image.iter_sections() if s["sh_flags"] & 2
            ]

    def read(self, address: int, size: int) -> bytes:
        """Memory as it is linked."""
        for first, data in self.parts:
            if first <= address < first + len(data):
                return data[address - first : address - first + size]
        raise KeyError(hex(address))

    def text(self, address: int) -> str:
        """A string of C."""
        return self.read(address, 200).partition(b"\0")[0].decode()

    def table(self, name: str) -> bytes:
        """The bytes of a symbol."""
        symbol = self.symbols[name]
        return self.read(symbol["st_value"], symbol["st_size"])

    @cached_property
    def names(self) -> dict[int, str]:
        """Every name by its number (py/qstr.h: qstr_pool_t)."""
        found = {}
        for pool in (
            "mp_qstr_const_pool_static",
            "mp_qstr_const_pool",
            "mp_qstr_frozen_const_pool",
        ):
            data = self.table(pool)
            _, before, _, count, _, _ = struct.unpack_from("<6I", data)
            texts = struct.unpack_from(f"<{count}I", data, 24)
            found.update({(before & 0x7FFFFFFF) + i: self.text(at) for i, at in enumerate(texts)})
        return found

    def keys(self, table: str) -> set[str]:
        """The names in a dictionary in flash; nothing if there is no such one."""
        if table not in self.symbols:
            return set()
        data = self.table(table)
        words = struct.unpack(f"<{len(data) // 4}I", data)
        return {self.names[key >> 3] for key in words[::2] if key & 7 == 2}

    @property
    def tables(self) -> set[str]:
        """Symbols of dictionaries in flash: of types and of modules."""
        ends = ("_locals_dict_table", "_locals_table", "_globals_table")
        return {name for name in self.symbols if name.endswith(ends)}

    @cached_property
    def modules(self) -> dict[str, set[str]]:
        """Names in the built-in modules, by module."""
        found = {}
        for table in ("mp_builtin_module_table", "mp_builtin_extensible_module_table"):
            found.update(dict.fromkeys(self.keys(table), set()))
        return found

    @property
    def frozen(self) -> list[str]:
        """Files of the frozen modules."""
        return self.table("mp_frozen_names").decode().strip("\0").split("\0")


@pytest.fixture(scope="module")
def small(elf_small):
    return Image(elf_small)


@pytest.fixture(scope="module")
def full(elf):
    return Image(elf)


@pytest.fixture(scope="module")
def trees(small):
    """The sources of what the small image has frozen."""
    found = {}
    for name in small.frozen:
        path = FOLDERS[name.partition("/")[0]] / name
        found[name] = ast.parse(path.read_text())
    assert len(found) > 20
    return found


def nodes(trees, *kinds):
    """(file, node) of these kinds."""
    for name, tree in trees.items():
        for node in ast.walk(tree):
            if isinstance(node, kinds):
                yield name, node


def test_no_method_is_used_that_the_small_image_lacks(small, full, trees):
    lacks = set()
    for table in full.tables:
        lacks |= full.keys(table) - small.keys(table)
    for table in small.tables:  # of one type what another has: not told apart
        lacks -= small.keys(table)
    assert "center" in lacks and "partition" not in lacks
    own = {node.name for _, node in nodes(trees, ast.FunctionDef, ast.AsyncFunctionDef)}
    own |= {
        node.attr for _, node in nodes(trees, ast.Attribute) if isinstance(node.ctx, ast.Store)
    }
    own.add("getvalue")  # of the BytesIO
    used = {(node.attr, name) for name, node in nodes(trees, ast.Attribute)}
    assert sorted(use for use in used if use[0] in lacks - own) == []


def test_no_builtin_is_used_that_the_small_image_lacks(small, trees):
    has = small.keys("mp_module_builtins_globals_table")
    assert {"len", "bytes", "MemoryError"} < has
    missing = set()
    for name, tree in trees.items():
        own = {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
        names = [node for node in ast.walk(tree) if isinstance(node, ast.Name)]
        own |= {node.id for node in names if isinstance(node.ctx, ast.Store)}
        used = {node.id for node in names if hasattr(builtins, node.id)} - own
        missing |= {(item, name) for item in used - has}
    assert {item for item, _ in missing} <= {
        "eval"
    }  # whose NameError tells that there is no prompt


def test_no_module_is_imported_that_the_small_image_lacks(small, trees):
    wanted = set()
    for _, node in nodes(trees, ast.Import):
        wanted |= {(alias.name, "") for alias in node.names}
    for _, node in nodes(trees, ast.ImportFrom):
        if not node.level and node.module.partition(".")[0] not in FOLDERS:
            wanted |= {(node.module, alias.name) for alias in node.names}
    # On the chip the first branch of compat.py's is taken.
    wanted = {(module, name) for module, name in wanted - OPTIONAL if module not in ("types",)}
    wanted -= {("time", "monotonic"), ("atcore", "")}
    missing = {pair for pair in wanted if pair[0] not in small.modules}
    assert missing == set()
    tables = {name: small.keys(f"{name}_globals_table") for name in small.modules}
    for module, name in wanted:
        table = tables[module] or small.keys(f"mp_module_{module}_globals_table")
        assert name == "" or name in table, (module, name)


def test_nothing_of_the_language_is_used_that_the_small_image_lacks(trees):
    without = (ast.Set, ast.SetComp, ast.JoinedStr, ast.MatMult)  # sets; str.format() by f-strings
    assert [(name, node.lineno) for name, node in nodes(trees, *without)] == []
    constants = [(name, n.value) for name, n in nodes(trees, ast.Constant)]
    assert [c for c in constants if isinstance(c[1], float | complex)] == []
    assert [c for c in constants if isinstance(c[1], int) and not -(2**63) <= c[1] < 2**63] == []
    assert [name for name, node in nodes(trees, ast.Div)] == []  # gives a float
