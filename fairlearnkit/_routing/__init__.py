"""Sensitive features and weights, passed on to the inner estimators that ask for them.

In the terms of scikit-learn's metadata routing, a consumer is an estimator or scorer
that takes metadata, here `sensitive_features` and `sample_weight`, in some method. Its
request says of each of them True (pass it), False (do not), a string (pass it under
this name) or None (nobody has said). A router, such as a Pipeline, passes metadata on
to its parts.
"""
