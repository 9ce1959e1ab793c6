"""Files that are spared the padding of their rows answer as if they had read it."""

import keras
import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter
from keras import layers, ops

from helpers.bundle import export
from helpers.data.classes import Classes
from helpers.learning import models, training
from helpers.predictor import runtime

SEQ_LEN = 200
LENGTHS = (0, 1, 63, 64, 65, 127, 199, 200)
CLASSES = Classes(("a", "b", "c"))


@pytest.fixture(scope="module")
def token_ids():
    random = np.random.default_rng(0)
    rows = random.integers(4, 300, (len(LENGTHS), SEQ_LEN)).astype("int32")
    return np.where(np.arange(SEQ_LEN) < np.array(LENGTHS)[:, None], rows, 0).astype("int32")


def answers_of_fixed_length(path, token_ids):
    """What the file says to whoever knows nothing of lengths: full rows in, as it opens."""
    interpreter = Interpreter(model_path=str(path), num_threads=1)
    interpreter.allocate_tensors()
    source, target = interpreter.get_input_details()[0], interpreter.get_output_details()[0]
    assert source["shape"].tolist() == [1, SEQ_LEN]
    answers = []
    for row in token_ids:
        interpreter.set_tensor(source["index"], row[None])
        interpreter.invoke()
        answers.append(interpreter.get_tensor(target["index"])[0])
    return np.array(answers)


@pytest.mark.parametrize("precision", ["float32", "int8"])
@pytest.mark.parametrize("build", ["encoder", "student", "cnn"])
def test_padding_is_spared_and_missed_by_nobody(build, precision, token_ids, tmp_path):
    training.set_seed(0)
    if build == "encoder":
        encoder = models.build_gated_encoder(300, width=16, blocks=2)
        model = models.add_classifier_head(encoder, CLASSES)
    elif build == "student":
        model = models.build_student(300, CLASSES, width=8, filters=8)
    else:
        model = models.build_text_cnn(300, SEQ_LEN, CLASSES, width=8)
    path = export.to_litert(model, tmp_path / "a.tflite", SEQ_LEN, precision)
    padded = answers_of_fixed_length(path, token_ids)
    spared = runtime.load_litert(path)(token_ids)
    assert np.abs(padded - spared).max() < 1e-5
    again = runtime.load_litert(path)(token_ids[::-1])[::-1]
    assert np.array_equal(spared, again)
    assert np.array_equal(runtime.run_litert(path, token_ids), spared)


def test_a_model_that_counts_its_padding_keeps_its_length(token_ids, tmp_path):
    source = keras.Input((None,), dtype="int32")
    mean = ops.mean(layers.Embedding(300, 4)(source), axis=1)
    model = keras.Model(source, layers.Dense(3, name=CLASSES.head)(mean))
    path = export.to_litert(model, tmp_path / "a.tflite", SEQ_LEN)
    expected = models.with_probability(model).predict_on_batch(token_ids)
    assert np.abs(runtime.load_litert(path)(token_ids) - expected).max() < 1e-5


def test_rows_are_cut_to_steps_and_keep_some_padding():
    assert runtime.STEP == 64
    rows = (np.arange(SEQ_LEN) < np.array(LENGTHS)[:, None]).astype("int32")
    assert runtime.unpadded(rows).tolist() == [64, 64, 64, 128, 128, 128, 200, 200]
    rows[1, 150] = 7  # a zero in the middle is no padding
    assert runtime.unpadded(rows)[1] == 192
