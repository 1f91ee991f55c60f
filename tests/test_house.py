"""The house: who may import what, so that a change stays where it was made; sizes."""

import ast
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from statistics import median

import pytest

import fairlearnkit

ROOT = Path(fairlearnkit.__file__).parent
SOURCES = sorted(ROOT.rglob("*.py"))
PUBLIC = sorted(p.name for p in ROOT.iterdir() if p.is_dir() and p.name[0] != "_")
SKLEARN_DOOR = "fairlearnkit.utils._sklearn_private"
SIZES = Path(__file__).parents[1] / "benchmarks/sizes.py"


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
    wrong = [
        (str(path.relative_to(ROOT)), name)
        for path in SOURCES
        for name in imported(path)
        if any(f"{name}.".startswith(f"{module}.") for module in private)
    ]
    assert not wrong, "import siblings as `from ._module`, and share on a floor below"


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


@pytest.fixture(scope="module")
def sizes():
    """The module that counts, which is a script outside of the package."""
    spec = spec_from_file_location("house_sizes", SIZES)
    module = sys.modules[spec.name] = module_from_spec(spec)
    spec.loader.exec_module(module)
    yield module
    del sys.modules[spec.name]


@pytest.fixture(scope="module")
def files(sizes):
    return sizes.read_folder(ROOT)


@pytest.fixture(scope="module")
def functions(files):
    return [function for file in files for function in file.functions]


def test_no_file_is_above_300_code_lines(files):
    assert len(files) > 80
    assert [str(f.path) for f in files if f.n_lines > 300] == []


def test_no_function_is_above_40_code_lines(functions):
    assert len(functions) > 500
    assert [str(f) for f in functions if f.n_lines > 40] == []


def test_most_functions_are_short(sizes, functions):
    lines = [function.n_lines for function in functions]
    assert median(lines) <= 7
    longest = sorted(functions, key=lambda f: -f.n_lines)[: len(lines) // 15]
    assert sizes.quantile(lines, 0.95) <= 25, [*map(str, longest)]


def test_no_argument_list_is_above_10(sizes, functions):
    assert [str(function) for function in sizes.crowded(functions)] == []
