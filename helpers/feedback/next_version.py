"""The next version of a table (or a bag) of n-grams: read what shipped, learn on, or fit anew.

Learning on starts from the old weights and is held near them by an L2 penalty on the *change*
(Chelba and Acero, 2004, for log-linear models; L2-SP of Li et al., 2018, for networks). Old
training rows are replayed beside the new ones, so that nothing is forgotten (Robins, 1995).
"""

from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import numpy as np
from scipy import sparse
from scipy.optimize import minimize
from scipy.special import expit, logsumexp, softmax
from threadpoolctl import threadpool_limits

from helpers.bundle import ngram_table
from helpers.bundle.ngram_bag import NgramBag, fit_bag, load_bag
from helpers.bundle.ngram_table import CODES, CodedTable, NgramTable
from helpers.data.classes import Classes
from helpers.learning import baselines
from helpers.predictor import runtime
from helpers.predictor.quiet import stderr_to

Wide = TypeVar("Wide", CodedTable, NgramBag)


class TableError(ValueError):
    """A file holds no table of n-grams."""


def read_wide(path: Path) -> CodedTable | NgramBag:
    """Read what notebook 9 made of n-grams alone: a table from its `.tflite`, a bag from `.npz`.

    Raises TableError when neither holds it.
    """
    bag = path.with_suffix(".npz")
    return load_bag(bag) if bag.is_file() else read_table(path)


