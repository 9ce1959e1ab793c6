"""Plumbing for the notebooks: import a module from its room: `from helpers.show import plots`.

Importing this package is instant; each module imports the heavy libraries it needs itself.
"""
