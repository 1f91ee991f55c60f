"""What `certificates.py` is made of: problems, models, and an optimum of its own."""
