"""The command ``python -m fairlearnkit report``: from a table to a report."""

import os
import re
import shlex
import sys
import warnings
from pathlib import Path

from fairlearnkit._command_parser import make_parser
from fairlearnkit._command_private import (
    as_declared,
    as_text,
    check_declared,
    declared_classes,
    declared_groups,
)
from fairlearnkit._command_table import (
    CommandError,
    check_columns,
    classes_of,
    find_positive,
    groups_of,
    numbers_of,
    read_table,
)
from fairlearnkit._data.classes import has_conventional_labels
from fairlearnkit._data.messages import format_labels

FORMATS = {
    ".html": "html",
    ".htm": "html",
    ".md": "markdown",
    ".markdown": "markdown",
    ".json": "json",
}
WRONG_USAGE = 2  # exit status of argparse for wrong options
# What the library calls an argument, and what it is called on the command line.
TERMS = [
    (r"; if they are classes, name all of them by labels=\[\.\.\.\]", ""),
    (r'pass target="numbers"', "use --target numbers"),
    (r"sensitive_features(\['(?P<name>[^']*)'\])?", r"--sensitive \g<name>"),
    (r"\bpos_label\b", "--positive"),
    (r"\bsample_weight\b", "--weights"),
    (r"\by_true\b", "--y-true"),
    (r"\by_pred\b", "--y-pred"),
    (r"\bmin_group_size=?", "--min-group-size "),
    (r"\breference=", "--reference "),
    (r"\brates=", "--rates "),
    (r"\bn_resamples=", "--resamples "),
    (r"\bconfidence_level=", "--confidence "),
    (r"^Seed must", "--seed must"),
    (r"\brandom_state=", "--seed "),
    (r"\brandom_state\b", "--seed"),
    (r"\bepsilon=", "--epsilon "),
    (r"(?<!-)\bepsilon\b", "--epsilon"),
    (r"\btarget=", "--target "),
    (r"\bgroups=", "--groups "),
    (r"\blabels=", "--classes "),
    (r"^groups holds", "--groups: holds"),
    (r"^labels holds", "--classes: holds"),
]


def main(arguments=None):
    """Run a command.

    Parameters
    ----------
    arguments : list of str, default=None
        Arguments; None takes those of the process.

    Returns
    -------
    status : int
        0, or 2 after a message on the standard error.
    """
    options = make_parser().parse_args(arguments)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("default")
        # Between packages, and nothing that whoever types a command can change.
        for category in (DeprecationWarning, PendingDeprecationWarning, FutureWarning):
            warnings.simplefilter("ignore", category)
        try:
            status, message = 0, _report(options)
        except CommandError as error:
            status, message = WRONG_USAGE, f"error: {error}"
        except ValueError as error:  # the library's own messages
            status, message = WRONG_USAGE, f"error: {_translate(str(error))}"
    for warning in caught:
        sys.stderr.write(f"warning: {_translate(str(warning.message))}\n")
    if message:
        sys.stderr.write(f"{message}\n")
    return status


def _translate(message):
    """A message of the library in the words of the command line."""
    for term, option in TERMS:
        message = re.sub(term, option, message)
    return re.sub(r"\s+", " ", message)  # labels may hold line breaks


def _report(options):
    """Read, compute, write; what was written, as a message."""
    style = _format_of(options)
    check_declared(options)
    rates = options.rates
    if rates is not None:
        rates = re.split(r"\s*,\s*", rates.strip())
    sensitive = []

    def choose(names):
        """Columns to read: a name with a comma in it is found before it is split."""
        for text in options.sensitive:
            parts = [text] if text in names else re.split(r"\s*,\s*", text.strip())
            sensitive.extend(part for part in parts if part not in sensitive)
        wanted = dict.fromkeys(sensitive, "--sensitive")
        for option in ("y_true", "y_pred", "weights"):
            column = getattr(options, option)
            if column is not None:
                wanted.setdefault(column, f"--{option.replace('_', '-')}")
        check_columns(options.table, wanted, names)
        return list(wanted)

    separator = _separator_of(options)
    table = read_table(options.table, choose, separator, options.encoding)
    if not len(table) and options.epsilon is None:  # which no message must tell
        msg = f"{options.table} has no rows below its header."
        raise CommandError(msg)
    report = _compute(options, rates, table, sensitive)
    return _write(report, style, options.output)


