"""Order and small pictures of the gallery of examples.

A figure of several panels is unreadable in the index. The small picture then shows the
first panel alone.
"""

from pathlib import Path

# In the order of learning; folders and files that are not named stand at the star.
SECTIONS = ("quickstart", "inspection", "composition", "methods", "*", "papers")
FILES = (
    "plot_adult.py",
    "plot_decisions.py",
    "plot_law_school.py",
    "plot_crime.py",
    "plot_text.py",
    "plot_counterfactual_text.py",
    "plot_transfer.py",
)
SIZE = (400, 280)
# Panels of figures that are wider than this are cut out; a single square axes is not.
WIDE = 1.6


def section_order(path):
    """Sort folders as in SECTIONS."""
    name = Path(path).name
    return SECTIONS.index(name if name in SECTIONS else "*"), name


def file_order(name):
    """Sort files as in FILES, the others behind them by name."""
    name = Path(name).name
    return FILES.index(name) if name in FILES else len(FILES), name


def panel_path(image):
    """Where the first panel of an image of the gallery is kept."""
    image = Path(image)
    return image.parent / "panels" / image.name


def keep_panel(figure, image):
    """Save the first panel of a wide figure that has several."""
    width, height = figure.get_size_inches()
    if len(figure.axes) < 2 or width < WIDE * height:
        return
    figure.draw_without_rendering()
    box = figure.axes[0].get_tightbbox().padded(6)
    path = panel_path(image)
    path.parent.mkdir(exist_ok=True)
    inches = box.transformed(figure.dpi_scale_trans.inverted())
    figure.savefig(path, bbox_inches=inches, dpi=150)


def scraper(block, block_vars, gallery_conf):
    """Matplotlib's figures, as Sphinx-Gallery saves them, and their first panels."""
    import matplotlib.pyplot as plt
    from sphinx_gallery.scrapers import matplotlib_scraper

    paths = block_vars["image_path_iterator"]
    first = len(paths) + 1
    template = str(paths.image_path)
    for offset, number in enumerate(plt.get_fignums()):
        keep_panel(plt.figure(number), template.format(first + offset))
    return matplotlib_scraper(block, block_vars, gallery_conf)


def use_panels(app):
    """Replace small pictures for which a panel was kept."""
    from PIL import Image, ImageOps

    for panel in Path(app.srcdir, "auto_examples").glob("*/images/panels/*_001.png"):
        stem = panel.stem.removesuffix("_001")
        thumb = panel.parents[1] / "thumb" / f"{stem}_thumb.png"
        if thumb.exists():
            with Image.open(panel) as image:
                small = ImageOps.pad(image.convert("RGB"), SIZE, color="white")
            small.save(thumb)


def setup(app):
    """Run after Sphinx-Gallery, which writes the small pictures."""
    app.connect("builder-inited", use_panels, priority=900)
    return {"parallel_read_safe": True}
