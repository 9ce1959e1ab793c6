"""Plumbing for the notebooks: import a module from its room: `from helpers.show import plots`.

Importing this package is instant; each module imports the heavy libraries it needs itself.
"""

# The rooms in order: a module imports from its own room and from earlier ones, never from a later.
ROOMS = (
    "predictor",
    "system",
    "web",
    "stages",
    "show",
    "data",
    "text",
    "learning",
    "writer",
    "bundle",
    "sharing",
    "feedback",
    "hub",
    "serving",
    "browser",
    "studies",
    "examples",
    "runner",
)
