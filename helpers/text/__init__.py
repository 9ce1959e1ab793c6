"""Text into numbers, and text disturbed on purpose."""
