"""Pictures of the stored results of the benchmarks, drawn by the build."""

from pathlib import Path

import results

BLUE, RED, GREY = "#0072B2", "#D55E00", "0.6"
COLORS = (BLUE, RED, "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
# Where the long table of run.py is cut, by the start of the first label.
PARTS = {
    "models": "ParityLinearSVC(hinge",
    "metrics": "demographic_parity_difference at",
    "solvers": "ParityLinearSVC / fairlearn",
}
# Rows of that table that are no ratio of times or sizes; the text has them.
NO_RATIO = (", s", ", MB", "over cvxpy's")


def figure_of(width, height):
    """A figure without pyplot, which would keep it."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained")


def plain_ticks(*axes):
    """Write 0.1 and not a power of ten."""
    for axis in axes:
        axis.set_major_formatter(lambda value, _: f"{value:g}")
        axis.set_minor_formatter(lambda value, _: "")


def parts_of(rows):
    """Cut rows where PARTS says."""
    starts = [
        next(i for i, row in enumerate(rows) if row[0].startswith(label))
        for label in PARTS.values()
    ]
    return {
        name: rows[start:end]
        for name, start, end in zip(PARTS, starts, [*starts[1:], len(rows)])
    }


def draw_ratios(rows, xlabel):
    """One line for each row: what was measured, and what is allowed at most."""
    figure = figure_of(8, 1.3 + 0.27 * len(rows))
    ax = figure.subplots()
    places = range(len(rows), 0, -1)
    for place, (_, ratio, limit) in zip(places, rows):
        color = BLUE if ratio <= limit else RED
        ax.plot([ratio, limit], [place, place], color="0.85", linewidth=3, zorder=1)
        ax.plot(ratio, place, "o", color=color, zorder=3)
        ax.plot(limit, place, "|", color="black", markersize=11, zorder=2)
    ax.axvline(1.0, color=GREY, linewidth=1, linestyle=":")
    ax.set_yticks(places, [name.replace("  ", "    ") for name, *_ in rows])
    ax.set(xscale="log", xlabel=xlabel, ylim=(0.3, len(rows) + 0.7))
    plain_ticks(ax.xaxis)
    for label, color in (("within the limit", BLUE), ("above the limit", RED)):
        ax.plot([], [], "o", color=color, label=label)
    ax.plot([], [], "|", color="black", markersize=11, label="limit", linestyle="none")
    figure.legend(loc="outside upper right", ncols=3, frameon=False)
    ax.spines[["top", "right"]].set_visible(False)
    return figure


def draw_lines(curves, xlabel, ylabel):
    """Curves {label: (x, y)} on logarithmic axes, the legend beside them."""
    figure = figure_of(8, 4.4)
    ax = figure.subplots()
    for number, (label, (x, y)) in enumerate(curves.items()):
        style = "-" if number < len(COLORS) else "--"
        color = COLORS[number % len(COLORS)]
        ax.plot(x, y, f"o{style}", color=color, label=label.strip(), markersize=5)
    ax.set(xscale="log", yscale="log", xlabel=xlabel, ylabel=ylabel)
    ax.set_xticks(next(iter(curves.values()))[0])
    plain_ticks(ax.xaxis, ax.yaxis)
    ax.spines[["top", "right"]].set_visible(False)
    figure.legend(loc="outside right upper", frameon=False, fontsize=9)
    return figure


def draw_decisions(blocks):
    """Accuracy against gap on test rows, a panel for each table and constraint."""
    figure = figure_of(8.5, 3.5 * -(-len(blocks) // 2))
    axes = figure.subplots(-(-len(blocks) // 2), 2, squeeze=False).ravel()
    methods = [row[1] for row in max(blocks.values(), key=len)]
    methods = list(dict.fromkeys(methods))
    for ax, (title, rows) in zip(axes, blocks.items()):
        for number, method in enumerate(methods):
            points = sorted(
                (gap, acc) for _, name, gap, acc, _ in rows if name == method
            )
            marker = "osD^vPX*<>"[number % 10]
            color = COLORS[number % len(COLORS)]
            if points:
                ax.plot(*zip(*points), marker, color=color, label=method, alpha=0.85)
        for bound in (0.02, 0.05):
            ax.axvline(bound, color=GREY, linewidth=1, linestyle=":")
        ax.set(title=title, xlabel="gap on test rows", ylabel="accuracy")
        ax.spines[["top", "right"]].set_visible(False)
    for ax in axes[len(blocks) :]:
        ax.set_axis_off()
    handles, labels = max(
        (ax.get_legend_handles_labels() for ax in axes), key=lambda p: len(p[1])
    )
    figure.legend(handles, labels, loc="outside lower center", ncols=3, frameon=False)
    return figure


def draw_kernels(rows):
    """Accuracy against seconds: exact kernel models and Nystroem features."""
    figure = figure_of(8, 4)
    ax = figure.subplots()
    curves = {}
    for name, n_rows, rank, accuracy, seconds in rows:
        label = f"{name}, {n_rows:,} rows" if rank else name
        told = f"rank {rank}" if rank else f"{n_rows:,} rows"
        curves.setdefault(label, []).append((seconds, accuracy, told))
    for color, marker, (label, points) in zip(COLORS, "os^", curves.items()):
        x, y, told = zip(*points)
        ax.plot(x, y, f"{marker}-", color=color, label=label)
        for place in zip(x, y, told):
            ax.annotate(
                place[2],
                place[:2],
                (6, -13 if marker == "s" else 5),
                textcoords="offset points",
                color=color,
            )
    ax.set(xscale="log", xlabel="seconds", ylabel="accuracy on test rows")
    plain_ticks(ax.xaxis)
    ax.margins(x=0.15, y=0.1)
    ax.spines[["top", "right"]].set_visible(False)
    ax.legend(frameon=False, loc="lower right")
    return figure


def pictures(folder):
    """Yield (name, figure) for the results stored in the folder."""

    def text(name):
        return (folder / f"{name}_results.txt").read_text("utf-8")

    rows = [r for r in results.ratios(text("benchmark")) if not r[0].endswith(NO_RATIO)]
    for name, part in parts_of(rows).items():
        yield f"benchmark_{name}", draw_ratios(part, "ratio (smaller is better)")
    label = "time / time of scikit-learn's model without a constraint"
    yield "text_ratios", draw_ratios(results.ratios(text("text")), label)
    sizes = results.by_size(text("text"))
    sizes = {name: list(zip(*points)) for name, points in sizes.items()}
    yield "text_sizes", draw_lines(sizes, "millions of entries of X", "seconds")
    counts, seconds = results.by_groups(text("groups"))
    curves = {name: (counts, row) for name, row in seconds.items()}
    yield "groups", draw_lines(curves, "groups, among 100,000 rows", "seconds")
    blocks = results.decisions(text("decisions"))
    for kind in ("demographic parity", "equal opportunity"):
        chosen = {name: block for name, block in blocks.items() if kind in name}
        yield f"decisions_{kind.split()[0]}", draw_decisions(chosen)
    speed = results.ratios(text("decision_speed"))
    yield "decision_speed", draw_ratios(speed, "ratio (smaller is better)")
    yield "kernels", draw_kernels(results.kernels(text("scaling")))


def write(app):
    """Draw every picture anew: it takes two seconds."""
    folder = Path(app.srcdir, "_pictures")
    folder.mkdir(exist_ok=True)
    for name, figure in pictures(Path(app.srcdir)):
        figure.savefig(folder / f"{name}.svg", metadata={"Date": None})


def setup(app):
    """Draw before the pages are read."""
    app.connect("builder-inited", write)
    return {"parallel_read_safe": True}
