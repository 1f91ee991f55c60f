"""Links from the HTML view of estimators to their pages."""

from email.message import Message
from importlib.metadata import PackageNotFoundError
from inspect import Parameter, signature
from pathlib import Path

import pytest
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.utils import estimator_html_repr

import fairlearnkit.utils._sklearn_private as documentation
from fairlearnkit.preprocessing import TermSwap
from fairlearnkit.utils.discovery import all_estimators

ROOT = Path(__file__).parents[2]
ADDRESS = "https://docs.example/fairlearnkit"
ESTIMATORS = dict(all_estimators())
# Arguments of the constructors that have required ones.
REQUIRED = {
    "estimator": LogisticRegression(),
    "columns": "sex",
    "sensitive_features": "sex",
    "swap": TermSwap(),
}


def made(cls):
    """An instance, by its defaults."""
    required = [
        name
        for name, parameter in signature(cls).parameters.items()
        if parameter.default is Parameter.empty
    ]
    return cls(**{name: REQUIRED[name] for name in required})


@pytest.fixture
def package(monkeypatch):
    """Sets what the metadata of the package name; returns the function that does."""

    def name(*urls):
        found = Message()
        for url in urls:
            found["Project-URL"] = url
        monkeypatch.setattr(documentation, "metadata", lambda _: found)
        documentation.documentation_address.cache_clear()

    yield name
    documentation.documentation_address.cache_clear()


def test_estimators_are_found():
    assert len(ESTIMATORS) >= 15


@pytest.mark.parametrize("name", ESTIMATORS)
@pytest.mark.parametrize("end", ["", "/"])
def test_every_estimator_links_to_its_page(package, name, end):
    package("Source, https://code.example", f"Documentation, {ADDRESS}{end}")
    estimator = made(ESTIMATORS[name])
    # The public name: the private module's folder, and the class.
    module = ESTIMATORS[name].__module__.partition("._")[0]
    link = f"{ADDRESS}/api/generated/{module}.{ESTIMATORS[name].__name__}.html"
    assert estimator._get_doc_link() == link
    assert f'href="{link}"' in estimator_html_repr(estimator)
    package("Source, https://code.example")
    assert estimator._get_doc_link() == ""
    assert ADDRESS not in estimator_html_repr(estimator)


def test_no_link_without_an_installation(package, monkeypatch):
    def missing(name):
        raise PackageNotFoundError(name)

    package(f"Documentation, {ADDRESS}")
    assert documentation.documentation_address() == f"{ADDRESS}/"
    monkeypatch.setattr(documentation, "metadata", missing)
    documentation.documentation_address.cache_clear()
    assert documentation.documentation_address() == ""
    package()
    assert documentation.documentation_address() == ""


def test_links_of_other_classes_are_theirs(package):
    package(f"Documentation, {ADDRESS}")
    assert "scikit-learn.org" in LinearRegression()._get_doc_link()
    own = type("Own", (next(iter(ESTIMATORS.values())),), {"__module__": "elsewhere"})
    assert object.__new__(own)._get_doc_link() == ""


def test_the_page_is_where_the_documentation_writes_it():
    # One folder for the pages of all sections, and a page for each name.
    text = (ROOT / "docs/conf.py").read_text(encoding="utf-8")
    assert 'write_api_pages(HERE / "api" / "generated")' in text
    assert '"   :toctree: .",' in text
    assert documentation.PAGE.startswith("api/generated/{estimator_module}.")
