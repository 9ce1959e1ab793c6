"""Models, training and export, on small sizes and a real review or two."""

import json
import re
import shutil

import keras
import numpy as np
import pytest
from keras import layers
from scipy import sparse
from tiny_bundle import MANIFEST, ROW

from helpers.bundle import export, folders, packing
from helpers.data.classes import Classes
from helpers.learning import baselines, masking, models, pruning, training
from helpers.predictor import checksums, runtime
from helpers.sharing import cards
from helpers.system import files
from helpers.text import tokenization

SEQ_LEN = 24
TWO = Classes(("negative", "positive"))
MANY = (TWO, Classes(("a", "b", "c")), Classes(("a", "b", "c"), several=True))


@pytest.fixture(scope="module")
def texts(reviews):
    return list(reviews["text"][::500])


@pytest.fixture(scope="module")
def tokenizer(texts):
    return tokenization.train_subwords(texts, 300, SEQ_LEN)


@pytest.fixture(scope="module")
def classifier():
    training.set_seed(0)
    encoder = models.build_gated_encoder(300, width=16, blocks=2)
    return models.add_classifier_head(encoder, TWO)


def token_ids(tokenizer, texts):
    return tokenization.encode(tokenizer, texts)


def test_the_classic_has_its_published_number_of_parameters():
    of_the_last_layer = 65  # a unit of 64 weights and a bias; here is one for each class
    count = models.build_text_cnn(10_000, 500, TWO).count_params()
    assert count - of_the_last_layer == 1_370_369


def test_padding_changes_nothing(classifier):
    ids = np.arange(10, 20, dtype="int32")[None]
    padded = np.pad(ids, [(0, 0), (0, 30)])
    assert np.allclose(classifier(ids), classifier(padded), atol=1e-6)


def test_tokenizer_repeats_and_survives_saving(texts, tokenizer, tmp_path):
    again = tokenization.train_subwords(texts, 300, SEQ_LEN)
    assert again.to_str() == tokenizer.to_str()
    tokenization.save(tokenizer, tmp_path / "tokenizer.json")
    loaded = tokenization.load(tmp_path / "tokenizer.json")
    ids = token_ids(loaded, texts)
    assert (ids == token_ids(tokenizer, texts)).all()
    assert ids.shape == (len(texts), SEQ_LEN) and ids.dtype == np.int32


def test_word_tokenizer_equals_text_vectorization(texts):
    plain = [text.replace("<br />", " ") for text in texts]
    vectorizer = layers.TextVectorization(max_tokens=400, output_sequence_length=50)
    vectorizer.adapt(plain)
    words = tokenization.word_tokenizer(vectorizer.get_vocabulary(), 50)
    same = token_ids(words, texts) == np.asarray(vectorizer(plain))
    assert same.mean() > 0.99
    assert tokenization.vocabulary(words)[2:] == vectorizer.get_vocabulary()[2:]


def toy_training(folder, epochs=3, seed=0, dropout=0.0, filters=8):
    folder.mkdir(exist_ok=True)
    training.set_seed(seed)
    model = models.build_student(50, TWO, width=8, filters=filters, dropout=dropout)
    model.compile("adam", TWO.loss())
    ids = np.random.default_rng(0).integers(1, 50, (64, 12)).astype("int32")
    targets = TWO.targets(ids[:, 0] > 25)
    batches = training.trimmed_batches(ids, targets, 16, seed=seed, word_dropout=0.1)
    validation = (ids, targets)
    done = training.train(
        model, batches, epochs=epochs, checkpoints=folder, name="toy", validation=validation
    )
    return done, model.get_weights()


def test_an_interrupted_training_ends_as_an_uninterrupted_one(tmp_path):
    whole, weights = toy_training(tmp_path / "whole", dropout=0.3)
    toy_training(tmp_path / "cut", epochs=1, dropout=0.3)  # then the process dies
    resumed, again = toy_training(tmp_path / "cut", dropout=0.3)
    assert resumed.history == whole.history
    assert all((a == b).all() for a, b in zip(weights, again, strict=True))


def test_a_checkpoint_of_another_model_is_no_beginning(tmp_path):
    whole, _ = toy_training(tmp_path / "whole", filters=16)
    toy_training(tmp_path / "cut", epochs=2)
    anew, _ = toy_training(tmp_path / "cut", filters=16)
    assert anew.history == whole.history


