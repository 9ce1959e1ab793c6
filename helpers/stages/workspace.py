"""Stages: what one notebook leaves for the next, written whole or not at all.

A notebook calls `start` once, opens the stages it needs, writes its own files through
`run.path(...)` and ends with `run.finish()`. Every stage is a folder
`artifacts/<profile>/<task>/<stage>/` with its files and a `stage.json` that says how it was made.
"""

import contextlib
import hashlib
import json
import os
import shutil
import subprocess
import time
import warnings
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

from helpers.stages import pipeline, profiles, tasks
from helpers.stages.errors import PlainError
from helpers.stages.tasks import check_home
from helpers.stages.tasks import root as root
from helpers.stages.tasks import task_name as task_name
from helpers.system.files import file_digest, replace_folder, write_json

RECORD = "stage.json"
RESULTS = "results.json"
LIBRARIES = (
    "tensorflow",
    "keras",
    "numpy",
    "scikit-learn",
    "tokenizers",
    "ai-edge-litert",
    "onnxruntime",
)


class WorkspaceError(PlainError, RuntimeError):
    """Something is wrong with a stage on disk; the message says what to do."""


class MissingStageError(WorkspaceError):
    """A notebook needs a stage that has not been made yet."""


class CorruptStageError(WorkspaceError):
    """A stage's files are not the ones its record lists."""


class StaleStageWarning(UserWarning):
    """A stage was made from inputs that have changed since."""


def task_folder(profile: str, task: str) -> Path:
    """Return the folder of all stages of one task in one profile."""
    return root() / "artifacts" / profile / task_name(task)


@dataclass(frozen=True)
class Stage:
    """A finished stage, open for reading."""

    folder: Path
    record: dict[str, Any]

    @property
    def metrics(self) -> dict[str, Any]:
        return self.record["metrics"]

    @property
    def digest(self) -> str:
        return self.record["digest"]

    def path(self, name: str) -> Path:
        """Return the path of one of the stage's files. Raises WorkspaceError if it has none."""
        if name not in self.record["files"]:
            raise WorkspaceError(
                f"Stage {self.folder.name} has no file {name!r}. "
                f"It holds: {', '.join(self.record['files'])}."
            )
        return self.folder / name


def missing_stages(stages: Iterable[str], profile: str, task: str) -> list[str]:
    """Return those of the stages that have not been made, once each."""
    folder = task_folder(profile, task)
    return [stage for stage in dict.fromkeys(stages) if not (folder / stage / RECORD).exists()]


def missing_message(
    stages: list[str], profile: str, task: str, notebooks: Path = pipeline.NOTEBOOKS
) -> str:
    """Return one line: the stages that are missing, and the command that makes them."""
    what = f"task {task_name(task)}, profile {profile}"
    command = pipeline.command_for(stages, profile, task, notebooks)
    advice = f"In a terminal: {command}" if command else "Run the page that makes it."
    return f"Not made yet ({what}): {', '.join(stages)}. {advice}"


def open_stage(profile: str, task: str, name: str, *, verify: bool = True) -> Stage:
    """Open a finished stage; warn with StaleStageWarning if one that it was made from is newer.

    Raises:
        MissingStageError: when it has not been made.
        CorruptStageError: when a file differs from its recorded size or SHA-256.
    """
    folder = task_folder(profile, task) / name
    if missing_stages([name], profile, task):
        raise MissingStageError(missing_message([name], profile, task))
    command = pipeline.command_for([name], profile, task)
    stage = Stage(folder, json.loads((folder / RECORD).read_text(encoding="utf-8")))
    if verify:
        _verify(stage, command)
    for parent, digest in stage.record["inputs"].items():
        if stage_digest(task_folder(profile, task) / parent) != digest:
            warnings.warn(
                f"Stage {name} was made from an older {parent}. To bring it up to date: {command}",
                StaleStageWarning,
                stacklevel=2,
            )
    return stage


def finished_records(profile: str, task: str) -> list[dict[str, Any]]:
    """Return the records of all finished stages, in the order of their names."""
    records = []
    for path in sorted(task_folder(profile, task).glob(f"[!.]*/{RECORD}")):  # no draft, no old one
        with contextlib.suppress(FileNotFoundError):  # it is being replaced by another page
            records.append(json.loads(path.read_text(encoding="utf-8")))
    return records


def stage_digest(folder: Path) -> str | None:
    """Return the recorded digest of the stage in `folder`, or None where there is no stage."""
    record = folder / RECORD
    return json.loads(record.read_text(encoding="utf-8"))["digest"] if record.exists() else None


def _verify(stage: Stage, command: str) -> None:
    for name, entry in stage.record["files"].items():
        path = stage.folder / name
        if not path.exists():
            problem = "is missing"
        elif path.stat().st_size != entry["bytes"] or file_digest(path) != entry["sha256"]:
            problem = "is not the file that was recorded"
        else:
            continue
        raise CorruptStageError(
            f"{name} in stage {stage.folder.name} {problem}. Make the stage again: {command}"
        )


