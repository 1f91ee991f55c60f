"""Cases that same_results.py computes on two versions of the library."""
