"""The tokenizer without a vocabulary, in Python and JavaScript, and the table it feeds."""

import json
import sys
import unicodedata
from pathlib import Path
from random import Random

import numpy as np
import pytest
from scipy import special
from tokenizers import Tokenizer
from tokenizers.models import WordLevel

from helpers.bundle import ngram_table, wide_deep
from helpers.data import imdb
from helpers.predictor import hashing, runtime, words
from helpers.predictor.checksums import BundleError
from tests.support import javascript as node

# what people write in many scripts, and what is hard about each
SCRIPTS = {
    "Latin": "Zażółć GĘŚLĄ; cafe\u0301 İstanbul ılık Straße ẞ naïve don’t geht´s ‘so’ O'Neil''s",
    "Greek": "Ο ΟΔΥΣΣΕΥΣ, ο Οδυσσεύς· ᾳ ΐ",
    "Cyrillic": "Ёлка и ёлка — п’ять м'яч; Її",
    "Armenian": "Բարեւ ձեզ, և ՄԵՒ։",
    "Georgian": "გამარჯობა ᲒᲐᲛᲐᲠᲯᲝᲑᲐ",
    "Hebrew": "שָׁלוֹם עוֹלָם, צה״ל",
    "Arabic": "مُحَمَّد قال: السَّلامُ ﷺ ﻻ ٣٤",
    "Persian": "می\u200cخواهم کتاب‌ها را",
    "Devanagari": "हिन्दी क्\u200dष में लिखा १२। ड़",
    "Bengali": "বাংলা ভাষা ক্ষ",
    "Tamil": "தமிழ் மொழி கொ",
    "Telugu": "తెలుగు భాష",
    "Sinhala": "ශ්\u200dරී ලංකා",
    "Thai": "ภาษาไทยน้ำ๑๒ กำ",
    "Lao": "ພາສາລາວ ຳ",
    "Khmer": "ភាសា\u200bខ្មែរ ១២",
    "Myanmar": "မြန်မာစာ ၁၂",
    "Tibetan": "བོད་སྐད། ཀྵ",
    "Hangul": "한국어 \u1112\u1161\u11ab\u1100\u116e\u11a8 ㄱㅏ",
    "Kana": "カタカナ ｶﾞｷﾞ ひらがな コーヒー が々",
    "Han": "中文，很好！\U00020000\U0002a6d6〇豈⼀「好」",
    "Ethiopic": "ሰላም፡ለዓለም።",
    "Cherokee": "ᏣᎳᎩ ꮳꮃꭹ",
    "Mongolian": "ᠮᠣᠩᠭᠣᠯ\u180e\u180b ᠪᠢᠴᠢᠭ",
    "emoji": "❤️ ❤ 👩🏽\u200d🚀👍🏿 1️⃣ #️⃣ 🇩🇪 love😀😀",
    "forms": "𝐁𝐨𝐥𝐝 𝔉𝔯𝔞𝔨 ﬁne ﬃ ＦＵＬＬ！ ① ½ x² ™ Ǆ",
    "marks": "'a' 'b ́c d'́e ' '' \u0301 !\u0301x «q» \u2028 \x85 \x00 \x7f _a_b_",
}
AWKWARD = [
    *SCRIPTS.values(),
    "",
    " \n\t",
    "a",
    "A b",
    "It's GREAT!!<br /><br />Ünder — x",
    "İ ß 😀 \ud800x",
    "x" * 20_000,
    *("x" * shift + "é字😀" * 2_000 for shift in range(4)),  # cut inside a character
]


@pytest.fixture(scope="module")
def reviews():
    return imdb.packaged_reviews()["text"].tolist()[::250]


def slow_hash(word: bytes) -> int:
    return sum(byte * pow(hashing.RADIX, i, 2**32) for i, byte in enumerate(word)) % 2**32


