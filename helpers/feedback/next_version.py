"""The next version of a table of n-grams: read the shipped file, learn on, or fit anew.

Learning on starts from the old weights and is held near them by an L2 penalty on the *change*
(Chelba and Acero, 2004, for log-linear models; L2-SP of Li et al., 2018, for networks). Old
training rows are replayed beside the new ones, so that nothing is forgotten (Robins, 1995).
"""

from pathlib import Path

import numpy as np
from scipy import sparse
from scipy.optimize import minimize
from scipy.special import expit
from threadpoolctl import threadpool_limits

from helpers.bundle import ngram_table
from helpers.bundle.ngram_table import CODES, CodedTable, NgramTable
from helpers.learning import baselines
from helpers.predictor import runtime
from helpers.predictor.quiet import stderr_to


class TableError(ValueError):
    """A file holds no table of n-grams."""


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
    p = float(runtime.load_litert(path)(row)[0])
    table = NgramTable((entries // CODES).astype("int32"))
    return CodedTable(table, (entries % CODES).ravel(), codebook, float(np.log(p / (1 - p))))


def learn_on(
    old: CodedTable,
    x: sparse.csr_matrix,
    target: np.ndarray,
    weight: np.ndarray,
    *,
    pull: float,
    steps: int = 100,
) -> CodedTable:
    """Continue training a table's weights, held near what they are, and round them again.

    Minimizes sum(weight * log loss) + pull / 2 * |change|**2 by L-BFGS, from no change on.

    Args:
        old: the table; its n-grams keep their slots.
        x: what the rows hit, from `old.table.features`, [rows, slots].
        target: labels or probabilities of class 1, [rows].
        weight: what each row counts, [rows].
        pull: how strongly a changed weight is pulled back.
        steps: at most so many steps.
    """
    begin = np.r_[old.codebook[old.codes].astype("float64"), old.bias]

    def loss(change: np.ndarray) -> tuple[float, np.ndarray]:
        now = begin + change
        logit = x @ now[:-1] + now[-1]
        error = weight * (expit(logit) - target)
        value = weight @ (np.logaddexp(0, logit) - target * logit) + pull / 2 * change @ change
        return value, np.r_[x.T @ error, error.sum()] + pull * change

    # for vectors this short a second thread would only wait
    with threadpool_limits(1):
        solution = minimize(
            loss, np.zeros_like(begin), jac=True, method="L-BFGS-B", options={"maxiter": steps}
        )
        now = begin + solution.x
        return _coded(old.table, x, now[:-1], float(now[-1]))


def make_room(
    old: CodedTable, hits: np.ndarray, rows: list[np.ndarray], *, least: int = 3, share: float
) -> tuple[CodedTable, int]:
    """Give n-grams of new texts the slots that matter least; return the table and their number.

    A new n-gram begins with the weight nearest to zero and takes the least important slot of its
    bucket, if that one is among the least important of all.

    Args:
        old: the table.
        hits: how many old training rows use each slot, [slots].
        rows: the distinct hashes of each new text.
        least: new texts that must have an n-gram.
        share: the share of all slots that may be given away.
    """
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
    target: np.ndarray,
    weight: np.ndarray,
    buckets: int,
    strength: float = 0.1,
) -> CodedTable:
    """Fit a table from nothing, as notebook 9 does: choose n-grams, learn weights, round them.

    Args:
        rows: the distinct hashes of each text.
        target, weight: as in `learn_on`.
        buckets: the size of the table, four slots each.
        strength: the inverse of the L2 penalty.
    """
    hashes, counts = ngram_table.count(rows)
    coefficients, _ = baselines.fit_weighted(counts, target, weight)
    used = np.asarray(counts.sum(axis=0)).ravel()
    ranked = hashes[np.argsort(-np.abs(coefficients) * np.sqrt(used), kind="stable")]
    table = ngram_table.build_table(ranked[: 12 * buckets], buckets)
    x = table.features(rows)
    coefficients, bias = baselines.fit_weighted(x, target, weight, strength)
    return _coded(table, x, coefficients, bias)


def _coded(table: NgramTable, x: sparse.csr_matrix, weights: np.ndarray, bias: float) -> CodedTable:
    hits = np.asarray(x.sum(axis=0)).ravel()
    codes, codebook = ngram_table.code_weights(weights, 1 + hits)
    return CodedTable(table, codes, codebook, bias)
