"""Baselines, networks, training and evaluation: what several pages train and measure with."""
