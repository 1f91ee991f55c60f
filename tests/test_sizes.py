"""The command that counts code lines counts what it says."""

import subprocess
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

PATH = Path(__file__).parents[1] / "benchmarks/sizes.py"
SOURCE = '''"""A docstring

of three lines."""

import os  # a comment

# Another one.
__all__ = ["public", "Public"]


def public(a, b=1, *rest, c, **more):
    """One line."""
    text = """two
    lines"""

    return (
        text,  # noqa: X100
        os,
    )


def _private(a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11):
    def inner():
        return 1

    return inner


class Public:
    """Nothing but methods."""

    def __init__(self, b1, b2, b3, b4, b5, b6, b7, b8, b9, b10, b11):
        pass

    @staticmethod
    def method(c1, c2, c3, c4, c5, c6, c7, c8, c9, c10, c11):
        "Not code."

    def _hidden(self, d1, d2, d3, d4, d5, d6, d7, d8, d9, d10, d11):
        pass
'''


@pytest.fixture(scope="module")
def sizes():
    spec = spec_from_file_location("sizes", PATH)
    module = sys.modules["sizes"] = module_from_spec(spec)
    spec.loader.exec_module(module)
    yield module
    del sys.modules["sizes"]


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "part").mkdir()
    (tmp_path / "part/__init__.py").write_text('"""Docstring."""\n# A comment.\n')
    (tmp_path / "part/module.py").write_text(SOURCE)
    return tmp_path


def test_lines_and_comments(sizes, folder):
    (file,) = sizes.read_folder(folder)  # one that holds no code does not count
    assert (file.path, file.package) == ("part/module.py", "part")
    assert file.n_lines == 2 + 7 + 4 + 7
    assert file.n_comments == 2  # neither noqa nor a string is one


def test_functions(sizes, folder):
    (file,) = sizes.read_folder(folder)
    found = {f.name: (f.n_lines, f.n_arguments, f.is_public) for f in file.functions}
    assert found == {
        "public": (7, 5, True),
        "_private": (4, 11, False),
        "_private.inner": (2, 0, False),
        "Public.__init__": (2, 11, False),
        "Public.method": (1, 11, True),
        "Public._hidden": (2, 11, False),
    }
    crowded = [function.name for function in sizes.crowded(file.functions)]
    assert crowded == ["_private", "Public._hidden"]


def test_names_of_private_modules_are_not_public(sizes, folder):
    (folder / "part/module.py").rename(folder / "part/_module.py")
    (file,) = sizes.read_folder(folder)
    assert not any(function.is_public for function in file.functions)
    (folder / "part/__init__.py").write_text('__all__ = ["public"]\n')
    _, file = sizes.read_folder(folder)
    assert [f.name for f in file.functions if f.is_public] == ["public"]


def test_quantile(sizes):
    assert sizes.quantile(list(range(1, 101)), 0.95) == 95
    assert sizes.quantile([3, 1, 2], 0.95) == 3
    assert sizes.quantile([5], 0.5) == 5


def test_table(folder):
    done = subprocess.run(
        [sys.executable, PATH, folder], capture_output=True, text=True, check=True
    )
    lines = [" ".join(line.split()) for line in done.stdout.splitlines()]
    assert lines[1:4] == [
        "files 1 20 20 20 part/module.py",
        "functions 6 2 7 7 part/module.py:public",
        "functions above 40 code lines: 0",
    ]
    assert "private functions of more than 10 arguments: 2" in lines
    assert lines[-2:] == ["part 20 10.0", "all 20 10.0"]
