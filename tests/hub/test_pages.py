"""The hub's pages: each shows what it should, in sound HTML, and nothing of a stranger runs."""

import json
import re
from html.parser import HTMLParser

import httpx
import pytest
from hub_version import EVIL, files
from huggingface_hub import CommitOperationAdd
from tiny_bundle import MANIFEST, ROW

from helpers import hub
from helpers.hub.rendering import render
from helpers.sharing import cards

VOID = {"meta", "link", "input", "img", "br", "rect", "hr"}


class Page(HTMLParser):
    """A page taken apart: tags must nest, identifiers must be unique, nothing may run."""

    def __init__(self, html):
        super().__init__()
        self.open, self.ids, self.tags, self.labels, self.text = [], [], [], set(), ""
        self.feed(html)
        assert self.open == [] and len(self.ids) == len(set(self.ids))

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.tags.append((tag, attrs))
        assert tag not in ("script", "iframe", "object", "base") and "style" not in attrs
        assert not any(name.startswith("on") for name in attrs)
        if "id" in attrs:
            self.ids.append(attrs["id"])
        if tag == "label":
            self.labels.add(attrs["for"])
        if tag == "img":
            assert attrs["alt"] and attrs["src"].startswith("/")
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data

    def find(self, tag):
        return [attrs for name, attrs in self.tags if name == tag]


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    with hub.serve(tmp_path_factory.mktemp("pages")) as server:
        api = server.api()
        api.create_repo("learner/small")
        api.create_repo("learner/empty")
        for version, accuracy, size in (("v1.0", 0.86, 400_000), ("v1.1", 0.88, 100_000)):
            api.create_commit("learner/small", files(accuracy, size), commit_message=EVIL)
            api.create_tag("learner/small", tag=version)
        api.create_branch("learner/small", branch="try/it")
        made = api.create_discussion(
            "learner/small", title=f"Why {EVIL}", description=f"**x** {EVIL}"
        )
        api.rename_discussion("learner/small", made.num, "Why?")
        api.change_discussion_status("learner/small", made.num, "closed")
        api.create_discussion("learner/small", title="Still open", description="words")
        with httpx.Client(
            base_url=server.url, headers={"Accept": "text/html"}, timeout=60
        ) as client:
            yield client


def get(site, path, status=200):
    answer = site.get(path)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"].startswith("text/html")
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy and "script-src" not in policy
    assert "unsafe" not in policy and answer.headers["x-content-type-options"] == "nosniff"
    assert EVIL not in answer.text
    return Page(answer.text)


PAGES = {
    "/": ["learner", "small", "2 models", "litert"],
    "/?search=small&sort=likes": ["1 model"],
    "/?search=%3Cscript%3E": ["0 models", "<script>"],
    "/?tag=litert&author=learner": ["1 model"],
    "/learner/small": ["The card", "Version 0.88", "mit", "v1.0", "snapshot_download", "git clone"],
    "/learner/small?revision=v1.0": ["Version 0.86"],
    "/learner/empty": ["no model card"],
    "/learner/small/tree/main": ["model.keras", "100.0 KB", "sub dir/", "download"],
    "/learner/small/tree/try%2Fit": ["model.keras"],
    "/learner/small/tree/v1.0/sub%20dir": ["page.html"],
    "/learner/empty/tree/main": ["Nothing here yet"],
    "/learner/small/blob/v1.0/config.json": ['"labels"', "git object"],
    "/learner/small/blob/main/sub%20dir/page.html": [EVIL],
    "/learner/small/blob/main/model.keras": ["no text"],
    "/learner/small/blob/main/plot.png": ["plot.png"],
    "/learner/small/commits/main": ["v1.0", "v1.1", "initial commit", EVIL],
    "/learner/small/compare": ["0.86", "0.88", "+0.02", "-300,000 B", "test.accuracy"],
    "/learner/small/compare?old=v1.1&new=v1.0": ["-0.02", "+300,000 B"],
    "/learner/small/compare?old=v1.0&new=v1.0": ["same", "Nothing."],
    "/learner/empty/compare": ["Neither version"],
    "/learner/small/discussions": ["Still open"],
    "/learner/small/discussions?status=closed": ["Why?"],
    "/learner/small/discussions/1": ["renamed", EVIL, "closed"],
}


@pytest.mark.parametrize("path", PAGES)
def test_a_page_shows_what_it_should(site, path):
    page = get(site, path)
    for words in PAGES[path]:
        assert words in page.text, page.text
    assert page.find("html") == [{"lang": "en"}] and len(page.find("main")) == 1
    assert len(page.find("h1")) == 1 and page.find("header") and page.find("footer")
    assert page.tags[[tag for tag, _ in page.tags].index("a")][1]["href"] == "#main"
    assert "main" in page.ids
    for field in page.find("input") + page.find("select"):
        assert field.get("type") == "hidden" or field["id"] in page.labels
    headings = [int(tag[1]) for tag, _ in page.tags if re.fullmatch("h[1-6]", tag)]
    assert all(after <= before + 1 for before, after in zip(headings, headings[1:], strict=False))


def test_every_link_of_the_site_leads_somewhere(site):
    waiting, seen = ["/"], set()
    while waiting:
        path = waiting.pop()
        if path in seen or len(seen) > 150:
            continue
        seen.add(path)
        answer = site.get(path, follow_redirects=True)
        assert answer.status_code == 200, path
        if answer.headers["content-type"].startswith("text/html"):
            links = [attrs.get("href", "") for attrs in Page(answer.text).find("a")]
            base = httpx.URL(str(answer.url))
            waiting += [
                str(base.join(link)).removeprefix(str(site.base_url)).split("#")[0]
                for link in links
                if not link.startswith(("http", "#"))
            ]
    assert len(seen) > 30