def test_validation_without_shared_padding_gives_the_same_loss():
    model = models.build_student(50, TWO, width=8, filters=8)
    model.compile("adam", TWO.loss())
    ids = np.random.default_rng(0).integers(1, 50, (25, 12)).astype("int32")
    ids[np.arange(12) >= np.arange(25)[:, None] // 3 + 3] = 0
    ids = np.pad(ids, ((0, 0), (0, 9)))
    targets = TWO.targets(np.arange(25) % 2)
    batches = training.validation_batches(ids, targets, 10)
    assert [len(x) for x, _ in batches] == [10, 10, 5]
    assert next(iter(batches))[0].shape[1] < 12
    whole = model.evaluate(ids, targets, verbose=0)
    assert model.evaluate(batches, verbose=0) == pytest.approx(whole, rel=1e-5)


def test_training_repeats_bit_by_bit(tmp_path):
    first, a = toy_training(tmp_path / "a", dropout=0.3)
    second, b = toy_training(tmp_path / "b", dropout=0.3)
    assert first.history == second.history
    assert all((x == y).all() for x, y in zip(a, b, strict=True))


def test_batches_hold_every_row_once_and_differ_by_epoch():
    seen = training.Batches(20, 5, lambda rows, _: (rows, rows))
    epochs = []
    for epoch in range(2):
        seen.set_epoch(epoch)
        epochs.append(np.concatenate([seen[i][0] for i in range(len(seen))]))
    assert (np.sort(epochs[0]) == np.arange(20)).all()
    assert (epochs[0] != epochs[1]).any()


@pytest.mark.parametrize(
    ("kind", "classes"), [("gated", TWO), *(("cnn", classes) for classes in MANY)]
)
def test_exported_files_answer_as_keras_does(kind, classes, classifier, tokenizer, texts, tmp_path):
    model = classifier if kind == "gated" else models.build_text_cnn(300, SEQ_LEN, classes, width=8)
    ids = token_ids(tokenizer, texts)
    exact = export.keras_probabilities(model, ids)
    assert np.allclose(exact, classes.probabilities(models.predict_by_length(model, ids)))
    litert = export.to_litert(model, tmp_path / "a.tflite", SEQ_LEN)
    onnx = export.to_onnx(model, tmp_path / "a.onnx", SEQ_LEN)
    saved = export.save_keras(model, tmp_path / "a.keras")
    assert np.abs(runtime.run_litert(litert, ids) - exact).max() < 1e-5
    assert np.abs(runtime.load_onnx(onnx)(ids) - exact).max() < 1e-5
    assert np.abs(runtime.load_keras(saved)(ids) - exact).max() < 1e-6
    int8 = export.to_litert(model, tmp_path / "b.tflite", SEQ_LEN, "int8")
    assert int8.stat().st_size < litert.stat().st_size
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        "a.keras",
        "a.onnx",
        "a.tflite",
        "b.tflite",
    ]


def test_a_file_that_does_not_open_is_an_error_and_leaves_nothing(tmp_path):
    inputs = keras.Input((SEQ_LEN,), dtype="int32")
    x = layers.Embedding(300, 8)(inputs)
    x = layers.GlobalAveragePooling1D()(layers.Dense(8, activation="gelu")(x))  # exact GELU
    model = keras.Model(inputs, layers.Dense(2, name="logits")(x))
    with pytest.raises(export.ExportError, match="does not open in its runtime"):
        export.to_onnx(model, tmp_path / "a.onnx", SEQ_LEN)
    assert list(tmp_path.iterdir()) == []


def test_an_onnx_file_repeats_byte_by_byte(classifier, tmp_path):
    for quantize in (False, True):
        files = [
            export.to_onnx(classifier, tmp_path / f"{i}.onnx", SEQ_LEN, quantize=quantize)
            for i in range(2)
        ]
        assert files[0].read_bytes() == files[1].read_bytes()


def test_a_saved_model_leaves_the_optimizer_behind(tmp_path):
    model = models.build_text_cnn(300, SEQ_LEN, TWO, width=8)
    models.save(model, tmp_path / "new.keras")
    model.compile("adam", TWO.loss())
    ids = np.ones((4, SEQ_LEN), "int32")
    model.fit(ids, TWO.targets(np.ones(4)), verbose=0)
    models.save(model, tmp_path / "trained.keras")
    sizes = [(tmp_path / f"{name}.keras").stat().st_size for name in ("new", "trained")]
    assert sizes[1] < 1.1 * sizes[0]
    loaded = keras.saving.load_model(tmp_path / "trained.keras", safe_mode=True)
    assert np.allclose(loaded(ids), model(ids))


