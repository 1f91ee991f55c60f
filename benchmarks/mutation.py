"""Mutation testing: the share of changes to the code that the tests of its area notice.

    python -m pip install mutmut coverage       # beside the extra "dev"
    python benchmarks/mutation.py               # 150 mutants of each area
    python benchmarks/mutation.py --areas data routing --all
    python benchmarks/mutation.py --again       # after new tests: only what survived

mutmut's operators make the changes, in the bodies of functions: another operator or
number, an argument left out or None, another string, and so on. ``--whole`` changes the
top of modules, the bodies of classes and signatures as well. The mutants that run are
drawn by a seed. A mutant counts as killed if a test that passes on unchanged code fails
on it, if the module cannot be imported, or if it takes more than three times the
processor time of the tests and 5 s. All others count as survivors, those that change no
result included.

Each mutant runs in a fork of a process. For a change in the body of a function, that
process has collected the tests, and the fork exchanges the code of the function object.
For other changes it has imported numpy, scikit-learn, pytest and so on, but not
fairlearnkit, which the fork imports with the change. Only tests that run the changed
statement are run, of those that take at most 2 s. Files of the checkout are not
changed. A run that was cut off goes on with ``--resume --known-times``.

What is stored for ``--again`` is below ``--work``; the result goes to ``--output``.
Survivors that are accepted are listed in benchmarks/mutants/accepted.txt with a reason.
"""

import argparse
import gc
import json
import os
import sys
from collections import Counter
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from itertools import takewhile
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp

from mutants import report
from mutants.areas import AREAS, ROOT
from mutants.base import measure
from mutants.exchange import exchange, live_functions
from mutants.forks import (
    EXIT_FAILED,
    EXIT_INTERRUPTED,
    EXIT_NOTHING,
    ChangedFinder,
    finish,
    import_libraries,
    run_pytest,
    start,
)
from mutants.plugins import Select, Serve, file_of, run_items, selected
from mutants.sources import mutants_of

MISFIT = 77  # exit status: the code of the mutant does not fit the function


@dataclass(frozen=True)
class Result:
    """What became of a mutant, and how many tests were to notice it."""

    mutant: object
    status: str
    n_tests: int


def drawn(area, seed, size, whole=False):
    """At most ``size`` mutants of an area in a random order; the number of all."""
    found = [mutant for path in area.source_files() for mutant in mutants_of(path)]
    found = [mutant for mutant in found if whole or mutant.owner]
    ranked = sorted(found, key=lambda mutant: mutant.rank(seed))
    return ranked[:size], len(found)


def run_forks(tasks, begin, jobs):
    """Yield (task, outcome) of each as it ends; ``begin`` starts a fork of a task."""
    waiting, running = list(reversed(tasks)), []
    while waiting or running:
        while waiting and len(running) < jobs:
            running.append(begin(waiting.pop()))
        run, outcome = finish(running)
        running.remove(run)
        yield run.task, outcome


def import_changed(base, mutant):
    """Run tests in a fork that imports the mutant."""
    tests = base.tests_of(mutant)
    files = sorted({file_of(name) for name in tests})
    finder = ChangedFinder(mutant.path, mutant.code())
    function = partial(
        run_pytest, files, partial(Select, tests), ["-x", "--tb=no"], finder
    )
    # Collection is no part of the seconds of the tests.
    return start(mutant, function, seconds=sum(tests.values()) + 3.0)


def run_changed(session, functions, base, mutant):
    """Run collected tests in a fork where the code of a function is exchanged."""
    tests = base.tests_of(mutant)
    items = selected(session.items, tests)

    def function():
        try:
            exchange(mutant, functions[mutant.path, *mutant.owner])
        except (KeyError, StopIteration, ValueError):
            return MISFIT  # run_mutants imports the module with the change instead
        return run_items(session, items)

    return start(mutant, function, seconds=sum(tests.values()))


def serve(mutants, base, jobs, log, session):
    """Run mutants in forks of a session of collected tests."""
    functions = live_functions()
    gc.freeze()  # so that forks do not copy pages to count references in them
    write(log, run_forks(mutants, partial(run_changed, session, functions, base), jobs))


def write(log, outcomes):
    """Append outcomes to a file, each as it comes."""
    with log.open("a") as file:
        for mutant, outcome in outcomes:
            print(json.dumps([mutant.key, outcome]), file=file, flush=True)


def read(log):
    """The last outcome of each mutant, by key: an exit status, or "timeout"."""
    lines = log.read_text().splitlines() if log.exists() else []
    return dict(map(json.loads, lines))


def run_collected(mutants, base, jobs, log):
    """Run mutants whose change is in the body of a function."""
    files = sorted({file_of(name) for name in base.seconds})
    plugin = partial(Serve, base.seconds, partial(serve, mutants, base, jobs, log))
    output = str(log.with_suffix(".log"))
    _, code = finish([start(None, partial(run_pytest, files, plugin), output=output)])
    if not {mutant.key for mutant in mutants} <= set(read(log)):
        raise SystemExit(f"The tests could not be run, status {code}: see {output}")


