"""Sphinx configuration. Builds offline: no inventories, no remote images."""

import re
import sys
from importlib.util import find_spec
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE / "extensions")]

from api_reference import API_REFERENCE  # noqa: E402

import fairlearnkit  # noqa: E402

project = "fairlearnkit"
author = "The fairlearnkit developers"
copyright = author
release = version = fairlearnkit.__version__

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "formulas",
    "check_links",
    "cover_picture",
    "benchmark_pictures",
    "benchmark_tables",
    "guide_pictures",
    "gallery",
    "numpydoc",
    "sphinx_gallery.gen_gallery",
    "sphinx_design",
    "sphinx_copybutton",
    "myst_parser",
]
exclude_patterns = ["_build", "_templates", "auto_examples/**/*.ipynb"]
html_math_renderer = "mathml"
html_static_path = ["_static"]
html_css_files = ["site.css"]
templates_path = ["_templates"]
default_role = "literal"

html_theme = "pydata_sphinx_theme"
html_title = f"fairlearnkit {release}"
html_show_sourcelink = False
toc_object_entries_show_parents = "hide"
html_short_title = "fairlearnkit"
html_sidebars = {"index": [], "install": [], "search": []}  # no pages beside them
html_theme_options = {
    "logo": {"text": "fairlearnkit"},
    "navigation_with_keys": False,
    "show_prev_next": True,
    "header_links_before_dropdown": 6,
    "navigation_depth": 3,
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["copyright"],
    "footer_end": [],
    "search_bar_text": "Search the documentation",
}
# Prompts and results are left out of what the button copies.
copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True

# References to names of our own must resolve; there is no inventory for the others.
nitpicky = True
nitpick_ignore_regex = [("py:.*", r"(?!fairlearnkit\.).*")]

# Docstrings write |M f| plainly, which reStructuredText takes for a substitution.
rst_prolog = ".. |M f| replace:: :math:`|M f|`\n"

autosummary_generate = True
numpydoc_show_class_members = False

sphinx_gallery_conf = {
    "examples_dirs": str(HERE.parent / "examples"),
    "gallery_dirs": "auto_examples",
    "subsection_order": "gallery.section_order",
    "within_subsection_order": "gallery.file_order",
    "image_scrapers": ("gallery.scraper",),
    # Shown without being run where PyTorch is missing.
    "filename_pattern": r"/plot_" if find_spec("torch") else r"/plot_(?!transfer)",
    "abort_on_example_error": True,
    "download_all_examples": False,
    "show_memory": False,
}


def write_api_pages(folder):
    """One page for each section of API_REFERENCE, and one with all names."""
    folder.mkdir(parents=True, exist_ok=True)
    pages, tables = [], []
    for title, section in API_REFERENCE.items():
        module = section["module"]
        pages.append(module)
        lines = [
            title,
            "=" * len(title),
            "",
            f".. module:: {module}",
            "",
            section["description"],
            "",
            ".. autosummary::",
            "   :toctree: .",
            "   :nosignatures:",
            "",
            *(f"   {name}" for name in section["names"]),
        ]
        (folder / f"section_{module}.rst").write_text("\n".join(lines) + "\n")
        # The same table without pages of its own: names link to those of the section.
        tables += ["", title, "-" * len(title), ""]
        tables += [section["description"], "", f".. currentmodule:: {module}", ""]
        tables += [line for line in lines[7:] if line != "   :toctree: ."]
    lines = [
        ".. _api:",
        "",
        "API reference",
        "=============",
        "",
        "Everything public, with its first line. To install the library, see "
        ":ref:`installing`.",
        "",
        ".. toctree::",
        "   :hidden:",
        "",
        *(f"   section_{module}" for module in pages),
        *tables,
    ]
    (folder / "index.rst").write_text("\n".join(lines) + "\n")


def strip_foreign_references(app, what, name, obj, options, lines):
    """Inherited docstrings of scikit-learn point into its own guide: keep the text."""
    module = getattr(obj, "__module__", None) or ""
    if module.startswith("sklearn."):
        text = "\n".join(lines)
        text = re.sub(r":(?:ref|term):`([^`<]+?)\s*(?:<[^`>]*>)?`", r"\1", text)
        lines[:] = text.split("\n")


def setup(app):
    app.connect("autodoc-process-docstring", strip_foreign_references)


write_api_pages(HERE / "api" / "generated")
