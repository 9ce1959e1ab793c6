"""Files of networks: inputs that are not mixed up, any length, and only files that open."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from helpers.bundle.export import ExportError
from helpers.examples import litert_files


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    """A model of two rows of any length, the first less twice the second, and its file."""
    a, b = (keras.Input((None,), name=name) for name in ("first", "second"))
    model = keras.Model([a, b], a - 2 * b)
    path = tmp_path_factory.mktemp("files") / "two.tflite"
    size = litert_files.write(model, [((1, None), "float32"), ((1, None), "float32")], path)
    assert size == path.stat().st_size
    return model, path


def test_two_inputs_of_two_lengths(two):
    model, path = two
    run, generator = litert_files.load(path), np.random.default_rng(0)
    for length in (3, 7, 3):
        a, b = generator.random((2, 1, length), dtype="float32")
        np.testing.assert_allclose(run(a, b), model.predict([a, b], verbose=0), atol=1e-6)
        np.testing.assert_allclose(run(a, b), a - 2 * b, atol=1e-6)


@pytest.mark.parametrize(
    ("lengths", "error"), [((3,), ValueError), ((3, 3, 3), ValueError), ((3, 4), RuntimeError)]
)
def test_after_what_is_refused_the_next_is_answered(two, lengths, error):
    run = litert_files.load(two[1])
    assert run(np.ones((1, 2)), np.zeros((1, 2))).tolist() == [[1, 1]]
    with pytest.raises(error):
        run(*(np.ones((1, length)) for length in lengths))
    assert run(np.ones((1, 2)), np.zeros((1, 2))).tolist() == [[1, 1]]


def test_the_eleventh_input_comes_after_the_third(tmp_path):
    inputs = [keras.Input((1,)) for _ in range(12)]
    model = keras.Model(inputs, sum((i + 1) * x for i, x in enumerate(inputs)))
    path = tmp_path / "twelve.tflite"
    litert_files.write(model, [((1, 1), "float32")] * 12, path)
    run = litert_files.load(path)
    for i in range(12):
        given = np.eye(12, dtype="float32")[i].reshape(12, 1, 1)
        assert run(*given).tolist() == [[i + 1]]


def test_rows_are_asked_one_at_a_time(tmp_path):
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
    path = tmp_path / "rows.tflite"
    litert_files.write(model, [((1, 4), "float32")], path)
    ask, rows = litert_files.load_rows(path), np.random.default_rng(0).random((5, 4))
    np.testing.assert_allclose(ask(rows), model.predict(rows, verbose=0), atol=0.02)
    none = ask(rows[:0])
    assert none.shape == (0, 3) and none.dtype == np.float32


def test_a_file_that_does_not_open_replaces_none(tmp_path, monkeypatch):
    model, path = (
        keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)]),
        tmp_path / "a.tflite",
    )
    path.write_bytes(b"before")
    monkeypatch.setattr(tf.lite.TFLiteConverter, "convert", lambda self: b"no file")
    with pytest.raises(ExportError, match="a.tflite was converted but does not open"):
        litert_files.write(model, [((1, 4), "float32")], path)
    assert [file.read_bytes() for file in tmp_path.iterdir()] == [b"before"]


def test_what_is_no_file_of_a_network(tmp_path):
    (tmp_path / "no.tflite").write_bytes(b"no file")
    with pytest.raises(ValueError):
        litert_files.load(tmp_path / "no.tflite")
    with pytest.raises(OSError):
        litert_files.load(tmp_path / "gone.tflite")
