"""Real tables, bundled, and generators of biased data.

The loaders read files that come with the package: no download. They give pandas
objects, or numpy arrays with ``as_frame=False``.
"""

from fairlearnkit.datasets._adult import load_adult
from fairlearnkit.datasets._communities_crime import load_communities_crime
from fairlearnkit.datasets._compas import load_compas
from fairlearnkit.datasets._german_credit import load_german_credit
from fairlearnkit.datasets._law_school import load_law_school
from fairlearnkit.datasets._make import (
    make_biased_classification,
    make_biased_regression,
)

__all__ = [
    "load_adult",
    "load_communities_crime",
    "load_compas",
    "load_german_credit",
    "load_law_school",
    "make_biased_classification",
    "make_biased_regression",
]
