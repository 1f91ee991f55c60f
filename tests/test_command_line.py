"""The command line, run as a process: what it writes, what it says, how it ends."""

import json
import os
import shlex
import subprocess
import sys
from importlib.util import find_spec

import numpy as np
import pandas as pd
import polars as pl
import pytest

from fairlearnkit._command_line import main
from fairlearnkit.metrics import parity_report

N = 400
REPORT = "report d.csv --y-pred decision --sensitive sex,region "
ALL = f"{REPORT} --y-true outcome --positive approved --missing group "


@pytest.fixture(scope="module")
def table():
    rng = np.random.default_rng(0)
    decisions = ["approved", "denied, for now"]
    frame = pd.DataFrame(
        {
            "sex": rng.choice(["F", "M"], N),
            "region": rng.choice(["01", "1", "NA", ""], N),
            "outcome": rng.choice(decisions, N),
            "decision": rng.choice(decisions, N),
            "flag": rng.choice(["True", "False"], N),
            "hit": rng.integers(0, 2, N),
            "claim": rng.gamma(2, 50, N).round(2),
            "premium": rng.gamma(2, 50, N).round(2),
            "years": rng.uniform(0.1, 1, N).round(3),
            "one": "x",
        }
    )
    return frame.assign(decimal=frame["hit"].map({0: "0.0", 1: "1"}))


@pytest.fixture(scope="module")
def folder(tmp_path_factory, table):
    folder = tmp_path_factory.mktemp("tables")
    table.to_csv(folder / "d.csv", index=False)
    table.to_csv(folder / "semi.csv", index=False, sep=";")
    (folder / "empty.csv").write_text("")
    (folder / "header.csv").write_text("sex,y\n")
    (folder / "long.csv").write_text("sex,y,z\nF,1,2\nF,x,1,0\nM,0,1\n")
    (folder / "latin.csv").write_bytes("sex,y\nFräulein,1\nM,0\n".encode("latin-1"))
    (folder / "excel.csv").write_text("sex,y\n" + 20 * "Ä,1\nB,0\n", "utf-8-sig")
    (folder / "folder.csv").mkdir()
    (folder / "tab.csv").write_text("sex\thit\n" + 20 * "F\t1\nM\t0\n")
    (folder / "twice.csv").write_text("sex,hit,sex,y\n" + 20 * "F,1,M,0\nM,0,M,0\n")
    (folder / "lines.csv").write_text('sex,hit\n"F\nF",1\n' + 20 * "M,0\n")
    many = "sex,hit\n" + 20 * "F,9007199254740993\nM,9007199254740992\n"
    (folder / "long_codes.csv").write_text(many)
    (folder / "infinite.csv").write_text("sex,hit\n" + 20 * "F,1\nM,inf\n")
    return folder


def run(command, folder, **more):
    environment = os.environ | {"PYTHONWARNINGS": "error", "MPLBACKEND": "Agg"}
    return subprocess.run(
        [sys.executable, "-m", "fairlearnkit", *shlex.split(command)],
        cwd=folder,
        env=environment,
        capture_output=True,
        encoding="utf-8",
        check=False,
        **more,
    )


@pytest.fixture
def here(folder, monkeypatch, capfdbinary):
    """Run a command in this process, which takes no seconds to import."""
    monkeypatch.chdir(folder)

    def call(command):
        status = main(shlex.split(command))
        out, err = capfdbinary.readouterr()
        return status, out.decode(), err.decode()

    return call


@pytest.mark.slow
def test_the_page_of_a_process(folder, table):
    done = run(f'{ALL} --reference "F, 01" --title "<Q1>" --output r.html', folder)
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == "Wrote r.html: 400 rows, 8 groups.\n"
    page = (folder / "r.html").read_text(encoding="utf-8")
    report = parity_report(
        table["outcome"],
        table["decision"],
        sensitive_features=table[["sex", "region"]].replace("", "(missing)"),
        pos_label="approved",
        reference=("F", "01"),
        title="<Q1>",
        data="d.csv",
    )
    assert page == report.to_html()
    assert "<svg" in page