def test_hashes_are_those_of_the_words():
    for text in AWKWARD:
        expected = [slow_hash(word.encode()) for word in hashing.split_words(text)]
        assert hashing.hash_words(text).tolist() == expected


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("It's GREAT!<br />Ünder", "it's great ! ünder"),
        ("'great' don’t rock''n", "' great ' don't rock ' ' n"),
        ("ΟΔΟΣ οδός ẞ STRASSE Straße", "οδοσ οδόσ ss strasse strasse"),
        ("मैंने हिन्दी।", "मैंने हिन्दी ।"),
        ("中文，很好ok", "中 文 , 很 好 ok"),
        ("น้ำดี2025", "น้ ํ า ด ี 2025".replace(" ํ", "ํ").replace("ด ี", "ดี")),
        ("ＦＵＬＬ ﬁne cafe\u0301", "full fine café"),
        ("می\u200cخواهم ❤️👍🏿", "میخواهم ❤ 👍 🏿"),
        ("#️⃣ ́a", "#⃣ ́a"),
    ],
)
def test_words_of_any_script(text, words):
    assert hashing.split_words(text) == words.split(" ")


def test_every_way_to_write_a_word_is_the_same_word():
    for text in SCRIPTS.values():
        words = hashing.split_words(text)
        for form in ("NFC", "NFD"):
            assert hashing.split_words(unicodedata.normalize(form, text.replace("´", "'"))) == words


def test_word_hash_does_not_depend_on_its_place():
    assert hashing.hash_words("bad")[0] == hashing.hash_words("so very, very bad")[-1]


def test_each_ngram_counts_once_and_the_last_words_again():
    plain = hashing.HashTokenizer(max_words=10, tail=0).encode("a b a b")
    assert np.count_nonzero(plain) == 2 + 2 + 2  # a, b; ab, ba; aba, bab
    tail = hashing.HashTokenizer(max_words=10, tail=2).encode("a b a b")
    assert np.count_nonzero(tail) == 6 + 3  # and a, b, ab among the last two
    assert set(plain[plain > 0]) < set(tail[tail > 0])


def test_the_end_of_a_long_text_is_read():
    tokenizer = hashing.HashTokenizer(max_words=5, tail=2)
    first, second = (tokenizer.encode("so it goes on and on and " + end) for end in ("up", "down"))
    assert (first != second).any()


def test_rows_have_one_length_and_survive_saving(tmp_path, reviews):
    tokenizer = hashing.HashTokenizer(max_words=50, with_words=True)
    tokenizer.save(tmp_path / "hash.json")
    loaded = hashing.load(tmp_path / "hash.json")
    rows = hashing.encode_batch(loaded, [*reviews[:5], *AWKWARD])
    assert rows.shape == (5 + len(AWKWARD), tokenizer.row_length) and rows.dtype == np.int32
    assert (rows >= 0).all()
    assert (rows == hashing.encode_batch(tokenizer, [*reviews[:5], *AWKWARD])).all()


@pytest.fixture
def subwords():
    tokenizer = Tokenizer(WordLevel({"[UNK]": 0}, unk_token="[UNK]"))
    tokenizer.enable_truncation(5)
    tokenizer.enable_padding(length=5)
    return tokenizer


def test_hashes_of_other_rules_are_refused(tmp_path, subwords):
    hashes = hashing.HashTokenizer(max_words=9)
    for tokenizer in (hashes, hashing.JoinedTokenizer(subwords, hashes)):
        path = tmp_path / "tokenizer.json"
        tokenizer.save(path)
        loaded, settings = hashing.load(path), json.loads(path.read_text())
        assert getattr(loaded, "hashes", loaded) == hashes and settings.pop("rules") == 2
        for rules, made in (({}, "0.2.0 or older"), ({"rules": 3}, "another version")):
            path.write_text(json.dumps(settings | rules))
            with pytest.raises(BundleError, match=f"tokenizer.json was made with .*{made}.* again"):
                hashing.load(path)
    twin = Path(hashing.__file__).with_suffix(".js").read_text(encoding="utf-8")
    assert f"export const RULES = {hashing.RULES};" in twin


def test_no_texts_are_no_rows(subwords):
    hashes = hashing.HashTokenizer(max_words=9, longest=2, tail=0)
    joined = hashing.JoinedTokenizer(subwords, hashes)
    for tokenizer, length in ((subwords, 5), (hashes, 18), (joined, 23)):
        for texts in ([], [""], ["a", "b"]):
            rows = hashing.encode_batch(tokenizer, texts)
            assert rows.shape == (len(texts), length) and rows.dtype == np.int32


