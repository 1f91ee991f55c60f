"""Type stubs of the public modules, written from their docstrings.

    python benchmarks/stubs.py          write fairlearnkit/**/*.pyi
    python benchmarks/stubs.py --check  say which files are out of date

Types stand in one place, the docstrings, which numpydoc validates and readers see. The
stubs repeat them for mypy and pyright: numbers, strings, names of options and arrays.
Whatever else a docstring says, such as "array-like" or "estimator", is Any.
`tests/test_stubs.py` compares the files with what this script writes.
"""

import ast
import builtins
import inspect
import re
import sys
import textwrap
from pathlib import Path

from numpydoc.docscrape import NumpyDocString

import fairlearnkit
from fairlearnkit.utils.discovery import public_modules

HEADER = '''\
"""Written by benchmarks/stubs.py from the docstrings; not to be edited."""

from collections.abc import Callable
from typing import Any, Literal, Self, TypeAlias

import numpy as np
from numpy.typing import NDArray
IMPORTS
_Int: TypeAlias = int | np.integer[Any]
_Float: TypeAlias = float | np.floating[Any] | np.integer[Any]
'''
# What a parameter takes and what an attribute or a result is, by the word that
# docstrings use for it.
TAKEN = {
    "int": "_Int",
    "float": "_Float",
    "bool": "bool | np.bool_",
    "str": "str",
    "None": "None",
    "callable": "Callable[..., Any]",
}
GIVEN = {
    "int": "int",
    "float": "float",
    "bool": "bool",
    "str": "str",
    "None": "None",
    "ndarray": "NDArray[Any]",
    "list of str": "list[str]",
}
# Where " or " and ", " separate types: not inside of brackets.
SEPARATOR = re.compile(r"(?:, or |, | or )(?![^({]*[)}])")
SHAPE = re.compile(r" of shape .*|, default=.*|, optional")


def type_of(text, words):
    """The type that a docstring states.

    Parameters
    ----------
    text : str
        Such as ``"float, default=0.0"`` or ``'{"a", "b"} or None'``.
    words : dict
        `TAKEN` or `GIVEN`.

    Returns
    -------
    type : str
        "Any" if a part of the text is not known.
    """
    options = [SHAPE.sub("", part) for part in SEPARATOR.split(SHAPE.sub("", text))]
    found = [words.get(part) or _literal(part) for part in options]
    if text.endswith("default=None"):
        found.append("None")
    return " | ".join(dict.fromkeys(found)) if all(found) else "Any"


def _literal(part):
    """A Literal for a set of options, as ``{"a", "b"}``, or None."""
    if not re.fullmatch(r"\{.*\}", part):
        return None
    try:
        values = [ast.literal_eval(v) for v in part[1:-1].split(", ")]
    except (SyntaxError, ValueError):  # no literals: an array or a matrix of two kinds
        return None
    return f"Literal[{', '.join(map(repr, values))}]".replace("'", '"')


def documented(docstring, section, words):
    """Types by name, of one section of a docstring."""
    parts = NumpyDocString(inspect.cleandoc(docstring or ""))[section]
    return {
        name.strip(): type_of(part.type, words)
        for part in parts
        for name in part.name.split(",")
    }


def signature_of(name, function, docstring):
    """The line of a function or method, with the types of its docstring."""
    types = documented(docstring, "Parameters", TAKEN)
    signature, shown, star = inspect.signature(function), [], False
    for parameter in signature.parameters.values():
        bare, text = parameter.name, parameter.name
        if parameter.kind is parameter.VAR_POSITIONAL:
            text, star = f"*{bare}", True
        elif parameter.kind is parameter.VAR_KEYWORD:
            text = f"**{bare}"
        elif parameter.kind is parameter.KEYWORD_ONLY and not star:
            shown.append("*")
            star = True
        if bare not in ("self", "cls"):
            text += f": {types.get(bare, 'Any')}"
            text += "" if parameter.default is parameter.empty else " = ..."
        shown.append(text)
    returned = "None" if name == "__init__" else result_of(docstring, function)
    return f"def {name}({', '.join(shown)}) -> {returned}: ..."


