"""Bundled real tables, and generators of biased data.

The loaders read files that come with the package and download nothing. They return
pandas objects, or numpy arrays with ``as_frame=False``.
"""

from ._adult import load_adult
from ._biographies import make_biased_biographies
from ._claims import make_biased_claims
from ._communities_crime import load_communities_crime
from ._compas import load_compas
from ._german_credit import load_german_credit
from ._law_school import load_law_school
from ._make import (
    make_biased_classification,
    make_biased_regression,
)

__all__ = [
    "load_adult",
    "load_communities_crime",
    "load_compas",
    "load_german_credit",
    "load_law_school",
    "make_biased_biographies",
    "make_biased_claims",
    "make_biased_classification",
    "make_biased_regression",
]