def read_table(path: Path) -> CodedTable:
    """Read the table back from a `.tflite` file that holds nothing else (pocket, thumbnail).

    Raises TableError when there is no table in the file.
    """
    from ai_edge_litert.interpreter import Interpreter

    with stderr_to():
        interpreter = Interpreter(model_content=Path(path).read_bytes())
        interpreter.allocate_tensors()
    entries = codebook = None
    for tensor in interpreter.get_tensor_details():
        shape, kind = tuple(tensor["shape"]), tensor["dtype"]
        if kind is np.int16 and len(shape) == 2:
            entries = interpreter.get_tensor(tensor["index"]).astype("int32") + 2**15
        elif kind is np.float32 and shape == (CODES + 1,):
            codebook = interpreter.get_tensor(tensor["index"])[:CODES].copy()
    if entries is None or codebook is None:
        raise TableError(f"{path} holds no table of n-grams alone. Notebook 9 makes such files.")
    # without an n-gram only the bias is left
    row = np.zeros(interpreter.get_input_details()[0]["shape"], "int32")
    p = float(runtime.load_litert(path)(row)[0, 1])
    table = NgramTable((entries // CODES).astype("int32"))
    return CodedTable(table, (entries % CODES).ravel(), codebook, float(np.log(p / (1 - p))))


def learn_on(
    old: Wide,
    x: sparse.csr_matrix | np.ndarray,
    targets: np.ndarray,
    weight: np.ndarray,
    classes: Classes,
    *,
    pull: float,
) -> Wide:
    """Continue training, held near what the old version is.

    Of a table every weight changes, and they are rounded again; n-grams keep their slots. Of a bag
    the matrix changes, and the vectors stay.

    Args:
        old: a table or a bag.
        x: the features of the rows, from `old.features`, [rows, features].
        targets: labels or probabilities, [rows, k].
        weight: what each row counts, [rows].
        classes: of the task.
        pull: how strongly a changed weight is pulled back.
    """
    if isinstance(old, CodedTable):
        begin, asked = (old.weights[:, None], np.array([old.bias])), classes.asked(targets)
        weights, biases = change_linear(x, *begin, asked, weight, pull=pull)
        return _coded(old.table, x, weights[:, 0], float(biases[0]))
    kernel, bias = change_linear(
        x, old.kernel, old.bias, targets, weight, pull=pull, activation=classes.activation
    )
    return replace(old, kernel=kernel.astype("float32"), bias=bias.astype("float32"))


def change_linear(
    x: sparse.csr_matrix | np.ndarray,
    weights: np.ndarray,
    biases: np.ndarray,
    targets: np.ndarray,
    weight: np.ndarray,
    *,
    pull: float,
    activation: str = "sigmoid",
    steps: int = 100,
) -> tuple[np.ndarray, np.ndarray]:
    """Continue training a linear model: minimize log loss plus pull / 2 * |change|**2 by L-BFGS.

    Args:
        x: the features of the rows, [rows, features].
        weights, biases: where it begins, [features, columns] and [columns].
        targets: what is right, [rows, columns]: labels or probabilities.
        weight: what each row counts in the sum, [rows].
        pull: how strongly a changed weight is pulled back.
        activation: `sigmoid` if every column is a question of its own, `softmax` if one answers.
        steps: at most so many.

    Returns the new weights and biases, float64.
    """
    begin = np.concatenate([weights, biases[None]]).astype("float64")

    def loss(change: np.ndarray) -> tuple[float, np.ndarray]:
        now = begin + change.reshape(begin.shape)
        z = x @ now[:-1] + now[-1]
        if activation == "softmax":
            losses, answers = logsumexp(z, axis=1), softmax(z, axis=1)
        else:
            losses, answers = np.logaddexp(0, z).sum(axis=1), expit(z)
        error = weight[:, None] * (answers - targets)
        value = weight @ (losses - (targets * z).sum(axis=1)) + pull / 2 * change @ change
        gradient = np.concatenate([x.T @ error, error.sum(axis=0)[None]])
        return value, gradient.ravel() + pull * change

    # for vectors this short a second thread would only wait
    with threadpool_limits(1):
        solution = minimize(
            loss, np.zeros(begin.size), jac=True, method="L-BFGS-B", options={"maxiter": steps}
        )
    now = begin + solution.x.reshape(begin.shape)
    return now[:-1], now[-1]


def make_room(
    old: Wide, x: sparse.csr_matrix, rows: list[np.ndarray], *, least: int = 3, share: float
) -> tuple[Wide, int]:
    """Give n-grams of new texts the slots that matter least; return the table and their number.

    A new n-gram begins with the weight nearest to zero and takes the least important slot of its
    bucket, if that one is among the least important of all. A bag has a place for every n-gram,
    and stays as it is.

    Args:
        old: the table.
        x: what the old training rows hit, from `old.features`, [rows, slots].
        rows: the distinct hashes of each new text.
        least: new texts that must have an n-gram.
        share: the share of all slots that may be given away.
    """
    if not isinstance(old, CodedTable):
        return old, 0
    hits = np.asarray(x.sum(axis=0)).ravel()
    hashes, times = np.unique(np.concatenate(rows), return_counts=True)
    wanted = (times >= least) & (hashes > 0) & (old.table.find(hashes) < 0)
    hashes = hashes[wanted][np.argsort(-times[wanted], kind="stable")]
    shape = old.table.fingerprints.shape
    fingerprints, codes = old.table.fingerprints.copy(), old.codes.reshape(shape).copy()
    importance = (np.abs(old.codebook[old.codes]) * np.sqrt(1 + hits)).reshape(shape)
    importance[fingerprints == ngram_table.EMPTY] = -1.0
    allowed = np.quantile(importance, share)
    given = 0
    for bucket, fingerprint in zip(*ngram_table.split(hashes, len(fingerprints)), strict=True):
        slot = importance[bucket].argmin()
        if importance[bucket, slot] <= allowed and fingerprint not in fingerprints[bucket]:
            fingerprints[bucket, slot] = fingerprint
            codes[bucket, slot] = np.abs(old.codebook).argmin()
            importance[bucket, slot] = np.inf
            given += 1
    return CodedTable(NgramTable(fingerprints), codes.ravel(), old.codebook, old.bias), given


def fit_anew(
    rows: list[np.ndarray],
    targets: np.ndarray,
    weight: np.ndarray,
    size: int,
    classes: Classes,
) -> CodedTable | NgramBag:
    """Fit a table (or a bag) from nothing, as notebook 9 does.

    A table: choose n-grams, learn weights, round them.

    Args:
        rows: the distinct hashes of each text.
        targets, weight: as in `learn_on`.
        size: buckets of four slots each.
        classes: of the task.
    """
    hashes, counts = ngram_table.count(rows)
    coefficients, _ = baselines.fit_weighted(counts, classes.asked(targets), weight)
    largest = np.abs(coefficients).max(axis=1)  # over the questions
    used = np.asarray(counts.sum(axis=0)).ravel()
    ranked = hashes[np.argsort(-largest * np.sqrt(used), kind="stable")]
    table = ngram_table.build_table(ranked[: 12 * size], size)
    if classes.questions > 1:
        return fit_bag(table, rows, targets, weight, classes)
    x = table.features(rows)
    coefficients, bias = baselines.fit_question(x, targets[:, 1], weight)
    return _coded(table, x, coefficients, bias)


def _coded(table: NgramTable, x: sparse.csr_matrix, weights: np.ndarray, bias: float) -> CodedTable:
    hits = np.asarray(x.sum(axis=0)).ravel()
    codes, codebook = ngram_table.code_weights(weights, 1 + hits)
    return CodedTable(table, codes, codebook, bias)
