"""Change a function of an imported module, wherever else it has been imported to.

The code of the function object is exchanged. Every name for the function, decorated or
not, refers to that object, so that nothing has to be imported again.
"""

import gc
from pathlib import Path
from types import CodeType, FunctionType

from .areas import ROOT


def live_functions():
    """Functions of the library, by (path, qualified name, first line)."""
    found = {}
    for item in gc.get_objects():
        if type(item) is FunctionType:  # isinstance asks objects that warn
            code = item.__code__
            path = Path(code.co_filename)
            if path.is_relative_to(ROOT / "fairlearnkit"):
                key = str(path.relative_to(ROOT)), code.co_qualname, code.co_firstlineno
                found.setdefault(key, []).append(item)
    return found


def exchange(mutant, functions):
    """Give functions the code of a mutant; raises ValueError if it does not fit them.

    It does not fit if the function no longer refers to names around it, such as the
    class that ``super()`` needs.
    """
    module = compile(mutant.code(), str(ROOT / mutant.path), "exec", dont_inherit=True)
    name, first = mutant.owner
    new = next(
        code
        for code in codes_in(module)
        if (code.co_qualname, code.co_firstlineno) == (name, first)
    )
    for function in functions:
        function.__code__ = new


def codes_in(code):
    """A code object and all those inside it."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from codes_in(constant)
