"""Text from a stream of token ids: never half a character. `bpe.js` has the same in JavaScript."""

from codecs import getincrementaldecoder

from tokenizers import Tokenizer


def token_bytes(tokenizer: Tokenizer) -> list[bytes]:
    """Return the bytes of each token of a byte-level tokenizer, by id; special ones have none."""
    vocabulary = tokenizer.get_vocab()
    found = [b""] * (1 + max(vocabulary.values()))
    added = tokenizer.get_added_tokens_decoder()
    for token, token_id in vocabulary.items():
        if token_id not in added:
            found[token_id] = bytes(_BYTE_OF[character] for character in token)
        elif not added[token_id].special:
            found[token_id] = token.encode()
    return found


class TextStream:
    """The text of one id after the other; a character whose bytes are not all there waits."""

    def __init__(self, pieces: list[bytes]):
        """Begin a text; `pieces` are the `token_bytes` of a tokenizer, read once for all texts."""
        self.pieces = pieces
        self._decoder = getincrementaldecoder("utf-8")("replace")

    def feed(self, token_id: int) -> str:
        """Return the characters that are whole with this token, maybe none."""
        return self._decoder.decode(self.pieces[token_id])

    def end(self) -> str:
        """Return U+FFFD for what was begun and never made whole; nothing otherwise."""
        return self._decoder.decode(b"", final=True)


def _byte_of() -> dict[str, int]:
    """Return which byte a character of the vocabulary is: what can be seen stands for itself."""
    seen = {*range(33, 127), *range(161, 173), *range(174, 256)}
    unseen = [byte for byte in range(256) if byte not in seen]
    return {chr(byte): byte for byte in seen} | {chr(256 + i): b for i, b in enumerate(unseen)}


_BYTE_OF = _byte_of()
