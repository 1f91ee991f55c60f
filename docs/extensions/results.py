"""Numbers in the stored results of the benchmarks, docs/*_results.txt."""

import re

NUMBER = r"[-+]?[\d.]+(?:e[-+]?\d+)?"
RATIO = re.compile(
    rf"(\s*\S.*?)\s{{2,}}({NUMBER})\s+({NUMBER})(?:\s+{NUMBER})*\s+(met|MISSED)"
)
BLOCK = re.compile(r"(\S.*), (\w+), \d+ splits")
BOUND = re.compile(r"at most \S+|equal rates")
METHOD = re.compile(rf"  (\S.*?)\s{{2,}}({NUMBER})\s+({NUMBER})\s+({NUMBER})")
SECONDS = re.compile(r"([\d.]+) s")
LARGE = re.compile(
    rf"(\S.*?), [\d,]+ x [\d,]+, ({NUMBER}) million\s+({NUMBER})(?:\s+{NUMBER})+"
)
CHOICE = re.compile(r"(\w+), (\w+), (column \w+ \w+), \d+ splits")
CANDIDATE = re.compile(
    rf"(\S.*?)\s{{2,}}({NUMBER})\s+{NUMBER}\s+({NUMBER})\s+\d+\s+{NUMBER}"
)
SPEED = re.compile(
    rf"  (\w+ groups): time.*?\s({NUMBER})\s+{NUMBER}\s+\w+\n"
    rf".*memory.*?\s({NUMBER})\s+{NUMBER}\s+\w+\n\s+({NUMBER}) s, "
)


def ratios(text):
    """Rows (label, measured, at most) of a table with a last column "met"."""
    found = map(RATIO.fullmatch, text.splitlines())
    return [(m[1], float(m[2]), float(m[3])) for m in found if m]


def decisions(text):
    """Methods of each block: {block: [(bound, method, gap, accuracy, seconds)]}."""
    blocks, bound, rows = {}, "no bound", None
    for line in text.splitlines():
        if match := BLOCK.fullmatch(line):
            rows = blocks.setdefault(f"{match[1]},\n{match[2].replace('_', ' ')}", [])
            bound = "no bound"
        elif BOUND.fullmatch(line):
            bound = line
        elif match := METHOD.fullmatch(line):
            rows.append((bound, match[1], *map(float, match.groups()[1:])))
    return blocks


def by_groups(text):
    """Seconds by number of groups: ([10, 100, ...], {label: [seconds]})."""
    first, *lines = text.split("\n\n")[0].splitlines()
    counts = [int(n.replace(",", "")) for n in first.split(":")[1].split()]
    seconds = {line[:38].rstrip(): SECONDS.findall(line) for line in lines}
    return counts, {name: [*map(float, row)] for name, row in seconds.items()}


def by_size(text):
    """Seconds by millions of entries: {loss: [(millions, seconds)]}."""
    found = {}
    for match in filter(None, map(LARGE.fullmatch, text.splitlines())):
        found.setdefault(match[1], []).append((float(match[2]), float(match[3])))
    return found


def kernels(text):
    """Rows (model, rows, rank or None, accuracy, seconds) of the table of kernels."""
    found = []
    for line in text.splitlines()[1:]:
        name, rest = line[:28].strip(), line[28:].replace(",", "").split()
        rank = int(rest[1]) if len(rest) == 6 else None
        found.append((name, int(rest[0]), rank, float(rest[-4]), float(rest[-2])))
    return found


def choice(text):
    """Methods of each block: {(data, constraint, column): {method: (gap, accuracy)}}.

    Numbers stay text: a sign shows which group is ahead.
    """
    blocks, rows = {}, None
    for line in text.splitlines():
        if match := CHOICE.fullmatch(line):
            rows = blocks.setdefault(match.groups(), {})
        elif match := CANDIDATE.fullmatch(line):
            rows[match[1]] = match.groups()[1:]
    return blocks


def speed(text):
    """Rows (groups, ratio of times, ratio of memory, seconds) for a million rows."""
    return SPEED.findall(text)


def bounds(text):
    """Rows (constraint and groups, rows, max_gap, coverage, gap_, true gap, bound)."""
    lines = [re.split(r"\s{2,}", line) for line in text.splitlines()]
    return [line for line in lines if len(line) == 7]


def columns(text):
    """Header and rows of the table of kernel models, with "" where there is no rank."""
    header, *lines = text.splitlines()
    rows = [re.split(r"\s{2,}", line) for line in lines]
    return header.split(), [r if len(r) == 7 else [*r[:2], "", *r[2:]] for r in rows]
