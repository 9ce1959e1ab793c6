"""The tables of a feedback store."""

SCHEMA = """
CREATE TABLE setting (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
CREATE TABLE feedback (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    digest TEXT NOT NULL UNIQUE,  -- of all that was said: a second one is an exact repeat
    text TEXT NOT NULL, text_digest TEXT NOT NULL, answer TEXT, label TEXT NOT NULL,
    comment TEXT NOT NULL, version TEXT NOT NULL, source TEXT NOT NULL,
    times INTEGER NOT NULL, first_seen TEXT NOT NULL, last_seen TEXT NOT NULL
) STRICT;
CREATE INDEX feedback_of_text ON feedback (text_digest);
CREATE TABLE reference (name TEXT PRIMARY KEY, feedback INTEGER NOT NULL) STRICT;
CREATE TABLE decision (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    text TEXT NOT NULL, label TEXT, time TEXT NOT NULL  -- no label: looked at and skipped
) STRICT;
"""
