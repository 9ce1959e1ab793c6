"""The writer's tokenizer in the browser: the ids and the text that Python gives."""

import json
from random import Random

import pytest

from helpers.browser import page
from helpers.predictor.streaming import TextStream, token_bytes
from helpers.writer import tokens
from tests.predictor.test_hashing import SCRIPTS
from tests.support import javascript

MODULE = page.HERE / "bpe.js"
OPEN = "const {encode, decode, stream, special, size} = openTokenizer(JSON.parse(data.file));"
TEXTS = [
    "",
    " ",
    "I'm sure they'll say it's fine, we've DON'T 'tis '' 's",
    "two  spaces   three\n\n\ttabs \r\n end ",
    "12 apples, 3.14 and ½ ² Ⅷ ٣٤",
    "<|end|><|user|> hi <|assistant|>",
    "constructor __proto__ toString",
    "\ufeffbom \x85next\u3000wide\u00a0hard\u2028line\x1c\x00",
    "👩‍👩‍👧 🇩🇪 e\u0301 ﷺ",
    "loooooooooooooooong" + "ab" * 500,
    *SCRIPTS.values(),
]


@pytest.fixture(scope="module")
def tokenizer():
    said = (
        "a constructor that's good, we've seen it. <|end|> 好看的电影 ещё один фильм loooong abab "
    )
    return tokens.train_tokenizer([*TEXTS, said * 3] * 3, 900)


def mixed(count):
    """Return texts of characters from a few scripts, of all planes, and of what joins them."""
    rng = Random(1)
    for _ in range(count):
        letters = [*"".join(rng.sample(TEXTS, 3)), *"  \n'st 1.\u3000"]
        letters += [chr(c) for c in (rng.randrange(0x250), rng.randrange(0xD800))]
        yield "".join(rng.choices(letters, k=rng.randint(1, 60)))


def call(tmp_path, tokenizer, code, **data):
    return javascript.run(
        tmp_path, MODULE, f"{{{OPEN} {code}}}", {"file": tokenizer.to_str(), **data}
    )


def test_the_same_ids_and_the_text_again(tmp_path, tokenizer):
    texts = [*TEXTS, *mixed(5000)]
    code = (
        "return data.texts.map((text) => { const ids = encode(text); return [ids, decode(ids)] })"
    )
    found = call(tmp_path, tokenizer, code, texts=texts)
    for text, (ids, again) in zip(texts, found, strict=True):
        assert ids == tokenizer.encode(text).ids, text
        assert again == text
        assert not {0, 1, 2, 3} & set(ids)


def test_every_character_is_cut_alike(tmp_path, tokenizer):
    """Whether it is a letter, a number, a space or a mark shows between a letter and a digit."""
    texts = [f"a{chr(c)}b 1{chr(c)}2 {chr(c)} " for c in range(0x30000) if not 0xD800 <= c < 0xE000]
    found = call(tmp_path, tokenizer, "return data.texts.map(encode)", texts=texts)
    differ = [
        text[1]
        for text, ids, ours in zip(texts, found, tokenizer.encode_batch_fast(texts), strict=True)
        if ids != ours.ids
    ]
    assert differ == []


STREAM = """return data.rows.map((ids) => {
    const {feed, end} = stream();
    return [decode(ids), [...ids.map((id) => feed(id)), end()]];
})"""


def parts(pieces, ids):
    stream = TextStream(pieces)
    return [*(stream.feed(i) for i in ids), stream.end()]


def test_the_same_text_from_any_ids(tmp_path, tokenizer):
    rng, pieces = Random(2), token_bytes(tokenizer)
    high = [i for i, piece in enumerate(pieces) if piece and piece[0] > 127]
    rows = [rng.choices([*range(len(pieces)), *high * 3], k=30) for _ in range(3000)]
    for ids, (text, theirs) in zip(rows, call(tmp_path, tokenizer, STREAM, rows=rows), strict=True):
        assert text == tokenizer.decode(ids) == "".join(theirs) == "".join(parts(pieces, ids))


def test_the_stream_of_a_text_has_the_same_parts(tmp_path, tokenizer):
    """(Of bytes that are no text the two give the same in the end, one may say it sooner.)"""
    pieces = token_bytes(tokenizer)
    rows = [tokenizer.encode(text).ids for text in [*TEXTS, *mixed(1000)]]
    for ids, (_, theirs) in zip(rows, call(tmp_path, tokenizer, STREAM, rows=rows), strict=True):
        assert theirs == parts(pieces, ids)


def test_lone_surrogates_are_written_as_any_unknown_character(tmp_path, tokenizer):
    code = "return [encode('a\\ud800 b'), encode('a\\ufffd b')]"
    assert len(set(map(tuple, call(tmp_path, tokenizer, code)))) == 1


def test_special_tokens_and_size(tmp_path, tokenizer):
    special, size = call(tmp_path, tokenizer, "return [special, size]")
    assert special == {name: i for i, name in enumerate(tokens.SPECIAL)}
    assert size == tokenizer.get_vocab_size()


@pytest.mark.parametrize(
    "change", [{"normalizer": {"type": "NFC"}}, {"pre_tokenizer": {"type": "Whitespace"}}]
)
def test_another_kind_of_file_is_refused(tmp_path, tokenizer, change):
    file = json.dumps(json.loads(tokenizer.to_str()) | change)
    code = "{try { openTokenizer(JSON.parse(data)) } catch (error) { return error.message }}"
    assert "no byte-level BPE" in javascript.run(tmp_path, MODULE, code, file)
