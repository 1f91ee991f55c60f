"""What pytest is told in a fork: which tests to run, and what to record of them."""

import json
from itertools import pairwise
from pathlib import Path
from time import process_time

import pytest
from coverage import Coverage
from hypothesis import Phase, settings

from .areas import ROOT

# Shrinking a counterexample takes many times as long as finding it.
PHASES = (Phase.explicit, Phase.generate)


class Select:
    """Run only some tests, the files and tests that take least time first."""

    def __init__(self, seconds):
        self.seconds = seconds

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection(self):
        """After conftest.py has loaded its profile, before tests are imported."""
        settings.register_profile("mutation", settings(), phases=PHASES)
        settings.load_profile("mutation")

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items):
        """Select and sort."""
        items[:] = selected(items, self.seconds)


class Serve(Select):
    """Collect tests, and hand the session to a function instead of running them."""

    def __init__(self, seconds, function):
        super().__init__(seconds)
        self.function = function

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session):
        """Take the place of the loop over tests."""
        self.function(session)
        return True


def selected(items, seconds):
    """The items that are keys of ``seconds``, quick files and quick tests first."""
    items = [item for item in items if item.nodeid in seconds]
    files = {}
    for item in items:
        file = file_of(item.nodeid)
        files[file] = files.get(file, 0.0) + seconds[item.nodeid]

    def order(item):
        file = file_of(item.nodeid)
        return files[file], file, seconds[item.nodeid]

    return sorted(items, key=order)


def run_items(session, items):
    """Run collected tests until one fails; whether none did, as an exit status."""
    for item, following in pairwise([*items, None]):
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        if session.testsfailed:
            return 1
    return 0


class Record:
    """Seconds of the processor, the lines that run and the fixtures of each test."""

    def __init__(self, path, left_out):
        self.path = Path(path)
        self.left_out = left_out
        self.coverage = Coverage(
            data_file=None, include=[f"{ROOT}/fairlearnkit/*"], config_file=False
        )
        self.seconds, self.outcomes, self.shared = {}, {}, {}
        self.coverage.start()

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items):
        """Leave out the tests that are known to be slow."""
        items[:] = [item for item in items if item.nodeid not in self.left_out]

    def pytest_collection_finish(self, session):
        """Note which fixtures tests share."""
        self.shared = {item.nodeid: shared_fixtures(item) for item in session.items}

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item):
        """Time a test, and attribute the lines that run to it."""
        self.coverage.switch_context(item.nodeid)
        start = process_time()
        result = yield
        self.seconds[item.nodeid] = process_time() - start
        return result

    def pytest_runtest_logreport(self, report):
        """Note what does not pass."""
        if not report.passed:
            self.outcomes[report.nodeid] = report.outcome

    def pytest_sessionfinish(self):
        """Write all of it to the file."""
        self.coverage.stop()
        data = self.coverage.get_data()
        lines = {
            str(Path(file).relative_to(ROOT)): data.contexts_by_lineno(file)
            for file in data.measured_files()
        }
        parts = ("seconds", "outcomes", "shared")
        self.path.write_text(
            json.dumps(
                {"lines": lines, **{name: getattr(self, name) for name in parts}}
            )
        )


def file_of(nodeid):
    """The file of a test."""
    return nodeid.partition("::")[0]


def shared_fixtures(item):
    """Names of its fixtures that are made once for several tests of its file.

    Lines that make them run within one test, and matter to all.
    """
    fixtures = getattr(item, "_fixtureinfo", None)
    if fixtures is None:
        return []
    return sorted(
        name
        for name, found in fixtures.name2fixturedefs.items()
        if found[-1].scope != "function" and found[-1].baseid.startswith("tests/")
    )