def _format_of(options):
    """Format of the report, checked before anything is computed."""
    if options.format is not None:
        return options.format
    if options.output == "-":
        return "markdown"
    suffix = Path(options.output).suffix.lower()
    if suffix not in FORMATS:
        msg = (
            f"--output: {options.output!r} does not end in one of {list(FORMATS)}; "
            "choose the format with --format."
        )
        raise CommandError(msg)
    return FORMATS[suffix]


def _separator_of(options):
    """The separator, a tab also where it is written as a backslash and a t."""
    separator = options.separator.replace(r"\t", "\t")
    if len(separator) != 1:
        msg = (
            f"--separator: {options.separator!r} must be one character, such as ';', "
            r"or '\t' for a tab."
        )
        raise CommandError(msg)
    return separator


def _compute(options, rates, table, sensitive):
    """The report of a table."""
    from fairlearnkit.metrics import parity_report

    weights = options.weights
    return parity_report(
        **_columns_of(options, rates, table, sensitive),
        sample_weight=None if weights is None else numbers_of(table[weights]),
        target=options.target,
        epsilon=options.epsilon,
        rates=rates,
        reference=options.reference,
        n_resamples=options.resamples,
        confidence_level=options.confidence,
        random_state=options.seed,
        missing="ignore" if options.missing == "ignore" else "error",
        min_group_size=options.min_group_size,
        title=options.title,
        model=options.model,
        data=options.data or Path(options.table).name,
        date=options.date,
    )


def _columns_of(options, rates, table, sensitive):
    """Columns of the report, and what says how to read them."""
    columns = [table[c] for c in (options.y_true, options.y_pred) if c is not None]
    found, of_rows = {}, groups_of
    if options.target == "numbers":
        if options.positive is not None:
            msg = "--positive is about classes, and --target is numbers."
            raise CommandError(msg)
        values = [numbers_of(column) for column in columns]
    elif options.epsilon is None:
        values = classes_of(columns)
        classes = {label for column in values for label in column.tolist()}
        classes = sorted(classes, key=str)
        found["pos_label"] = _positive_class(options, rates, classes)
    else:
        of_rows, classes = as_text, declared_classes(options.classes)
        values = [as_declared(column, classes) for column in columns]
        found["pos_label"] = _positive_class(options, rates, classes)
        found["labels"] = classes
        found["groups"] = declared_groups(options.groups, sensitive, options.missing)
    found["y_true"] = values[0] if options.y_true is not None else None
    found["y_pred"] = values[-1]
    found["sensitive_features"] = of_rows(table[sensitive], options.missing)
    return found


def _positive_class(options, rates, classes):
    """The positive class; None if it is known, or if there is one for each report."""
    if options.positive is not None:
        return find_positive(options.positive, classes)
    known = rates is not None and {*rates} <= {"accuracy", "error_rate"}
    if not known and len(classes) < 3 and not has_conventional_labels(classes):
        shown = shlex.quote(str(classes[0]))
        names = " and ".join(repr(c) for c in (options.y_true, options.y_pred) if c)
        msg = (
            f"--positive is needed: the values of {names} are "
            f"{format_labels(classes)}. Name the one that counts as selected, as in "
            f"--positive {shown}."
        )
        raise CommandError(msg)
    return None


def _write(report, style, output):
    """Write the report; what was written, as a message."""
    text = {
        "html": report.to_html,
        "markdown": report.to_markdown,
        "json": report.to_json,
    }[style]()
    data = text.encode("utf-8")
    if output == "-":
        _write_to_standard_output(data)
        return ""
    try:
        Path(output).write_bytes(data)
    except OSError as error:
        msg = f"--output: {output} cannot be written: {error.strerror or error}."
        raise CommandError(msg) from error
    groups = report.numbers["groups"]
    return f"Wrote {output}: {report.numbers['n_rows']:,} rows, {len(groups)} groups."


def _write_to_standard_output(data):
    """Write bytes, or say why that is not possible, such as on a full disk."""
    try:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    except OSError as error:
        # What is left in the buffer would raise the error again when Python ends.
        with open(os.devnull, "wb") as nowhere:
            os.dup2(nowhere.fileno(), sys.stdout.fileno())
        msg = f"The standard output cannot be written: {error.strerror or error}."
        raise CommandError(msg) from error
