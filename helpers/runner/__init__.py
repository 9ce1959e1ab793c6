"""The runner: executes the pages, skips what is up to date, reports, and publishes outputs."""
