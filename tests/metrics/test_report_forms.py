"""Forms of a report to hand in: one HTML page, Markdown, JSON, notebook."""

import json
import re
import sys
from html.parser import HTMLParser
from xml.etree import ElementTree

import matplotlib.pyplot as plt
import numpy as np
import pytest

from fairlearnkit.metrics import parity_report
from fairlearnkit.metrics._report_html import CSS
from fairlearnkit.metrics._report_json import without_nan
from fairlearnkit.metrics._report_parts import decimals_of
from fairlearnkit.metrics._report_pictures import MOST_CHARACTERS, short_labels

ODD = ['<b>"x"</b> & y', "Ελληνικά / 日本", "$50K$ | [1] *", "_low\nlabel" + 60 * "x"]
VOID = {"meta", "br"}  # elements without an end


def report(n=400, labels=ODD, **options):
    rng = np.random.default_rng(0)
    group = np.array(labels, dtype=object)[np.arange(n) % len(labels)]
    if options.get("target") == "numbers":
        y_true, y_pred = rng.gamma(2.0, 300.0, (2, n))
    else:
        y_true, y_pred = rng.choice(options.pop("classes", ["no", "<yes>"]), (2, n))
    options = {"n_resamples": 50} | options
    return parity_report(y_true, y_pred, sensitive_features={"race": group}, **options)


FORMS = {
    "classes": {"pos_label": "<yes>", "reference": ODD[1], "title": "A <i>title</i>"},
    "three classes": {"classes": ["a", "b", "<c>"], "model": "<m> & co"},
    "numbers": {"target": "numbers", "reference": ODD[0], "data": "<d>"},
    "no intervals": {"pos_label": "no", "n_resamples": 0},
}
every_form = pytest.mark.parametrize("options", FORMS.values(), ids=FORMS)


class Page(HTMLParser):
    """Texts, tags and attributes of a page; an error where tags do not match."""

    def __init__(self, html):
        super().__init__()
        self.open, self.tags, self.attributes, self.texts = [], [], [], []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.attributes += attributes
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.tags.append(tag)
        self.attributes += attributes

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data)

    @property
    def text(self):
        return " ".join("".join(self.texts).split())


@pytest.mark.slow
@every_form
def test_the_page_is_whole_and_closed(options):
    made = report(**options)
    html = made.to_html()
    page = Page(html)
    assert html.startswith("<!DOCTYPE html>")
    for outside in ("script", "link", "img", "iframe", "object", "a", "i", "b"):
        assert outside not in page.tags
    for name, value in page.attributes:
        assert not name.startswith("on")
        if name in ("src", "href", "xlink:href"):
            assert value.startswith("#")
    assert "http" not in CSS
    assert "@import" not in html
    ids = [value for name, value in page.attributes if name == "id"]
    assert len(set(ids)) == len(ids) > 0
    targets = re.findall(r"url\(#([^)]+)\)", html)
    targets += [value[1:] for name, value in page.attributes if name == "xlink:href"]
    assert set(targets) <= set(ids)
    assert page.tags.count("svg") == max(1, len(made.numbers["by_class"]) + 1)
    assert plt.get_fignums() == []


@pytest.mark.slow
@every_form
def test_every_text_of_the_user_is_shown_as_it_is(options):
    made = report(**options)
    text = Page(made.to_html()).text
    for label in ODD:
        assert " ".join(label.split()) in text
    for name in ("title", "model", "data", "reference", "pos_label"):
        if made.numbers[name] is not None:
            assert str(made.numbers[name]) in text
    assert made.numbers["date"] in text
    assert made.numbers["versions"]["scikit-learn"] in text
    assert "lawful does not follow" in text


@pytest.mark.slow
@every_form
def test_every_number_is_in_the_page_and_in_markdown(options):
    made = report(**options)
    page, markdown = Page(made.to_html()).text, made.to_markdown()
    parts = [made.numbers, *made.numbers["by_class"].values()]
    for part in parts:
        for key, gap in part["difference"].items():
            decimals = decimals_of(made.numbers, part, key)
            assert decimals >= 1
            values = [row[key] for row in part["groups"].values()]
            for value in [*values, part["overall"][key], gap["estimate"]]:
                assert f"{value:.{decimals}f}" in page
                assert f"{value:.{decimals}f}" in markdown


@pytest.mark.slow
def test_equal_reports_have_equal_pages():
    options = FORMS["three classes"]
    assert report(**options).to_html() == report(**options).to_html()