def test_compression_helpers(tmp_path):
    model = models.build_text_cnn(300, SEQ_LEN, TWO, width=8)
    names = {weight.path.split("/")[-2] for weight in pruning.large_kernels(model)}
    assert names == {"embedding", "conv", "hidden"}
    (tmp_path / "zeros").write_bytes(bytes(100_000))
    assert packing.packed_bytes(tmp_path / "zeros") < 200


@pytest.fixture
def counts():
    generator = np.random.default_rng(0)
    return sparse.csr_matrix((generator.random((60, 8)) < 0.4).astype("float32"))


def test_a_weight_counts_as_so_many_rows(counts):
    targets = MANY[1].targets(np.arange(60) % 3)
    weight = np.ones(60)
    weight[:5] = 2
    weighted = baselines.fit_weighted(counts, targets, weight)
    repeated = sparse.vstack([counts, counts[:5]]).tocsr()
    plain = baselines.fit_weighted(repeated, np.r_[targets, targets[:5]], np.ones(65))
    assert weighted[0].shape == (8, 3) and weighted[1].shape == (3,)
    assert np.allclose(weighted[0], plain[0], atol=1e-3)
    assert weighted[1] == pytest.approx(plain[1], abs=1e-3)


def test_a_target_of_one_half_says_nothing(counts):
    weights, biases = baselines.fit_weighted(counts, np.full((60, 1), 0.5), np.ones(60))
    assert np.allclose(weights, 0, atol=1e-6)
    assert biases == pytest.approx([0], abs=1e-6)


def test_a_question_that_all_rows_answer_alike_is_answered_so(counts):
    targets = np.stack([np.zeros(60), np.ones(60)], axis=1)
    weights, biases = baselines.fit_weighted(counts, targets, np.ones(60))
    assert not weights.any() and biases[0] < -5 and biases[1] > 5


def test_ngram_model_learns(reviews, tmp_path):
    rows = reviews.iloc[::50]
    model = baselines.fit_ngram_model(list(rows["text"]), rows["label"].to_numpy(), TWO, longest=1)
    other = reviews.iloc[25::50]
    right = model.probabilities(list(other["text"])).argmax(axis=1) == other["label"].to_numpy()
    assert right.mean() > 0.7
    model.save(tmp_path / "model.npz")
    loaded = baselines.load_ngram_model(tmp_path / "model.npz")
    texts = list(other["text"][:50])
    assert np.allclose(loaded.probabilities(texts), model.probabilities(texts))
    assert loaded.classes == TWO


@pytest.mark.parametrize("classes", MANY[1:])
def test_ngram_model_of_more_classes(classes, reviews):
    """Each of three words is a class."""
    texts = [f"{text[:80]} {word}" for text in reviews["text"][::900] for word in ("u", "v", "w")]
    labels = np.arange(len(texts)) % 3
    if classes.several:
        labels = np.eye(3, dtype=bool)[labels]
    model = baselines.fit_ngram_model(texts, labels, classes, longest=1, strength=10)
    p = model.probabilities(texts)
    assert p.shape == (len(texts), 3) and p.dtype == np.float32
    assert ((p >= 0.5) == classes.targets(labels)).mean() > 0.95
    assert classes.several or np.allclose(p.sum(axis=1), 1)


@pytest.fixture(scope="module")
def bundle(classifier, tokenizer, tmp_path_factory):
    folder = tmp_path_factory.mktemp("bundle")
    tokenization.save(tokenizer, folder / "tokenizer.json")
    card = cards.model_card(
        name="toy",
        task="A toy.",
        labels=["negative", "positive"],
        row=ROW,
        comparisons=[],
        manifest=MANIFEST,
        formats=["litert", "onnx", "keras"],
        limits=["It knows nothing."],
    )
    return folders.write_bundle(
        folder / "toy",
        name="toy",
        models={
            "litert": export.to_litert(classifier, folder / "m.tflite", SEQ_LEN),
            "onnx": export.to_onnx(classifier, folder / "m.onnx", SEQ_LEN),
            "keras": export.save_keras(classifier, folder / "m.keras"),
        },
        tokenizer=folder / "tokenizer.json",
        labels=["negative", "positive"],
        metrics={"result": ROW},
        card=card,
    )


