"""Plumbing of the studies: the scoreboard, scale, shrinking, few labels, differences in words."""
