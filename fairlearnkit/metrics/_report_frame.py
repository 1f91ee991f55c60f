"""The numbers of `parity_report` as a DataFrame."""

from fairlearnkit._data.pandas_door import load_pandas

from ._report_parts import parts_of


def frame_of(numbers):
    """Table of the groups, all rows and the gaps.

    Parameters
    ----------
    numbers : dict
        What ``parity_report(..., output_dict=True)`` returns.

    Returns
    -------
    frame : DataFrame
        See `ParityReport.frame`.
    """
    pd = load_pandas("frame()")

    parts = parts_of(numbers)
    frame = _frame_of_part(parts[0][1])
    if numbers["by_class"]:
        keys = ["all classes" if label is None else label for label, _ in parts]
        names = ["positive class", None]
        frames = [_frame_of_part(part) for _, part in parts]
        frame = pd.concat(frames, keys=keys, names=names)
    return frame if numbers["privacy"] is None else _private(frame, numbers["privacy"])


def _private(frame, privacy):
    """The frame, which says how private it is where its columns have their name."""
    frame.attrs["epsilon"] = privacy["epsilon"]
    frame.attrs["unit_of_privacy"] = privacy["unit"]
    text = f"epsilon: {privacy['epsilon']:g} for {privacy['unit']}"
    name = frame.columns.name
    frame.columns.name = text if name is None else f"{name}; {text}"
    return frame


def _frame_of_part(part):
    pd = load_pandas("frame()")

    rows = [*part["groups"].items(), ("all rows", part["overall"])]
    for kind in ("difference", "ratio"):
        gaps = {key: gap["estimate"] for key, gap in part[kind].items()}
        rows.append((kind, gaps))
    data = {
        name: [row.get(name) for _, row in rows]
        for name in ("count", *part["difference"])
    }
    # Gaps have no count; Int64 has missing values, while int64 would become float.
    data["count"] = pd.array(data["count"], dtype="Int64")
    index = pd.Index([label for label, _ in rows], tupleize_cols=False)
    frame = pd.DataFrame(data, index=index)
    label = frame.attrs["pos_label"] = part["pos_label"]
    frame.columns.name = None if label is None else f"positive class: {label}"
    return frame
