"""Every public docstring is a contract: complete, in numpydoc's form."""

import inspect
import re

import pytest
from numpydoc.docscrape import ClassDoc
from numpydoc.validate import validate

from fairlearnkit.utils.discovery import all_estimators, all_public

IGNORED = {
    "GL01": "The summary starts right after the quotes, as ruff's D212 has it.",
    "GL02": "One-line docstrings close on their line, as ruff's D200 has it.",
    "ES01": "A summary may say it all.",
    "SA01": "Not every object has a relative.",
    "EX01": "Required of classes and functions below; methods are shown there.",
    "RT02": "Returned values have names, as in scikit-learn.",
    "RT03": "A returned value that the summary describes needs no second sentence.",
    "SS05": "A summary may name what comes out: plural nouns look like verbs to it.",
}
PUBLIC = {value for _, value in all_public()}
SECTIONS = ("Parameters", "Attributes", "Notes", "References", "Examples")


def own_methods(cls):
    """Methods of ours, validated where they are first made public."""
    for name, value in inspect.getmembers(cls, inspect.isroutine):
        function = inspect.unwrap(getattr(value, "__func__", value))
        ours = (getattr(function, "__module__", None) or "").startswith("fairlearnkit")
        above = any(hasattr(base, name) for base in cls.__mro__[1:] if base in PUBLIC)
        if ours and not name.startswith("_") and not above:
            yield name


def documented_names():
    """Public objects and their methods."""
    names = [name for name, _ in all_public()]
    for name, value in all_public():
        if inspect.isclass(value):
            names += [f"{name}.{method}" for method in own_methods(value)]
    return sorted(names)


def problems(name):
    return [error for error in validate(name)["errors"] if error[0] not in IGNORED]


@pytest.mark.parametrize("name", documented_names())
def test_numpydoc_form(name):
    assert problems(name) == []


@pytest.mark.parametrize(
    ("name", "value"), all_estimators(), ids=[n for n, _ in all_estimators()]
)
def test_estimators_have_every_section(name, value):
    doc = ClassDoc(value)
    assert [s for s in SECTIONS if not doc[s]] == []
    text = inspect.getdoc(value)
    assert ".. math::" in text
    fitted = {p.name for p in doc["Attributes"]}
    assert {n for n in fitted if not n.endswith("_")} == set()


@pytest.mark.parametrize(
    ("name", "value"), all_estimators(), ids=[n for n, _ in all_estimators()]
)
def test_estimators_say_where_groups_are_needed(name, value):
    text = " ".join(inspect.getdoc(value).split())
    assert re.search("Groups are (not )?needed at fit", text)


@pytest.mark.parametrize("name", [n for n, v in all_public() if inspect.isroutine(v)])
def test_functions_show_an_example(name):
    assert ">>>" in inspect.getdoc(dict(all_public())[name])


@pytest.mark.parametrize("name", [n for n, _ in all_public()])
def test_examples_are_short(name):
    lines = inspect.getdoc(dict(all_public())[name]).splitlines()
    assert sum(line.lstrip().startswith((">>>", "...")) for line in lines) <= 12
