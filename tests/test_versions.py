"""What show_versions prints."""

import re
from importlib.metadata import version

import numpy as np

import fairlearnkit
from fairlearnkit._versions import REQUIREMENT, package_versions


def test_output(capsys):
    assert fairlearnkit.show_versions() is None
    text = capsys.readouterr().out
    sections = dict(re.findall(r"^(\w+):\n((?:    .*\n)+)", text, re.M))
    assert [*sections] == ["System", "Packages", "Threads"]
    assert "python: 3." in sections["System"]
    assert f"    numpy: {np.__version__}\n" in sections["Packages"]
    assert re.search(r"blas \(\w+\): .*, \d+ threads", sections["Threads"])
    assert "/" not in sections["Threads"]


def test_packages_are_those_of_the_metadata():
    found = dict(package_versions())
    names = [*found]
    assert names[0] == "fairlearnkit"
    assert {*names[1:6]} == {"numpy", "scipy", "scikit-learn", "threadpoolctl", "cvxpy"}
    assert {"pandas", "matplotlib", "torch"} <= set(names)
    assert "pytest" not in names
    assert found["scikit-learn"] == version("scikit-learn")


def test_requirements_are_read():
    lines = {
        "numpy>=1.26": ("numpy", None),
        "dask[array,dataframe]>=2025.2; extra == 'dask'": ("dask", "dask"),
        'fairlearnkit[plot]; extra == "examples"': ("fairlearnkit", "examples"),
        "a-b.c>=3; (sys_platform != 'darwin') and extra == 'more'": ("a-b.c", "more"),
    }
    assert {line: REQUIREMENT.match(line).groups() for line in lines} == lines


def test_missing_packages_are_said(monkeypatch):
    monkeypatch.setattr(
        "fairlearnkit._versions.requires", lambda name: ["no-such-package>=1"]
    )
    assert package_versions()[1:] == [("no-such-package", "not installed")]
