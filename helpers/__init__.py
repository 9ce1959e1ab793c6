"""Plumbing for the notebooks: import a module by name, such as `from helpers import data`.

Importing this package is instant; each module imports the heavy libraries it needs itself.
"""
