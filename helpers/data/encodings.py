"""Which letters the bytes of a text file stand for: as it says, as told, or as can be found out."""

import contextlib

from helpers.stages.errors import FileError

# what programs still write, beside UTF-8
ENCODINGS = ["cp1252", "cp1250", "cp1251", "koi8_r", "cp1253", "cp1254", "cp1255", "cp1256"]
ENCODINGS += ["cp874", "gb18030", "big5", "cp932", "euc_jp", "cp949"]
MARKS = {b"\xff\xfe\0\0": "utf-32", b"\0\0\xfe\xff": "utf-32"}
MARKS |= {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16", b"\xef\xbb\xbf": "utf-8-sig"}


class EncodingError(FileError):
    """It is not certain how the bytes of a file stand for letters."""


def decode(content: bytes, name: str, encoding: str | None, notes: list[str]) -> str:
    """Return the text of a file: by its byte order mark, as UTF-8, or as told or found out."""
    marked = next((e for mark, e in MARKS.items() if content.startswith(mark)), None)
    try:
        text = content.decode(encoding or marked or "utf-8")
    except LookupError as error:
        raise EncodingError(
            f"There is no encoding {encoding!r}. Set ENCODING to another."
        ) from error
    except UnicodeDecodeError as error:
        if encoding or marked:
            raise EncodingError(
                f"{name} is not {encoding or marked}: byte {error.start} cannot be read. "
                "Set ENCODING to another, or save the file as UTF-8."
            ) from error
        encoding, text = _found_out(content, name, error.start)
        odd = next(line for line in text.splitlines() if not line.isascii())
        notes.append(
            f"not UTF-8; read as {encoding}, for example {odd.strip()[:60]!r}. "
            "Where that looks wrong, set ENCODING"
        )
    else:
        if marked and marked != "utf-8-sig":
            notes.append(f"{marked.upper()}, by its byte order mark")
    _refuse_zeros(text, content, name)
    return text.removeprefix("\ufeff")


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True


def _refuse_zeros(text: str, content: bytes, name: str) -> None:
    """Raise EncodingError for characters of zero bits: UTF-16 without a mark, or a damaged file."""
    if "\0" not in text:
        return
    sample = content[:2000]
    halves = {"utf-16-le": sample[1::2].count(0), "utf-16-be": sample[::2].count(0)}
    guess = max(halves, key=lambda half: halves[half])
    if halves[guess] > len(sample) / 8:
        raise EncodingError(f"{name} looks like {guess} without a mark. Set ENCODING={guess}.")
    line = text[: text.index("\0")].count("\n") + 1
    raise EncodingError(f"{name}, line {line}, holds zero bytes. Take them out.")


def _found_out(content: bytes, name: str, place: int) -> tuple[str, str]:
    """Return the encoding that reads best, and the text. Raises EncodingError if none is sure."""
    from charset_normalizer import from_bytes

    odd_lines = [
        (n, line) for n, line in enumerate(content.splitlines(True), 1) if not line.isascii()
    ]
    broken = [n for n, line in odd_lines if not _is_utf8(line)]
    whole = [n for n, line in odd_lines if _is_utf8(line)]
    if len(broken) <= len(whole):
        raise EncodingError(
            f"{name} is UTF-8 but for {len(broken):,} lines, the first of them line {broken[0]}. "
            "Mend or delete these: another ENCODING would spoil the others."
        )
    if len(whole) > max(1, len(odd_lines) / 20):  # hardly any line is UTF-8 by accident
        raise EncodingError(
            f"{name} was put together from files of two encodings: {len(whole):,} lines are UTF-8 "
            f"(the first: line {whole[0]}), {len(broken):,} are not (the first: line {broken[0]})."
            " Save each of the files as UTF-8 before they are joined."
        )
    odd = b"".join([line for _, line in odd_lines[:2000]])
    readings = []
    for match in from_bytes(odd, cp_isolation=ENCODINGS):
        read = str(match)
        swapped = sum(map(str.isupper, read)) > sum(map(str.islower, read))  # KOI8 for 1251
        rank = (swapped, -round(match.coherence, 1), ENCODINGS.index(match.encoding))
        readings.append((rank, match.coherence, match.encoding))
    _, coherence, encoding = min(readings, default=(None, 0.0, None))
    if encoding is not None and coherence >= 0.05:
        with contextlib.suppress(UnicodeDecodeError):  # a byte beyond the lines that were tried
            return encoding, content.decode(encoding)
    raise EncodingError(
        f"{name} is not UTF-8: byte {place} cannot be read."
        + (f" It may be {encoding}." if encoding else "")
        + " Save it as UTF-8, or set ENCODING to what it is (cp1252, cp1251, gb18030, cp932...)."
    )
