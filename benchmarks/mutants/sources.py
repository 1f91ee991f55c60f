"""Mutants: the code with one change each, as mutmut's operators make them."""

import ast
from bisect import bisect_right
from collections import Counter
from dataclasses import dataclass
from hashlib import sha256
from itertools import accumulate

import libcst as cst
from libcst.metadata import MetadataWrapper, WhitespaceInclusivePositionProvider
from mutmut.mutation.file_mutation import MutationVisitor
from mutmut.mutation.mutators import mutation_operators
from mutmut.mutation.pragma_handling import IgnoredCode

from .areas import ROOT


@dataclass(frozen=True)
class Mutant:
    """One change of one module."""

    path: str
    function: str  # qualified name, or "" at the top of the module
    line: int
    before: str  # the lines that differ, without indentation
    after: str
    occurrence: int  # among mutants of the function with the same text
    span: tuple  # of the characters that are replaced
    text: str  # what replaces them
    reached: tuple | None  # lines whose tests see the change; None stands for all tests
    # Name and first line of the outermost function, if only its body is changed.
    owner: tuple | None

    @property
    def key(self):
        """What it is, whatever is edited elsewhere in the file."""
        place = f"{self.path}:{self.function}" if self.function else self.path
        again = f" #{self.occurrence + 1}" if self.occurrence else ""
        return f"{place}: {self.before} -> {self.after}{again}"

    def rank(self, seed):
        """A number drawn for it alone, so that edits elsewhere leave a sample as is."""
        return sha256(f"{seed} {self.key}".encode()).hexdigest()

    def code(self):
        """The whole module with the change."""
        code = (ROOT / self.path).read_text("utf-8")
        return code[: self.span[0]] + self.text + code[self.span[1] :]


class Visitor(MutationVisitor):
    """All mutations of a module, in decorated functions too; no trampoline is used."""

    def __init__(self):
        super().__init__(mutation_operators, IgnoredCode(set(), set(), set()))

    def _skip_node_and_children(self, node):
        if isinstance(node, cst.Decorator | cst.Import | cst.ImportFrom):
            return True
        if isinstance(node, cst.Assign):
            target = node.targets[0].target
            if isinstance(target, cst.Name) and target.value == "__all__":
                return True
        if isinstance(node, cst.FunctionDef):
            return False
        return super()._skip_node_and_children(node)


def changed_lines(code, start, end, text):
    """The lines that differ, joined: of the old code and of the new code."""
    first = code.rfind("\n", 0, start) + 1
    last = code.find("\n", end)
    last = len(code) if last < 0 else last
    old = code[first:last].splitlines()
    new = (code[first:start] + text + code[end:last]).splitlines()
    while old and new and old[0] == new[0]:
        old, new = old[1:], new[1:]
    while old and new and old[-1] == new[-1]:
        old, new = old[:-1], new[:-1]
    return tuple(" ".join(line.strip() for line in lines) for lines in (old, new))


class Places:
    """Where lines of a module are: their function, and the lines of their statement."""

    def __init__(self, code):
        self.functions, self.statements = [], []
        self._walk(ast.parse(code), "")

    def _walk(self, node, prefix):
        for child in ast.iter_child_nodes(node):
            name = prefix
            if isinstance(child, ast.FunctionDef | ast.ClassDef):
                name = f"{prefix}.{child.name}" if prefix else child.name
                self.functions.append((child, name))
            if isinstance(child, ast.stmt):
                self.statements.append(child)
            self._walk(child, name)

    def function(self, line):
        """Qualified name of the innermost function or class around a line, or ""."""
        around = [x for x in self.functions if _holds(x[0], line)]
        return min(around, key=lambda x: _length(x[0]), default=(None, ""))[1]

    def owner(self, line):
        """Name and first line of the outermost function whose body holds a line."""
        around = [x for x in self.functions if _holds(x[0], line)]
        around = [x for x in around if isinstance(x[0], ast.FunctionDef)]
        if not around:
            return None
        node, name = max(around, key=lambda x: _length(x[0]))
        first = min([node, *node.decorator_list], key=lambda x: x.lineno).lineno
        return (name, first) if line >= node.body[0].lineno else None

    def reached(self, line):
        """Lines that a test runs if the change at a line can matter to it.

        None if the line runs when the module is imported: then any test may see it.
        """
        functions = [
            node
            for node, _ in self.functions
            if isinstance(node, ast.FunctionDef) and _holds(node, line)
        ]
        if not functions:
            return None
        statement = min(
            (node for node in self.statements if _holds(node, line)), key=_length
        )
        body = getattr(statement, "body", None)
        if isinstance(statement, ast.FunctionDef):  # its signature: any call of it
            return tuple(range(body[0].lineno, statement.end_lineno + 1))
        last = statement.end_lineno
        if body and line < body[0].lineno:  # its header
            last = max(statement.lineno, body[0].lineno - 1)
        return tuple(range(statement.lineno, last + 1))


def _holds(node, line):
    return node.lineno <= line <= node.end_lineno


def _length(node):
    return node.end_lineno - node.lineno


def mutants_of(path):
    """All mutants of a module."""
    code = (ROOT / path).read_text("utf-8")
    wrapper = MetadataWrapper(cst.parse_module(code))
    visitor = Visitor()
    wrapper.visit(visitor)
    spans = wrapper.resolve(WhitespaceInclusivePositionProvider)
    starts = [0, *accumulate(map(len, code.splitlines(keepends=True)))]
    places, occurrences, known = Places(code), Counter(), set()
    for mutation in visitor.mutations:
        span = spans[mutation.original_node]
        start, end = (starts[p.line - 1] + p.column for p in (span.start, span.end))
        text = wrapper.module.code_for_node(mutation.mutated_node)
        if (start, end, text) in known:  # two operators made the same change
            continue
        known.add((start, end, text))
        # Whitespace before a node belongs to it: the line is that of its first word.
        skipped = len(code[start:end]) - len(code[start:end].lstrip())
        line = bisect_right(starts, start + skipped)
        name = places.function(line)
        lines = changed_lines(code, start, end, text)
        again = occurrences[name, lines]
        occurrences[name, lines] += 1
        reached = places.reached(line)
        owner = places.owner(line)
        yield Mutant(
            path, name, line, *lines, again, (start, end), text, reached, owner
        )