def test_bundle_answers(bundle, texts):
    answers = runtime.load_bundle(bundle).predict(texts[:2])
    assert set(answers[0]) == {"label", "probability"}
    assert answers[0]["label"] in ("negative", "positive") and answers[0]["probability"] >= 0.5
    keras_answers = runtime.load_bundle(bundle, "keras").predict(texts[:2])
    assert abs(keras_answers[0]["probability"] - answers[0]["probability"]) < 1e-5
    with pytest.raises(runtime.BundleError, match="It holds: litert, onnx, keras"):
        runtime.load_bundle(bundle, "torch")


def test_card_has_valid_metadata(bundle):
    text = (bundle / "README.md").read_text()
    from huggingface_hub import ModelCard

    card = ModelCard(text)
    assert card.data.license == "apache-2.0" and card.data.eval_results[0].metric_value == 0.5
    assert "50.0 | 40.0 to 60.0" in text
    with pytest.raises(cards.CardError, match="does not open with a metadata block"):
        cards.check_card("# No metadata")
    with pytest.raises(cards.CardError, match="'license'"):
        cards.check_card("---\nlanguage: en\n---\n")


@pytest.mark.parametrize("name", ["model.tflite", "tokenizer.json", "README.md"])
def test_an_altered_bundle_is_refused(bundle, tmp_path, name):
    copy = shutil.copytree(bundle, tmp_path / "copy")
    with open(copy / name, "ab") as file:
        file.write(b" ")
    with pytest.raises(runtime.BundleError, match="altered"):
        runtime.load_bundle(copy)


def test_a_listed_name_cannot_leave_the_bundle(bundle, tmp_path):
    copy = shutil.copytree(bundle, tmp_path / "copy")
    config = json.loads((copy / "config.json").read_text())
    config["models"]["litert"] = "../elsewhere.tflite"
    files.write_json(copy / "config.json", config)
    shutil.copy(copy / "model.tflite", tmp_path / "elsewhere.tflite")
    (copy / checksums.CHECKSUMS).unlink()
    checksums.write_checksums(copy)  # the config's checksum holds again
    with pytest.raises(runtime.BundleError, match="has no checksum"):
        runtime.load_bundle(copy)
    outside = checksums.file_digest(tmp_path / "elsewhere.tflite")
    with open(copy / checksums.CHECKSUMS, "a") as file:
        file.write(f"{outside}  ../elsewhere.tflite\n")
    with pytest.raises(runtime.BundleError, match="altered"):
        runtime.load_bundle(copy)


@pytest.mark.parametrize("task", ["imdb", "My reviews (final)", "отзывы", ".", "a" * 200])
def test_every_file_name_gives_a_model_name(task):
    assert re.fullmatch(r"[a-z0-9][a-z0-9._-]{0,95}", cards.model_name(task, "student"))


def test_predict_command(bundle, tmp_path, capsys):
    from helpers.predictor import command

    lines = tmp_path / "texts.jsonl"
    lines.write_text('{"text": "good"}\n\n{"text": "bad <br /> film"}\n')
    assert command.main([str(bundle), str(lines)]) == 0
    printed = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert len(printed) == 2 and set(printed[0]) == {"text", "label", "probability"}
    lines.write_text('{"text": "good"}\n{"txt": 1}\n')
    assert command.main([str(bundle), str(lines)]) == 2
    assert "Line 2" in capsys.readouterr().err
    assert command.main([str(tmp_path), str(lines)]) == 2
    assert "It holds: no bundle" in capsys.readouterr().err
    assert command.main([str(bundle), str(tmp_path / "none.jsonl")]) == 2


def test_hidden_tokens_can_be_put_back():
    rows = np.arange(10, 50, dtype="int32").reshape(2, 20)
    (hidden, positions), answers = masking.hide_tokens(rows, 4, 2, np.random.default_rng(0))
    assert (hidden == 2).sum(axis=1).tolist() == [4, 4]
    np.put_along_axis(hidden, positions, answers, axis=1)
    assert (hidden == rows).all()


def test_a_small_corpus_is_read_more_often():
    ids = np.ones((100, 10), "int32")
    ids[:, 5:] = 0  # padding does not count
    assert training.enough_epochs(ids, least=2, tokens=600) == 2
    assert training.enough_epochs(ids, least=2, tokens=5000) == 10
    assert training.enough_epochs(ids, least=2, tokens=10**7) == 20
