"""Who may import whom: apps -> commands -> the core -> simplelink, and nothing runs up."""

import ast
from graphlib import TopologicalSorter
from pathlib import Path

ROOT = Path(__file__).parents[3]
CORE = ROOT / "atcore"
MODULES = sorted(CORE.rglob("*.py"))
LOOP = "atcore.pump"


def name_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported(path: Path, nodes) -> set[str]:
    """The modules that these pieces of a module's program import, of ours by their full names."""
    package = list(path.relative_to(ROOT).parent.parts)
    found = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            inner = {f"{module}.{alias.name}" for alias in node.names}
            modules = inner & NAMES
            found |= modules or {module}
    return found


NAMES = {name_of(path) for path in MODULES}
TREES = {path: ast.parse(path.read_text()) for path in MODULES}
# What a function imports counts, too: it would be a way around the order.
GRAPH = {name_of(path): imported(path, ast.walk(tree)) for path, tree in TREES.items()}


def layer(name: str) -> int:
    """Higher ones may import lower ones."""
    return {"apps": 3, "commands": 2}.get(name.split(".")[1] if "." in name else "", 1)


def test_no_import_runs_up():
    up = [
        (name, other)
        for name, others in GRAPH.items()
        for other in others & NAMES
        if layer(other) > layer(name)
    ]
    assert not up


def test_no_imports_run_in_a_circle():
    inside = {name: others & NAMES - {"atcore"} for name, others in GRAPH.items()}
    list(TopologicalSorter(inside).static_order())  # CycleError


def test_the_loop_is_on_top():
    """Of the core nobody imports it: what it runs is below it (running.py)."""
    core = {name for name in GRAPH if layer(name) == 1}
    assert {name for name in core if LOOP in GRAPH[name]} == {"atcore"}


def test_tools_never_import_the_core():
    for path in (ROOT / "tools").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom):
                assert (node.module or "").split(".")[0] != "atcore" or node.level, path
            elif isinstance(node, ast.Import):
                assert all(alias.name.split(".")[0] != "atcore" for alias in node.names), path
