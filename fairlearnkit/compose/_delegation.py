"""Methods that a meta-estimator delegates to its fitted inner estimator."""

from sklearn.utils.metaestimators import available_if


def available_if_inner_has(*methods):
    """Make a method available if the inner estimator has one of the methods.

    Parameters
    ----------
    *methods : tuple of str
        Names of methods of ``estimator_``, or of ``estimator`` before fit.

    Returns
    -------
    decorator : callable
        As scikit-learn's ``available_if``.
    """

    def check(self):
        # Before fit, searches and pipelines ask for the methods as well.
        inner = getattr(self, "estimator_", self.estimator)
        if not any(hasattr(inner, method) for method in methods):
            getattr(inner, methods[0])  # raises an AttributeError that names it
        return True

    return available_if(check)


class DelegatedMethods:
    """Predictions and transforms of X by the fitted inner estimator.

    A subclass has the attributes ``estimator`` and ``estimator_``, and a method
    ``_call(method, X)`` that prepares X and calls the method of ``estimator_``.
    """

    @available_if_inner_has("predict")
    def predict(self, X):
        """Predict with the fitted estimator.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataframe} of shape (n_samples, n_features)
            Features, with the sensitive columns.

        Returns
        -------
        y_pred : array-like of shape (n_samples,)
            Predictions.
        """
        return self._call("predict", X)

    @available_if_inner_has("predict_proba")
    def predict_proba(self, X):
        """Predict the probability of each class with the fitted estimator.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataframe} of shape (n_samples, n_features)
            Features, with the sensitive columns.

        Returns
        -------
        proba : array-like of shape (n_samples, n_classes)
            In the order of ``classes_``.
        """
        return self._call("predict_proba", X)

    @available_if_inner_has("predict_log_proba")
    def predict_log_proba(self, X):
        """Predict the log-probability of each class with the fitted estimator.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataframe} of shape (n_samples, n_features)
            Features, with the sensitive columns.

        Returns
        -------
        log_proba : array-like of shape (n_samples, n_classes)
            In the order of ``classes_``.
        """
        return self._call("predict_log_proba", X)

    @available_if_inner_has("decision_function")
    def decision_function(self, X):
        """Compute the scores of the fitted estimator.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataframe} of shape (n_samples, n_features)
            Features, with the sensitive columns.

        Returns
        -------
        scores : array-like of shape (n_samples,) or (n_samples, n_classes)
            Scores.
        """
        return self._call("decision_function", X)

    @available_if_inner_has("transform")
    def transform(self, X):
        """Transform X with the fitted estimator.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataframe} of shape (n_samples, n_features)
            Features, with the sensitive columns.

        Returns
        -------
        X_new : array-like of shape (n_samples, n_features_out)
            The transformed X.
        """
        return self._call("transform", X)
