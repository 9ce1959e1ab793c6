"""Data of the example pages: obtained, checked and split, one module a page."""
