"""Counted cells, and the rates and gaps that follow from them."""
