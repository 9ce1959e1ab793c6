"""Links: whatever the project's own texts point to inside the project is there, anchors too."""

import re
from pathlib import Path
from urllib.parse import unquote

import nbformat
import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
KINDS = ("md", "ipynb")
FOLDERS = ("course", "notebooks", "data_scripts")
TEXTS = sorted(
    path
    for pattern in ("*.md", *(f"{folder}/**/*.{kind}" for folder in FOLDERS for kind in KINDS))
    for path in CHECKOUT.glob(pattern)
    if ".ipynb_checkpoints" not in path.parts
)
# what badges and cards point to on GitHub is in this checkout as well
OURS = re.compile(r"https://\S+/small-language-models/small-language-models/(?:blob|tree)/main/")
LINK = re.compile(r"\]\(\s*<?([^\s()<>]+)|\b(?:href|src)=\"([^\"]+)\"")


def prose(path: Path) -> str:
    """Return the Markdown of a page, without its code."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".ipynb":
        cells = nbformat.reads(text, as_version=4).cells
        text = "\n\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    text = re.sub(r"^(```|~~~).*?^\1", "", text, flags=re.M | re.S)
    return re.sub(r"(`+).+?\1", lambda code: code[0] if "](" not in code[0] else "", text)


def anchors(path: Path) -> set[str]:
    """Return what can stand after `#`: headings as GitHub writes them and as JupyterLab does."""
    found = set()
    for heading in re.findall(r"^#{1,6} (.+)$", prose(path), re.M):
        words = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading.strip())
        found |= {re.sub(r"[^\w\- ]", "", words.lower()).replace(" ", "-"), words.replace(" ", "-")}
    return found | set(re.findall(r"\b(?:id|name)=\"([^\"]+)\"", prose(path)))


def lost(path: Path) -> list[str]:
    """Return the links of a page that lead nowhere."""
    found = []
    for link in (unquote(a or b) for a, b in LINK.findall(prose(path))):
        inside, ours = OURS.subn("", link)
        if re.match(r"[a-z][a-z+.-]*:", inside):  # another site, a letter, a picture in the text
            continue
        file, _, anchor = inside.partition("#")
        target = (CHECKOUT if ours else path.parent) / file if file else path
        # a folder can be shown on GitHub, but JupyterLab opens files only
        there = target.is_file() or (target.is_dir() and path.suffix == ".md")
        if not there or (anchor and anchor not in anchors(target)):
            found.append(link)
    return found


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: str(path.relative_to(CHECKOUT)))
def test_links_lead_somewhere(path):
    assert lost(path) == []


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: str(path.relative_to(CHECKOUT)))
def test_a_module_that_is_named_is_there(path):
    named = re.findall(r"\bhelpers/[\w/]+\.(?:py|js)\b", path.read_text(encoding="utf-8"))
    assert [name for name in named if not (CHECKOUT / name).is_file()] == []


def test_a_link_that_leads_nowhere_is_seen(tmp_path):
    page, other = tmp_path / "page.md", tmp_path / "other.md"
    ours = "https://github.com/small-language-models/small-language-models/blob/main/"
    other.write_text("# A title: `two` words\n")
    page.write_text(
        "# Here\n[a](other.md) [b](other.md#a-title-two-words) [c](#here) [d](https://example.org)\n"
        f"[ours]({ours}README.md)\n"
        "`[no](link.md)`\n```\n[no](link.md)\n```\n"
        '[e](missing.md) [f](other.md#missing) [g](#missing) <img src="missing.png">\n'
        f"[h]({ours}missing.md)\n"
    )
    wrong = ["missing.md", "other.md#missing", "#missing", "missing.png", f"{ours}missing.md"]
    assert lost(page) == wrong
