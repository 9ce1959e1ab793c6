"""One size for every model."""

import tiny_bundle

from helpers.bundle import packing


def test_a_download_weighs_the_same_as_files_and_as_a_bundle(tmp_path):
    bundle = tiny_bundle.write_bundle(tmp_path / "bundle")
    model, tokenizer = bundle / "model.tflite", bundle / "tokenizer.json"
    size = packing.download_bytes(model, tokenizer)
    assert size == packing.bundle_bytes(bundle)
    # both parts are packed, whatever the model
    assert size == packing.packed_bytes(model) + packing.packed_bytes(tokenizer)
