"""English texts of a program's interface and their Chinese translations, or sentences of Tatoeba.

A row is source, target and group. In both texts whatever must not be changed (`%1`, `{name}`, an
address, code in backticks) is a placeholder, written ⟨1⟩, ⟨2⟩ ... in the order of the source; the
column `kept` (JSON) has what they stand for.
"""

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from helpers.data import online as hub
from helpers.data import packages, parts
from helpers.data.chinese_reviews import letters, near_duplicates
from helpers.data.settings import SourceError
from helpers.examples.own_files import read_rows
from helpers.predictor.texts import readable
from helpers.stages.errors import DataError

PACKAGE, VERSION = "jupyterlab-language-pack-zh-CN", "4.5.post3"
FOLDER = "locale/zh_CN/LC_MESSAGES"
FILES = {  # catalog: SHA-256
    "jupyterlab": "1ba8c2bfe9042556386e3dda22afba5849d8fc1a2aa85d5c9eb2974b5c8412f4",
    "jupyterlab_git": "4a9ea7dae52b615d4c015a228c9ada48c887b2f00492a8d622076002fdf887f5",
    "jupyterlab_lsp": "a28d100c367a88e26652f8b87ebb0d75966ec8fb4a66b2de1444873e75d5480d",
    "jupyterlab_tour": "7b36733c7590c5f5e7a7336d25899c298c48a2de3fa49625665593b12d8426c6",
    "notebook": "d6882bc0c72380e9668c985d6afe93040484660050d21a18293e15a32a97f53a",
    "jupyter_collaboration": "938e9cff71f36d00315fbe469784f2732d1eb5ab62a90dbbff0bdd2a2df7b514",
    "spellchecker": "598f36899ef66a466fce2fa52e3c72d5fa3d974e5b7d31472c22121f8664b48a",
    "nbdime": "95d937c927efc2ed79d9ec837671b69d3ef35262c6822ccfd1f05a2f125a0468",
    "dask_labextension": "a412a0e410aebc8cc819cb2a7eb62df01c957a76c87bf5c333284e409fe478a0",
    "jupyter_resource_usage": "a5e0e3cde53a3505ca99838d1ce7d7e3f6bdf91624fafe84352fe2898d414d08",
}
TATOEBA = "https://www.manythings.org/anki/cmn-eng.zip"
COPY = "tatoeba_en_zh"  # columns en and zh
OTHERWISE = "leave TASK at `packaged`, which needs no connection"
LONGEST, MOST_BYTES, MOST_PAIRS = 160, 50_000_000, 200_000
ALIKE, FEWEST_ROWS, MOST_KEPT = 0.7, 200, 9
KEPT = re.compile(
    r"""%(?:\d+\$|\([^()\n]+\))?[-+#0]*(?:\d+|\*)?(?:\.(?:\d+|\*))?(?:hh?|ll?|[Lqjzt])?
        [diouxXeEfFgGaAcCsSpn@](?![A-Za-z])  # %s, %ld, %.2f, %1$s, %(name)s, %@
    |(?<!\d)%[ds]|%\d+|%%  # %ds, %dpx; %1 (a blank after % makes it a percent sign)
    |[%$\#]?\{(?:[^{}\n]|\{[^{}\n]*\})*\}  # {0}, {name}, {{name}}, ${name}, {n, plural, one {...}}
    |`[^`\n]+`|</?[a-z][^<>\n]*>  # code, tags
    |https?://[!-(*-;=?-~]*[A-Za-z0-9/=&\#_~%+-]  # addresses, without the marks after them""",
    re.VERBOSE,
)
MASK = re.compile(r"⟨\d+⟩")


class PairError(DataError):
    """Pairs of texts cannot be used; the message says where and why."""


def packaged() -> tuple[dict[str, pd.DataFrame], dict[str, Any]]:
    """Return the texts of JupyterLab's interface. Raises SourceError without the package."""
    pairs: dict[str, str] = {}
    for name, sha256 in FILES.items():
        content = packages.read_file(PACKAGE, VERSION, f"{FOLDER}/{name}.json", sha256)
        for key, values in json.loads(content).items():
            if key and values and values[0]:
                pairs.setdefault(key.rpartition("\x04")[2], values[0])
    tables, report = cut(pairs.items())
    return tables, {
        "source": f"texts of JupyterLab's interface, PyPI package {PACKAGE} {VERSION}",
        "license": "BSD-3-Clause",
        "citation": "Project Jupyter contributors. JupyterLab language packs. "
        "https://github.com/jupyterlab/language-packs",
        "split_rule": RULE,
        "language": ["en", "zh"],
        "domain": "texts of a program's interface",
        "examples": [
            "Close all tabs",
            "Delete the selected files",
            "Close %1",
            "Could not open %1: no such file",
            "Show line numbers",
        ],
        "report": report,
    }


