"""Type stubs: they are those of the docstrings, and say what the library takes."""

import subprocess
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

import fairlearnkit

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def script():
    spec = spec_from_file_location("stubs", ROOT / "benchmarks/stubs.py")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_stubs_are_those_of_the_docstrings(script):
    """After a change of a public signature or docstring, run benchmarks/stubs.py."""
    expected = script.stubs()
    stale = [p.name for p, text in expected.items() if p.read_text("utf-8") != text]
    assert stale == []
    assert {*Path(fairlearnkit.__file__).parent.rglob("*.pyi")} == {*expected}
    assert (Path(fairlearnkit.__file__).parent / "py.typed").exists()


@pytest.mark.parametrize(
    ("text", "taken", "given"),
    [
        ("float, default=0.0", "_Float", "float"),
        ("int, default=None", "_Int | None", "int | None"),
        ('{"a", "b"} or None', 'Literal["a", "b"] | None', 'Literal["a", "b"] | None'),
        ("ndarray of shape (n, k)", "Any", "NDArray[Any]"),
        ("array-like of shape (n,) or float", "Any", "Any"),
        ("str, callable or None", "str | Callable[..., Any] | None", "Any"),
        ("{array-like, sparse matrix} of shape (n, d)", "Any", "Any"),
        ("int or str", "_Int | str", "int | str"),
    ],
)
def test_types_of_docstrings(script, text, taken, given):
    assert script.type_of(text, script.TAKEN) == taken
    assert script.type_of(text, script.GIVEN) == given


PROGRAM = """
import numpy as np
from numpy.typing import NDArray
from typing import Any, assert_type

import fairlearnkit
from fairlearnkit.linear_model import ParityRidge
from fairlearnkit.metrics import demographic_parity_difference

X, y, group = np.zeros((4, 2)), np.arange(4.0), ["a", "a", "b", "b"]
model = ParityRidge(alpha=np.float64(2), missing="group", max_iter=np.int64(9))
model = model.fit(X, y, sensitive_features=group)
assert_type(model.coef_, NDArray[Any])
gap: float = demographic_parity_difference([0, 1], [0, 1], sensitive_features=[0, 1])
fairlearnkit.show_versions()
"""
WRONG = {
    'ParityRidge(alpha="1")': "arg-type",
    'ParityRidge(missing="drop")': "arg-type",
    "ParityRidge(max_gaps=0.0)": "call-arg",
    "model.predict()": "call-arg",
    "demographic_parity_difference([0], [0])": "call-arg",
}


def test_mypy_accepts_and_refuses(tmp_path, monkeypatch):
    """The stubs themselves, a program that is right, and lines that are wrong."""
    pytest.importorskip("mypy", reason="installed by the extra 'dev'")
    monkeypatch.setenv("MYPYPATH", str(ROOT))
    path = tmp_path / "program.py"
    path.write_text(PROGRAM + "\n".join(WRONG), encoding="utf-8")
    options = ["--strict", "--no-error-summary", "--cache-dir", str(tmp_path)]
    # scikit-learn has no types: what is derived from its classes is derived from Any.
    options += ["--allow-subclassing-any", "--disable-error-code=import-untyped"]
    paths = [str(path), *map(str, (ROOT / "fairlearnkit").rglob("*.pyi"))]
    done = subprocess.run(
        [sys.executable, "-m", "mypy", *options, *paths],
        capture_output=True,
        text=True,
        check=False,
    )
    first = PROGRAM.count("\n") + 1
    found = {}
    for line in done.stdout.splitlines():
        if ": error:" in line:
            name, number, *rest = line.split(":")
            assert name == str(path), line
            found[int(number)] = rest[-1].rpartition("[")[2].rstrip("]")
    assert found == {first + k: code for k, code in enumerate(WRONG.values())}
