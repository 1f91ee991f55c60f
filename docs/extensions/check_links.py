"""Links within the built pages: a file or an anchor that is missing is a warning.

Sphinx checks references by role; this also sees raw HTML, links in templates, pictures
and the anchors of other pages.
"""

from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

from sphinx.util import logging

logger = logging.getLogger(__name__)

# Pages that a theme fills by script, and links to an anchor that means "top of page".
BY_SCRIPT = {"search.html"}
TOP = {"", "top"}


class Links(HTMLParser):
    """Collects the ids of one page, and what it refers to."""

    def __init__(self):
        super().__init__()
        self.ids, self.targets = set(), set()

    def handle_starttag(self, tag, attrs):
        """Read one tag; href, src and srcset are references."""
        values = dict(attrs)
        self.ids.update(values[key] for key in ("id", "name") if values.get(key))
        self.targets.update(values[key] for key in ("href", "src") if values.get(key))


def read(path):
    """Links of the page at path."""
    links = Links()
    links.feed(path.read_text("utf-8"))
    return links


def broken(folder):
    """Yield (page, reference) for each reference that leads nowhere."""
    paths = [p for p in sorted(folder.rglob("*.html")) if "_static" not in p.parts]
    pages = {path: read(path) for path in paths}
    for page, links in pages.items():
        for target in sorted(links.targets):
            parts = urlsplit(target)
            if parts.scheme or parts.netloc or page.name in BY_SCRIPT:
                continue
            path = (page.parent / unquote(parts.path)).resolve() if parts.path else page
            anchor = unquote(parts.fragment)
            found = path.exists()
            if found and path in pages and anchor not in TOP:
                found = anchor in pages[path].ids
            if not found:
                yield page.relative_to(folder), target


def check(app, error):
    """Warn of each broken reference, when all pages are written."""
    if error or app.builder.format != "html":
        return
    for page, target in broken(Path(app.outdir).resolve()):
        logger.warning("%s refers to %s, which is not there", page, target)


def setup(app):
    """Check when the build is finished, after extensions that write files then."""
    app.connect("build-finished", check, priority=900)
    return {"parallel_read_safe": True}