def test_a_batch_of_hashes_is_of_ngrams_alone():
    settings = {"max_words": 4, "longest": 2, "tail": 0, "characters": 4}
    texts = ["bobs a bobs", "", "a"]
    plain = hashing.hash_batch(hashing.HashTokenizer(**settings), texts)
    spelling = hashing.hash_batch(hashing.HashTokenizer(**settings, with_words=True), texts)
    for row, other in zip(plain, spelling, strict=True):
        assert row.tolist() == other.tolist() == sorted({*row.tolist()})
    assert [len(row) for row in plain] == [4 + 5 + 4 + 3, 0, 1]


def test_a_text_is_folded_once(monkeypatch):
    asked = []
    monkeypatch.setattr(words, "folded", lambda text: asked.append(text) or text)
    hashing.HashTokenizer(9, characters=4, with_words=True).encode("a text")
    assert asked == ["a text"]


def test_characters_inside_words():
    plain, more = hashing.HashTokenizer(9, tail=0), hashing.HashTokenizer(9, tail=0, characters=3)
    assert more.row_length == plain.row_length + 2 * 9 * hashing.CHARACTERS_A_WORD
    (base,), (found,) = (hashing.hash_batch(t, ["Bob bo 字 !"]) for t in (plain, more))
    # " b" "bo" "ob" "b " "o ", " bo" "bob" "ob " "bo "; words of one character add nothing
    assert len(np.setdiff1d(found, base)) == 9 and set(base) < set(found)
    related, other = hashing.hash_batch(more, ["bobs", "alice"])
    assert len(np.intersect1d(found, related)) > 4 > len(np.intersect1d(found, other))


def test_characters_have_an_end():
    tokenizer = hashing.HashTokenizer(2, tail=0, characters=4)
    assert tokenizer.encode("x" + "".join(map(chr, range(0x4E0, 0x520)))).shape == (54,)


def test_words_are_spelled():
    tokenizer = hashing.HashTokenizer(4, tail=0, characters=4, with_words=True)
    assert tokenizer.spelling == 16 and tokenizer.words_length == 4 * 17
    row = tokenizer.encode("bobs a unbelievable BOBS")
    words, spelled = row[:4], row[4:68].reshape(4, 16)
    assert words[0] == words[3] and (spelled[0] == spelled[3]).all()
    # " bo" "bob" "obs" "bs " " bob" "bobs" "obs "; a word of one character spells nothing
    assert (spelled > 0).sum(axis=1).tolist() == [7, 0, 16, 7]
    alone = hashing.HashTokenizer(4, tail=0, characters=4).encode("bobs")
    assert set(spelled[0][:7]) < set(alone)


SETTINGS = [
    {"max_words": 300, "longest": 3, "tail": 80, "with_words": True},
    {"max_words": 20, "longest": 2, "tail": 0, "characters": 4},
    {"max_words": 9, "longest": 2, "tail": 3, "characters": 5, "with_words": True},
]


@pytest.fixture(scope="module")
def javascript(tmp_path_factory):
    """Return what the JavaScript tokenizer makes of texts: words, then rows for each SETTINGS."""
    folder = tmp_path_factory.mktemp("javascript")
    code = "[data.texts.map(splitWords), ...data.settings.map((settings) => data.texts.map("
    code += "(text) => [...encode(text, settings)]))]"

    def run(texts):
        data = {"texts": list(texts), "settings": SETTINGS}
        return node.run(folder, Path(hashing.__file__).with_suffix(".js"), code, data)

    return run


def fuzz(count):
    """Return texts that mix the characters of a few scripts, and what holds them together."""
    rng = Random(0)
    glue = [*"' ’-!a \u0301\u200d\ufe0f1", "<br />"]
    for _ in range(count):
        letters = [*"".join(rng.sample(list(SCRIPTS.values()), rng.randint(1, 3))), *glue * 2]
        yield "".join(rng.choices(letters, k=rng.randint(1, 60)))


