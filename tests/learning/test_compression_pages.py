"""What pages 5 and 6 teach is what the helpers do for later pages."""

import keras
import numpy as np
import pytest

from helpers.data.classes import Classes
from helpers.learning import models, pruning
from tests.support.on_page import definitions

TWO = Classes(("negative", "positive"))


def test_build_student():
    on_page = definitions("05_distillation.ipynb", "build_student")["build_student"]
    built = []
    for build in (on_page, models.build_student):
        keras.utils.clear_session()  # names of layers count up
        keras.utils.set_random_seed(0)
        built.append(build(60, TWO, width=8, filters=4))
    assert built[0].get_config() == built[1].get_config()
    ids = np.random.default_rng(0).integers(0, 60, (5, 20)).astype("int32")
    np.testing.assert_array_equal(*(model(ids) for model in built))


def test_the_loss_of_soft_answers_is_that_of_keras_but_for_a_constant():
    soft_answers = definitions("05_distillation.ipynb", "SoftAnswers")["SoftAnswers"]
    ours = soft_answers(Classes(("a", "b", "c")), 2.0)
    theirs = keras.distillation.LogitsDistillation(2.0, loss=keras.losses.KLDivergence())
    teacher, one, two = np.random.default_rng(0).normal(size=(3, 5, 3)).astype("float32")
    differences = [
        float(ours.compute_loss(teacher, student) - theirs.compute_loss(teacher, student))
        for student in (one, two, teacher)
    ]
    assert differences == pytest.approx(differences[:1] * 3, abs=1e-4)


@pytest.mark.parametrize("several", [False, True])
def test_soft_answers_are_best_learned_as_they_are(several):
    soft_answers = definitions("05_distillation.ipynb", "SoftAnswers")["SoftAnswers"]
    loss = soft_answers(Classes(("a", "b", "c"), several), 2.0).compute_loss
    teacher = np.array([[1.0, -2.0, 0.5]], "float32")
    for c in range(3):
        for step in (-0.3, 0.3):
            other = teacher + step * np.eye(3, dtype="float32")[c]
            assert loss(teacher, teacher) < loss(teacher, other)


@pytest.mark.parametrize("several", [False, True])
def test_smoothed_labels_know_nothing_but_the_label(several):
    classes = Classes(("a", "b", "c"), several)
    generator = np.random.default_rng(0)
    labels = generator.integers(0, 2, (40, 3)) > 0 if several else generator.integers(0, 3, 40)
    logits = generator.normal(size=(40, 3))
    page = definitions("05_distillation.ipynb", "TEMPERATURE", "smoothed")
    smoothed = page["smoothed"]
    yes = classes.targets(labels)
    smoothed.__globals__.update(
        classes=classes, teacher_logits={"train": logits}, np=np,
        labels={"train": labels}, targets={"train": yes},
    )  # fmt: skip
    soft = classes.probabilities(smoothed("train") / page["TEMPERATURE"])
    of_teacher = classes.probabilities(logits / page["TEMPERATURE"])
    for c in range(3):
        given = soft[yes[:, c] == 1, c]
        # with several labels, whatever the other labels are
        assert given == pytest.approx(of_teacher[yes[:, c] == 1, c].mean(), abs=1e-5)
        if not several:  # of each class its own: they say which others it resembles
            same = soft[yes[:, c] == 1]
            np.testing.assert_allclose(same[0], of_teacher[labels == c].mean(axis=0), atol=1e-5)
            assert np.ptp(same, axis=0).max() < 1e-6


def kernels_of(module, model):
    return [kernel.path for kernel in module(model)]


def test_large_kernels():
    on_page = definitions("06_pruning.ipynb", "large_kernels")["large_kernels"]
    for model in (models.build_text_cnn(300, 40, TWO, width=8), models.build_student(300, TWO)):
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
    model = models.build_text_cnn(300, 20, TWO, width=8, filters=8, hidden=8)
    model.compile("adam", TWO.loss())
    kernels, shares = pruning.large_kernels(model), []

    class Watch(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            shares.append(np.mean([np.mean(kernel.numpy() == 0) for kernel in kernels]))

    generator = np.random.default_rng(0)
    ids, labels = generator.integers(1, 300, (96, 20)), generator.integers(0, 2, 96)
    pruning_steps = callback(kernels, 0.8, steps=8, every=2)
    model.fit(ids, TWO.targets(labels), batch_size=8, verbose=0, callbacks=[pruning_steps, Watch()])
    expected = [0.8 * (1 - (1 - step / 8) ** 3) for step in (0, 0, 2, 2, 4, 4, 6, 6, 8)]
    assert shares[:9] == pytest.approx(expected, abs=0.01)
    assert shares[9:] == pytest.approx([0.8] * 3, abs=0.01)
