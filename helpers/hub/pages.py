"""The hub's pages for people: read only, without scripts, loading nothing from elsewhere."""

from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

from dulwich.repo import Repo
from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup

from helpers.hub import catalog, compare, history
from helpers.hub.changes import CARD
from helpers.hub.downloads import PICTURES
from helpers.hub.errors import HubError
from helpers.hub.rendering import render
from helpers.hub.store import MAIN, Model, open_git
from helpers.hub.wiring import Hub, TheHub, TheModel, Trusted, base_url, file_path, plain
from helpers.sharing import card_schema

HERE = Path(__file__).resolve().parent
PAGE = 50
MAX_PREVIEW = 256 << 10  # bytes
POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
SORTS = {
    "lastModified": "Recently changed",
    "createdAt": "Recently added",
    "likes": "Most liked",
    "downloads": "Most fetched",
    "name": "Name",
}
Words = Annotated[str, Query(max_length=200)]
router = APIRouter(include_in_schema=True, default_response_class=HTMLResponse)


def show_size(size: float) -> str:
    """Return a number of bytes for people: 812 B, 1.2 KB, 3.4 MB."""
    for unit in ("B", "KB", "MB"):
        if size < 1000:
            return f"{size:,.0f} B" if unit == "B" else f"{size:,.1f} {unit}"
        size /= 1000
    return f"{size:,.1f} GB"


def show_number(value: float | None, sign: bool = False) -> str:
    """Return a measured number, a fraction with five digits, '–' for none."""
    if value is None:
        return "–"
    form = ",.0f" if float(value).is_integer() and abs(value) < 1e15 else ",.5g"
    return format(value, f"+{form}" if sign else form)


def show_time(moment: float | str) -> Markup:
    """Return a time, in seconds or as the API writes it, as HTML."""
    text = moment if isinstance(moment, str) else history.iso(moment)
    return Markup('<time datetime="{}">{} {} UTC</time>').format(text, text[:10], text[11:16])


def quoted(text: str, safe: str = "") -> str:
    """Return a version (or, with `safe="/"`, a path) as a part of an address."""
    return quote(text, safe=safe)


templates = Environment(
    loader=FileSystemLoader(HERE / "templates"),
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
)
templates.filters.update(size=show_size, number=show_number, time=show_time, quoted=quoted)


def page(template: str, code: int = 200, /, **values: Any) -> HTMLResponse:
    """Return a filled template under the pages' policy."""
    html = templates.get_template(template).render(**values)
    return HTMLResponse(html, code, {"Content-Security-Policy": POLICY})


def _about(hub: Hub, model: Model, git: Repo, tab: str) -> dict[str, Any]:
    """Return what every page about a model shows."""
    return {
        "model": model,
        "base": f"/{model.repo_id}",
        "facts": hub.talk.facts(model.uid),
        "tags": history.versions(git, history.TAGS),
        "branches": history.versions(git, history.HEADS),
        "open": len(hub.talk.discussions(model.uid, "open")),
        "tab": tab,
    }


@router.get("/static/hub.css")
def style() -> Response:
    """Send the style sheet."""
    css = (HERE / "static" / "hub.css").read_text(encoding="utf-8")
    return Response(css, media_type="text/css", headers={"Cache-Control": "max-age=300"})


@router.get("/favicon.ico")
def icon() -> Response:
    """Answer browsers that ask for an icon: there is none."""
    return Response(status_code=204)


@router.get("/")
def list_models(
    hub: TheHub,
    private: Trusted,
    search: Words = "",
    tag: Words = "",
    author: Words = "",
    sort: Words = "",
) -> HTMLResponse:
    """Show all models, searched and sorted."""
    sort = sort if sort in SORTS else "lastModified"
    tags = [tag] if tag else []
    infos = catalog.search(hub, search, author, tags, sort=sort, private=private)
    values = {"search": search, "tag": tag, "author": author, "sort": sort}
    return page("models.html", infos=infos, sorts=SORTS, **values)


@router.get("/{owner}/{name}")
def show_model(
    request: Request, hub: TheHub, model: TheModel, revision: Words = MAIN
) -> HTMLResponse:
    """Show a model's card, its metadata and how to load it."""
    info = catalog.describe(hub, model, revision)
    with open_git(model) as git:
        about = _about(hub, model, git, "card")
        commit = history.resolve(git, revision)
        card = compare.text(git, commit, CARD)
    body = card_schema.split(card.lstrip("\ufeff"))[1] if card else ""
    html = Markup(render(body, f"/{model.repo_id}", commit.id.decode()))  # safe: see `rendering`
    results = _results(info["model-index"] or [])
    values = {"info": info, "html": html, "results": results, "revision": revision}
    return page("model.html", address=base_url(request), **values, **about)


