"""Sharing: bundles with cards and checksums, versions on a hub, and their comparison."""