def run_mutants(mutants, base, jobs, log):
    """Run the tests of each mutant, and write the outcomes."""
    alone = [mutant for mutant in mutants if not base.tests_of(mutant)]
    write(log, [(mutant, EXIT_NOTHING) for mutant in alone])
    mutants = [mutant for mutant in mutants if mutant not in alone]
    inside = [mutant for mutant in mutants if mutant.owner]
    if inside:
        run_collected(inside, base, jobs, log)
    found = read(log)
    rest = [m for m in mutants if m not in inside or found[m.key] == MISFIT]
    write(log, run_forks(rest, partial(import_changed, base), jobs))


def status(outcome):
    """What an exit status says about a mutant; in doubt, that it survived."""
    if outcome == "timeout":
        return "timeout"
    failed = outcome in (EXIT_FAILED, EXIT_INTERRUPTED) or outcome < 0  # by a signal
    return "killed" if failed else "survived"


def run_area(area, options):
    """Results of an area, the number of its mutants, and the base that they ran on."""
    fresh = options.fresh and not options.report
    base = measure(area, options.work / f"{area.name}_base.json", fresh=fresh)
    mutants, n_mutants = drawn(area, options.seed, options.size, options.whole)
    log = options.work / f"{area.name}.jsonl"
    known = read(log) if options.again or options.resume or options.report else {}
    if options.again:
        known = {key: x for key, x in known.items() if status(x) != "survived"}
    if not known:
        log.unlink(missing_ok=True)
    if options.report:
        mutants = list(takewhile(lambda m: known.get(m.key, MISFIT) != MISFIT, mutants))
    todo = [mutant for mutant in mutants if known.get(mutant.key, MISFIT) == MISFIT]
    print(f"{area.name}: {len(todo)} mutants, {len(base.seconds)} tests", flush=True)
    if todo:
        run_mutants(todo, base, options.jobs, log)
    found = read(log)
    results = [Result(m, status(found[m.key]), len(base.tests_of(m))) for m in mutants]
    print(f"{area.name}: {Counter(result.status for result in results)}", flush=True)
    return results, n_mutants, base


def text_of(found, options):
    """The whole result."""
    reasons = report.read_reasons()
    size = "all" if options.size is None else f"at most {options.size}"
    python = ".".join(map(str, sys.version_info[:3]))
    yield f"Mutation testing: {size} mutants of each area, drawn by seed {options.seed}"
    yield f"mutmut {version('mutmut')}, pytest {version('pytest')}, Python {python}"
    yield ""
    yield report.HEADER
    for area, (results, n_mutants, base) in found.items():
        yield from report.area_lines(area, results, n_mutants, base)
    for area, (results, _, _) in found.items():
        yield ""
        yield f"Survivors of {area.name}"
        yield from report.survivor_lines(results, reasons)


def parse(arguments=None):
    """Options of the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    names = [area.name for area in AREAS]
    parser.add_argument("--areas", nargs="+", choices=names, default=names)
    parser.add_argument("--size", type=int, default=150, help="mutants of each area")
    parser.add_argument("--all", dest="size", action="store_const", const=None)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--work", type=Path, default=Path("mutation_work"))
    parser.add_argument("--output", type=Path, help="file of the result")
    parser.add_argument(
        "--known-times", dest="fresh", action="store_false", help="of the last run"
    )
    parser.add_argument("--again", action="store_true", help="only what survived")
    parser.add_argument(
        "--whole", action="store_true", help="top of modules and signatures as well"
    )
    parser.add_argument("--report", action="store_true", help="run none, report")
    parser.add_argument("--resume", action="store_true", help="only what is missing")
    return parser.parse_args(arguments)


def main():
    """Run the areas and write the result."""
    options = parse()
    options.work = options.work.resolve()
    options.work.mkdir(parents=True, exist_ok=True)
    output = options.output and options.output.resolve()
    os.chdir(ROOT)
    # Forks end without their clean-up, which would leave the folders of tests behind.
    os.environ["PYTEST_DEBUG_TEMPROOT"] = mkdtemp(dir=options.work)
    sys.path[:0] = [str(ROOT), str(ROOT / "tests")]
    if not options.report:
        import_libraries()
    found = {}
    for area in (area for area in AREAS if area.name in options.areas):
        found[area] = run_area(area, options)
        text = "\n".join(text_of(found, options))
        if output:  # after each area, since a run takes long
            output.write_text(f"{text}\n", "utf-8")
    print(text)
    rmtree(os.environ["PYTEST_DEBUG_TEMPROOT"])


if __name__ == "__main__":
    main()