def _results(index: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the measured results of a card, a row each."""
    return [
        {
            "dataset": result["dataset"]["name"],
            "metric": metric.get("name") or metric["type"],
            "value": metric["value"],
        }
        for model in index
        for result in model["results"]
        for metric in result["metrics"]
    ][:100]


@router.get("/{owner}/{name}/tree/{revision}")
@router.get("/{owner}/{name}/tree/{revision}/{path:path}")
def show_tree(hub: TheHub, model: TheModel, revision: str, path: str = "") -> HTMLResponse:
    """Show what a folder holds."""
    revision, path = plain(revision), file_path(path)
    with open_git(model) as git:
        commit = history.resolve(git, revision)
        entries = sorted(history.entries(git, commit, path), key=lambda e: not e.is_folder)
        last = history.last_changes(git, commit, [entry.path for entry in entries])
        rows = [(entry, history.title_of(last[entry.path])) for entry in entries]
        about = _about(hub, model, git, "files")
    return page("tree.html", rows=rows, path=path, revision=revision, commit=commit, **about)


@router.get("/{owner}/{name}/blob/{revision}/{path:path}")
def show_file(hub: TheHub, model: TheModel, revision: str, path: str) -> HTMLResponse:
    """Show a file, if it is text or a picture."""
    revision, path = plain(revision), file_path(path)
    with open_git(model) as git:
        commit = history.resolve(git, revision)
        blob = history.read_file(git, commit, path)
        about = _about(hub, model, git, "files")
    data, text = blob.data, None
    if len(data) <= MAX_PREVIEW and b"\0" not in data:
        text = data.decode("utf-8", "replace")
    picture = Path(path).suffix.lower() in PICTURES
    values = {"path": path, "revision": revision, "size": len(data), "oid": blob.id.decode()}
    return page("blob.html", text=text, picture=picture, **values, **about)


@router.get("/{owner}/{name}/commit/{revision}")
def show_commit(model: TheModel, revision: str) -> RedirectResponse:
    """Lead from the address that the client prints after an upload to the files."""
    return RedirectResponse(f"/{model.repo_id}/tree/{revision}")


@router.get("/{owner}/{name}/commits/{revision}")
def show_commits(
    hub: TheHub,
    model: TheModel,
    revision: str,
    p: Annotated[int, Query(ge=0, le=10**6)] = 0,
) -> HTMLResponse:
    """Show the versions of a model: tags, branches and every commit."""
    revision = plain(revision)
    with open_git(model) as git:
        commits = list(history.commits(git, history.resolve(git, revision)))
        about = _about(hub, model, git, "versions")
    named: dict[str, list[str]] = {}
    for name, oid in about["tags"].items():
        named.setdefault(oid, []).append(name)
    rows = [
        {
            "oid": commit.id.decode(),
            "title": history.title_of(commit),
            "author": history.author_of(commit),
            "time": commit.commit_time,
            "tags": named.get(commit.id.decode(), []),
        }
        for commit in commits[p * PAGE : (p + 1) * PAGE]
    ]
    more = (p + 1) * PAGE < len(commits)
    return page("commits.html", rows=rows, p=p, more=more, revision=revision, **about)


@router.get("/{owner}/{name}/compare")
def show_comparison(hub: TheHub, model: TheModel, old: Words = "", new: Words = "") -> HTMLResponse:
    """Show two versions side by side; without names, the two newest tags."""
    with open_git(model) as git:
        about = _about(hub, model, git, "compare")
        newest = sorted(about["tags"], key=lambda tag: history.resolve(git, tag).commit_time)
        choices = [*reversed(newest), *about["branches"]]
        new = new or (newest[-1] if newest else MAIN)
        old = old or (newest[-2] if len(newest) > 1 else new)
        commits = history.resolve(git, old), history.resolve(git, new)
        values = compare.compare(git, *commits)
    return page("compare.html", old=old, new=new, choices=choices, **values, **about)


@router.get("/{owner}/{name}/discussions")
def show_discussions(hub: TheHub, model: TheModel, status: Words = "open") -> HTMLResponse:
    """Show the discussions about a model."""
    status = status if status in ("open", "closed") else "open"
    with open_git(model) as git:
        about = _about(hub, model, git, "discussions")
    discussions = hub.talk.discussions(model.uid, status)
    return page("discussions.html", discussions=discussions, status=status, **about)


@router.get("/{owner}/{name}/discussions/{num}")
def show_discussion(request: Request, hub: TheHub, model: TheModel, num: int) -> HTMLResponse:
    """Show one discussion."""
    if not 0 < num <= 10**9:
        raise HubError(404, f"There is no discussion {num}.")
    discussion = hub.talk.discussion(model.uid, num)
    with open_git(model) as git:
        about = _about(hub, model, git, "discussions")
    events = [
        {**event, "html": Markup(render(event["body"]))}
        for event in hub.talk.events(discussion["id"])
    ]
    address = base_url(request)
    return page("discussion.html", discussion=discussion, events=events, address=address, **about)