@pytest.mark.slow
def test_a_process_that_ends_in_an_error(folder):
    done = run(f"{REPORT} --y-true outcme", folder)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: --y-true: d.csv has no column 'outcme', but")
    assert "Traceback" not in done.stderr
    done = run("report d.csv --y-pred decision", folder)
    assert done.returncode == 2
    assert "the following arguments are required: --sensitive" in done.stderr


@pytest.mark.slow
def test_help_has_an_example_that_works(folder, table):
    done = run("report --help", folder)
    assert done.returncode == 0
    example = done.stdout.partition("example:")[2].partition("\n\n")[0]
    command = " ".join(shlex.split(example.replace("\\\n", " "))[3:4])
    assert command == "report"
    renamed = table.rename(columns={"region": "race"})
    renamed["race"] = renamed["race"].replace({"": "Black", "NA": "White"})
    renamed.to_csv(folder / "decisions.csv", index=False)
    done = run(example.replace("\\\n", " ").partition("fairlearnkit")[2], folder)
    assert (done.returncode, done.stdout) == (0, "")
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert "<title>Loan decisions, spring 2026</title>" in page


@pytest.mark.slow
def test_without_a_command_and_version(folder):
    done = run("", folder)
    assert (done.returncode, done.stdout) == (2, "")
    assert "required: command" in done.stderr
    done = run("--version", folder)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("fairlearnkit ")


def test_without_pandas(folder):
    code = (
        "import sys\n"
        "sys.modules['pandas'] = None\n"
        "from fairlearnkit._command_line import main\n"
        f"sys.exit(main({shlex.split(ALL)}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr == (
        "error: Reading a table needs pandas, which is not installed: "
        'python -m pip install "fairlearnkit[examples]".\n'
    )


def test_formats(here, folder):
    _, text, err = here(f"{ALL} --resamples 0")
    assert text.startswith("# Comparison of groups\n\n- Data: d.csv\n")
    assert err == ""
    for name in ("r.md", "r.markdown"):
        assert here(f"{ALL} --resamples 0 --output {name}")[0] == 0
        assert (folder / name).read_text(encoding="utf-8") == text
    _, html, _ = here(f"{ALL} --resamples 0 --format html")
    assert html.startswith("<!DOCTYPE html>")
    here(f"{ALL} --resamples 0 --format json --output odd.txt")
    assert (
        json.loads((folder / "odd.txt").read_text(encoding="utf-8"))["data"] == "d.csv"
    )


def numbers(here, command):
    status, out, err = here(f"{command} --format json --resamples 0")
    assert status == 0, err
    return json.loads(out)


def test_groups_are_text(here):
    found = numbers(here, ALL)
    regions = {name.split(", ")[1] for name in found["groups"]}
    assert regions == {"01", "1", "NA", "(missing)"}
    ignored = numbers(here, f"{ALL} --missing ignore")
    assert {name.split(", ")[1] for name in ignored["groups"]} == {"01", "1", "NA"}
    assert ignored["n_rows"] == N > ignored["overall"]["count"]


def test_missing_groups_ask_for_an_option(here, table):
    status, _, err = here(f"{REPORT} --y-true outcome --positive approved")
    holes = (table["region"] == "").sum()
    assert status == 2
    assert f"Column 'region' has no value in {holes} rows" in err
    assert "choose --missing group" in err
    assert "--missing ignore" in err


def test_outcomes_are_numbers_truth_or_text(here, table):
    sex = " --sensitive sex"
    rate = table["hit"].mean()
    for column, positive in (
        ("hit", 1),
        ("decimal", 1),
        ("flag", True),
    ):
        found = numbers(here, f"report d.csv --y-pred {column}{sex}")
        assert found["pos_label"] == positive
        if column != "flag":
            assert found["overall"]["selection_rate"] == rate
    both = numbers(here, f"report d.csv --y-pred decimal --y-true hit{sex}")
    assert both["overall"]["accuracy"] == 1
    other = numbers(here, f"report d.csv --y-pred hit --positive 0{sex}")
    assert other["overall"]["selection_rate"] == pytest.approx(1 - rate)
    named = numbers(here, f"report d.csv --y-pred decimal --positive 0.0{sex}")
    assert named["pos_label"] == 0
    flag = numbers(here, f"report d.csv --y-pred flag --positive false{sex}")
    assert flag["overall"]["selection_rate"] == (table["flag"] == "False").mean()


