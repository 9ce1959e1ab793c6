"""The feedback store: what users say of a model's answers, kept in one SQLite file.

Everything that comes in is checked before it is written, and what is written stays written: a
crash or a power cut loses nothing that was acknowledged. An exact repeat is counted, different
opinions on one text are kept side by side and flagged. Beside the feedback stand the reviewer's
decisions; notebook 12 trains the next version on those.
"""

import contextlib
import hashlib
import json
import os
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from helpers.feedback.said import Said, check_feedback, check_said
from helpers.feedback.schema import SCHEMA
from helpers.predictor.answers import MOST_LABELS
from helpers.web.texts import tidy

APPLICATION_ID = 0x534C4D46
# schema versions: programs that know one label a text refuse the others
ONE, SEVERAL, CALLS = 1, 2, 3
LARGEST_STORE = 2**30  # bytes; nobody can fill the disk by talking


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


def _digest(*parts: Any) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


@dataclass
class FeedbackStore:
    """A store in a file that only its owner can read; made if it is not there.

    One store may be used by several threads, one file by several processes. Raises StoreError
    when the file is no feedback store, is of a later version, or was made for other labels.

    Attributes:
        path: the file.
        labels: 2 to 200 different names; of an assistant, those of its functions.
        several: a text may have several of them, or none.
        functions: of an assistant: what is said of its answers are calls of these.
    """

    path: Path
    labels: tuple[str, ...]
    several: bool = False
    functions: Sequence[dict[str, Any]] = ()
    _lock: threading.RLock = field(default_factory=threading.RLock, repr=False)

    def __post_init__(self) -> None:
        self.path, self.labels = Path(self.path), tuple(self.labels)
        if not 2 <= len(set(self.labels)) == len(self.labels) <= MOST_LABELS:
            raise StoreError(f"A store is for 2 to {MOST_LABELS} different labels.")
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
                version = CALLS if self.functions else SEVERAL if self.several else ONE
                for statement in SCHEMA.split(";\n"):
                    connection.execute(statement)
                connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
                connection.execute(f"PRAGMA user_version = {version}")
                value = json.dumps(self.labels)
                connection.execute("INSERT INTO setting VALUES ('labels', ?)", (value,))
                if self.several:  # files of one label a text have no such line
                    connection.execute("INSERT INTO setting VALUES ('several', 'true')")
            elif application_id != APPLICATION_ID:
                raise StoreError(f"{self.path} is a database of something else. Choose another.")
            version = connection.execute("PRAGMA user_version").fetchone()[0]
            if version not in (ONE, SEVERAL, CALLS):
                raise StoreError(
                    f"{self.path} has schema {version}, this program reads {ONE} to {CALLS}: "
                    "use the program that made it, or begin a new file."
                )
            if (version == CALLS) != bool(self.functions):
                kept = "calls" if version == CALLS else "labels"
                raise StoreError(f"{self.path} was made for {kept}.")
            settings = dict(connection.execute("SELECT name, value FROM setting").fetchall())
            if tuple(json.loads(settings["labels"])) != self.labels:
                raise StoreError(f"{self.path} was made for the labels {settings['labels']}.")
            if ("several" in settings) != self.several:
                one = "several labels" if "several" in settings else "one label"
                raise StoreError(f"{self.path} was made for {one} a text.")
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

    def add(self, text: str, label: Said, *, reference: str | None = None, **more: Any) -> Receipt:
        """Keep one piece of feedback; an exact repeat is counted instead.

        Args:
            text, label: what the model was asked, and what the user says it should answer: a
                label, or of a store for several a list.
            reference: where it came from, such as a post; a second time it is not even counted.
            more: `answer` (the model's), `comment`, `version` (of the model) and `source`.

        Raises FeedbackError when something in it is not as it must be, StoreError when it
        cannot be written.
        """
        said = check_feedback(
            self.labels, self.several, self.functions, text=text, label=label, **more
        )
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

        `contested` tells whether others gave the same text another label.
        """
        with self._transaction() as connection:
            rows = connection.execute(
                "SELECT id, text, label, answer, comment, version, source, times, first_seen, "
                "last_seen, (SELECT count(DISTINCT label) > 1 FROM feedback AS other "
                "WHERE other.text_digest = feedback.text_digest) AS contested "
                "FROM feedback WHERE id > ? ORDER BY id LIMIT ?",
                (after, limit),
            ).fetchall()
        return [
            {
                **dict(row),
                "label": self._as_said(row["label"]),
                "answer": self._as_said(row["answer"]),
                "contested": bool(row["contested"]),
            }
            for row in rows
        ]

    def _as_said(self, kept: str | None) -> Any:
        """Return what was said, from what is kept of it: a label, a list of them, or a call."""
        is_json = (self.several or self.functions) and kept is not None
        return json.loads(kept) if is_json and kept is not None else kept

    def opinions(self) -> dict[str, list[int]]:
        """Return each text with how often users gave it each label (called each function), [k]."""
        votes: dict[str, list[int]] = {}
        with self._transaction() as connection:
            query = "SELECT text, label, sum(times) FROM feedback GROUP BY text_digest, label"
            for text, label, times in connection.execute(query + " ORDER BY min(id)"):
                counts = votes.setdefault(text, [0] * len(self.labels))
                said = self._as_said(label)
                said = said["name"] if self.functions else said
                for name in said if self.several else [said]:
                    counts[self.labels.index(name)] += times
        return votes

    def majority(self) -> dict[str, Any]:
        """Return each text with the label (or list) that most users gave it, else the first."""
        most: dict[str, tuple[int, Any]] = {}
        with self._transaction() as connection:
            query = "SELECT text, label, sum(times) FROM feedback GROUP BY text_digest, label"
            for text, label, times in connection.execute(query + " ORDER BY min(id)"):
                if times > most.get(text, (0, None))[0]:
                    most[text] = times, self._as_said(label)
        return {text: said for text, (_, said) in most.items()}

    def decide(self, text: str, label: Said | None) -> None:
        """Keep a reviewer's decision at once: a label, a list, a call, or None to skip the text.

        A later decision on the same text takes the place of an earlier one.
        """
        kept = label
        if kept is not None:
            kept = check_said(self.labels, self.several, self.functions, kept)
        with self._transaction() as connection:
            row = (text, kept, _now())
            connection.execute("INSERT INTO decision (text, label, time) VALUES (?, ?, ?)", row)

    def undo(self) -> str | None:
        """Take the last decision back and return its text, or None when there is none."""
        with self._transaction() as connection:
            last = connection.execute(
                "DELETE FROM decision WHERE id = (SELECT max(id) FROM decision) RETURNING text"
            ).fetchone()
        return last["text"] if last else None

    def decisions(self) -> dict[str, Any]:
        """Return the reviewed texts with the label decided for, None where it was skipped.

        Of a store for several labels a text it is a list.
        """
        with self._transaction() as connection:
            rows = connection.execute("SELECT text, label FROM decision ORDER BY id").fetchall()
        return {row["text"]: self._as_said(row["label"]) for row in rows}

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