@dataclass
class Run:
    """A stage being made by a notebook. Nothing is visible to others before `finish`."""

    stage: str
    profile: profiles.RecordedProfile
    task: str
    seed: int
    parameters: dict[str, Any] = field(default_factory=dict)
    inputs: dict[str, str] = field(default_factory=dict)
    metrics: dict[str, Any] = field(default_factory=dict)
    claims: list[dict[str, Any]] = field(default_factory=list)
    results: list[dict[str, Any]] = field(default_factory=list)
    protocol: str = "own"
    started: float = field(default_factory=time.time)

    @property
    def folder(self) -> Path:
        return task_folder(self.profile.name, self.task)

    @property
    def draft(self) -> Path:
        return self.folder / f".draft-{self.stage}"

    @property
    def checkpoints(self) -> Path:
        """A folder for training checkpoints. It outlives an interruption, not `finish`."""
        folder = self.folder / f".checkpoints-{self.stage}"
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def open(self, name: str) -> Stage:
        """Open an earlier stage and remember that this one was made from it.

        Raises what `open_stage` does; MissingStageError names all stages that this page needs.
        """
        if missing_stages([name], self.profile.name, self.task):
            page = pipeline.load().get(self.stage)
            needed = missing_stages(
                [*(page.needs if page else ()), name], self.profile.name, self.task
            )
            raise MissingStageError(missing_message(needed, self.profile.name, self.task))
        stage = open_stage(self.profile.name, self.task, name)
        self.inputs[name] = stage.digest
        self.protocol = stage.record["protocol"]
        self._keep_checkpoints_made_from({f"input {name}": stage.digest})
        return stage

    def _keep_checkpoints_made_from(self, facts: dict[str, Any]) -> None:
        """Drop the checkpoints of an interrupted run that any of these facts does not hold for."""
        note = self.checkpoints / "made_from.json"
        known = json.loads(note.read_text(encoding="utf-8")) if note.exists() else {}
        if any(known.get(key, value) != value for key, value in facts.items()):
            shutil.rmtree(self.checkpoints)
            known = {}
        write_json(self.checkpoints / note.name, {**known, **facts})

    def path(self, name: str) -> Path:
        """Return where to write one of this stage's files, its folders made."""
        path = self.draft / name
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def finish(self) -> Stage:
        """Record and publish the stage, whole or not at all; bring `results.json` up to date."""
        self.draft.mkdir(parents=True, exist_ok=True)
        files = {
            path.relative_to(self.draft).as_posix(): {
                "bytes": path.stat().st_size,
                "sha256": file_digest(path),
            }
            for path in sorted(self.draft.rglob("*"))
            if path.is_file()
        }
        record = {
            "stage": self.stage,
            "notebook_hash": os.environ.get("SLM_NOTEBOOK_HASH"),  # the runner knows it
            "profile": self.profile.name,
            "profile_values": self.profile.sizes_read,
            "task": self.task,
            "protocol": self.protocol,
            "seed": self.seed,
            "parameters": self.parameters,
            "inputs": self.inputs,
            "digest": hashlib.sha256(json.dumps(files, sort_keys=True).encode()).hexdigest(),
            "files": files,
            "metrics": self.metrics,
            "claims": self.claims,
            "results": self.results,
            "seconds": round(time.time() - self.started, 1),
            "finished": datetime.now(UTC).isoformat(timespec="seconds"),
            "libraries": {name: metadata.version(name) for name in LIBRARIES},
            "revision": git_revision(),
        }
        write_json(self.draft / RECORD, record)
        replace_folder(self.draft, self.folder / self.stage)
        shutil.rmtree(self.checkpoints)
        collect_results(self.profile.name, self.task)
        return Stage(self.folder / self.stage, record)


def start(
    stage: str, profile: str, task: str, seed: int, **parameters: int | float | str | bool
) -> Run:
    """Begin the stage a notebook makes; `parameters` are its knobs, kept in the record.

    Whatever an interrupted run left is dropped, except its training checkpoints. Those are
    dropped too when seed, profile, parameters or the stages it reads differ from the interrupted
    run's. An edit of the notebook keeps them: whoever edits the training removes them by hand.
    """
    check_home()
    sizes = profiles.load(profile)
    run = Run(stage, profiles.recorded(sizes), task, seed, parameters)
    if task in (tasks.PACKAGED, tasks.ONLINE):  # an example, which opens no stage that says it
        run.protocol = task
    shutil.rmtree(run.draft, ignore_errors=True)
    run._keep_checkpoints_made_from(
        {"seed": seed, "profile": repr(sizes), "parameters": parameters}
    )
    return run


def collect_results(profile: str, task: str) -> list[dict[str, Any]]:
    """Gather the result rows of all finished stages, in stage order, into `results.json`."""
    rows = [row for record in finished_records(profile, task) for row in record["results"]]
    write_json(task_folder(profile, task) / RESULTS, rows)
    return rows


def git_revision() -> str | None:
    """Return the commit the checkout is at, with `+` where files differ from it, or None."""
    command = ["git", "-C", str(pipeline.CHECKOUT), "describe", "--always", "--dirty=+"]
    try:
        done = subprocess.run([*command, "--exclude=*"], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.strip()
