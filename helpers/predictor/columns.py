"""The columns of a table of texts, as people name them."""

from collections.abc import Iterable, Sequence


def called(names: Sequence[str], wanted: str) -> list[int]:
    """Return the places of the columns of a name; where none has it, blanks and case may differ."""
    exactly = [i for i, name in enumerate(names) if name == wanted]
    return exactly or [i for i, name in enumerate(names) if _plain(name) == _plain(wanted)]


def places(names: Sequence[str], columns: Sequence[str]) -> list[int] | None:
    """Return where the wanted columns stand; None if one is not there, or there more than once."""
    found = [called(names, wanted) for wanted in columns]
    return [at[0] for at in found] if all(len(at) == 1 for at in found) else None


def joined(cells: Iterable[str]) -> str:
    """Return the text of several columns: one below the other, without the empty ones."""
    return "\n".join(part for part in (cell.strip() for cell in cells) if part)


def _plain(name: str) -> str:
    return name.strip().casefold()
