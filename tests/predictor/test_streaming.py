"""Text from a stream of ids: whole characters only, and in the end what `decode` gives."""

import pytest

from helpers.predictor.streaming import TextStream, token_bytes
from helpers.writer import tokens

TEXT = "好看 élan 👩‍👧 fin"


@pytest.fixture(scope="module")
def tokenizer():
    return tokens.train_tokenizer(["the film was good " * 3], 280)


def test_every_byte_has_a_token(tokenizer):
    pieces = token_bytes(tokenizer)
    assert {bytes([byte]) for byte in range(256)} <= set(pieces)
    assert pieces[:4] == [b""] * 4
    ids = tokenizer.encode(TEXT).ids
    assert b"".join(pieces[i] for i in ids) == TEXT.encode()


def test_never_half_a_character(tokenizer):
    ids = tokenizer.encode(TEXT).ids
    stream = TextStream(token_bytes(tokenizer))
    parts = [stream.feed(i) for i in ids]
    assert "".join(parts) == TEXT and stream.end() == ""
    assert "\ufffd" not in "".join(parts)
    assert parts[:3] == ["", "", "好"]


def test_what_is_broken_is_said(tokenizer):
    ids = tokenizer.encode(TEXT).ids
    stream = TextStream(token_bytes(tokenizer))
    assert [stream.feed(ids[0]), stream.feed(0), stream.end()] == ["", "", "\ufffd"]
