"""The house: who may import what, so that a change stays where it was made."""

import ast
from pathlib import Path

import fairlearnkit

ROOT = Path(fairlearnkit.__file__).parent
SOURCES = sorted(ROOT.rglob("*.py"))
PUBLIC = sorted(p.name for p in ROOT.iterdir() if p.is_dir() and p.name[0] != "_")
SKLEARN_DOOR = "fairlearnkit.utils._sklearn_private"


def imported(path):
    """Names of modules that a file imports in absolute form."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level == 0:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def private_modules():
    """The private modules of all public sub-packages, by their full names."""
    for name in PUBLIC:
        for path in (ROOT / name).glob("_[a-z]*.py"):
            yield f"fairlearnkit.{name}.{path.stem}"


def test_no_package_imports_a_private_module_of_another():
    # ruff's TID251 cannot hold it: it resolves the relative imports of siblings too.
    private = {*private_modules()} - {SKLEARN_DOOR}
    found = [
        (str(path.relative_to(ROOT)), name)
        for path in SOURCES
        for name in imported(path)
        if any(name.startswith(f"{module}.") for module in private)
    ]
    assert not found, "import siblings as `from ._module`, and share on a floor below"


def test_floors_import_nothing_that_stands_on_them():
    """From the ground up; each may import the floors before it only."""
    floors = ["_data", "_transport", "_optim", "constraints", "_counting", "_routing"]
    floors += ["_models"]
    shared = {"exceptions", "utils"}
    for path in SOURCES:
        floor = path.relative_to(ROOT).parts[0]
        if floor not in floors:
            continue
        below = {*floors[: floors.index(floor) + 1], *shared}
        names = [n for n in imported(path) if n.startswith("fairlearnkit.")]
        above = [name for name in names if name.split(".")[1] not in below]
        assert not above, (path, above)
