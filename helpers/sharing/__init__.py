"""Sharing: cards, versions on a hub, and their comparison.

`cards` writes a model card and `card_schema` checks it; `versions` publishes and rolls back;
`signing` signs a bundle with a key of one's own.
"""
