"""Every example runs as a script, without a warning."""

import re
import runpy
import subprocess
import sys
from pathlib import Path

import matplotlib.pyplot as plt
import pytest

ROOT = Path(__file__).parents[1]
# Deprecations between other packages (an old matplotlib, a new pyparsing) are not ours.
WARNINGS = ["-W", "error", "-W", "default::DeprecationWarning"]
# Those of the gallery; the scripts of examples/papers have tests of their own.
EXAMPLES = sorted((ROOT / "examples").rglob("plot_*.py"))
QUICKSTART = ROOT / "examples/quickstart/plot_adult.py"
OUTPUTS = ["adult.png", "adult_report.html"]  # of the quickstart


def test_there_are_examples():
    assert QUICKSTART in EXAMPLES


@pytest.mark.slow
@pytest.mark.parametrize(
    "path", [p for p in EXAMPLES if p != QUICKSTART], ids=lambda p: p.stem
)
def test_example_runs(path, monkeypatch, tmp_path, capsys):
    """In this process, where warnings are errors: a new one imports for 3 s."""
    plt.close("all")  # of other tests, and pages, in this process
    plt.switch_backend("Agg")
    monkeypatch.chdir(tmp_path)
    try:
        runpy.run_path(str(path), run_name="__main__")
        assert plt.get_fignums()
    finally:
        plt.close("all")
    assert capsys.readouterr().out.strip()
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_quickstart_prints_a_table_and_writes_a_picture_and_a_report(
    monkeypatch, tmp_path
):
    monkeypatch.setenv("MPLBACKEND", "Agg")
    done = subprocess.run(
        [sys.executable, *WARNINGS, str(QUICKSTART)],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        timeout=300,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    row = r"^(\w+ \w+(?: \w+)?) +[\d.]+ +[\d.]+ +([\d.]+) +[\d.]+ *$"
    found = {k: float(v) for k, v in re.findall(row, done.stdout, re.MULTILINE)}
    assert list(found) == ["plain model", "equal mean scores", "equal decisions"]
    assert found["plain model"] > 0.1 > 0.05 > found["equal decisions"]
    assert sorted(p.name for p in tmp_path.iterdir()) == OUTPUTS
    assert (tmp_path / "adult.png").read_bytes().startswith(b"\x89PNG")
    assert "equal decisions" in (tmp_path / "adult_report.html").read_text("utf-8")


@pytest.mark.parametrize("page", ["README.md", "docs/install.rst"])
def test_page_has_the_two_commands(page):
    lines = [s.strip() for s in (ROOT / page).read_text("utf-8").splitlines()]
    start = "python3 -m venv .venv && .venv/bin/python -m pip install -e"
    example = QUICKSTART.relative_to(ROOT)
    assert f'{start} ".[examples]" && .venv/bin/python {example}' in lines
    assert f'{start} ".[dev]" && .venv/bin/python -m pytest -n auto' in lines
    assert f"uv run --extra examples python {example}" in lines


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda p: p.stem)
def test_example_opens_with_a_title_for_the_gallery(path):
    assert path.read_text("utf-8").startswith('"""')
    assert len(path.read_text("utf-8").splitlines()) <= 120


def test_the_first_example_is_short():
    assert len(QUICKSTART.read_text("utf-8").splitlines()) <= 75