def test_a_class_for_each_report(here, table, folder):
    table.assign(grade=np.array(["A", "B", "C"])[np.arange(N) % 3]).to_csv(
        folder / "grades.csv", index=False
    )
    found = numbers(here, "report grades.csv --y-pred grade --sensitive sex")
    assert list(found["by_class"]) == ["A", "B", "C"]


def test_numbers_as_target(here, table):
    command = "report d.csv --target numbers --y-pred premium --y-true claim"
    found = numbers(here, f"{command} --sensitive sex --weights years --reference M")
    rows = table["sex"] == "F"
    expected = np.average(table["premium"][rows], weights=table["years"][rows])
    assert found["groups"]["F"]["mean_prediction"] == pytest.approx(expected)
    assert found["to_reference"]["group"] == "M"
    assert found["weighted"] is True
    some = numbers(
        here, f"{command} --sensitive sex --rates mean_error,mean_target --seed 4"
    )
    assert list(some["difference"]) == ["mean_error", "mean_target"]


def test_other_files(here):
    command = "--y-pred hit --sensitive sex,region --missing group"
    semi = numbers(here, f"report semi.csv --separator ';' {command}")
    comma = numbers(here, f"report d.csv {command}")
    assert semi.pop("data") == "semi.csv"
    del comma["data"]
    assert semi == comma
    latin = "report latin.csv --y-pred y --sensitive sex --encoding latin-1"
    assert list(numbers(here, latin)["groups"]) == ["Fräulein", "M"]
    excel = "report excel.csv --y-pred y --sensitive sex"
    assert list(numbers(here, excel)["groups"]) == ["B", "Ä"]


def test_columns_whose_names_hold_a_comma(here, table, folder):
    odd = table.rename(columns={"sex": "sex, as given"})
    odd.to_csv(folder / "odd.csv", index=False)
    command = "report odd.csv --y-pred hit --missing group --sensitive 'sex, as given'"
    found = numbers(here, f"{command} --sensitive region")
    assert found["sensitive_features"] == ["sex, as given", "region"]


PRIVATE = f"{REPORT} --y-true outcome --positive approved --epsilon 1000 "
DECLARED = """--groups F,M --groups 01,1,NA --classes 'approved,"denied, for now"' """


def test_private_reports(here, table):
    """With noise that is 0: the report of the library on what is declared."""
    status, out, err = here(f"{PRIVATE} {DECLARED} --format json --date today")
    assert (status, err) == (0, "")
    found = json.loads(out)
    group = table[["sex", "region"]]
    expected = parity_report(
        table["outcome"],
        table["decision"],
        sensitive_features=group,
        groups=[(s, r) for s in "FM" for r in ("01", "1", "NA")],
        labels=["approved", "denied, for now"],
        pos_label="approved",
        epsilon=1000,
        date="today",
        data="d.csv",
    )
    assert found == json.loads(expected.to_json())
    assert found["n_rows"] == (table["region"] != "").sum()
    status, out, _ = here(f"{PRIVATE} {DECLARED} --missing group --format json")
    found = json.loads(out)
    assert found["groups"]["F, (missing)"]["count"] > 0
    assert found["n_rows"] == N
    command = "report d.csv --y-pred decimal --sensitive sex --groups M,F,X --epsilon 1"
    status, out, err = here(f"{command} --classes 0,1 --format json")
    found = json.loads(out)
    assert (status, found["pos_label"]) == (0, 1)
    # X has noise only, of a standard deviation of 1.4 in each of two cells.
    assert abs(found["groups"]["X"]["count"]) < 40
    assert abs(found["n_rows"] - N) < 80
    assert "warning: Fewer than 10 rows in a group, by the counts with noise" in err


