"""What the API reference shows: the one list, from section to names.

Each entry gives the module, a sentence, and the public names in the order of the page.
``tests/test_public_api.py`` holds it to what the library offers: add a name here when
you add it to an ``__all__``.
"""

API_REFERENCE = {
    "Composition": {
        "module": "fairlearnkit.compose",
        "description": "Around any estimator: sensitive features as columns of X, for "
        "every scikit-learn tool, see :ref:`composition`; both versions of each row, "
        "see :ref:`counterfactual_texts`.",
        "names": ["SensitiveColumns", "CounterfactualEnsemble"],
    },
    "Model selection": {
        "module": "fairlearnkit.model_selection",
        "description": "Rules that choose by a score and a gap. See "
        ":ref:`composition`.",
        "names": ["LowestGap", "HighestScore", "pareto_front", "pooled_gaps"],
    },
    "Linear models": {
        "module": "fairlearnkit.linear_model",
        "description": "Logistic, ridge, Poisson and gamma regression under a "
        "constraint |M f| <= max_gap. See :ref:`linear_models` and :ref:`insurance`.",
        "names": [
            "ParityLogisticRegression",
            "ParityLogisticRegressionCV",
            "ParityRidge",
            "ParityRidgeCV",
            "ParityPoissonRegressor",
            "ParityGammaRegressor",
            "parity_path",
        ],
    },
    "Support vector machines": {
        "module": "fairlearnkit.svm",
        "description": "The same constraint with hinge and epsilon-insensitive losses, "
        "linear and with kernels. See :ref:`linear_models` and :ref:`kernel_models`.",
        "names": ["ParityLinearSVC", "ParityLinearSVR", "ParitySVC", "ParitySVR"],
    },
    "Kernel ridge regression": {
        "module": "fairlearnkit.kernel_ridge",
        "description": "The squared loss with a kernel. See :ref:`kernel_models`.",
        "names": ["ParityKernelRidge"],
    },
    "Preprocessing": {
        "module": "fairlearnkit.preprocessing",
        "description": "Transformers that remove differences between groups from the "
        "features, of means or of the distribution of each column; sample weights that "
        "remove them from y; texts with the words of the other group. See "
        ":ref:`projection`, :ref:`barycenters`, :ref:`reweighing` and "
        ":ref:`counterfactual_texts`.",
        "names": [
            "ParityProjection",
            "BarycenterTransformer",
            "TermSwap",
            "TermMerge",
            "parity_sample_weight",
        ],
    },
    "Postprocessing": {
        "module": "fairlearnkit.postprocessing",
        "description": "Around any model: decisions whose rates differ between groups "
        "by no more than a bound, see :ref:`decisions`; predictions with the same "
        "distribution in every group, see :ref:`barycenters`.",
        "names": [
            "ParityThresholdClassifier",
            "BarycenterRegressor",
            "BarycenterClassifier",
        ],
    },
    "Representations": {
        "module": "fairlearnkit.representation",
        "description": "Features learned on several tasks whose distributions are "
        "similar in all groups, for linear models of new tasks. Needs PyTorch. See "
        ":ref:`representations`.",
        "names": ["ParityEncoder"],
    },
    "Constraints": {
        "module": "fairlearnkit.constraints",
        "description": "From y, sensitive features and weights to the contrast rows M. "
        "See :ref:`constraints`; to write your own, :ref:`own_constraint`.",
        "names": [
            "DemographicParity",
            "EqualOpportunity",
            "EqualizedOdds",
            "GeneralParity",
            "Decorrelation",
            "ParityConstraint",
            "Constraint",
            "Contrasts",
            "Groups",
            "read_groups",
            "group_contrasts",
            "check_constraint",
        ],
    },
    "Metrics": {
        "module": "fairlearnkit.metrics",
        "description": "Gaps between groups of decisions and of scores. See "
        ":ref:`metrics`.",
        "names": [
            "demographic_parity_difference",
            "demographic_parity_ratio",
            "equal_opportunity_difference",
            "equal_opportunity_ratio",
            "equalized_odds_difference",
            "equalized_odds_ratio",
            "rate_difference",
            "rate_ratio",
            "group_rates",
            "score_gap",
            "ks_gap",
            "strong_demographic_disparity",
            "wasserstein_unfairness",
            "group_metric",
            "group_predictability",
            "GroupPredictability",
            "counterfactual_difference",
            "CounterfactualDifference",
            "bootstrap_interval",
            "audit_subgroups",
            "SubgroupAudit",
            "parity_report",
            "ParityReport",
            "parity_scorer",
            "pooled_scorers",
        ],
    },
    "Inspection": {
        "module": "fairlearnkit.inspection",
        "description": "Pictures of groups side by side, and the sensitivity of "
        "predictions, see :ref:`measure`; whose rows can be recognised as training "
        "rows, see :ref:`membership`.",
        "names": [
            "GroupRatesDisplay",
            "ScoreDistributionDisplay",
            "RocByGroupDisplay",
            "TradeoffDisplay",
            "prediction_sensitivity",
            "membership_inference",
            "MembershipInference",
            "membership_scores",
        ],
    },
    "Data sets": {
        "module": "fairlearnkit.datasets",
        "description": "Bundled tables and generators; nothing is downloaded. See "
        ":ref:`datasets`.",
        "names": [
            "load_adult",
            "load_communities_crime",
            "load_compas",
            "load_german_credit",
            "load_law_school",
            "make_biased_biographies",
            "make_biased_claims",
            "make_biased_classification",
            "make_biased_regression",
        ],
    },
    "Exceptions and warnings": {
        "module": "fairlearnkit.exceptions",
        "description": "What is not scikit-learn's own.",
        "names": ["InfeasibleConstraintError", "SmallGroupWarning"],
    },
    "Checks": {
        "module": "fairlearnkit.utils.estimator_checks",
        "description": "Checks for your own estimators and constraints. See "
        ":ref:`own_estimator`.",
        "names": [
            "check_estimator",
            "check_constraint_object",
            "parametrize_with_checks",
        ],
    },
    "Discovery": {
        "module": "fairlearnkit.utils.discovery",
        "description": "Lists of what the library offers, for tests that must not "
        "forget anything.",
        "names": ["all_estimators", "all_functions", "all_public", "public_modules"],
    },
    "Reports of faults": {
        "module": "fairlearnkit",
        "description": "Versions to say in a report.",
        "names": ["show_versions"],
    },
}
