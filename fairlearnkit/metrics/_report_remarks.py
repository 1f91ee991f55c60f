"""How to read a report to hand in, in sentences."""

INTERVAL_REMARKS = (
    "Intervals show how much the numbers would vary from one sample of rows to "
    "another. Each is valid for one number, not for all of them at once. Rows "
    "are taken as independent.",
    "A difference between the highest and the lowest group is never negative, and "
    "chance makes it larger, the more so among many groups. Its interval allows for "
    "that: it reaches 0 if the groups may be treated alike.",
)
PRIVATE_INTERVAL_REMARKS = (
    "Intervals show how much the numbers would vary from one sample of rows to "
    "another, and with other noise. Each is valid for one number, not for all of them "
    "at once. Rows are taken as independent.",
    "A difference between the highest and the lowest group is never negative, and both "
    "chance and noise make it larger. Its interval allows for that: it reaches 0 if "
    "the groups may be treated alike.",
)
PRIVACY_REMARKS = (
    "All numbers are computed from counts that hold random noise; the counts may be "
    "negative. Adding or removing one row changes the probability of any report by a "
    "factor of at most exp(epsilon).",
    "Rows whose group or class was not declared are not counted, and nothing here "
    "tells how many they are.",
    "Another report on the same rows adds its own epsilon. The model that made the "
    "predictions is not protected.",
)


def remarks_of(numbers):
    """How to read the report, as sentences.

    Parameters
    ----------
    numbers : dict
        The report.

    Returns
    -------
    remarks : list of str
    """
    is_private = numbers["privacy"] is not None
    remarks = [*PRIVACY_REMARKS] if is_private else []
    if numbers["confidence_level"] is not None:
        remarks += PRIVATE_INTERVAL_REMARKS if is_private else INTERVAL_REMARKS
    remarks.append(
        "The report states numbers. Whether a difference is justified, acceptable or "
        "lawful does not follow from them."
    )
    return remarks
