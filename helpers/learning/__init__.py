"""Baselines, networks, training and evaluation: what several pages train and measure with.

`training` has batches, checkpoints and the learning-rate schedule; `evaluation` decides what is
right, and has standard errors, tests and the rows of results; `short_texts` is for questions.
"""
