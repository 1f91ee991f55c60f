"""Pictures of the guide, drawn by the very code that a page shows."""

from contextlib import redirect_stdout
from doctest import DocTestParser
from io import StringIO
from pathlib import Path

# A page of the guide, and the name of the Display that its code leaves behind.
PICTURES = {"measure": "display"}


def run(path, name):
    """Run the examples of a page until they have assigned a name; its value."""
    values = {}
    for example in DocTestParser().get_examples(path.read_text("utf-8")):
        with redirect_stdout(StringIO()):
            exec(compile(example.source, str(path), "exec"), values)
        if name in values:
            return values[name]
    msg = f"{path} assigns no {name}"
    raise ValueError(msg)


def write(app):
    """Draw each picture unless it is there and newer than its page."""
    folder = Path(app.srcdir, "_pictures")
    folder.mkdir(exist_ok=True)
    for page, name in PICTURES.items():
        source = Path(app.srcdir, "user_guide", f"{page}.rst")
        picture = folder / f"{page}.svg"
        if not picture.exists() or picture.stat().st_mtime < source.stat().st_mtime:
            figure = run(source, name).figure_
            figure.savefig(picture, metadata={"Date": None}, bbox_inches="tight")


def setup(app):
    """Draw before the pages are read."""
    app.connect("builder-inited", write)
    return {"parallel_read_safe": True}
