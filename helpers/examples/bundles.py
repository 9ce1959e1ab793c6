"""What two pages with a classifier of texts share: rows, batches, and a bundle with a card."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from helpers.stages.workspace import Run

if TYPE_CHECKING:
    import keras

    from helpers.bundle.ngram_bag import NgramBag
    from helpers.bundle.ngram_table import NgramTable
    from helpers.learning.training import Batches


def share_of_rows(
    table: pd.DataFrame, share: float, seed: int, by: Sequence[str] = ("label",)
) -> pd.DataFrame:
    """Return a share of the rows of each label (or `by` other columns), in a drawn order.

    At least one row of each stays.
    """
    mixed = table.sample(frac=1, random_state=seed)
    kinds = mixed.groupby(list(by))
    return mixed[kinds.cumcount() < np.ceil(share * kinds["text"].transform("size"))]


def bag_batches(
    table: "NgramTable",
    ngrams: Sequence[np.ndarray],
    targets: np.ndarray,
    seed: int,
    batch_size: int = 64,
) -> "Batches":
    """Return batches for a sum of vectors: slots of the n-grams, from 1, padded with 0; targets.

    Texts of about the same length share a batch.

    Args:
        table: which n-grams have a slot.
        ngrams: the hashes of each text.
        targets: [texts, k].
        seed: of the order.
        batch_size: texts of a batch.
    """
    from helpers.learning.training import Batches

    slots = slots_of(table, ngrams)
    lengths = (slots > 0).sum(axis=1)

    def make_batch(chosen: np.ndarray, _: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        return slots[chosen, : lengths[chosen].max()], targets[chosen]

    return Batches(len(slots), batch_size, make_batch, seed=seed, lengths=lengths)


def slots_of(table: "NgramTable", ngrams: Sequence[np.ndarray]) -> np.ndarray:
    """Return the slots that each text hits, from 1, int32 [texts, most], padded with 0."""
    found = [table.find(row) for row in ngrams]
    rows = [slots[slots >= 0] + 1 for slots in found]
    out = np.zeros((len(rows), max(1, *map(len, rows))), "int32")
    for i, row in enumerate(rows):
        out[i, : len(row)] = row
    return out


def rounded(network: "keras.Model", table: "NgramTable") -> "NgramBag":
    """Return a trained network of vectors and one matrix with four bits for each number.

    Numbers become whole, -7 to 7, with one scale for each place of a vector, which the matrix
    takes over.
    """
    from helpers.bundle.ngram_bag import LARGEST, NgramBag
    from helpers.bundle.ngram_table import EMPTY

    vectors, kernel, bias = network.get_weights()
    scale = np.maximum(np.abs(vectors[1:]).max(axis=0), 1e-9) / LARGEST  # [width]
    codes = np.round(vectors[1:] / scale).astype("int8")
    codes[(table.fingerprints == EMPTY).ravel()] = 0
    return NgramBag(table, codes, kernel * scale[:, None], bias)


def write_bundle(
    run: Run,
    name: str,
    task: str,
    labels: Sequence[str],
    row: dict[str, Any],
    files: dict[str, Path],
    manifest: dict[str, Any],
    limits: Sequence[str],
) -> Path:
    """Write a bundle of an example: model, tokenizer, figures and a card; return its folder.

    Args:
        run: of the page; the bundle is its folder `bundle`.
        name: of the model.
        task: what it decides, a sentence.
        labels: names of the classes.
        row: its row of results; the other rows of the run are compared with it in the card.
        files: of `model` (LiteRT) and `tokenizer`.
        manifest: of the data.
        limits: a sentence each.
    """
    from helpers.bundle import folders
    from helpers.sharing import cards

    facts = {"dataset": None, "model_license": "other"} | manifest | {"protocol": run.protocol}
    card = cards.model_card(
        name=name,
        task=task,
        labels=labels,
        row=row,
        comparisons=[other for other in run.results if other is not row],
        manifest=facts,
        formats=["litert"],
        limits=limits,
        hashed=True,
    )
    return folders.write_bundle(
        run.path("bundle/x").parent,
        name=name,
        models={"litert": files["model"]},
        tokenizer=files["tokenizer"],
        labels=labels,
        metrics=row,
        card=card,
        examples=manifest["examples"],
    )
