"""A decoder's files: two signatures over one set of weights, codes instead of weights."""

import numpy as np
import pytest

from helpers.bundle import decoder_files
from helpers.bundle.export import ExportError
from helpers.predictor import steps
from helpers.writer import quantize
from helpers.writer.decoder import build_decoder
from tests.support import tiny_writer


@pytest.fixture(scope="module")
def token_ids():
    return np.random.default_rng(1).integers(4, 290, 40).tolist()


@pytest.fixture(scope="module")
def expected(token_ids):
    """Logits of the decoder without a cache, [40, vocab_size]."""
    return tiny_writer.decoder()[0].predict_on_batch(np.array([token_ids]))[0]


def tensors(content):
    """Yield (subgraph, tensor) and the model of a LiteRT file."""
    from ai_edge_litert import schema_py_generated as schema

    model = schema.ModelT.InitFromPackedBuf(bytearray(content), 0)
    return model, [(graph, tensor) for graph in model.subgraphs for tensor in graph.tensors]


def test_both_entrances_share_the_weights_and_the_table_stands_there_once():
    model, found = tensors(tiny_writer.float_file())
    assert [each.signatureKey for each in model.signatureDefs] == [b"decode", b"prefill"]
    decoder = tiny_writer.decoder()[0]
    bytes_there = sum(len(each.data) for each in model.buffers if each.data is not None)
    assert bytes_there < 4 * decoder.count_params() + 4000
    shape = list(decoder.get_weights()[0].shape)
    assert len({tensor.buffer for _, tensor in found if list(tensor.shape) == shape}) == 1


@pytest.mark.parametrize("ending", [".tflite", ".onnx", ".keras"])
def test_every_runtime_says_what_the_decoder_says(tmp_path, ending, token_ids, expected):
    decoder, config = tiny_writer.decoder()
    write = {".onnx": decoder_files.to_onnx, ".keras": decoder_files.to_keras}
    path = tmp_path / f"model{ending}"
    if ending in write:
        write[ending](decoder, config, path)
    else:
        decoder_files.save_litert(tiny_writer.float_file(), path, 32)
    model = steps.LOADERS[ending](path)
    assert model.seq_len == config.seq_len
    scale = np.abs(expected).max()
    assert np.abs(model.all_logits(token_ids) - expected).max() < 1e-5 * scale
    model.forget()
    for n in (1, 2, 17, 18, 40, 3):  # forward, and back again
        assert np.abs(model.logits(token_ids[:n]) - expected[n - 1]).max() < 1e-5 * scale
    assert model.read == token_ids[:3]
    with pytest.raises(ValueError, match="1 to 96 tokens"):
        model.logits([5] * 97)


@pytest.mark.parametrize(("bits", "group", "most"), [(8, None, 0.05), (4, None, 0.9), (4, 32, 0.9)])
def test_the_file_holds_the_codes(tmp_path, bits, group, most, token_ids, expected):
    path = tmp_path / "model.tflite"
    decoder_files.save_litert(tiny_writer.float_file(), path, bits, group)
    model, found = tensors(path.read_bytes())
    table = tiny_writer.decoder()[0].get_weights()[0]
    codes = quantize.quantize(table, bits, group)
    kept = [t for _, t in found if list(t.shape) == list(table.shape) and t.buffer]
    assert len(kept) == 2 and len({each.buffer for each in kept}) == 1
    packed = np.asarray(model.buffers[kept[0].buffer].data)
    assert np.array_equal(packed, quantize.pack(codes.codes, bits))
    logits = steps.load_litert(path).all_logits(token_ids)
    assert np.abs(logits - expected).mean() < most * np.abs(expected).mean()
    if group is None:  # floats are multiplied: the file says what rounded weights say
        decoder, config = tiny_writer.decoder()
        rounded = build_decoder(config)
        rounded.set_weights([as_rounded(w, bits) for w in decoder.get_weights()])
        exact = rounded.predict_on_batch(np.array([token_ids]))[0]
        assert np.abs(logits - exact).max() < 1e-5 * np.abs(exact).max()


def as_rounded(weights, bits):
    if weights.ndim < 2 or weights.size < quantize.SMALLEST:
        return weights
    table = weights.shape[0] == tiny_writer.decoder()[1].vocab_size
    rows = quantize.quantize(weights if table else weights.T, bits).weights()
    return rows if table else rows.T


def test_rounding_is_near_and_groups_are_nearer():
    weights = np.random.default_rng(0).standard_t(3, (64, 128)).astype("float32")
    errors = [
        np.square(quantize.quantize(weights, *how).weights() - weights).mean()
        for how in ((8, None), (4, 32), (4, 64), (4, None))
    ]
    assert errors == sorted(errors)
    codes = quantize.quantize(weights, 4, 32)
    assert np.abs(codes.codes).max() == 7 and codes.scales.dtype == np.float32
    assert np.array_equal(codes.scales, codes.scales.astype("float16"))
    digits = codes.scales.view("uint32") & 0xFFFF
    assert not digits.any()  # bfloat16 holds them, too


def test_a_file_that_does_not_open_is_not_written(tmp_path):
    with pytest.raises(ExportError):
        decoder_files.save_litert(b"no model", tmp_path / "m.tflite", 32)
    assert not list(tmp_path.iterdir())
