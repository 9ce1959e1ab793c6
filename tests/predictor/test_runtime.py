"""Files of every format and a bundle's config: what they say is known before the first answer."""

import json

import numpy as np
import pytest
from tiny_bundle import WORDS, litert_file, write_bundle

from helpers.predictor import hashing, runtime
from helpers.predictor.checksums import BundleError, write_checksums


@pytest.fixture
def tokenizer(tmp_path):
    hashing.HashTokenizer(max_words=WORDS, longest=1, tail=0).save(tmp_path / "hash.json")
    return tmp_path / "hash.json"


def write_litert(path, columns):
    weights = np.full((columns, WORDS), 1e-10)
    path.write_bytes(litert_file(weights, np.arange(columns), several=True))


def write_onnx(path, columns):
    from onnx import TensorProto, helper, save

    given = helper.make_tensor_value_info("ids", TensorProto.INT32, ["rows", WORDS])
    answer = helper.make_tensor_value_info("p", TensorProto.FLOAT, ["rows", columns])
    weights = np.full(WORDS * columns, 1e-10, "float32")
    weights = helper.make_tensor("w", TensorProto.FLOAT, [WORDS, columns], weights)
    nodes = [
        helper.make_node("Cast", ["ids"], ["x"], to=TensorProto.FLOAT),
        helper.make_node("MatMul", ["x", "w"], ["z"]),
        helper.make_node("Sigmoid", ["z"], ["p"]),
    ]
    graph = helper.make_graph(nodes, "tiny", [given], [answer], [weights])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    save(model, path)


def write_keras(path, columns):
    import keras

    ids = keras.Input((WORDS,), dtype="int32")
    x = keras.layers.Rescaling(1e-10)(ids)
    keras.Model(ids, keras.layers.Dense(columns, "sigmoid")(x)).save(path)


WRITERS = {".tflite": write_litert, ".onnx": write_onnx, ".keras": write_keras}


@pytest.mark.parametrize("ending", WRITERS)
def test_a_file_is_opened_without_an_answer(tmp_path, tokenizer, monkeypatch, ending):
    for columns, labels in ((1, "ab"), (2, "ab"), (3, "abc")):
        path = tmp_path / f"model{ending}"
        WRITERS[ending](path, columns)
        with monkeypatch.context() as patch:
            patch.setattr(hashing, "encode_batch", lambda *_: pytest.fail("asked for an answer"))
            predictor = runtime.load_files(tokenizer, path, labels)
            with pytest.raises(BundleError, match=f"answers {len(labels)} labels, not 4"):
                runtime.load_files(tokenizer, path, "abcd")
        assert predictor.model.columns == columns
        p = predictor.probabilities(["a text", "b"])
        assert p.shape == (2, len(labels)) and p.dtype == np.float32
        assert columns > 1 or np.allclose(p.sum(axis=1), 1)
        none = predictor.probabilities([])
        assert none.shape == (0, len(labels)) and none.dtype == np.float32
        assert predictor.predict([]) == []


@pytest.fixture
def config_of(tmp_path):
    """Return what is read of a bundle whose config says something else."""

    def read(**said):
        folder = write_bundle(tmp_path / "tiny")
        config = json.loads((folder / "config.json").read_text()) | said
        (folder / "checksums.sha256").unlink()
        (folder / "config.json").write_text(json.dumps(config))
        write_checksums(folder)
        return runtime.read_config(folder)

    return read


def test_a_config_holds_no_half_of_a_character(config_of):
    config = config_of(name="a\ud800", labels=["\ud83d\ude00", "b\udc00"], examples=["\ud83d?"])
    assert config["labels"] == ["\U0001f600", "b\ufffd"]
    assert (config["name"], config["examples"]) == ("a\ufffd", ["\ufffd?"])


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({"labels": ["a"]}, "2 to 200 different"),
        ({"labels": ["a", "a"]}, "2 to 200 different"),
        ({"labels": ["\ud800", "\ud801"]}, "2 to 200 different"),
        ({"labels": [str(i) for i in range(201)]}, "2 to 200 different"),
        ({"labels": ["a", 1]}, "no files and labels"),
        ({"labels": [["a"], ["b"]]}, "no files and labels"),
        ({"labels": "ab"}, "no files and labels"),
        ({"labels": {"a": 1, "b": 2}}, "no files and labels"),
        ({"several": 1}, "is 1, not true or false"),
        ({"several": "false"}, "is 'false', not true or false"),
        ({"several": None}, "is None, not true or false"),
    ],
)
def test_configs_that_are_refused(config_of, said, reason):
    with pytest.raises(BundleError, match=reason):
        config_of(**said)


def test_200_labels_are_not_too_many(config_of):
    assert len(config_of(labels=[str(i) for i in range(200)])["labels"]) == 200
