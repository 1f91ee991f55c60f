"""The worked paths of CONTRIBUTING.md are quoted from files that the tests run."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
# A line with a file name, and the code block that follows it.
QUOTES = re.findall(r"^`(tests/\S+\.py)`:\n\n```python\n(.*?)```$", TEXT, re.M | re.S)
PATHS = ("constraint", "loss", "metric", "solver")


@pytest.mark.parametrize(("name", "code"), QUOTES)
def test_code_is_that_of_the_file(name, code):
    source = (ROOT / name).read_text("utf-8")
    assert f"\n{code.rstrip()}\n" in source
    compile(code, name, "exec")


def test_every_block_of_code_is_quoted():
    assert len(QUOTES) == TEXT.count("```python")


@pytest.mark.parametrize("kind", PATHS)
def test_every_path_shows_the_file_and_its_test(kind):
    """The names of the files are those that pytest collects."""
    name = f"tests/test_own_{kind}.py"
    blocks = [code for path, code in QUOTES if path == name]
    assert len(blocks) == 2
    assert "def test_" not in blocks[0]
    assert re.match(r"(@pytest\.mark\..*\n)*def test_", blocks[1])
    assert re.search(rf"^### A {kind}: ", TEXT, re.M)


def test_files_that_are_named_are_there():
    """Names of files in the text, but for the one that a contributor is to write."""
    named = set(re.findall(r"`((?:fairlearnkit|tests|docs|benchmarks)/[^`\s]+)`", TEXT))
    named.discard("fairlearnkit/constraints/_within_bins.py")
    assert len(named) > 8
    assert [name for name in sorted(named) if not (ROOT / name).exists()] == []