def result_of(docstring, function):
    """The type of what a function returns; None only if its code returns nothing."""
    parts = NumpyDocString(inspect.cleandoc(docstring or ""))["Returns"]
    if not parts:
        tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
        values = [n.value for n in ast.walk(tree) if isinstance(n, ast.Return)]
        return "Any" if any(values) else "None"
    types = [
        "Self" if part.name == "self" else type_of(part.type or part.name, GIVEN)
        for part in parts
    ]
    return types[0] if len(types) == 1 else f"tuple[{', '.join(types)}]"


def class_lines(cls, module):
    """The stub of a class: what it defines itself, without its private bases."""
    bases = ", ".join(base_names(cls, module))
    yield f"class {cls.__name__}({bases}):" if bases else f"class {cls.__name__}:"
    attributes = documented(cls.__doc__, "Attributes", GIVEN)
    parameters = documented(cls.__doc__, "Parameters", TAKEN)
    for name, text in {**parameters, **attributes}.items():
        if name.isidentifier():
            yield f"    {name}: {text}"
    if "__init__" in own_names(cls):
        init = signature_of("__init__", cls.__init__, cls.__doc__)
        yield f"    {init}"
    for name in sorted(own_names(cls)):
        value = getattr(cls, name, None)
        if name[0] == "_" or not inspect.isroutine(value):
            continue
        static = inspect.getattr_static(cls, name)
        for kind in (classmethod, staticmethod):
            if isinstance(static, kind):
                yield f"    @{kind.__name__}"
        function = getattr(value, "__func__", value)
        function = value if isinstance(static, staticmethod) else function
        yield f"    {signature_of(name, function, value.__doc__)}"


def own_names(cls):
    """Names of the class and of its bases in this library."""
    own = [c for c in cls.__mro__ if c.__module__.startswith("fairlearnkit")]
    return {name for c in own for name in vars(c)}


def base_names(cls, module):
    """Public bases, without those that others include."""
    names = {base: public_name(base, module) for base in cls.__mro__[1:]}
    bases = [base for base, name in names.items() if name]
    return [
        names[base]
        for base in bases
        if not any(base is not b and issubclass(b, base) for b in bases)
    ]


def public_name(base, module):
    """The name of a class in a stub; None for `object` and for a private class."""
    if getattr(module, base.__name__, None) is base and base.__name__ in module.__all__:
        return base.__name__
    if base is not object and getattr(builtins, base.__name__, None) is base:
        return base.__name__
    home = base.__module__.split("._")[0]
    is_public = getattr(sys.modules.get(home), base.__name__, None) is base
    is_public &= home.startswith("sklearn") and base.__name__[0] != "_"
    return f"{home}.{base.__name__}" if is_public else None


def stub_of(module):
    """The text of the stub of a public module."""
    body = []
    for name in module.__all__:
        value = getattr(module, name)
        if inspect.isclass(value):
            lines = [*class_lines(value, module)]
            body.append("\n".join([*lines, *(["    ..."] if len(lines) == 1 else [])]))
        elif inspect.isroutine(value):
            line = signature_of(name, value, value.__doc__)
            body.append(line)
        elif inspect.ismodule(value):
            body.append(f"from {module.__name__} import {name} as {name}")
        else:
            body.append(f"{name}: {type(value).__name__}")
    text = "\n\n".join(body)
    roots = sorted(set(re.findall(r"(sklearn(?:\.[a-z_]+)+)\.[A-Z]", text)))
    imports = "".join(f"import {root}\n" for root in roots)
    names = "".join(f'    "{name}",\n' for name in module.__all__)
    return f"{HEADER.replace('IMPORTS', imports)}\n__all__ = [\n{names}]\n\n{text}\n"


def stubs():
    """Texts of all stubs by the path of the file."""
    return {Path(m.__file__).with_suffix(".pyi"): stub_of(m) for m in public_modules()}


def main():
    """Write or check the files; 1 if some are out of date and were not written."""
    root = Path(fairlearnkit.__file__).parents[1]
    stale = []
    for path, text in stubs().items():
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            stale.append(str(path.relative_to(root)))
            if "--check" not in sys.argv[1:]:
                path.write_text(text, encoding="utf-8")
    print("\n".join(stale) or "All stubs are up to date.")
    return int(bool(stale) and "--check" in sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
