"""What people say and do about models: discussions, comments, likes, downloads. Kept in SQLite.

Every call opens its own connection, so that any thread may call, and every change is one
transaction. Repositories are known by their `uid`, which outlives a change of name.
"""

import secrets
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from helpers.hub.errors import HubError

SCHEMA = """
CREATE TABLE IF NOT EXISTS users (name TEXT PRIMARY KEY, created_at REAL NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS repos (
    uid TEXT PRIMARY KEY,
    downloads INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE IF NOT EXISTS likes (
    uid TEXT NOT NULL REFERENCES repos ON DELETE CASCADE,
    user TEXT NOT NULL REFERENCES users,
    created_at REAL NOT NULL,
    PRIMARY KEY (uid, user)
) STRICT;
CREATE TABLE IF NOT EXISTS discussions (
    id INTEGER PRIMARY KEY,
    uid TEXT NOT NULL REFERENCES repos ON DELETE CASCADE,
    num INTEGER NOT NULL,
    title TEXT NOT NULL,
    status TEXT NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'closed')),
    author TEXT NOT NULL REFERENCES users,
    created_at REAL NOT NULL,
    UNIQUE (uid, num)
) STRICT;
CREATE TABLE IF NOT EXISTS events (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    discussion INTEGER NOT NULL REFERENCES discussions ON DELETE CASCADE,
    kind TEXT NOT NULL CHECK (kind IN ('comment', 'status-change', 'title-change')),
    author TEXT NOT NULL REFERENCES users,
    created_at REAL NOT NULL,
    body TEXT NOT NULL,  -- a comment, a new status or a new title
    previous TEXT,  -- the old title
    edited_at REAL,
    hidden INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX IF NOT EXISTS events_of ON events (discussion, seq);
CREATE TABLE IF NOT EXISTS edits (
    event TEXT NOT NULL REFERENCES events (id) ON DELETE CASCADE,
    body TEXT NOT NULL,  -- as it was before
    created_at REAL NOT NULL
) STRICT;
"""

Row = dict[str, Any]


