"""Formulas as MathML, made while the documentation is built.

Browsers show MathML themselves: no script, no network, and a formula that is quoted
among the results of a search is text like the rest. KaTeX converts; its script comes
with the Python package sphinxcontrib-katex and runs in QuickJS, a package as well, so
that neither Node nor npm is needed. A formula that KaTeX does not know is a warning,
which ``sphinx-build -W`` turns into an error.

Few systems have a font with the signs of mathematics, so pages bring one, a part of
STIX Two Math (SIL Open Font License), which comes with the Python package ziamath.
"""

import html
import json
import re
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from docutils import nodes
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number

logger = logging.getLogger(__name__)

# Everything a formula may contain: Latin and Greek letters, accents, punctuation,
# letter-like signs, arrows, operators, brackets, mathematical alphabets. 280 kB.
CHARACTERS = (
    (0x20, 0x17F),
    (0x2C0, 0x400),
    (0x2010, 0x2070),
    (0x2100, 0x2300),
    (0x27E8, 0x27EA),
    (0x1D434, 0x1D468),
    (0x1D538, 0x1D56C),
    (0x1D6A4, 0x1D7CC),
)
OPERATOR = re.compile(r"<mi>(\w\w+)</mi><mo>\u2061</mo>(?=(<mo[^>]*>\()?)")


def folder_of(package):
    """Folder with the files of an installed module."""
    return Path(find_spec(package).origin).parent


@cache
def katex():
    """JavaScript context in which ``convert`` is KaTeX's conversion to MathML."""
    import quickjs

    context = quickjs.Context()
    script = folder_of("sphinxcontrib.katex") / "katex.min.js"
    context.eval(script.read_text("utf-8"))
    # As JSON: quickjs hands over no string that was joined from several.
    context.eval(
        "function convert(tex, display) { return JSON.stringify(katex.renderToString("
        'tex, {displayMode: display, output: "mathml", strict: "error"})); }'
    )
    return context


@cache
def mathml(tex, display=False):
    """Convert TeX to a <math> element; raises an error of KaTeX with its message."""
    call = f"convert({json.dumps(tex)}, {json.dumps(display)})"
    found = json.loads(katex().eval(call))
    # Without the copy of the TeX source, which a search would find and show.
    found = re.sub(r"<annotation.*?</annotation>|</?semantics>", "", found, flags=re.S)
    return spaced(re.fullmatch(r"<span[^>]*>(.*)</span>", found, re.S)[1])


def spaced(element):
    """Put TeX's thin space around log, max and others, which KaTeX leaves to CSS."""

    def operator(match):
        after = "0" if match[2] else "0.1667em"
        return f'<mo lspace="0.1667em" rspace="{after}">{match[1]}</mo>'

    # Bars after "left" and "right" grow; browsers take them for an infix sign.
    element = element.replace('<mo fence="true">', '<mo fence="true" stretchy="true">')
    return OPERATOR.sub(operator, element)


def lines(tex):
    r"""Join paragraphs and lines broken by \\ into one aligned formula."""
    parts = [part.strip() for part in tex.split("\n\n") if part.strip()]
    joined = r" \\ ".join(parts)
    if r"\\" in joined and r"\begin" not in joined:
        return rf"\begin{{aligned}} {joined} \end{{aligned}}"
    return joined


def converted(node, tex, display):
    """The element, or the source as text after a warning."""
    try:
        return mathml(tex, display)
    except Exception as error:
        message = str(error).splitlines()[0]
        logger.warning("formula %r: %s", tex, message, location=node)
        return f"<code>{html.escape(tex)}</code>"


def visit_math(self, node):
    """Write a formula within a line."""
    self.body.append(self.starttag(node, "span", "", CLASS="math notranslate"))
    self.body.append(converted(node, node.astext(), display=False) + "</span>")
    raise nodes.SkipNode


def visit_displaymath(self, node):
    """Write a formula on lines of its own, with its number if it has one."""
    self.body.append(self.starttag(node, "div", CLASS="math notranslate"))
    if node["number"]:
        number = get_node_equation_number(self, node)
        self.body.append(f'<span class="eqno">({number})')
        self.add_permalink_ref(node, "Link to this equation")
        self.body.append("</span>")
    self.body.append(converted(node, lines(node.astext()), display=True) + "</div>\n")
    raise nodes.SkipNode


def write_font(app, error):
    """Write the part of the font that formulas need beside the pages."""
    target = Path(app.outdir, "_static", "math.woff")
    if error or app.builder.format != "html" or target.exists():
        return
    from fontTools import subset

    options = subset.Options(flavor="woff", layout_features=["*"])
    source = folder_of("ziamath") / "fonts" / "STIXTwoMath-Regular.ttf"
    font = subset.load_font(source, options)
    wanted = subset.Subsetter(options)
    wanted.populate(
        unicodes=[c for first, end in CHARACTERS for c in range(first, end)]
    )
    wanted.subset(font)
    subset.save_font(font, target, options)


def setup(app):
    """Register the renderer that conf.py names in html_math_renderer."""
    app.add_html_math_renderer("mathml", (visit_math, None), (visit_displaymath, None))
    app.connect("build-finished", write_font)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