def test_rows_change_no_message_of_a_private_report(here, folder):
    """Missing and odd values, and no rows at all, are told by nothing but counts."""
    (folder / "odd.csv").write_text("sex,hit\n" + "F,1\nM,0\n" * 50 + ",x\nF,\nQ,1\n")
    options = "--y-pred hit --sensitive sex --groups F,M --classes 0,1 --epsilon 1000"
    status, out, err = here(f"report odd.csv {options} --format json")
    assert (status, err) == (0, "")
    assert json.loads(out)["n_rows"] == 100
    status, out, _ = here(
        f"report header.csv {options.replace('hit', 'y')} --format json"
    )
    assert (status, json.loads(out)["n_rows"]) == (0, 0)


def test_warnings_are_lines(here):
    status, _, err = here(f"{ALL} --min-group-size 55 --output w.md")
    assert status == 0
    first, last = err.splitlines()
    assert first.startswith("warning: --min-group-size 55 leaves ")
    assert last.startswith("Wrote w.md")


def test_labels_with_line_breaks_stay_in_one_line(here):
    status, _, err = here(f"report lines.csv {HIT} --resamples 0")
    assert (status, err.count("\n")) == (0, 1)
    assert "F F: 1" in err


@pytest.mark.parametrize("separator", ["'\t'", r"'\t'"])
def test_tabs(here, separator):
    options = f"--separator {separator} --resamples 0"
    status, out, _ = here(f"report tab.csv {HIT} {options}")
    assert (status, "| F | 20 |" in out) == (0, True)


def test_long_codes_are_not_rounded(here):
    command = f"report long_codes.csv {HIT} --positive 9007199254740993"
    found = numbers(here, command)
    assert found["groups"]["F"]["selection_rate"] == 1.0
    assert found["groups"]["M"]["selection_rate"] == 0.0


def test_a_column_whose_name_is_unique_in_a_file_with_others(here):
    status, _, err = here("report twice.csv --y-pred y --sensitive hit --resamples 0")
    assert (status, err) == (0, "")


@pytest.mark.slow
def test_a_standard_output_that_nobody_reads(folder):
    command = [sys.executable, "-m", "fairlearnkit", *shlex.split(ALL)]
    end, start = os.pipe()
    os.close(end)
    with open(start, "wb") as pipe:
        ended = subprocess.run(
            command, cwd=folder, stdout=pipe, stderr=subprocess.PIPE, check=False
        )
    assert ended.returncode == 2
    last = ended.stderr.decode().splitlines()[-1]
    assert last.startswith("error: The standard output cannot be written: ")