RULE = (
    "80/10/10 of whole groups in the order of their SHA-256; a group is all pairs with the same or "
    "nearly the same English (case, marks, placeholders aside) or the same translation"
)


def online() -> tuple[dict[str, pd.DataFrame], dict[str, Any]]:
    """Return Tatoeba's English-Chinese pairs, from manythings.org or the folder of SLM_DATA_MIRROR.

    Raises SourceError where neither has them, PairError where they are too many.
    """
    if hub.mirror():
        rows, name = hub.read_copy(COPY, ["en", "zh"]), COPY
        pairs = list(rows.itertuples(index=False, name=None))
    else:
        pairs, name = tatoeba_lines(hub.fetch(TATOEBA, MOST_BYTES, OTHERWISE)), TATOEBA
    tables, report = cut(pairs, name)
    return tables, {
        "source": "Tatoeba, English-Chinese sentences: https://tatoeba.org, by " + TATOEBA,
        "license": "CC-BY-2.0-FR",
        "citation": "Tatoeba contributors. https://tatoeba.org (CC-BY 2.0 FR).",
        "split_rule": RULE,
        "language": ["en", "zh"],
        "domain": "short everyday sentences",
        "examples": ["I have a dog.", "Where is the station?", "She is reading a book."],
        "report": report,
    }


def own(path: Path) -> tuple[dict[str, pd.DataFrame], dict[str, Any]]:
    """Return a reader's pairs: a table with the columns source and target.

    Raises PairError, FileError or MissingColumnError, with the place.
    """
    name = readable(path.name)
    rows, notes = read_rows(path, ["source", "target"])
    pairs = list(rows.itertuples(index=False, name=None))
    tables, report = cut(pairs, name)
    rows_kept = {part: len(rows) for part, rows in tables.items()}
    if sum(rows_kept.values()) < FEWEST_ROWS or min(rows_kept.values()) < 10:
        raise PairError(
            f"{name}: of {len(pairs):,} pairs can be used: {rows_kept}. {FEWEST_ROWS} are needed, "
            f"and 10 in each part. {report[0]}"
        )
    return tables, {
        "source": f"own file {name}",
        "license": "as the file's owner says",
        "citation": f"The file {name}.",
        "split_rule": RULE,
        "language": "und",
        "domain": f"texts like those of {name}",
        "examples": restored(*(tables["validation"][c].head(4) for c in ("source", "kept"))),
        "report": [*notes, *report],
    }


def tatoeba_lines(content: bytes) -> list[tuple[str, str]]:
    """Return the pairs of the archive: lines of English, Chinese and who wrote them, with tabs.

    Raises SourceError where it is another archive.
    """
    packed = hub.unpack(content, "cmn.txt", MOST_BYTES, OTHERWISE)
    try:
        # a sentence may hold what else splitlines() takes for the end of a line
        rows = [line.removesuffix("\r") for line in packed.decode().split("\n")]
        return [(a, b) for a, b, *_ in (row.split("\t") for row in rows if row)]
    except ValueError as error:
        raise SourceError(
            f"{TATOEBA} is not what was expected, English and Chinese between tabs ({error}). "
            f"You can {OTHERWISE}."
        ) from error


def masked(source: str, target: str) -> tuple[str, str, list[str]] | None:
    """Return both texts with placeholders as ⟨1⟩, ⟨2⟩, and what these are; None if they differ."""
    kept = list(dict.fromkeys(KEPT.findall(source)))
    both = [sorted(KEPT.findall(text)) for text in (source, target)]
    if MASK.search(source + target) or both[0] != both[1] or len(kept) > MOST_KEPT:
        return None
    number = {text: f"⟨{i}⟩" for i, text in enumerate(kept, 1)}
    source, target = (KEPT.sub(lambda m: number[m[0]], text) for text in (source, target))
    return source, target, kept


