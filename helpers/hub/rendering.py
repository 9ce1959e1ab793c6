"""Markdown of strangers to HTML that can do no harm: no raw HTML, no scripts, no foreign images.

One thing is read as HTML, because cards fold long lists away with it: `<details>` with a summary.
"""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from html import escape
from urllib.parse import quote, urlsplit

from markdown_it import MarkdownIt
from markdown_it.token import Token

MAX_CHARACTERS = 200_000
UNFOLDED = re.compile(r"<details>\s*<summary>([^<>]*)</summary>\s*")  # a paragraph of its own
SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)


def render(text: str, base: str = "", revision: str = "main") -> str:
    """Return HTML for Markdown.

    Args:
        text: the Markdown; what is beyond 200,000 characters is cut off.
        base: the page of a model, like `/owner/name`; links and images that are relative lead
            into its files. Without one they are shown as text.
        revision: the version the files are taken from.
    """
    return _render(text[:MAX_CHARACTERS], base, revision)


class _Parser(MarkdownIt):
    def validateLink(self, url: str) -> bool:  # links are judged below, where all of them pass
        return True


@lru_cache(maxsize=256)
def _render(text: str, base: str, revision: str) -> str:
    parser = _Parser("commonmark", {"html": False}).enable(["table", "strikethrough"])
    tokens = list(_folded(parser.parse(text)))
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            # the page has a heading of its own above the card
            token.tag = f"h{min(int(token.tag[1]) + 1, 6)}"
        if "style" in token.attrs:  # aligned table cells; the policy of the page forbids styles
            token.attrs["class"] = str(token.attrs.pop("style")).replace("text-align:", "align-")
        for child in token.children or ():
            _settle(child, base, quote(revision, safe=""))
    return parser.renderer.render(tokens, parser.options, {})


def _folded(tokens: Sequence[Token]) -> Iterator[Token]:
    """Turn the paragraphs that open and close `<details>` into what they mean, if they match."""
    inside, skip = False, 0
    for i, token in enumerate(tokens):
        if skip:
            skip -= 1
            continue
        paragraph = token.type == "paragraph_open" and token.level == 0
        words = tokens[i + 1].content.strip() if paragraph else ""
        begins = UNFOLDED.fullmatch(words)
        if (begins and not inside) or (words == "</details>" and inside):
            inside, skip = not inside, 2
            summary = f"<details>\n<summary>{escape(begins[1])}</summary>" if begins else words
            yield Token("html_block", "", 0, content=f"{summary}\n")
        else:
            yield token
    if inside:
        yield Token("html_block", "", 0, content="</details>\n")


def _settle(token: Token, base: str, revision: str) -> None:
    """Point a link or an image to where it may lead, or take its target away."""
    if token.type == "link_open":
        target = _target(str(token.attrs.get("href", "")), f"{base}/blob/{revision}/", base)
        token.attrs = {"href": target, "rel": "nofollow noopener noreferrer"} if target else {}
    elif token.type == "image":
        source = str(token.attrs.get("src", ""))
        target = _target(source, f"{base}/resolve/{revision}/", base)
        if target.startswith("/"):
            token.attrs["src"] = target
        else:  # an image from elsewhere would tell its server who reads the card
            token.type, token.tag, token.nesting = "text", "", 0
            token.content = f"[image: {token.content or 'elsewhere'}]"
            token.children = None


def _target(url: str, prefix: str, base: str) -> str:
    """Return where a URL of a card may lead, '' for nowhere."""
    if url.startswith("#"):
        return url
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    if parts.scheme.lower() in ("http", "https") and parts.netloc:
        return url
    if parts.scheme or parts.netloc or SCHEME.match(url) or not base or url.startswith(("/", "\\")):
        return ""
    path = parts.path.removeprefix("./")
    if not path or ".." in path.split("/") or any(c in path for c in "\\\0"):
        return ""
    return prefix + quote(path, safe="/%") + (f"#{quote(parts.fragment)}" if parts.fragment else "")
