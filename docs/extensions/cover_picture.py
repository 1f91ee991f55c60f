"""The picture of the landing page, computed while the documentation is built.

A decision rule around logistic regression on Adult: the shares of women and men that
are predicted to earn more than 50,000 dollars, on test rows, for several bounds.
"""

from pathlib import Path

BOUNDS = {float("inf"): "no bound", 0.1: "0.10", 0.05: "0.05", 0.02: "0.02"}
COLORS = {"Female": "#D55E00", "Male": "#0072B2"}
NAMES = {"Female": "women", "Male": "men"}


def measure():
    """Rates by sex and accuracy on the test rows of Adult, a row for each bound."""
    from sklearn.compose import make_column_selector, make_column_transformer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    from fairlearnkit.datasets import load_adult
    from fairlearnkit.postprocessing import ParityThresholdClassifier

    train, test = load_adult(subset="train"), load_adult(subset="test")
    features = [name for name in train.data if name not in ("sex", "race")]
    texts = make_column_selector(dtype_include="category")
    encode = make_column_transformer(
        (OneHotEncoder(handle_unknown="ignore"), texts), remainder=StandardScaler()
    )
    model = make_pipeline(encode, LogisticRegression(C=0.1, max_iter=1000))
    rule = ParityThresholdClassifier(model, cv=3, pos_label=">50K").fit(
        train.data[features], train.target, sensitive_features=train.data["sex"]
    )
    sex = test.data["sex"].to_numpy()
    rows = []
    for bound in BOUNDS:
        decided = rule.with_max_gap(bound).predict(
            test.data[features], sensitive_features=sex
        )
        rates = {g: (decided[sex == g] == ">50K").mean() for g in NAMES}
        rows.append({**rates, "accuracy": (decided == test.target).mean()})
    return rows


def draw(rows, path):
    """One line for each bound, from the rate of women to that of men."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(5.4, 3.4), layout="constrained")
    ax = figure.subplots()
    for place, row in enumerate(reversed(rows)):
        ends = [row[group] for group in NAMES]
        ax.plot(ends, [place, place], color="0.75", linewidth=5, zorder=1)
        for group, name in NAMES.items():
            label = name if place == 0 else None
            ax.scatter(
                row[group], place, s=110, color=COLORS[group], label=label, zorder=2
            )
        told = f"gap {abs(ends[0] - ends[1]):.2f}, accuracy {row['accuracy']:.2f}"
        ax.text(max(ends) + 0.012, place, told, va="center", fontsize=11)
    ax.set_yticks(range(len(rows)), [*BOUNDS.values()][::-1], fontsize=11)
    ax.set(xlim=(0.05, 0.47), ylim=(-0.6, len(rows) - 0.4))
    ax.xaxis.set_major_formatter(lambda value, _: f"{100 * value:.0f} %")
    ax.set_ylabel("max_gap", fontsize=11)
    ax.set_xlabel("predicted to earn more than 50,000 dollars", fontsize=11)
    ax.spines[["top", "right", "left"]].set_visible(False)
    ax.tick_params(axis="y", length=0)
    ax.legend(loc="upper center", bbox_to_anchor=(0.4, 1.14), ncols=2, frameon=False)
    figure.savefig(path, metadata={"Date": None})


def write(app):
    """Draw the picture unless it is there."""
    path = Path(app.srcdir, "_pictures", "cover.svg")
    path.parent.mkdir(exist_ok=True)
    if not path.exists():
        draw(measure(), path)


def setup(app):
    """Draw before the pages are read."""
    app.connect("builder-inited", write)
    return {"parallel_read_safe": True}
