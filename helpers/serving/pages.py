"""The pages the server writes itself: no script, nothing fetched from elsewhere."""

import json
import shlex
from html import escape
from typing import Any

from fastapi import FastAPI

from helpers.predictor.runtime import WRITER
from helpers.sharing.cards import EXAMPLE, FEW

STYLE = """
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 46rem; margin: 2rem auto; padding: 0 1rem; }
pre { overflow-x: auto; padding: .6rem; background: #8881; border-radius: 6px; font-size: 14px; }
td, th { padding: .2rem .8rem .2rem 0; text-align: left; vertical-align: top; }
h2 code { font-size: 1.1rem; }
"""


def _page(title: str, body: str) -> str:
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{STYLE}</style>'
        f"<h1>{escape(title)}</h1>{body}</html>"
    )


def example(config: dict[str, Any]) -> str:
    """Return a text to ask, from those that a bundle names (it may be a stranger's)."""
    named = config.get("examples")
    texts = [text for text in named if isinstance(text, str)] if isinstance(named, list) else []
    return next((text[:200] for text in texts if text.strip()), EXAMPLE)


def with_example(body: dict[str, Any]) -> dict[str, Any]:
    """Return what a route takes as `openapi_extra` to show a body as its example."""
    return {"requestBody": {"content": {"application/json": {"example": body}}}}


def start_page(app: FastAPI) -> str:
    """Return the page at /: which model this is and what can be asked."""
    current = app.state.pool.current
    has_page = any(getattr(route, "path", "") == "/app" for route in app.routes)
    links = [("/docs", "all routes, with examples")]
    links += [("/app/", "ask the model from your browser")] if has_page else []
    links += [
        ("/health", "is it ready?"),
        ("/model", "its papers: labels, measured figures, digest"),
        ("/metrics", "counts and times for Prometheus"),
        ("/openapi.json", "the routes, for programs"),
    ]
    rows = "".join(
        f'<tr><td><a href="{link}">{link}</a></td><td>{what}</td></tr>' for link, what in links
    )
    return _page(
        current.config["name"],
        f"<p>Version <b>{escape(current.revision)}</b> {_answers(current.config)}</p>"
        f"<table>{rows}</table>"
        f"<pre>{_curl('POST', *_first_question(current.config))}</pre>",
    )


def _first_question(config: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Return the route that a model is asked at, and a body for it."""
    text = example(config)
    if config.get("kind") != WRITER:
        return "/predict", {"text": text}
    asked = {"model": config["name"], "stream": True}
    if config.get("chat"):
        return "/v1/chat/completions", asked | {"messages": [{"role": "user", "content": text}]}
    return "/v1/completions", asked | {"prompt": text, "max_tokens": 50}


def _answers(config: dict[str, Any]) -> str:
    """Return what a model answers with; many labels are folded away."""
    if config.get("kind") == WRITER:
        return "answers with calls of functions." if config.get("functions") else "writes."
    names = [f"<b>{escape(str(label))}</b>" for label in config["labels"]]
    how = "gives a text any of" if config.get("several") else "gives a text one of"
    if len(names) <= FEW:
        return f"{how} the labels {', '.join(names)}."
    folded = f"<details><summary>their names</summary>{', '.join(names)}</details>"
    return f"{how} {len(names)} labels.{folded}"


def documentation(schema: dict[str, Any]) -> str:
    """Return the OpenAPI schema as a page to read: every route with an example to paste."""
    parts = [
        _operation(schema, method.upper(), path, operation)
        for path, operations in schema["paths"].items()
        for method, operation in operations.items()
    ]
    intro = '<p>The same for programs: <a href="/openapi.json">openapi.json</a>.</p>'
    return _page(f"Routes of {schema['info']['title']}", intro + "".join(parts))


def _operation(schema: dict, method: str, path: str, operation: dict) -> str:
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    asked = _resolve(schema, body.get("schema", {}))
    text = operation.get("description") or operation.get("summary", "")
    parts = [f"<h2><code>{method} {escape(path)}</code></h2><p>{escape(text)}</p>"]
    if operation.get("security"):
        parts.append("<p>Needs the server's token.</p>")
    if asked:
        parts.append(f"<pre>{escape(json.dumps(asked['properties'], indent=1))}</pre>")
    shown = body.get("example") or (_example(schema, asked) if asked else None)
    parts.append(f"<pre>{_curl(method, path, shown, bool(operation.get('security')))}</pre>")
    rows = "".join(
        f"<tr><td>{status}</td><td>{escape(answer.get('description', ''))}</td>"
        f"<td>{escape(_fields(schema, answer))}</td></tr>"
        for status, answer in operation["responses"].items()
    )
    return "".join(parts) + f"<table><tr><th>status<th><th>answer</tr>{rows}</table>"


def _resolve(schema: dict, part: dict) -> dict:
    """Follow a reference into the components of a schema."""
    name = part.get("$ref", "").rpartition("/")[2]
    return schema["components"]["schemas"][name] if name else part


def _fields(schema: dict, answer: dict) -> str:
    content = answer.get("content", {}).get("application/json", {})
    return ", ".join(_resolve(schema, content.get("schema", {})).get("properties", {}))


def _example(schema: dict, part: dict) -> Any:
    """Return a value of the shape that a schema describes."""
    part = _resolve(schema, part)
    if part.get("enum"):
        return part["enum"][0]
    match part.get("type"):
        case "object":
            needed = part.get("required", part.get("properties", {}))
            return {name: _example(schema, part["properties"][name]) for name in needed}
        case "array":
            return [_example(schema, part["items"])]
        case "number" | "integer":
            return part.get("minimum", 1)
        case "boolean":
            return True
    return "v1.0" if part.get("title") == "Revision" else EXAMPLE


def _curl(method: str, path: str, body: Any = None, token: bool = False) -> str:
    words = ["curl"]
    if token:
        words.append('-H "Authorization: Bearer $TOKEN"')
    if body is not None:
        sent = shlex.quote(json.dumps(body, ensure_ascii=False))
        words.append(f"-H 'content-type: application/json' -d {sent}")
    elif method != "GET":
        words.append(f"-X {method}")
    return escape(" ".join([*words, f"http://127.0.0.1:8080{path}"]))
