"""The feedback store: what users say of a model's answers, kept in one SQLite file.

Everything that comes in is checked before it is written, and what is written stays written: a
crash or a power cut loses nothing that was acknowledged. An exact repeat is counted, opposite
opinions on one text are kept side by side and flagged. Beside the feedback stand the reviewer's
decisions; notebook 12 trains the next version on those.
"""

import contextlib
import hashlib
import json
import os
import re
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from helpers.web.texts import check_text, tidy

APPLICATION_ID, SCHEMA_VERSION = 0x534C4D46, 1
SOURCES = ("api", "discussion")
LONGEST_COMMENT = 2000  # characters
LARGEST_STORE = 2**30  # bytes; nobody can fill the disk by talking
VERSION = re.compile(r"[\w.+-]{0,64}", re.ASCII)

_SCHEMA = """
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


class FeedbackError(ValueError):
    """A piece of feedback is not as it must be; `field` names the part, the message says why."""

    def __init__(self, field: str, message: str):
        super().__init__(f"{field}: {message}")
        self.field = field


class StoreError(RuntimeError):
    """The store cannot be opened, read or written; the message says what to do."""


@dataclass(frozen=True)
class Receipt:
    """What became of a piece of feedback.

    `outcome` is `new`, `repeat` (exactly this was said before: it is counted) or `known` (it
    comes from a place that was read before: nothing changes).
    """

    id: int
    times: int
    outcome: str


def check_feedback(labels: Sequence[str], **parts: Any) -> dict[str, Any]:
    """Return text, label, answer, comment, version and source, cleaned.

    Raises FeedbackError for the first part that is not as it must be.
    """
    for name in ("text", "comment"):
        if not isinstance(value := parts.get(name) or "", str):
            raise FeedbackError(name, f"is a {type(value).__name__}, not a text.")
    try:
        text, comment = check_text(parts.get("text") or ""), tidy(parts.get("comment") or "")
    except ValueError as error:
        raise FeedbackError("text", str(error)) from error
    if len(comment) > LONGEST_COMMENT:
        raise FeedbackError("comment", f"is longer than {LONGEST_COMMENT:,} characters.")
    label, answer = parts.get("label"), parts.get("answer")
    for name, value in (("label", label), ("answer", answer)):
        if value not in labels and (name == "label" or value is not None):
            raise FeedbackError(name, f"must be one of: {', '.join(labels)}.")
    version, source = parts.get("version") or "", parts.get("source", "api")
    if not isinstance(version, str) or not VERSION.fullmatch(version):
        raise FeedbackError("version", "is no version. Write it like v1.0.")
    if source not in SOURCES:
        raise FeedbackError("source", f"must be one of: {', '.join(SOURCES)}.")
    kept = {"text": text, "label": label, "answer": answer, "comment": comment}
    return {**kept, "version": version, "source": source}


def _digest(*parts: Any) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


@dataclass
class FeedbackStore:
    """A store in a file that only its owner can read; made if it is not there.

    One store may be used by several threads, one file by several processes. Raises StoreError
    when the file is no feedback store, is of a later version, or was made for other labels.
    """

    path: Path
    labels: tuple[str, str]
    _lock: threading.RLock = field(default_factory=threading.RLock, repr=False)

    def __post_init__(self) -> None:
        first, second = self.labels
        self.path, self.labels = Path(self.path), (first, second)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        try:
            # made before SQLite sees it: its log files take over the rights of this one
            os.close(
                os.open(self.path, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o600)
            )
            self._connection = sqlite3.connect(
                self.path, timeout=10, isolation_level=None, check_same_thread=False
            )
        except (OSError, sqlite3.Error) as error:
            raise StoreError(f"{self.path} cannot be opened: {error}.") from error
        try:
            self._connection.row_factory = sqlite3.Row
            self._prepare()
        except BaseException:
            self._connection.close()
            raise

    def _prepare(self) -> None:
        with self._transaction() as connection:
            application_id = connection.execute("PRAGMA application_id").fetchone()[0]
            tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
            if not tables:
                for statement in _SCHEMA.split(";\n"):
                    connection.execute(statement)
                connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
                connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
                value = json.dumps(self.labels)
                connection.execute("INSERT INTO setting VALUES ('labels', ?)", (value,))
            elif application_id != APPLICATION_ID:
                raise StoreError(f"{self.path} is a database of something else. Choose another.")
            version = connection.execute("PRAGMA user_version").fetchone()[0]
            if version != SCHEMA_VERSION:
                raise StoreError(
                    f"{self.path} has schema {version}, this program reads {SCHEMA_VERSION}: "
                    "use the program that made it, or begin a new file."
                )
            row = connection.execute("SELECT value FROM setting WHERE name = 'labels'").fetchone()
            if tuple(json.loads(row["value"])) != self.labels:
                raise StoreError(f"{self.path} was made for the labels {row['value']}.")
        os.chmod(self.path, 0o600)
        size = self._connection.execute("PRAGMA page_size").fetchone()[0]
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA secure_delete = ON")
        # a row that was acknowledged is on the disk, not on its way there
        self._connection.execute("PRAGMA synchronous = FULL")
        self._connection.execute(f"PRAGMA max_page_count = {LARGEST_STORE // size}")

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        """Give the connection to one thread; all it writes is kept, or none of it."""
        with self._lock:
            try:
                self._connection.execute("BEGIN IMMEDIATE")
                try:
                    yield self._connection
                    self._connection.commit()
                except BaseException:
                    self._connection.rollback()
                    raise
            except sqlite3.Error as error:
                raise StoreError(f"The store {self.path} cannot be used: {error}.") from error

    def __enter__(self) -> "FeedbackStore":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file. Everything is in it already."""
        with self._lock:
            self._connection.close()

    def add(self, text: str, label: str, *, reference: str | None = None, **more: Any) -> Receipt:
        """Keep one piece of feedback; an exact repeat is counted instead.

        Args:
            text, label: what the model was asked, and what the user says it should answer.
            reference: where it came from, such as a post; a second time it is not even counted.
            more: `answer` (the model's), `comment`, `version` (of the model) and `source`.

        Raises FeedbackError when something in it is not as it must be, StoreError when it
        cannot be written.
        """
        said = check_feedback(self.labels, text=text, label=label, **more)
        now = _now()
        row = {**said, "digest": _digest(*said.values()), "times": 1}
        row |= {"text_digest": _digest(said["text"]), "first_seen": now, "last_seen": now}
        with self._transaction() as connection:
            known = connection.execute(
                "SELECT id, times FROM feedback JOIN reference ON id = feedback WHERE name = ?",
                (_digest(reference),),
            ).fetchone()
            if known:
                return Receipt(known["id"], known["times"], "known")
            kept = connection.execute(
                f"INSERT INTO feedback ({', '.join(row)}) "
                f"VALUES ({', '.join(':' + name for name in row)}) ON CONFLICT (digest) "
                "DO UPDATE SET times = times + 1, last_seen = excluded.last_seen "
                "RETURNING id, times",
                row,
            ).fetchone()
            if reference is not None:
                place = (_digest(reference), kept["id"])
                connection.execute("INSERT INTO reference VALUES (?, ?)", place)
            return Receipt(kept["id"], kept["times"], "new" if kept["times"] == 1 else "repeat")

    def rows(self, *, after: int = 0, limit: int = 1000) -> list[dict[str, Any]]:
        """Return feedback in the order it came, from the id after `after` on.

        `contested` tells whether others gave the same text the other label.
        """
        with self._transaction() as connection:
            rows = connection.execute(
                "SELECT id, text, label, answer, comment, version, source, times, first_seen, "
                "last_seen, (SELECT count(DISTINCT label) > 1 FROM feedback AS other "
                "WHERE other.text_digest = feedback.text_digest) AS contested "
                "FROM feedback WHERE id > ? ORDER BY id LIMIT ?",
                (after, limit),
            ).fetchall()
        return [{**dict(row), "contested": bool(row["contested"])} for row in rows]

    def opinions(self) -> dict[str, list[int]]:
        """Return each text with how often users gave it the first and the second label."""
        votes: dict[str, list[int]] = {}
        with self._transaction() as connection:
            query = "SELECT text, label, sum(times) FROM feedback GROUP BY text_digest, label"
            for text, label, times in connection.execute(query + " ORDER BY min(id)"):
                votes.setdefault(text, [0, 0])[self.labels.index(label)] += times
        return votes

    def decide(self, text: str, label: str | None) -> None:
        """Keep a reviewer's decision at once: one of the labels, or None to skip the text.

        A later decision on the same text takes the place of an earlier one.
        """
        if label is not None and label not in self.labels:
            raise FeedbackError("label", f"must be one of: {', '.join(self.labels)}.")
        with self._transaction() as connection:
            row = (text, label, _now())
            connection.execute("INSERT INTO decision (text, label, time) VALUES (?, ?, ?)", row)

    def undo(self) -> str | None:
        """Take the last decision back and return its text, or None when there is none."""
        with self._transaction() as connection:
            last = connection.execute(
                "DELETE FROM decision WHERE id = (SELECT max(id) FROM decision) RETURNING text"
            ).fetchone()
        return last["text"] if last else None

    def decisions(self) -> dict[str, str | None]:
        """Return the reviewed texts with the label decided for, None where it was skipped."""
        with self._transaction() as connection:
            rows = connection.execute("SELECT text, label FROM decision ORDER BY id").fetchall()
        return {row["text"]: row["label"] for row in rows}

    def forget(self, text: str) -> int:
        """Remove all that is known of a text, as its author may ask; return the rows removed."""
        text = tidy(text)
        with self._transaction() as connection:
            digest = (_digest(text),)
            ids = "SELECT id FROM feedback WHERE text_digest = ?"
            connection.execute(f"DELETE FROM reference WHERE feedback IN ({ids})", digest)
            connection.execute("DELETE FROM decision WHERE text = ?", (text,))
            removed = connection.execute("DELETE FROM feedback WHERE text_digest = ?", digest)
        with self._lock, contextlib.suppress(sqlite3.OperationalError):  # busy: a later one does it
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # not even in the log
        return removed.rowcount