HIT = "--y-pred hit --sensitive sex"
Y = "--y-pred y --sensitive sex"
CLAIMS = "report d.csv --y-pred premium --sensitive sex --target numbers"
NOISY = f"report d.csv {HIT} --groups F,M --classes 0,1 --epsilon"
WRONG = {
    f"report d.csv {HIT} --epsilon 1": "--epsilon needs --groups: labels that are",
    f"report d.csv {HIT} --epsilon 1 --groups F,M": "--epsilon needs --classes: labels",
    f"report d.csv {HIT} --groups F,M": "--groups is for private reports: add --eps",
    f"report d.csv {HIT} --classes 0,1": "--classes is for private reports",
    f"{NOISY} 1 --groups 1,2": "got the values of 2 columns, and 1 are sensitive, ['se",
    f"{NOISY} 0": "--epsilon 0.0 must be a number from 1e-06 to 1000",
    f"{NOISY} 1 --seed 0": "--seed 0 and --epsilon exclude each other",
    f"{NOISY} 1 --weights years": "--weights and --epsilon exclude each other",
    f"{NOISY} 1 --target numbers": "--target 'numbers' and --epsilon exclude",
    f"{NOISY} 1 --positive yes": "'yes' is none of the classes: [0, 1]",
    f"report d.csv {HIT} --groups F --classes 0,1 --epsilon 1": "at least two labels",
    f"report d.csv {HIT} --groups F,F --classes 0,1 --epsilon 1": "holds 'F' twice",
    f"report nope.csv {HIT}": "nope.csv does not exist.",
    f"report folder.csv {HIT}": "folder.csv is a folder.",
    f"report empty.csv {HIT}": "empty.csv is empty.",
    f"report header.csv {Y}": "header.csv has no rows below its header.",
    f"report long.csv {Y}": "Expected 3 fields in line 3, saw 4",
    f"report latin.csv {Y}": "is not text in the encoding utf-8-sig",
    f"report latin.csv {Y} --encoding klingon": "encoding klingon",
    f"report semi.csv {HIT}": "use --separator ';'",
    f"report tab.csv {HIT}": r"use --separator '\t'",
    f"report d.csv {HIT} --separator ''": "'' must be one character",
    f"report d.csv {HIT} --separator '||'": "'||' must be one character",
    f"report twice.csv {HIT}": "twice.csv has 2 columns 'sex': give each ",
    f"report infinite.csv {HIT} --positive 1": "holds numbers such as inf",
    f"report {os.devnull} {HIT}": "is no file of its own",
    f"{CLAIMS} --seed -3": "--seed must be between 0 and",
    f"{REPORT} --missing group --positive approved --reference F": "such as 'F, (miss",
    f"report d.csv {HIT} --weights wght": "--weights: d.csv has no column 'wght'",
    f"report d.csv {HIT} --weights sex": "which is not a number",
    f"report d.csv {HIT} --output r.doc": "choose the format with --format",
    f"report d.csv {HIT} --output no/r.html": "no/r.html cannot be written",
    f"report d.csv {HIT} --reference X": "--reference 'X' is not a group",
    f"report d.csv {HIT} --confidence 95": "--confidence 95.0 must lie between 0",
    f"report d.csv {HIT} --resamples -1": "--resamples -1 must be an integer",
    f"report d.csv {HIT} --rates recall": "--rates ['recall'] must be a sequence",
    f"report d.csv {HIT} --min-group-size 999": "--min-group-size 999 leaves no group",
    f"report d.csv {HIT} --positive 2": "'2' is none of the classes: [0, 1]",
    f"report d.csv {HIT} --positive x": "'x' is none of the classes: [0, 1]",
    f"report d.csv {HIT} --positive 1 --target numbers": "--positive is about classes",
    "report d.csv --y-pred hit --sensitive one": "--sensitive holds one group only",
    "report d.csv --y-pred premium --sensitive sex": "use --target numbers",
    "report d.csv --y-pred sex --sensitive sex --target numbers": "not a number",
    "report d.csv --y-pred region --sensitive sex": "fill them, or remove these rows",
    f"{REPORT} --missing group": "as in --positive approved",
    f"{REPORT} --missing group --y-true hit --positive 1": "--y-pred others, [",
}


@pytest.mark.parametrize("command", WRONG)
def test_wrong_options_columns_and_files(here, command):
    status, out, err = here(command)
    assert (status, out) == (2, "")
    assert err.startswith("error: ")
    assert WRONG[command].lower() in err.lower()
    for word in (
        "sensitive_features",
        "pos_label",
        "sample_weight",
        "y_pred",
        "labels=",
    ):
        assert word not in err


def test_parquet_needs_pyarrow(here, folder, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    (folder / "d.parquet").write_bytes(b"PAR1")
    status, _, err = here(f"report d.parquet {HIT}")
    assert status == 2
    assert "Reading Parquet needs pyarrow" in err
    assert "python -m pip install pyarrow" in err


def test_parquet(here, folder, table):
    """Read where pyarrow is installed; a message where it is not."""
    columns = {name: table[name].tolist() for name in table}
    columns["region"] = [value or None for value in columns["region"]]
    pl.DataFrame(columns).write_parquet(folder / "t.parquet")
    command = "report t.parquet --y-pred hit --sensitive region --missing group"
    if find_spec("pyarrow") is None:
        assert here(command)[::2] == (
            2,
            "error: Reading Parquet needs pyarrow, which is not installed: "
            "python -m pip install pyarrow.\n",
        )
        return
    found = numbers(here, command)
    assert sorted(found["groups"]) == ["(missing)", "01", "1", "NA"]
    assert found["overall"]["selection_rate"] == table["hit"].mean()
    assert "has no column 'x'" in here(f"{command} --y-true x")[2]
    (folder / "t.parquet").write_bytes(b"no table")
    assert "cannot be read as Parquet" in here(command)[2]
