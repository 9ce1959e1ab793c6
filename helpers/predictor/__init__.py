"""Answering with a shared model: fetch it, verify it, run it.

All that a stranger installs; it needs nothing else of this project.
"""
