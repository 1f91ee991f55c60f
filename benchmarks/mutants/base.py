"""The tests of an area on unchanged code: their times, and the lines that each runs."""

import json
from dataclasses import dataclass
from functools import partial

from .forks import EXIT_FAILED, EXIT_OK, finish, run_pytest, start
from .plugins import Record, file_of

# Tests above so many seconds are left out: each mutant that survives waits for them.
MOST_SECONDS = 2.0


@dataclass(frozen=True)
class Base:
    """Seconds of each test that is not left out, and tests by file and line."""

    seconds: dict
    slow: tuple
    lines: dict
    relatives: dict  # tests that share a fixture with a test

    def tests_of(self, mutant):
        """Seconds of the tests that may see a mutant, by name."""
        if mutant.reached is None:
            return self.seconds
        lines = self.lines.get(mutant.path, {})
        # What runs on import has the name "", and is seen in the tests that run it.
        names = {name for line in mutant.reached for name in lines.get(line, ())}
        names |= {other for name in names for other in self.relatives.get(name, ())}
        return {name: self.seconds[name] for name in names if name in self.seconds}


def measure(area, path, *, fresh=True):
    """Run all tests of an area that are not known to be slow, or read the last run."""
    slow = set(json.loads(path.read_text()).get("slow", ())) if path.exists() else set()
    if fresh or not path.exists():
        _record(area, path, slow)
    found = json.loads(path.read_text())
    failed = [
        name for name, outcome in found["outcomes"].items() if outcome == "failed"
    ]
    if failed:
        print(f"{area.name}: left out, because they fail without a change: {failed}")
    usable = {
        name: seconds
        for name, seconds in found["seconds"].items()
        if seconds <= MOST_SECONDS and name not in found["outcomes"]
    }
    lines = {
        file: {int(line): tests for line, tests in lines.items()}
        for file, lines in found["lines"].items()
    }
    return Base(usable, tuple(found.get("slow", ())), lines, relatives(found["shared"]))


def _record(area, path, slow):
    log = path.with_suffix(".log")
    record = partial(run_pytest, area.test_files(), partial(Record, path, slow))
    _, code = finish([start(None, record, output=str(log))])
    if code not in (EXIT_OK, EXIT_FAILED):
        raise SystemExit(f"Unchanged, tests of {area.name} end with {code}: see {log}")
    found = json.loads(path.read_text())
    new = {name for name, x in found["seconds"].items() if x > MOST_SECONDS}
    path.write_text(json.dumps({**found, "slow": sorted(slow | new)}))


def relatives(shared):
    """Tests of the same file that share a fixture, by test."""
    users = {}
    for name, fixtures in shared.items():
        for fixture in fixtures:
            users.setdefault((file_of(name), fixture), set()).add(name)
    found = {}
    for tests in users.values():
        for name in tests:
            found.setdefault(name, set()).update(tests)
    return found
