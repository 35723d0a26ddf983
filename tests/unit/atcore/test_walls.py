"""The core's walls: each of its attributes is set in one module, the others ask and use verbs."""

import ast
import inspect
import re
from collections import defaultdict
from pathlib import Path
from types import SimpleNamespace

import pytest

import atcore
from atcore import flags, pump

ROOT = Path(atcore.__file__).parent
MODULES = sorted(ROOT.rglob("*.py"))
CORES = {"core", "self.core", "cmd.core", "command.core", "board.core"}


class Settings(ast.NodeVisitor):
    """Collects (attribute, module) of everything that is set on a core, but by its __init__."""

    def __init__(self, module: str):
        self.module = module
        self.path = []
        self.found = set()

    def visit_ClassDef(self, node):
        self.inside(node)

    def visit_FunctionDef(self, node):
        self.inside(node)

    visit_AsyncFunctionDef = visit_FunctionDef

    def inside(self, node):
        self.path.append(node.name)
        self.generic_visit(node)
        self.path.pop()

    def visit_Attribute(self, node):
        if isinstance(node.ctx, ast.Store | ast.Del) and self.is_core(ast.unparse(node.value)):
            self.found.add((node.attr, self.module))
        self.generic_visit(node)

    def is_core(self, text: str) -> bool:
        if self.path[:1] == ["Core"] and text == "self":
            return self.path[1:] != ["__init__"]
        return text in CORES


def owners() -> dict[str, set[str]]:
    """Attribute of the core -> the modules that set it."""
    found = defaultdict(set)
    for path in MODULES:
        visitor = Settings(str(path.relative_to(ROOT)))
        visitor.visit(ast.parse(path.read_text()))
        for attribute, module in visitor.found:
            found[attribute].add(module)
    return found


def test_each_attribute_of_the_core_is_set_in_one_module():
    assert {name: at for name, at in owners().items() if len(at) > 1} == {}


def test_the_flags_are_set_by_their_verbs_alone():
    core = SimpleNamespace()
    flags.clear(core)
    found = owners()
    assert {name: found[name] for name in vars(core)} == {
        name: {"flags.py"} for name in vars(core)
    }
    assert {"active", "stalled", "attention", "muted"} <= vars(core).keys()


@pytest.mark.parametrize("function", [pump.steps, atcore.Core.take])
def test_who_looks_into_the_queue_knows_its_kinds_by_name(function):
    names = set(re.findall(r"\w+", inspect.getsource(function)))
    assert {"LATE", "HELD"} & names and not {"tuple", "list"} & names
