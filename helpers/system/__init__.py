"""Files written whole, and memory: what the operating system gives, in one way for all rooms.

Nothing here knows what a model is.
"""