def lines(source: str, target: str) -> Iterable[tuple[str, str]]:
    """Return the lines of a pair as pairs, if both have as many; else nothing."""
    both = [[line.strip() for line in text.strip().split("\n")] for text in (source, target)]
    return zip(*both, strict=True) if len(both[0]) == len(both[1]) else ()


def core(text: str) -> str:
    """Return the letters and digits of a text, placeholders aside, in one case and width."""
    return letters(MASK.sub("", text))


def cut(
    pairs: Iterable[tuple[str, str]], name: str = "the table"
) -> tuple[dict[str, pd.DataFrame], list[str]]:
    """Return training, validation and test pairs by RULE, and lines that tell what was left out.

    Raises PairError, with the `name` of where they are from, for more than MOST_PAIRS.
    """
    rows, why = [], dict.fromkeys(("too long", "not translated", "placeholders differ"), 0)
    in_lines = [[*lines(*both)] for both in pairs]
    why["of other line breaks"] = in_lines.count([])
    split = [pair for both in in_lines for pair in both]
    once = dict.fromkeys(split)
    why["said twice"] = len(split) - len(once)
    if len(split) > MOST_PAIRS:
        raise PairError(
            f"{name}: {len(split):,} pairs of lines; {MOST_PAIRS:,} are the most. Leave some out."
        )
    for source, target in once:
        found = masked(source, target)
        if found is None:
            why["placeholders differ"] += 1
        elif max(map(len, (source, target, *found[:2]))) > LONGEST:  # with and without placeholders
            why["too long"] += 1
        elif not core(source) or not core(target) or core(source) == core(target):
            why["not translated"] += 1
        else:
            rows.append((*found[:2], json.dumps(found[2], ensure_ascii=False)))
    table = pd.DataFrame(rows, columns=["source", "target", "kept"])
    order = table["source"].map(parts.digest).argsort(kind="stable")
    table = table.iloc[order].reset_index(drop=True)  # a head of it is a draw
    table["group"] = groups(list(table["source"]), list(table["target"]))
    first = table["source"].groupby(table["group"]).transform("min")  # names the group
    share = parts.shares_of_groups(first.map(parts.number).to_numpy("uint64"))
    of = np.select([share < 0.1, share < 0.2], [2, 1], 0)
    tables = {p: table[of == n].reset_index(drop=True) for n, p in enumerate(parts.LABELED)}
    left = ", ".join(f"{count:,} {reason}" for reason, count in why.items())
    told = ", ".join(f"{part} {len(rows):,}" for part, rows in tables.items())
    return tables, [f"{len(split):,} pairs; left out: {left}", f"pairs: {told}"]


def groups(sources: list[str], targets: list[str]) -> np.ndarray:
    """Return the number of each pair's group, int [rows]: see RULE."""
    # blanks around it: of a short text its first and last letters count, too
    links = [near_duplicates(sources, ALIKE, contained=2, key=lambda text: f" {core(text)} ")]
    for texts in (sources, targets):
        same = pd.Series([core(text) for text in texts])
        first = same.reset_index().groupby(0)["index"].transform("min")
        links.append(np.column_stack([first, np.arange(len(texts))]))
    return parts.linked(np.concatenate(links), len(sources))


def restored(texts: Iterable[str], kept: Iterable[str]) -> list[str]:
    """Return texts with placeholders put back; `kept` is the column. An unknown ⟨n⟩ stays."""
    done = []
    for text, cell in zip(texts, kept, strict=True):
        for i, placeholder in enumerate(json.loads(cell), 1):
            text = text.replace(f"⟨{i}⟩", placeholder)
        done.append(text)
    return done


def broken(sources: Iterable[str], drafts: Iterable[str]) -> list[bool]:
    """Return whether a placeholder is lost, invented or doubled in each draft."""
    pairs = zip(sources, drafts, strict=True)
    return [sorted(MASK.findall(a)) != sorted(MASK.findall(b)) for a, b in pairs]


def hidden(text: str) -> tuple[str, str]:
    """Return a text with its placeholders as ⟨1⟩, ⟨2⟩ ..., and what these are, as in `kept`."""
    found = masked(text, text)
    if found is None:
        raise PairError(f"A text may have {MOST_KEPT} placeholders, and none written ⟨1⟩ already.")
    return found[0], json.dumps(found[2], ensure_ascii=False)
