"""What pages 5 and 6 teach is what the helpers do for later pages."""

import keras
import numpy as np
import pytest

from helpers.learning import models, pruning
from tests.support.on_page import definitions


def test_build_student():
    on_page = definitions("05_distillation.ipynb", "build_student")["build_student"]
    built = []
    for build in (on_page, models.build_student):
        keras.utils.clear_session()  # names of layers count up
        keras.utils.set_random_seed(0)
        built.append(build(60, width=8, filters=4))
    assert built[0].get_config() == built[1].get_config()
    ids = np.random.default_rng(0).integers(0, 60, (5, 20)).astype("int32")
    np.testing.assert_array_equal(*(model(ids) for model in built))


def kernels_of(module, model):
    return [kernel.path for kernel in module(model)]


def test_large_kernels():
    on_page = definitions("06_pruning.ipynb", "large_kernels")["large_kernels"]
    for model in (models.build_text_cnn(300, 40, width=8), models.build_student(300)):
        assert kernels_of(on_page, model) == kernels_of(pruning.large_kernels, model)


@pytest.fixture(params=["helper", "page"])
def keep_zeros(request):
    if request.param == "helper":
        return pruning.KeepZeros
    return definitions("06_pruning.ipynb", "KeepZeros")["KeepZeros"]


def test_zeros_stay_zero_through_training(keep_zeros):
    """Wherever they come from, and whatever gradient they get."""
    layer = keras.layers.Dense(4)
    model = keras.Sequential([keras.Input((6,)), layer])
    start = np.where(np.arange(24).reshape(6, 4) % 3, 0.5, 0.0)
    layer.kernel.assign(start)
    layer.kernel.constraint = keep_zeros(layer.kernel)
    model.compile("adam", "mse")
    model.fit(np.ones((32, 6)), np.ones((32, 4)), verbose=0)
    after = layer.kernel.numpy()
    assert ((after == 0) == (start == 0)).all() and not np.allclose(after, start)


def test_a_mask_may_be_made_stricter(keep_zeros):
    weight = keras.Variable(np.full(4, 0.5, "float32"))
    constraint = keep_zeros(weight)
    constraint.mask.assign(np.array([1, 0, 1, 0]))
    assert constraint(weight).numpy().tolist() == [0.5, 0, 0.5, 0]


def test_magnitude_pruning_follows_its_schedule():
    """From few zeros to the share asked for, and no more after the last pruning step."""
    names = ("KeepZeros", "MagnitudePruning")
    callback = definitions("06_pruning.ipynb", *names)["MagnitudePruning"]
    model = models.build_text_cnn(300, 20, width=8, filters=8, hidden=8)
    model.compile("adam", "binary_crossentropy")
    kernels, shares = pruning.large_kernels(model), []

    class Watch(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            shares.append(np.mean([np.mean(kernel.numpy() == 0) for kernel in kernels]))

    generator = np.random.default_rng(0)
    ids, labels = generator.integers(1, 300, (96, 20)), generator.integers(0, 2, (96, 1))
    pruning_steps = callback(kernels, 0.8, steps=8, every=2)
    model.fit(ids, labels, batch_size=8, verbose=0, callbacks=[pruning_steps, Watch()])
    expected = [0.8 * (1 - (1 - step / 8) ** 3) for step in (0, 0, 2, 2, 4, 4, 6, 6, 8)]
    assert shares[:9] == pytest.approx(expected, abs=0.01)
    assert shares[9:] == pytest.approx([0.8] * 3, abs=0.01)
