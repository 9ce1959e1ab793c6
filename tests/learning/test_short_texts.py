"""The network for short texts: what it reads, and that it learns and travels."""

import keras
import numpy as np

from helpers.bundle import export
from helpers.data.classes import Classes
from helpers.learning import models, short_texts
from helpers.predictor import hashing, runtime

TOKENIZER = hashing.HashTokenizer(6, longest=1, tail=0, characters=4, with_words=True)
THREE = Classes(("open", "close", "stop"))


def rows_of(texts):
    return hashing.encode_batch(TOKENIZER, texts)[:, : TOKENIZER.words_length]


def test_short_texts_are_told():
    assert short_texts.are_short(["open the door", "x " * 900, "stop"])
    assert not short_texts.are_short(["x " * 900, "x " * 800, "stop"])
    assert not short_texts.are_short(["房间很大" * 10] * 3)  # no spaces, and yet many words


def test_batches_hide_words_and_their_spelling():
    rows, targets = rows_of(["open the door now"] * 64), THREE.targets(np.zeros(64, int))
    words, y = short_texts.batches(rows, targets, TOKENIZER, 64, seed=0)[0]
    hidden = words[:, :6] == 1
    assert 0.1 < hidden[:, :4].mean() < 0.3 and not hidden[:, 4:].any()
    spelled = words[:, 6:].reshape(64, 6, -1)
    assert (spelled[hidden] == 0).all() and (spelled[:, :4][~hidden[:, :4]] > 0).any(axis=1).all()
    np.testing.assert_allclose(y.sum(axis=1), 1, rtol=1e-6)
    assert (rows == rows_of(["open the door now"])).all()  # the originals stay


def test_it_learns_from_endings_and_answers_the_same_from_a_file(tmp_path):
    generator = np.random.default_rng(0)
    labels = generator.integers(0, 3, 300)
    stems = ["".join(generator.choice(list("bcdfgkl"), 3)) for _ in labels]
    texts = [f"{stem}{('ing', 'ed', 'est')[y]} it" for stem, y in zip(stems, labels, strict=True)]
    rows, targets = rows_of(texts), THREE.targets(labels)
    keras.utils.set_random_seed(0)
    model = short_texts.build_student(TOKENIZER, THREE, width=16)
    model.compile(keras.optimizers.AdamW(5e-3), THREE.loss())
    batches = short_texts.batches(rows, targets, TOKENIZER, 32, seed=0)
    for epoch in range(6):
        batches.set_epoch(epoch)
        model.fit(batches.dataset(), shuffle=False, verbose=0)
    logits = models.predict_by_length(model, rows)
    assert np.mean(logits.argmax(axis=1) == labels) > 0.95
    path = export.to_litert(model, tmp_path / "short.tflite", TOKENIZER.words_length)
    said = runtime.load_litert(path)(rows[:20])
    np.testing.assert_allclose(said, THREE.probabilities(logits[:20]), atol=1e-4)
