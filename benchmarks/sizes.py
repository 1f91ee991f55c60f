"""How large files, functions and argument lists are, and how much is commented.

    python benchmarks/sizes.py [folder]     # default: this checkout

A line counts as code if a token of the program is on it: docstrings, comments and blank
lines do not count. A function has the lines from its ``def`` to its last statement,
those of functions inside it included; ``self`` and ``cls`` are no arguments. The same
numbers are held to their limits by tests/test_house.py.
"""

import ast
import sys
import tokenize
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parents[1]
FUNCTION_LIMIT, FUNCTION_TAIL, ARGUMENT_LIMIT = 40, 25, 10
NO_CODE = {
    tokenize.COMMENT,
    tokenize.NL,
    tokenize.NEWLINE,
    tokenize.INDENT,
    tokenize.DEDENT,
    tokenize.ENDMARKER,
    tokenize.ENCODING,
}


@dataclass(frozen=True)
class Function:
    """One function or method: where it is, and its size."""

    path: str
    name: str
    n_lines: int
    n_arguments: int
    is_public: bool

    def __str__(self):
        return f"{self.path}:{self.name}"


@dataclass(frozen=True)
class File:
    """One module: its lines of code, comments and functions."""

    path: str
    n_lines: int
    n_comments: int
    functions: tuple

    @property
    def package(self):
        """The folder that holds it, or the file itself at the top."""
        return self.path.partition("/")[0]


def docstring_lines(tree):
    """Numbers of the lines that hold docstrings, or other strings by themselves."""
    return {
        number
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        if isinstance(node.value.value, str)
        for number in range(node.lineno, node.end_lineno + 1)
    }


def functions_of(node, prefix="", public=frozenset(), is_public=False):
    """Yield (qualified name, node, is public) of all functions below a node."""
    for child in ast.iter_child_nodes(node):
        name = getattr(child, "name", "")
        if not isinstance(child, ast.FunctionDef | ast.ClassDef):
            yield from functions_of(child, prefix, public, is_public)
            continue
        known = is_public if prefix else name in public
        known &= not name.startswith("_")
        if isinstance(child, ast.FunctionDef):
            yield prefix + name, child, known
        yield from functions_of(child, f"{prefix}{name}.", public, known)


def count_arguments(node):
    """Number of arguments of a function, with *args and **kwargs, without self."""
    args = node.args
    listed = [*args.posonlyargs, *args.args, *args.kwonlyargs, args.vararg, args.kwarg]
    return sum(a is not None and a.arg not in ("self", "cls") for a in listed)


def strings_in(node):
    """All string constants below a node."""
    constants = (c.value for c in ast.walk(node) if isinstance(c, ast.Constant))
    return (value for value in constants if isinstance(value, str))


def exported(folder):
    """Names in the ``__all__`` of the public modules below a folder."""
    for path in folder.rglob("*.py"):
        parts = path.relative_to(folder).parts
        if any(part.startswith("_") and part != "__init__.py" for part in parts):
            continue
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            targets = node.targets if isinstance(node, ast.Assign) else []
            if any(isinstance(t, ast.Name) and t.id == "__all__" for t in targets):
                yield from strings_in(node.value)


def read_file(path, folder, public):
    """Sizes of one file."""
    with tokenize.open(path) as file:
        text = file.read()
    tree = ast.parse(text)
    tokens = [*tokenize.generate_tokens(iter(text.splitlines(True)).__next__)]
    code = {
        number
        for token in tokens
        if token.type not in NO_CODE
        for number in range(token.start[0], token.end[0] + 1)
    } - docstring_lines(tree)
    where = path.relative_to(folder).as_posix()
    functions = tuple(
        Function(
            where,
            name,
            sum(node.lineno <= number <= node.end_lineno for number in code),
            count_arguments(node),
            known,
        )
        for name, node, known in functions_of(tree, public=public)
    )
    comments = sum(
        token.type == tokenize.COMMENT and "noqa" not in token.string
        for token in tokens
    )
    return File(where, len(code), comments, functions)


def read_folder(folder):
    """Sizes of all files below a folder that hold code, by path."""
    public = frozenset(exported(folder))
    files = [read_file(path, folder, public) for path in sorted(folder.rglob("*.py"))]
    return [file for file in files if file.n_lines]


def quantile(sizes, share):
    """The smallest of the sizes that a share of them does not exceed."""
    return sorted(sizes)[ceil(share * len(sizes)) - 1]


def crowded(functions):
    """Functions of too many arguments; __init__ and the public API are left out."""
    return [
        function
        for function in functions
        if function.n_arguments > ARGUMENT_LIMIT
        and not function.name.endswith("__init__")
        and not function.is_public
    ]


def lines_of(title, sizes, largest):
    """Median, 95th percentile and maximum of some sizes, as a line of the table."""
    middle, high = median(sizes), quantile(sizes, 0.95)
    return (
        f"{title:<10} {len(sizes):>6} {middle:>7g} {high:>5} {max(sizes):>5} {largest}"
    )


def print_sizes(files, functions):
    """The summary, and each function above the limits."""
    print(f"{'code lines':<10} {'number':>6} {'median':>7} {'95 %':>5} {'max':>5}")
    largest = max(files, key=lambda file: file.n_lines)
    print(lines_of("files", [file.n_lines for file in files], largest.path))
    print(lines_of("functions", [f.n_lines for f in functions], functions[0]))
    for limit in (FUNCTION_LIMIT, FUNCTION_TAIL):
        n_above = sum(f.n_lines > limit for f in functions)
        print(f"functions above {limit} code lines: {n_above}")
    for function in functions:
        if function.n_lines > FUNCTION_TAIL:
            print(f"  {function.n_lines:>4} {function}")
    above = sorted(crowded(functions), key=lambda f: -f.n_arguments)
    print(f"private functions of more than {ARGUMENT_LIMIT} arguments: {len(above)}")
    for function in above:
        print(f"  {function.n_arguments:>4} {function}")


def print_comments(files):
    """Comments in 100 code lines, of each sub-package."""
    print(f"{'comments':<20} {'code':>6} {'in 100 lines':>12}")
    for package in [*sorted({file.package for file in files}), "all"]:
        inside = [file for file in files if package in (file.package, "all")]
        code = sum(file.n_lines for file in inside)
        comments = sum(file.n_comments for file in inside)
        print(f"{package:<20} {code:>6} {100 * comments / code:>12.1f}")


def main():
    """Read the folder named on the command line."""
    folder = Path(sys.argv[1]).resolve() if sys.argv[1:] else ROOT
    package = folder / "fairlearnkit"
    files = read_folder(package if package.is_dir() else folder)
    functions = [function for file in files for function in file.functions]
    print_sizes(files, sorted(functions, key=lambda f: -f.n_lines))
    print_comments(files)


if __name__ == "__main__":
    main()
