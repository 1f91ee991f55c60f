"""Options of the command ``python -m fairlearnkit report``."""

import argparse

import fairlearnkit

EXAMPLE = """\
example:
  python -m fairlearnkit report decisions.csv --y-true outcome --y-pred decision \\
      --sensitive sex,race --positive approved --reference "F, Black" \\
      --title "Loan decisions, spring 2026" --output report.html

The first line of a CSV file has the names of the columns. Values of sensitive columns
are read as text: "01" is not "1", and "NA" is a group. Empty fields are missing values.
Several sensitive columns give their intersections, which are called "F, Black".

With --epsilon, counts hold random noise, so that the report hardly depends on any
single row. All groups and classes have to be declared:
  python -m fairlearnkit report decisions.csv --y-true outcome --y-pred decision \\
      --sensitive sex,race --groups F,M --groups Black,White,other \\
      --classes approved,denied --positive approved --epsilon 1 --output report.html

Exit status: 0, or 2 for a wrong option, column or file.
"""


def make_parser():
    """The parser of all options."""
    parser = argparse.ArgumentParser(
        prog="python -m fairlearnkit",
        description="Parity constraints and metrics for machine learning.",
        allow_abbrev=False,
    )
    version = f"fairlearnkit {fairlearnkit.__version__}"
    parser.add_argument("--version", action="version", version=version)
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")
    report = commands.add_parser(
        "report",
        help="report of rates, gaps and intervals by group, from a CSV or Parquet file",
        description="Compare the decisions or numeric predictions in a table between "
        "groups, and write a report: one HTML page, Markdown or JSON.",
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    _add_columns(report)
    _add_comparison(report)
    _add_privacy(report)
    _add_output(report)
    return parser


def _add_columns(parser):
    """Options that say where the data are."""
    group = parser.add_argument_group("data")
    add = group.add_argument
    add("table", help="CSV file, or Parquet file (.parquet) if pyarrow is installed")
    add("--y-pred", required=True, metavar="COLUMN", help="decisions or predictions")
    add(
        "--y-true",
        metavar="COLUMN",
        help="what was true; without it, only selection rates or mean predictions",
    )
    add(
        "--sensitive",
        required=True,
        action="append",
        metavar="COLUMNS",
        help="columns of the groups, separated by commas; may be repeated",
    )
    add("--weights", metavar="COLUMN", help="weights of the rows")
    add(
        "--target",
        choices=["classes", "numbers"],
        default="classes",
        help="what is predicted (default: classes)",
    )
    add("--positive", metavar="CLASS", help="class that counts as selected")
    add(
        "--missing",
        choices=["error", "group", "ignore"],
        default="error",
        help="rows without a value in a sensitive column: stop (default), make them a "
        "group, or leave them out",
    )
    add(
        "--separator",
        default=",",
        help=r"separator of the CSV file, such as ';' or '\t' (default: comma)",
    )
    add("--encoding", default="utf-8-sig", help="of the CSV file (default: UTF-8)")


def _add_comparison(parser):
    """Options that say what is compared."""
    add = parser.add_argument_group("comparison").add_argument
    add("--reference", metavar="GROUP", help="group to compare every other one with")
    add("--rates", metavar="NAMES", help="what to report, separated by commas")
    add(
        "--min-group-size",
        type=int,
        default=0,
        metavar="N",
        help="leave groups of fewer rows out of the comparison",
    )
    add(
        "--resamples",
        type=int,
        default=1000,
        metavar="N",
        help="bootstrap resamples of numbers; 0 omits all intervals (default: 1000)",
    )
    add(
        "--confidence",
        type=float,
        default=0.95,
        metavar="LEVEL",
        help="confidence level of the intervals (default: 0.95)",
    )
    add("--seed", type=int, help="of the resamples of numbers (default: 0)")


def _add_privacy(parser):
    """Options of a report with noise."""
    add = parser.add_argument_group("private report").add_argument
    add(
        "--epsilon",
        type=float,
        metavar="EPSILON",
        help="add noise to the counts: a row changes the probability of any report by "
        "a factor of at most exp(EPSILON); 0.1 to 10 are usual",
    )
    add(
        "--groups",
        action="append",
        metavar="VALUES",
        help="all values of a sensitive column, separated by commas (a value with a "
        "comma in double quotes); once for each column, in their order",
    )
    add("--classes", metavar="CLASSES", help="all classes, separated by commas")


def _add_output(parser):
    """Options that say what the report looks like."""
    add = parser.add_argument_group("report").add_argument
    add("--title", metavar="TEXT")
    add("--model", metavar="TEXT", help="which model decided")
    add("--data", metavar="TEXT", help="which data these are (default: the file)")
    add("--date", metavar="TEXT", help="date of the report (default: today)")
    add(
        "--output",
        default="-",
        metavar="FILE",
        help="file to write; - (default) is the standard output",
    )
    add(
        "--format",
        choices=["html", "markdown", "json"],
        help="default: what the name of the output says; markdown for -",
    )
