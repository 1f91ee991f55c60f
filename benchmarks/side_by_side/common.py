"""What the comparisons share: one table, and how results are written."""

from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.preprocessing import StandardScaler

import fairlearnkit
from fairlearnkit.datasets import load_adult

DOCS = Path(__file__).parents[2] / "docs" / "coming_from"
COLUMNS = ["age", "education-num", "capital-gain", "hours-per-week"]


def table(subset, n_rows=8000):
    """X (four numeric columns, scaled), y in {0, 1} and sex of rows of Adult."""
    bunch = load_adult(subset=subset)
    people = bunch.data.iloc[:n_rows].reset_index(drop=True)
    scaler = StandardScaler().fit(load_adult(subset="train").data[COLUMNS])
    X = pd.DataFrame(scaler.transform(people[COLUMNS]), columns=COLUMNS)
    y = np.asarray(bunch.target[:n_rows] == ">50K").astype(int)
    return X, y, people["sex"].astype(str)


def versions(*packages):
    """One line with the versions that gave a result."""
    told = [f"fairlearnkit {fairlearnkit.__version__}"]
    return ", ".join(told + [f"{name} {version(name)}" for name in packages])


def write(name, lines):
    """Print the lines and keep them for the documentation."""
    text = "\n".join(lines) + "\n"
    print(text)
    (DOCS / f"{name}_results.txt").write_text(text, encoding="utf-8")
