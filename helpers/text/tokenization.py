"""Tokenizers as standard `tokenizer.json` files: text in, rows of token ids out.

Both tokenizers of the pipeline, subwords and the classic word list, are pipelines of the
`tokenizers` library, so that one small file reproduces them anywhere, without TensorFlow.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, trainers

from helpers.predictor.texts import FOLDS, LINE_BREAK, SPACELESS, UNSEEN
from helpers.stages.workspace import Stage
from helpers.text.scripts import SYLLABLE

PAD, UNK, MASK, SEP = "[PAD]", "[UNK]", "[MASK]", "[SEP]"
WITHOUT_HTML = normalizers.Replace(LINE_BREAK, " ")  # `texts.without_html`, nearly kept in the file

APOSTROPHES = FOLDS["'"] + "´"
# `texts.folded`, nearly kept in the file
FOLDED = normalizers.Sequence(
    [
        WITHOUT_HTML,
        normalizers.Replace("´", "'"),
        normalizers.NFKC(),
        normalizers.Lowercase(),
        normalizers.Replace("i\u0307", "i"),
        *(normalizers.Replace(Regex(f"[{many}]"), one) for one, many in FOLDS.items()),
        normalizers.Replace(Regex(f"[{UNSEEN}]"), ""),
    ]
)
LONGEST_RUN = 64  # characters: WordPiece takes longer runs for unknown, a Thai sentence is longer

# What TextVectorization's `lower_and_strip_punctuation` removes.
PUNCTUATION = Regex(r"""[!"#$%&()*+,\-./:;<=>?@\[\\\]^_`{|}~']""")
# What it leaves is made ready for it: other marks become spaces, apostrophes ASCII (so that they go
# as it lets them go), and spaces stand before and after each character of a script without spaces.
SPACED = normalizers.Sequence(
    [
        WITHOUT_HTML,
        normalizers.Replace(Regex(f"[{APOSTROPHES}]"), "'"),
        normalizers.Replace(Regex(r"(?![\x00-\x7f])[\p{P}\p{S}]"), " "),
        FOLDED,
        normalizers.Replace(
            Regex(f"(?={SYLLABLE})|(?<=[{SPACELESS}])(?=[^{SPACELESS}\\p{{M}}])"), " "
        ),
        normalizers.Replace(Regex(r"\s+"), " "),
    ]
)


def train_subwords(texts: Iterable[str], vocab_size: int, seq_len: int) -> Tokenizer:
    """Train a lower-casing WordPiece tokenizer (Schuster and Nakajima, 2012).

    Ids: 0 [PAD], 1 [UNK], 2 [MASK], 3 [SEP]. Rows are cut and padded to `seq_len`. Pieces inside
    a word carry no mark: with one, the trainer's result differs from run to run. Each Chinese
    character and each symbol is a word, so that a rare one hides no other; other scripts without
    spaces are cut into pieces as long words are. At most three of four entries are
    single characters, the most frequent ones.
    """
    tokenizer = Tokenizer(models.WordPiece(unk_token=UNK, continuing_subword_prefix=""))
    tokenizer.normalizer = normalizers.Sequence(
        [FOLDED, normalizers.BertNormalizer(strip_accents=False)]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.BertPreTokenizer(),
            pre_tokenizers.Split(Regex(r"\p{S}"), "isolated"),
            pre_tokenizers.Split(Regex(rf"\S{{{LONGEST_RUN}}}"), "isolated"),
        ]
    )
    trainer = trainers.WordPieceTrainer(
        vocab_size=vocab_size,
        min_frequency=2,
        limit_alphabet=3 * vocab_size // 4,
        special_tokens=[PAD, UNK, MASK, SEP],
        continuing_subword_prefix="",
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return with_length(tokenizer, seq_len)


def word_tokenizer(vocabulary: list[str], seq_len: int) -> Tokenizer:
    """Rebuild Keras' `TextVectorization` of `spaced` texts as a `tokenizers` pipeline.

    Args:
        vocabulary: `TextVectorization.get_vocabulary()`; entry 0 is padding, 1 unknown.
        seq_len: rows are cut and padded to this many words.
    """
    ids = {PAD: 0, UNK: 1} | {word: i for i, word in enumerate(vocabulary) if i > 1}
    tokenizer = Tokenizer(models.WordLevel(ids, unk_token=UNK))
    tokenizer.normalizer = normalizers.Sequence([SPACED, normalizers.Replace(PUNCTUATION, "")])
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    return with_length(tokenizer, seq_len)


def spaced(text: str) -> str:
    """Return a text whose words, in any script, are what stands between spaces.

    Small letters; HTML line breaks and marks outside ASCII become spaces, and so each character of
    a script without spaces is a word. ASCII marks stay: `TextVectorization` removes them.
    """
    return SPACED.normalize_str(text)


def with_length(tokenizer: Tokenizer, seq_len: int) -> Tokenizer:
    """Set a tokenizer to give exactly `seq_len` ids: cut at the end, padded with 0."""
    tokenizer.enable_truncation(seq_len)
    tokenizer.enable_padding(length=seq_len, pad_id=0, pad_token=PAD)
    return tokenizer


def load(path: Path) -> Tokenizer:
    """Load a `tokenizer.json`, its cutting and padding included."""
    return Tokenizer.from_file(str(path))


def load_both(stage: Stage) -> dict[str, Tokenizer]:
    """Load the two tokenizers a stage has: {"word": ..., "subword": ...}."""
    return {kind: load(stage.path(f"{kind}/tokenizer.json")) for kind in ("word", "subword")}


def save(tokenizer: Tokenizer, path: Path) -> None:
    """Save a tokenizer as `tokenizer.json`."""
    tokenizer.save(str(path))


def vocabulary(tokenizer: Tokenizer) -> list[str]:
    """Return a tokenizer's entries in the order of their ids."""
    ids = tokenizer.get_vocab()
    return sorted(ids, key=ids.__getitem__)


def encode(tokenizer: Tokenizer, texts: Iterable[str]) -> np.ndarray:
    """Return token ids, int32 [texts, seq_len], for a tokenizer with a fixed length."""
    return np.array(list(_ids(tokenizer, texts)), dtype="int32")


def encode_each(tokenizer: Tokenizer, texts: Iterable[str]) -> list[np.ndarray]:
    """Return the ids of each text, int32 [tokens of the text], neither cut nor padded."""
    free = Tokenizer.from_str(tokenizer.to_str())
    free.no_truncation()
    free.no_padding()
    return list(_ids(free, texts))


def encode_stream(tokenizer: Tokenizer, texts: Iterable[str]) -> np.ndarray:
    """Return all texts as one stream of ids, int32 [tokens], a [SEP] after each text."""
    end = np.array([tokenizer.token_to_id(SEP)], "int32")
    return np.concatenate([part for ids in encode_each(tokenizer, texts) for part in (ids, end)])


def _ids(tokenizer: Tokenizer, texts: Iterable[str]) -> Iterator[np.ndarray]:
    """Encode a thousand texts at a time: until its ids are taken, a text is large in memory."""
    texts = list(texts)
    for start in range(0, len(texts), 1000):
        for encoding in tokenizer.encode_batch_fast(texts[start : start + 1000]):
            yield np.array(encoding.ids, "int32")
