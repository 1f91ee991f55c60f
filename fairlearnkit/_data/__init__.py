"""What a user hands in: groups, labels, tables, rows, targets; messages about them."""