@pytest.mark.slow
def test_files(tmp_path):
    made = report(**FORMS["classes"])
    for name in ("html", "markdown", "json"):
        write = getattr(made, f"to_{name}")
        assert write(tmp_path / name) is None
        assert (tmp_path / name).read_text(encoding="utf-8") == write()
    made.to_html(str(tmp_path / "text.html"))
    assert (tmp_path / "text.html").exists()


def test_without_matplotlib(monkeypatch):
    with_pictures = Page(report(**FORMS["classes"]).to_html())
    for name in ("matplotlib", "matplotlib.style"):
        monkeypatch.setitem(sys.modules, name, None)
    page = Page(report(**FORMS["classes"]).to_html())
    assert "svg" in with_pictures.tags
    assert "svg" not in page.tags
    assert "no pictures, since matplotlib was not installed" in page.text
    assert page.tags.count("table") == with_pictures.tags.count("table")


def test_more_groups_than_a_picture_can_show():
    labels = [f"g{k:02}" for k in range(29)]
    page = Page(report(n=580, labels=labels, pos_label="no").to_html())
    assert "svg" not in page.tags
    assert "no pictures, since there are more than 28 groups" in page.text
    assert "g28" in page.text
    page = Page(report(n=560, labels=labels[:28], pos_label="no").to_html())
    assert "svg" in page.tags


@pytest.mark.slow
def test_the_style_of_the_caller_is_left_alone():
    with plt.style.context("dark_background"):
        before = dict(plt.rcParams)
        dark = report(**FORMS["classes"]).to_html()
        assert dict(plt.rcParams) == before
    assert dark == report(**FORMS["classes"]).to_html()


def test_labels_of_legends():
    long = ["a" * 30 + str(k) + "b" * 30 for k in range(3)]
    labels = short_labels([*long, "$x$", "_y", "z\nz"])
    assert len(set(labels)) == 6
    assert all(len(label) <= MOST_CHARACTERS + 5 for label in labels)
    assert labels[0].startswith("1: aaa")
    assert "…" in labels[0]
    assert labels[3:] == [r"4: \$x\$", "5: _y", "6: z z"]
    assert short_labels(["_y", "x"]) == ["\N{WORD JOINER}_y", "x"]


def test_pictures_show_labels_as_they_are():
    html = report(**FORMS["classes"]).to_html()
    svg = re.search("<svg.*?</svg>", html, re.DOTALL)[0]
    texts = [
        "".join(element.itertext())
        for element in ElementTree.fromstring(svg).iter()
        if element.tag.endswith("}text")
    ]
    shown = " ".join(texts)
    for label in [ODD[0], ODD[1], ODD[2], "rate (positive class: <yes>)"]:
        assert label in shown
    assert "_low label" in shown


@every_form
def test_markdown_has_tables_of_equal_lines(options):
    made = report(**options)
    lines = made.to_markdown().splitlines()
    assert lines[0].startswith("# ")
    tables, rows = 0, None
    for line in lines:
        if not line.startswith("|"):
            rows = None
            continue
        cells = len(re.findall(r"(?<!\\)\|", line))
        tables += rows is None
        rows = cells if rows is None else rows
        assert cells == rows
    assert tables >= 3
    assert "<b>" not in made.to_markdown().replace("\\<b", "")
    assert r"\$50K\$ \| \[1\] \*" in made.to_markdown()


@every_form
def test_json_is_valid_and_holds_all_numbers(options):
    made = report(**options)

    def refuse(text):
        raise AssertionError(text)

    read = json.loads(made.to_json(), parse_constant=refuse)
    assert read == without_nan(made.numbers)
    assert list(read["groups"]) == sorted(ODD)
    if options.get("n_resamples") == 0:
        assert read["difference"]["accuracy"]["low"] is None


def test_notebooks_show_the_table():
    made = report(**FORMS["classes"])
    html = made._repr_html_()
    page = Page(html)
    assert page.tags.count("table") == 1
    assert "A <i>title</i>" in page.text
    assert page.text.endswith(str(made).splitlines()[-1])
    several = Page(report(**FORMS["three classes"])._repr_html_())
    assert several.tags.count("table") == 4
    assert "Positive class: <c>" in several.text


def test_equal_distributions_have_no_farthest_pair():
    made = parity_report(
        None,
        [1.0, 2.0] * 20,
        sensitive_features=["a"] * 20 + ["b"] * 20,
        target="numbers",
        n_resamples=0,
    )
    assert str(made).endswith("predictions: 0.000.")
    assert "between two groups: 0.000. Groups are" in made.to_markdown()
