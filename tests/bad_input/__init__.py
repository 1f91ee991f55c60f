"""A table of bad input, and every public object that it is given to.

`table` has the inputs, `subjects` finds the objects and calls them, `oracles` knows
right answers, and `cells` gives one input to one object and says whether what came out
is right.
"""