def test_the_plot_has_words_and_a_table(site):
    page = get(site, "/learner/small/compare?old=v1.0&new=v1.1")
    (plot,) = page.find("svg")
    assert plot["role"] == "img" and set(plot["aria-labelledby"].split()) <= set(page.ids)
    assert "test.accuracy: 0.86 in v1.0, 0.88 in v1.1" in page.text
    assert len([r for r in page.find("rect") if r["class"] == "old"]) == 4
    assert {"add", "remove"} <= {attrs.get("class") for attrs in page.find("span")}


def test_a_model_of_many_labels_with_marks_in_them(tmp_path):
    labels = [f"<b>{i}</b> {EVIL}" for i in range(77)]
    recalls = {label: 0.5 for label in labels}
    row = ROW | {"classes": 77, "macro_f1": 0.4, "recalls": [0.5] * 77}
    card = cards.model_card(
        name="many",
        task="A toy.",
        labels=labels,
        row=row,
        comparisons=[],
        manifest=MANIFEST,
        formats=["litert"],
        limits=["None."],
    )
    contents = {"README.md": card, "metrics.json": json.dumps({"recalls": recalls, "n": 9})}
    contents["config.json"] = json.dumps({"labels": labels}, indent=1)
    operations = [CommitOperationAdd(path, text.encode()) for path, text in contents.items()]
    with hub.serve(tmp_path) as server, httpx.Client(base_url=server.url, timeout=60) as web:
        server.api().create_repo("learner/many")
        server.api().create_commit("learner/many", operations, commit_message="many")
        page = get(web, "/learner/many")
        assert len(page.find("details")) == 1 and "76 <b>76</b>" in page.text
        page = get(web, "/learner/many/compare?old=main&new=main")
    assert len(page.find("rect")) == 24 and page.text.count("same") >= 78


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("<details>\n<summary>a & b</summary>\n\n*x*\n\n</details>", 1),
        ("<details>\n<summary>a</summary>\n\nnever closed", 1),
        ("<details>\n<summary>a</summary>\n\n<details>\n<summary>b</summary>\n\nx", 1),
        ("</details>\n\nx", 0),
        ("<details open onclick=x>\n<summary>a</summary>\n\nx\n\n</details>", 0),
        ("- <details>\n  <summary>a</summary>\n\n</details>", 0),
    ],
)
def test_only_a_plain_fold_is_read_as_html(text, count):
    page = Page(render(text))  # whose tags nest
    assert len(page.find("details")) == len(page.find("summary")) == count


def test_card_links_lead_into_the_same_version(site):
    page = get(site, "/learner/small?revision=v1.0")
    (image,) = page.find("img")
    assert site.get(image["src"]).headers["content-type"] == "image/png"
    (link,) = [a for a in page.find("a") if a.get("href", "").endswith("/config.json")]
    assert "0.86" in site.get(link["href"]).text
    (out,) = [a for a in page.find("a") if a.get("href") == "https://example.org"]
    assert "noopener" in out["rel"]


@pytest.mark.parametrize(
    "path",
    [
        "/nobody/nothing",
        "/learner/small/tree/v9",
        "/learner/small/blob/main/none",
        "/learner/small/compare?old=v9",
        "/learner/small/discussions/99",
        "/nothing",
        "/datasets/a/b",
        "/learner/small?revision=%3Cscript%3E",
    ],
)
def test_what_is_not_there_is_a_page_too(site, path):
    assert "All models" in get(site, path, 404).text


def test_the_style_sheet_comes_with_the_package(site):
    answer = site.get("/static/hub.css")
    assert answer.headers["content-type"].startswith("text/css")
    assert "prefers-color-scheme: dark" in answer.text


def test_parts_of_a_file(site):
    path = "/learner/small/resolve/v1.0/config.json"
    whole = site.get(path)
    etag, size = whole.headers["etag"], len(whole.content)

    def part(span, **more):
        return site.get(path, headers={"Range": span, **more})

    for span, expected in (
        ("bytes=0-4", whole.content[:5]),
        ("bytes=5-", whole.content[5:]),
        ("bytes=-7", whole.content[-7:]),
        ("bytes=3-99999", whole.content[3:]),
    ):
        answer = part(span)
        assert answer.status_code == 206 and answer.content == expected
        assert answer.headers["content-range"].endswith(f"/{size}")
    for span in (f"bytes={size}-", "bytes=-0"):
        answer = part(span)
        assert answer.status_code == 416 and answer.headers["content-range"] == f"bytes */{size}"
    for span in ("bytes=9-3", "bytes=a-b", "lines=1-2", "bytes=0-1,3-4", "bytes=-"):
        assert part(span).content == whole.content
    assert part("bytes=0-4", **{"If-Range": '"other"'}).status_code == 200
    assert site.get(path, headers={"If-None-Match": f'"x", W/{etag}'}).status_code == 304
    head = site.head(path, headers={"Range": "bytes=0-4"})
    assert head.status_code == 206 and head.headers["content-length"] == "5" and not head.content
    head = site.head(path)
    assert head.headers["content-length"] == str(size) and head.headers["x-repo-commit"]
