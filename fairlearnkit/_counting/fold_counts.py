"""Counts of the rows of one fold, for groups and classes that are known before."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from fairlearnkit._counting.confusion import ConfusionCounts, count_cells, read_rows
from fairlearnkit._counting.labels import read_labels
from fairlearnkit._data.groups import (
    MISSING_POLICIES,
    checked_columns,
    groups_of_columns,
    label_array,
)
from fairlearnkit._data.label_tables import distinct_labels
from fairlearnkit._data.messages import Caller, check_option, format_labels
from fairlearnkit._data.rows import check_weight

MISSING_HINT = (
    'or choose metric_params={"missing": "group"} (a group of its own) or '
    '{"missing": "ignore"} (the rows count in no group)'
)
KNOWN_GROUPS = Caller("y", "", MISSING_HINT, argument="groups")
FOLD_GROUPS = Caller("X", "", MISSING_HINT)


def read_known_groups(groups, missing):
    """Distinct labels of the groups, as a list.

    Parameters
    ----------
    groups : array-like of shape (n_samples,) or (n_samples, n_columns)
        Sensitive features, or a list of their labels.
    missing : {"error", "group", "ignore"}
        As in `read_groups`.

    Returns
    -------
    labels : list
        Sorted; tuples where there are several columns.
    """
    check_option("missing", missing, MISSING_POLICIES)
    columns = checked_columns(distinct_labels("groups", groups), None, KNOWN_GROUPS)
    return groups_of_columns(columns, missing, KNOWN_GROUPS).labels.tolist()


@dataclass(frozen=True, eq=False)
class FoldCounter:
    """Counts rows by group, true class and decision.

    Parameters
    ----------
    groups, classes : list
        Their labels.
    missing : {"error", "group", "ignore"}
        As in `read_groups`.
    """

    groups: list
    classes: list
    missing: str

    @cached_property
    def key(self):
        """Equal for two counters that count the same cells."""
        return (tuple(self.groups), tuple(self.classes), self.missing)

    @property
    def shape(self):
        """Groups, true classes, decisions."""
        return (len(self.groups), len(self.classes), len(self.classes))

    def empty_confusion(self):
        """Confusion matrices of no rows, for what depends on the labels alone."""
        table = np.zeros((1, *self.shape), dtype=np.intp)
        groups, strata = label_array(self.groups), np.array([None])
        return ConfusionCounts(
            table, table, groups, strata, self.classes, (), None, "classes"
        )

    def count(self, y_true, y_pred, sensitive_features, sample_weight):
        """Weights of the cells and numbers of rows of the true classes.

        Parameters
        ----------
        y_true, y_pred : array-like of shape (n_samples,)
            Class labels.
        sensitive_features : array-like of shape (n_samples,) or (n_samples, n_columns)
            Labels of the groups.
        sample_weight : array-like of shape (n_samples,) or None
            Weights.

        Returns
        -------
        weights : ndarray of shape (n_groups, n_classes, n_classes)
            0 in cells without rows.
        rows : ndarray of shape (n_groups, n_classes), int
            Rows of positive weight.

        Raises
        ------
        ValueError
            A label is not known.
        """
        rows = {
            "y_true": y_true,
            "y_pred": y_pred,
            "sensitive_features": sensitive_features,
            "sample_weight": sample_weight,
        }
        rows, table = read_rows(rows)
        true, predicted = read_labels(
            y_true=rows["y_true"], y_pred=rows["y_pred"]
        ).values()
        sensitive_features = rows["sensitive_features"]
        columns = checked_columns(sensitive_features, len(true.codes), FOLD_GROUPS)
        sizes = None if table is None else table.sizes
        groups = groups_of_columns(columns, self.missing, FOLD_GROUPS, sizes)
        codes = (
            np.broadcast_to(np.intp(0), len(true.codes)),  # one stratum
            _positions("sensitive_features", groups, self.groups, "groups"),
            _positions("y_true", true, self.classes, "classes"),
            _positions("y_pred", predicted, self.classes, "classes"),
        )
        weight = table
        if table is None and sample_weight is not None:
            weight = check_weight(sample_weight, len(true.codes))
        counts, weights = count_cells(codes, (1, *self.shape), weight)
        return weights[0], counts[0].sum(axis=2)


def _positions(name, found, known, argument):
    """Positions of the rows' labels among those that are known, -1 for no label."""
    position_of = {label: i for i, label in enumerate(known)}
    labels = found.labels.tolist()
    unknown = [label for label in labels if label not in position_of]
    if unknown:
        msg = (
            f"{name} holds {format_labels(unknown)}, and {argument} of pooled_scorers "
            f"only {format_labels(known)}: pass all of them there."
        )
        raise ValueError(msg)
    positions = np.array([position_of[label] for label in labels] + [-1], dtype=np.intp)
    return positions[found.codes]
