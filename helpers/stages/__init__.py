"""Stages: what a page reads and leaves, the sizes of a run, and the claims it makes."""
