"""The weights of n-grams from more texts than memory holds: their hashes stay in a file.

`ngram_table.count` and `baselines.fit_weighted` hold the hashes of all texts, and every n-gram.
Here each step reads the file from its beginning, and memory depends on how many n-grams are kept.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from scipy import sparse
from scipy.special import expit

from helpers.bundle import ngram_table
from helpers.bundle.ngram_bag import NgramBag, fit_bag
from helpers.bundle.ngram_table import CodedTable
from helpers.data.classes import Classes
from helpers.learning import baselines
from helpers.predictor.hashing import HashTokenizer, hash_batch
from helpers.system.files import written_whole

MOST = 2**20  # n-grams that are kept, at most
CELLS = 2**24  # of each row of counts: 64 MB
AT_ONCE = 2**20  # hashes in memory at a time
ROWS = 1000  # texts of a step
SAMPLE = 200_000  # texts in memory at a time, where it cannot be less

Wide = CodedTable | NgramBag
Features = Callable[[list[np.ndarray]], sparse.csr_matrix]
Block = tuple[sparse.csr_matrix, np.ndarray, np.ndarray]  # features, targets, what a row counts


@dataclass(frozen=True)
class HashFile:
    """The distinct hashes of texts on disk, int32, one text after the other; where each ends.

    What is asked for is read, not mapped: pages of a mapped file count as memory once touched.
    """

    path: Path
    ends: np.ndarray

    def __len__(self) -> int:
        return len(self.ends)

    def rows(self, begin: int, end: int) -> list[np.ndarray]:
        """Return the hashes of some texts, each int32 [hashes of the text]."""
        ends = self.ends[begin:end]
        start = int(self.ends[begin - 1]) if begin else 0
        return np.split(self._read(start, int(ends[-1]) - start), ends[:-1] - start)

    def pieces(self) -> Iterator[np.ndarray]:
        """Yield all hashes, int32 [at most AT_ONCE]."""
        for begin in range(0, int(self.ends[-1]), AT_ONCE):
            yield self._read(begin, AT_ONCE)

    def _read(self, begin: int, count: int) -> np.ndarray:
        return np.fromfile(self.path, "int32", count, offset=4 * begin)


def hash_to_file(batches: Iterable[list[str]], tokenizer: HashTokenizer, path: Path) -> HashFile:
    """Write the hashes of texts, which come a few at a time, to a file; open it."""
    lengths = [np.empty(0, int)]
    with written_whole(path) as temporary, open(temporary, "wb") as file:
        for texts in batches:
            rows = hash_batch(tokenizer, texts)
            np.concatenate([np.empty(0, "int32"), *rows]).tofile(file)
            lengths.append(np.array([len(row) for row in rows], int))
    return HashFile(path, np.cumsum(np.concatenate(lengths)))


def frequent(file: HashFile, most: int = MOST, at_least: int = 2) -> np.ndarray:
    """Return about `most` n-grams that are in the most texts, sorted hashes, int32 [features].

    First, hashes are counted in two rows of cells, by their lower and by their upper bits, so that
    an n-gram is in no more texts than the smaller of its two cells says (count-min sketch: Cormode
    and Muthukrishnan, 2005). Those whose cells are large enough are then collected.
    """
    counts = np.zeros((2, CELLS), "uint32")
    for piece in file.pieces():
        for row, cells in zip(counts, _cells(piece), strict=True):
            np.add.at(row, cells, 1)
    if most < CELLS:
        at_least = max(at_least, int(np.partition(counts[0], -most)[-most]))
    found = np.empty(0, "int32")
    for piece in file.pieces():
        times = np.minimum(*(row[cells] for row, cells in zip(counts, _cells(piece), strict=True)))
        found = np.union1d(found, piece[times >= at_least])
    return found


def _cells(hashes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return hashes % CELLS, hashes // (2**31 // CELLS)


def fit_table(file: HashFile, labels: np.ndarray, classes: Classes, size: int) -> Wide:
    """Fit a table, or for more than two classes a bag, as notebook 9 does: choose, learn, round.

    The vectors of a bag are learned from the first SAMPLE texts, more than `fit_bag` visits.

    Args:
        file: the texts, in an order as good as random.
        labels: of the texts.
        classes: of the task.
        size: buckets of four slots each.
    """
    found = frequent(file, MOST // classes.questions)
    features = partial(ngram_table.features, hashes=found)
    weights, _, times = fit_weighted(file, labels, classes, features)
    importance = np.abs(weights).max(axis=1) * np.sqrt(times)
    ranked = found[np.argsort(-importance, kind="stable")]
    table = ngram_table.build_table(ranked[: 12 * size], size)
    if classes.questions > 1:
        rows = file.rows(0, min(SAMPLE, len(file)))
        some = labels[: len(rows)]
        return fit_bag(table, rows, classes.targets(some), classes.row_weights(some), classes)
    weights, biases, times = fit_weighted(file, labels, classes, table.features)
    codes, codebook = ngram_table.code_weights(weights[:, 0], 1 + times)
    return CodedTable(table, codes, codebook, float(biases[0]))


def fit_weighted(
    file: HashFile,
    labels: np.ndarray,
    classes: Classes,
    features: Features,
    *,
    epochs: int = 2,
    rate: float = 0.1,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Fit what `baselines.fit_weighted` fits, by gradient descent over the file.

    The steps are those of AdaGrad (Duchi et al., 2011), and few epochs take the place of the
    penalty. A step reads ROWS texts that stand together, so their order must be as good as random:
    parts that were prepared are in the order of the texts' SHA-256.

    Args:
        file: the texts.
        labels: of the texts.
        classes: of the task, with the weights of rows.
        features: what the hashes of some texts hit, [texts, features].
        epochs: how often the file is read.
        rate: of the steps.

    Returns weights float32 [features, questions], biases [questions]: log-odds of yes; and how
    often each feature is hit, [features].
    """

    def block(begin: int) -> Block:
        end = min(begin + ROWS, len(file))
        some = labels[begin:end]
        target = classes.asked(classes.targets(some))
        return features(file.rows(begin, end)), target, classes.row_weights(some)[:, None]

    begins = range(0, len(file), ROWS)
    ratio, times = _ratios(map(block, begins))
    weights, squares = np.zeros_like(ratio), np.full_like(ratio, 1e-8)
    bias, bias_squares = np.zeros(ratio.shape[1]), np.full(ratio.shape[1], 1e-8)
    generator = np.random.default_rng(0)
    for _ in range(epochs):
        for x, target, weight in map(block, generator.permutation(begins).tolist()):
            used = np.unique(x.indices)  # the others have no gradient
            x = x[:, used]
            z = x @ (weights[used] * ratio[used]) + bias
            error = weight * (expit(z) - target) / len(target)
            gradient = (x.T @ error) * ratio[used]
            squares[used] += gradient**2
            weights[used] -= rate * gradient / np.sqrt(squares[used])
            bias_squares += error.sum(axis=0) ** 2
            bias -= rate * error.sum(axis=0) / np.sqrt(bias_squares)
    return weights * ratio, bias, times


def _ratios(blocks: Iterable[Block]) -> tuple[np.ndarray, np.ndarray]:
    """Return the naive Bayes weights [features, questions], and how often each feature is hit."""
    totals: list[np.ndarray | float] = [0.0, 0.0, 0.0]
    for x, target, weight in blocks:
        found = x.T @ (weight * target), x.T @ (weight * (1 - target)), x.sum(axis=0)
        totals = [total + np.asarray(more) for total, more in zip(totals, found, strict=True)]
    yes, no, times = map(np.asarray, totals)
    sides = (sparse.csr_matrix(np.stack(two)) for two in zip(yes.T, no.T, strict=True))
    ratios = [baselines.log_count_ratio(two, np.array([1.0, 0.0])) for two in sides]
    return np.stack(ratios, axis=1), times.ravel()
