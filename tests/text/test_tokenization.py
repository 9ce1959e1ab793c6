"""Subwords and word lists of any script, in files that need no other code."""

from tokenizers import Tokenizer

from helpers.predictor.texts import folded
from helpers.text import tokenization

THAI = ["ผมชอบหนังเรื่องนี้มากเพราะสนุกและนักแสดงเล่นดีมาก" * 4, "หนังไม่สนุกเลย"] * 3
JAPANESE = ["この映画はとても面白かったです。", "ストーリーがつまらなくて、眠くなりました！"] * 3
ENGLISH = ["The film wasn't a café.", "Naïve and “great”… 😀"] * 3


def tokens(tokenizer: Tokenizer, text: str) -> list[str]:
    return [token for token in tokenizer.encode(text).tokens if token != tokenization.PAD]


def test_nothing_seen_in_training_is_unknown_and_nothing_is_lost():
    for texts in (THAI, JAPANESE, ENGLISH):
        tokenizer = tokenization.train_subwords(texts, 150, 200)
        for text in texts:
            assert "".join(tokens(tokenizer, text)) == folded(text).replace(" ", "")


def test_han_and_symbols_are_pieces_and_a_rare_one_hides_no_other():
    tokenizer = tokenization.train_subwords(JAPANESE, 150, 50)
    pieces = tokens(tokenizer, "この映画犬☃です")
    assert {"映", "画"} < set(pieces) and pieces.count(tokenization.UNK) == 2


def test_forms_of_a_letter_are_the_same_in_the_file():
    tokenizer = tokenization.train_subwords(ENGLISH, 150, 50)
    loaded = Tokenizer.from_str(tokenizer.to_str())
    same = ("wasn't “café”", 'ＷＡＳＮ’Ｔ "cafe\u0301"', "was\u200bn't «CAFÉ»")
    assert len({tuple(tokens(loaded, text)) for text in same}) == 1
    assert tokens(loaded, "cafe") != tokens(loaded, "café")


def test_the_vocabulary_keeps_its_size_with_many_characters():
    texts = ["".join(chr(0x4E00 + i) for i in range(j, j + 50)) for j in range(0, 3000, 50)]
    tokenizer = tokenization.train_subwords(texts, 400, 50)
    assert 200 < tokenizer.get_vocab_size() <= 400


def test_words_stand_between_spaces():
    assert tokenization.spaced("It wasn’t\u00a0GREAT—well…<br />ok") == "it wasn't great well ok"
    assert tokenization.spaced("好！「ภาษา」abcかな").split() == [*"好ภาษา", "abc", *"かな"]
    assert tokenization.spaced("नमस्ते दुनिया") == "नमस्ते दुनिया"


def test_the_word_list_reads_what_spaced_writes():
    vocabulary = ["", "[UNK]", "很", "好", "wasnt", "café"]
    tokenizer = tokenization.word_tokenizer(vocabulary, 12)
    for text in ("很好，Wasn’t!", "cafe\u0301很", "well-known"):
        assert tokens(tokenizer, text) == tokens(tokenizer, tokenization.spaced(text))
    assert tokens(tokenizer, "很好，Wasn’t! CAFÉ") == ["很", "好", "wasnt", "café"]
