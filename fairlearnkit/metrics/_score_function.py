"""The metric of a scorer, for tools that call it themselves."""

from fairlearnkit._counting.named_metric import call_metric


class ScoreFunction:
    """The ``_score_func`` of a scorer, which some tools call with labels and no X.

    LogisticRegressionCV makes a scorer of its own from a function whose signature has
    ``labels``. This one has not, so the scorer itself is called, which passes all
    classes.

    Parameters
    ----------
    metric : callable
        Takes ``(y_true, y_pred, *, sensitive_features)``.
    scorer : str
        The scorer, for messages.
    """

    def __init__(self, metric, scorer):
        self.metric = metric
        self.scorer = scorer

    def __call__(
        self,
        y_true,
        y_pred,
        *,
        sensitive_features=None,
        sample_weight=None,
        pos_label=None,
    ):
        if sensitive_features is None:
            msg = (
                f"{self.scorer} gets labels and no X here, as from "
                "TunedThresholdClassifierCV, so neither columns= nor a "
                "SensitiveColumns can tell it the groups. Search for the threshold, "
                "GridSearchCV(FixedThresholdClassifier(model), {'threshold': [0.4, "
                "0.5, 0.6]}, scoring=...), which passes X on; or turn routing on, "
                "sklearn.set_config(enable_metadata_routing=True), and pass "
                "sensitive_features to fit, and to a scorer without columns=."
            )
            raise ValueError(msg)
        options = {"sample_weight": sample_weight, "pos_label": pos_label}
        given = {name: value for name, value in options.items() if value is not None}
        return call_metric(
            self.metric, y_true, y_pred, sensitive_features=sensitive_features, **given
        )
