"""All inputs: of one argument, of all of them together, and of tables of searches."""

from .inputs import INPUTS as OF_ONE
from .rows import NUMBERS_OF_ROWS, OTHER_INDEX, SAME_INDEX
from .searches import SEARCHES
from .texts import INPUTS as TEXTS

INPUTS = [*OF_ONE, *TEXTS, *SEARCHES, *NUMBERS_OF_ROWS, *SAME_INDEX, *OTHER_INDEX]
