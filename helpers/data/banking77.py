"""BANKING77: questions that customers ask a bank, 77 intents, with the published test split."""

from typing import Any

import pandas as pd

from helpers.data import online, parts
from helpers.data.settings import SourceError

DATASET = "legacy-datasets/banking77"
CLASSES = 77


def load(source: str) -> tuple[str, dict[str, pd.DataFrame], dict[str, Any]]:
    """Return (source used, the four splits, facts for the manifest).

    Args:
        source: `hub`, or the folder that stands in for it; there is no other.

    Raises SourceError when the source does not answer.
    """
    published = online.load_splits(
        DATASET,
        ("train", "test"),
        f"put its files into a folder and name that in {online.MIRROR}",
    )
    rows = {split: online.with_names(table, DATASET) for split, table in published.items()}
    names = sorted(set(rows["train"]["label"]))
    if len(names) != CLASSES or not set(rows["test"]["label"]) <= set(names):
        raise SourceError(
            f"{DATASET} has {len(names)} classes, expected {CLASSES}: another data set?"
        )
    rows = {split: t.assign(label=t["label"].map(names.index)) for split, t in rows.items()}
    rank = parts.rank_in_class(rows["train"]["text"], rows["train"]["label"])
    tables = parts.without_crossing_texts(
        {
            "train": rows["train"][rank >= 0.1],
            "validation": rows["train"][rank < 0.1],
            "test": rows["test"],
        }
    )
    return (
        source,
        parts.with_unlabeled(tables),
        {
            "source": f"BANKING77, questions to a bank, from the Hugging Face Hub, {DATASET}",
            "protocol": "official",
            "license": "CC-BY-4.0",
            "citation": "Iñigo Casanueva, Tadas Temčinas, Daniela Gerz, Matthew Henderson, and "
            "Ivan Vulić. 2020. Efficient Intent Detection with Dual Sentence Encoders. "
            "Workshop on NLP for Conversational AI, pages 38-45.",
            "split_rule": "official test split; validation: a tenth of each class of the official "
            "training split, in the order of the texts' SHA-256",
            "label_names": names,
            "several_labels": False,
            "language": "en",
            "dataset": DATASET,
            "domain": "English questions to a bank",
            "model_license": "cc-by-4.0",
            "examples": [
                "The machine kept my card, how do I get it back?",
                "Why was I charged twice for one coffee?",
                "How many days until my new card is here?",
                "Can my daughter have an account of her own?",
            ],
        },
    )