class Community:
    """The database of one hub."""

    def __init__(self, path: Path, user: str):
        """Open or make the database; `user` is who holds the token, a checked name."""
        self.path, self.user = path, user
        with self._connect() as db:
            db.executescript("PRAGMA journal_mode=WAL;" + SCHEMA)
            now = time.time()
            db.execute("INSERT OR IGNORE INTO users VALUES (?, ?)", (user, now))

    @contextmanager
    def _connect(self, write: bool = False) -> Iterator[sqlite3.Connection]:
        db = sqlite3.connect(self.path, timeout=20, isolation_level=None)
        try:
            db.row_factory = sqlite3.Row
            db.execute("PRAGMA foreign_keys=ON")
            if write:
                db.execute("BEGIN IMMEDIATE")
            yield db
            if write:
                db.execute("COMMIT")
        finally:
            db.close()  # what was not committed is rolled back

    def _rows(self, sql: str, *values: object) -> list[Row]:
        with self._connect() as db:
            return [dict(row) for row in db.execute(sql, values)]

    # Models: what is counted

    def facts(self, uid: str) -> Row:
        """Return {"downloads", "likes"} of a model."""
        rows = self._rows(
            "SELECT downloads, (SELECT COUNT(*) FROM likes WHERE uid = r.uid) AS likes "
            "FROM repos AS r WHERE uid = ?",
            uid,
        )
        return rows[0] if rows else {"downloads": 0, "likes": 0}

    def old_flags(self) -> dict[str, bool] | None:
        """Return which models were private when this database still said so, else None.

        Call `drop_old_flags` when each stands in its model's own file.
        """
        if "private" not in {row["name"] for row in self._rows("PRAGMA table_info(repos)")}:
            return None
        rows = self._rows("SELECT uid, private FROM repos")
        return {row["uid"]: bool(row["private"]) for row in rows}

    def drop_old_flags(self) -> None:
        """Forget who was private: from now on only the models' own files say so."""
        with self._connect(write=True) as db:
            db.execute("ALTER TABLE repos DROP COLUMN private")

    def count_download(self, uid: str) -> None:
        """Count one file that was fetched."""
        with self._connect(write=True) as db:
            _know(db, uid)
            db.execute("UPDATE repos SET downloads = downloads + 1 WHERE uid = ?", (uid,))

    def forget(self, uid: str) -> None:
        """Remove everything about a model that was deleted."""
        with self._connect(write=True) as db:
            db.execute("DELETE FROM repos WHERE uid = ?", (uid,))

    # Likes

    def like(self, uid: str) -> None:
        """Like a model; a second time changes nothing."""
        with self._connect(write=True) as db:
            _know(db, uid)
            now = time.time()
            db.execute("INSERT OR IGNORE INTO likes VALUES (?, ?, ?)", (uid, self.user, now))

    def unlike(self, uid: str) -> None:
        """Take a like back."""
        with self._connect(write=True) as db:
            db.execute("DELETE FROM likes WHERE uid = ? AND user = ?", (uid, self.user))

    def likers(self, uid: str) -> list[str]:
        """Return who likes a model."""
        likes = self._rows("SELECT user FROM likes WHERE uid = ? ORDER BY created_at", uid)
        return [row["user"] for row in likes]

    def liked(self, user: str) -> list[Row]:
        """Return {"uid", "created_at"} of the models a user likes, newest first."""
        sql = "SELECT uid, created_at FROM likes WHERE user = ? ORDER BY created_at DESC"
        return self._rows(sql, user)

    # Discussions

    def open_discussion(self, uid: str, title: str, description: str) -> int:
        """Start a discussion with its first comment; return its number."""
        with self._connect(write=True) as db:
            _know(db, uid)
            sql = "SELECT COALESCE(MAX(num), 0) + 1 FROM discussions WHERE uid = ?"
            num, now = db.execute(sql, (uid,)).fetchone()[0], time.time()
            (discussion,) = db.execute(
                "INSERT INTO discussions (uid, num, title, author, created_at) "
                "VALUES (?, ?, ?, ?, ?) RETURNING id",
                (uid, num, title, self.user, now),
            ).fetchone()
            self._add_event(db, discussion, "comment", description)
            return num

    def discussions(
        self, uid: str, status: str | None = None, author: str | None = None
    ) -> list[Row]:
        """Return the discussions of a model, newest first, each with its number of comments."""
        return self._rows(
            "SELECT d.*, (SELECT COUNT(*) FROM events WHERE discussion = d.id "
            "AND kind = 'comment') AS comments FROM discussions AS d WHERE uid = ? "
            "AND (?2 IS NULL OR status = ?2) AND (?3 IS NULL OR author = ?3) ORDER BY num DESC",
            uid,
            status,
            author,
        )

    def discussion(self, uid: str, num: int) -> Row:
        """Return one discussion. Raises HubError (404)."""
        rows = self._rows("SELECT * FROM discussions WHERE uid = ? AND num = ?", uid, num)
        if not rows:
            raise HubError(404, f"There is no discussion {num}.")
        return rows[0]

    def events(self, discussion: int) -> list[Row]:
        """Return the events of a discussion by its `id`, each comment with its "edits"."""
        events = self._rows("SELECT * FROM events WHERE discussion = ? ORDER BY seq", discussion)
        edits = self._rows(
            "SELECT edits.* FROM edits JOIN events ON events.id = edits.event "
            "WHERE discussion = ? ORDER BY edits.rowid",
            discussion,
        )
        for event in events:
            event["edits"] = [edit for edit in edits if edit["event"] == event["id"]]
        return events

    def comment(self, uid: str, num: int, text: str) -> Row:
        """Add a comment and return its event."""
        return self._change(uid, num, lambda db, d: self._add_event(db, d["id"], "comment", text))

    def rename(self, uid: str, num: int, title: str) -> Row:
        """Give a discussion another title and return the event."""

        def change(db: sqlite3.Connection, discussion: Row) -> str:
            db.execute("UPDATE discussions SET title = ? WHERE id = ?", (title, discussion["id"]))
            return self._add_event(db, discussion["id"], "title-change", title, discussion["title"])

        return self._change(uid, num, change)

    def set_status(self, uid: str, num: int, status: str, comment: str = "") -> Row:
        """Open or close a discussion, with a comment if there is one; return the event."""

        def change(db: sqlite3.Connection, discussion: Row) -> str:
            if comment:
                self._add_event(db, discussion["id"], "comment", comment)
            db.execute("UPDATE discussions SET status = ? WHERE id = ?", (status, discussion["id"]))
            return self._add_event(db, discussion["id"], "status-change", status)

        return self._change(uid, num, change)

    def edit(self, uid: str, num: int, event: str, text: str) -> Row:
        """Replace a comment's text, keeping the old one in its history; return the event."""

        def change(db: sqlite3.Connection, discussion: Row) -> str:
            old, now = _open_comment(db, discussion, event), time.time()
            db.execute("INSERT INTO edits VALUES (?, ?, ?)", (event, old["body"], now))
            db.execute("UPDATE events SET body = ?, edited_at = ? WHERE id = ?", (text, now, event))
            return event

        return self._change(uid, num, change)

    def hide(self, uid: str, num: int, event: str) -> Row:
        """Hide a comment for good: its text and its history are erased. Return the event."""

        def change(db: sqlite3.Connection, discussion: Row) -> str:
            _open_comment(db, discussion, event)
            db.execute("DELETE FROM edits WHERE event = ?", (event,))
            db.execute("UPDATE events SET body = '', hidden = 1 WHERE id = ?", (event,))
            return event

        return self._change(uid, num, change)

    def _change(self, uid: str, num: int, change: Callable[[sqlite3.Connection, Row], str]) -> Row:
        with self._connect(write=True) as db:
            sql = "SELECT * FROM discussions WHERE uid = ? AND num = ?"
            discussion = db.execute(sql, (uid, num)).fetchone()
            if discussion is None:
                raise HubError(404, f"There is no discussion {num}.")
            event = change(db, dict(discussion))
        return next(row for row in self.events(discussion["id"]) if row["id"] == event)

    def _add_event(
        self, db: sqlite3.Connection, discussion: int, kind: str, body: str, old: str | None = None
    ) -> str:
        event = secrets.token_hex(12)
        db.execute(
            "INSERT INTO events (id, discussion, kind, author, created_at, body, previous) "
            "VALUES (?, ?, ?, ?, ?, ?, ?)",
            (event, discussion, kind, self.user, time.time(), body, old),
        )
        return event


def _know(db: sqlite3.Connection, uid: str) -> None:
    db.execute("INSERT OR IGNORE INTO repos (uid) VALUES (?)", (uid,))


def _open_comment(db: sqlite3.Connection, discussion: Row, event: str) -> Row:
    sql = "SELECT * FROM events WHERE id = ? AND discussion = ? AND kind = 'comment'"
    comment = db.execute(sql, (event, discussion["id"])).fetchone()
    if comment is None:
        raise HubError(404, f"There is no comment {ascii(event)[:40]} in this discussion.")
    if comment["hidden"]:
        raise HubError(409, "This comment is hidden, which cannot be undone.")
    return dict(comment)
