"""Other tasks than film reviews, executed in the smoke profile: `make test` names this file.

Forty intents go the whole way. A page that reads no text itself does in Chinese what it does in
English; what several labels change is on the pages that train, measure and answer.
"""

import json
from pathlib import Path

import numpy as np
import pytest

from tests.support.pages import execute

TEXTS = "01,02,03,04,09,12"  # pages that read texts


def several_labels(folder: Path) -> str:
    """Write a file of made sentences with any of three labels, in Arabic letters, too."""
    rng = np.random.default_rng(0)
    words = {
        "late": ["متأخر", "slow", "waited"],
        "cold": ["بارد", "icy"],
        "rude": ["وقح", "shouted"],
    }
    lines = []
    for i in range(900):
        labels = [name for name in words if rng.random() < 0.4]
        told = [str(rng.choice(words[name])) for name in labels]
        noise = [f"word{n}" for n in rng.integers(0, 60, 5)]
        text = " ".join(rng.permutation([*told, *noise, f"no{i}"]).tolist())
        lines.append(json.dumps({"text": text, "label": labels}, ensure_ascii=False))
    path = folder / "complaints.jsonl"
    path.write_text("\n".join(lines), encoding="utf-8")
    return str(path)


@pytest.mark.parametrize(
    ("task", "pages"),
    [("intents", "core"), ("chinese-reviews", TEXTS), (several_labels, f"{TEXTS},05")],
    ids=["forty intents", "Chinese", "several labels"],
)
def test_pages_run_on_other_tasks(task, pages, tmp_path):
    """Many classes, another language, several labels a text: from the file to its feedback."""
    name = task(tmp_path) if callable(task) else task
    done = execute(tmp_path, name, pages)
    assert done.returncode == 0, done.stdout[-4000:]
    rows = json.loads((done.executed.parent / "results.json").read_text(encoding="utf-8"))
    found = {row["model"]: row for row in rows}
    baseline, main = found["n-gram baseline"], found["main"]
    assert main["macro_f1"] > max(0.3, baseline["macro_f1"] - 0.15), (main, baseline)
    assert not [line for line in done.stdout.splitlines() if "missed" in line], done.stdout