def test_javascript_gives_the_same_rows(javascript, reviews):
    texts = [*reviews, *AWKWARD, *fuzz(800)]
    words, *rows = javascript(texts)
    assert words == [hashing.split_words(text) for text in texts]
    for theirs, settings in zip(rows, SETTINGS, strict=True):
        ours = hashing.encode_batch(hashing.HashTokenizer(**settings), texts)
        assert (np.array(theirs) == ours).all()


def test_javascript_knows_every_character_that_python_knows(javascript):
    categories = {c: unicodedata.category(c) for c in map(chr, range(sys.maxunicode + 1))}
    known = [c for c, category in categories.items() if category not in ("Cn", "Co", "Cs")]
    # each between letters and after a space, a few to a text
    texts = [
        " ".join(f"a{c}b {c}" for c in known[start : start + 100])
        for start in range(0, len(known), 100)
    ]
    assert javascript(texts)[0] == [hashing.split_words(text) for text in texts]


def rows_of(texts):
    return [row[row > 0] for row in hashing.encode_batch(hashing.HashTokenizer(50), texts)]


def test_table_finds_what_it_holds_and_little_else(reviews):
    found, _ = ngram_table.count(rows_of(reviews), at_least=1)
    stored, others = found[::2], found[1::2]
    table = ngram_table.build_table(stored[:2000], buckets=1000)
    held = table.find(stored[:2000])
    assert np.mean(held >= 0) > 0.95  # a few buckets overflow
    assert np.mean(table.find(others) >= 0) < 0.003
    assert (table.find(np.zeros(3, "int32")) == -1).all()


def test_most_important_ngrams_stay_when_the_table_is_full():
    hashes = np.arange(1, 1001, dtype="int32") * 7919
    table = ngram_table.build_table(hashes, buckets=10)
    assert (table.fingerprints != ngram_table.EMPTY).all()
    assert (table.find(hashes[:10]) >= 0).all()


def test_features_count_every_hit(reviews):
    rows = rows_of(reviews[:20])
    found, counts = ngram_table.count(rows, at_least=1)
    table = ngram_table.build_table(found, buckets=len(found))
    assert table.features(rows).sum() >= 0.99 * counts.sum()


def test_file_answers_as_the_table_does(tmp_path, reviews):
    rows = rows_of(reviews[:20])
    found, _ = ngram_table.count(rows, at_least=1)
    table = ngram_table.build_table(found, buckets=200)
    weights = np.random.default_rng(0).normal(0, 0.1, table.size)
    codes, codebook = ngram_table.code_weights(weights, np.ones(table.size))
    assert codes.max() < ngram_table.CODES
    assert np.abs(codebook[codes] - weights).mean() < 0.02
    coded = ngram_table.CodedTable(table, codes, codebook, 0.25)
    tokenizer = hashing.HashTokenizer(50)
    path = wide_deep.to_litert(coded, tokenizer.row_length, tmp_path / "table.tflite")
    answers = runtime.load_litert(path)(hashing.encode_batch(tokenizer, reviews[:20]))
    expected = special.softmax(coded.logits(rows), axis=1)
    assert np.allclose(answers, expected, atol=1e-5)


def test_network_beside_a_table_is_in_the_file(tmp_path, reviews):
    import keras  # here, because it takes seconds

    ids = keras.Input((50,), dtype="int32")
    x = keras.layers.Embedding(100, 4)(keras.ops.mod(ids, 100))
    deep = keras.Model(ids, keras.layers.Dense(2)(keras.layers.Flatten()(x)))
    table = ngram_table.build_table(np.array([5, 6], "int32"), buckets=4)
    coded = ngram_table.CodedTable(table, np.zeros(16, "int32"), np.zeros(16, "float32"), 1.0)
    tokenizer = hashing.HashTokenizer(50, with_words=True)
    rows = hashing.encode_batch(tokenizer, reviews[:5])
    path = wide_deep.to_litert(
        coded,
        tokenizer.row_length - 50,
        tmp_path / "joined.tflite",
        deep=deep,
        deep_length=50,
        mix=(2.0, 0.5),
    )
    logits = 2.0 * np.array([-0.5, 0.5]) + 0.5 * np.asarray(deep(rows[:, :50]))
    answers = runtime.load_litert(path)(rows)
    assert np.allclose(answers, special.softmax(logits, axis=1), atol=0.01)
