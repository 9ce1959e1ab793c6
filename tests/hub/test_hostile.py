"""Input that means harm: names, bodies, tokens, hosts, cards. Refused in words, without a 5xx."""

import base64
import http.client
import json
import os
import socket
from html.parser import HTMLParser
from urllib.parse import quote

import httpx
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, given, settings

from helpers import hub
from helpers.hub import changes, contents, names, wiring
from helpers.hub.errors import HubError, error_headers
from helpers.hub.rendering import render
from helpers.sharing import card_schema
from helpers.web import loopback

COMMIT = "/api/models/a/b/commit/main"
EXAMPLES = 100 if os.environ.get("SLM_LONG") == "1" else 2  # of each route


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    with hub.serve(tmp_path_factory.mktemp("hostile")) as made:
        made.api().create_repo("a/b")
        yield made


@pytest.fixture
def client(running):
    headers = {"Authorization": f"Bearer {running.token}"}
    with httpx.Client(base_url=running.url, headers=headers, timeout=60) as made:
        head = made.get("/api/models/a/b").json()["sha"]
        yield made
        assert made.get("/api/models/a/b").json()["sha"] == head, "a refused request changed main"


def lines(*items, header=True):
    first = [{"key": "header", "value": {"summary": "s"}}] if header else []
    return b"\n".join(json.dumps(item).encode() for item in [*first, *items])


def file(path, content="x", **more):
    return {"key": "file", "value": {"path": path, "content": content, **more}}


BAD_PATHS = [
    "/etc/passwd",
    "../up",
    "a/../../up",
    "a//b",
    "./a",
    "a/.",
    "a\\b",
    "..\\up",
    "a\0b",
    "a\nb",
    "a\x7fb",
    ".git/config",
    "sub/.GIT/hooks/post-receive",
    ".git /x",
    "git~1/x",
    ".gi\u200ct/config",
    "\u202egpj.exe",
    "x" * 256,
    "/".join("x" * 40),
    "",
    "\ud800",
]


@pytest.mark.parametrize("path", BAD_PATHS, ids=ascii)
def test_paths_that_lead_elsewhere_are_refused(client, path):
    for item in (
        file(path),
        {"key": "deletedFile", "value": {"path": path + "/.."}},
        {"key": "copyFile", "value": {"path": path, "srcPath": "README.md"}},
    ):
        assert client.post(COMMIT, content=lines(file("good.txt"), item)).status_code == 400
    upload = {"files": [{"path": path, "size": 1}]}
    answer = client.post("/api/models/a/b/preupload/main", content=json.dumps(upload))
    assert answer.status_code == 400


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not json",
        b"[]",
        b'"x"',
        b"{" * 100_000,
        b"\xff\xfe",
        lines(file("a"), header=False),
        lines({"key": "header", "value": {"summary": "twice"}}),
        lines({"key": "header", "value": {"summary": 5}}, header=False),
        lines({"key": "header", "value": {"summary": "x" * 501}}, header=False),
        lines({"key": "header", "value": {"summary": "\ud800"}}, header=False),
        lines({"key": "lfsFile", "value": {"path": "a", "oid": "0" * 64}}),
        lines({"key": "file", "value": []}),
        lines({"key": "file", "value": {"path": 5}}),
        lines(file("a", "%%%", encoding="base64")),
        lines(file("a", "é", encoding="base64")),
        lines(file("a", "x", encoding="rot13")),
        lines(file("a", "\ud800")),
        lines(file("a"), file("a/b")),
        lines(file("README.md", "---\nlicense: our terms\n---\n")),
        lines(file("README.md", base64.b64encode(b"\xff").decode(), encoding="base64")),
    ],
    ids=lambda body: ascii(body[:40]),
)
def test_commits_that_make_no_sense_are_refused(client, body):
    answer = client.post(COMMIT, content=body)
    assert answer.status_code == 400 and answer.json()["error"]


def test_commits_to_nowhere_are_refused(client):
    good = lines(file("a.txt"))
    assert client.post("/api/models/a/none/commit/main", content=good).status_code == 404
    assert client.post("/api/models/a/b/commit/none", content=good).status_code == 404
    assert client.post("/api/models/a/b/commit/refs%2Fpr%2F1", content=good).status_code == 404
    assert client.post(COMMIT + "?create_pr=1", content=good).status_code == 403
    missing = lines({"key": "deletedFile", "value": {"path": "none"}})
    assert client.post(COMMIT, content=missing).status_code == 404
    copy = {"key": "copyFile", "value": {"path": "x", "srcPath": "none"}}
    assert client.post(COMMIT, content=lines(copy)).status_code == 404


OPEN = ("paths-info/{revision}", "validate-yaml", "git-upload-pack", "git-receive-pack")
BODY = {
    **{"name": "x", "fromRepo": "a/b", "toRepo": "a/c", "files": [], "tag": "x", "title": "x"},
    **{"comment": "x", "content": "x", "status": "open"},
}


def test_every_write_needs_the_token(running):
    parts = {"owner": "a", "name": "b", "num": 1, "event": "f0"}
    parts |= {"revision": "main", "branch": "main", "tag": "x"}
    writes = [
        (method, path.format(**parts))
        for path, methods in running.app.openapi()["paths"].items()
        for method in set(methods) - {"get", "head"}
        if not path.endswith(OPEN)  # they change nothing
    ]
    assert len(writes) >= 20
    for token in ("", "Bearer", "Bearer hf_wrong", f"Basic {running.token}", "Bearer é"):
        headers = {"Authorization": token.encode()} if token else {}
        with httpx.Client(base_url=running.url, headers=headers, timeout=60) as stranger:
            for method, path in writes:
                assert stranger.request(method, path, json=BODY).status_code == 401, path
            assert stranger.get("/api/whoami-v2").status_code == 401
    assert running.api().repo_exists("a/b")


def test_a_private_model_is_seen_only_with_the_token(running):
    api = running.api()
    api.create_repo("a/secret", private=True)
    api.upload_file(path_or_fileobj=b"hidden", path_in_repo="f.txt", repo_id="a/secret")
    api.create_discussion("a/secret", "hidden", description="hidden")
    bearer = {"Authorization": f"Bearer {running.token}"}
    paths = ["/api/models/a/secret", "/a/secret/resolve/main/f.txt", "/a/secret"]
    paths += ["/a/secret.git/info/refs?service=git-upload-pack", "/a/secret/discussions/1"]
    paths += ["/api/models/a/secret/tree/main", "/api/models/a/secret/discussions"]
    for path in paths:
        assert httpx.get(running.url + path, timeout=60).status_code == 404, path
        assert httpx.get(running.url + path, headers=bearer, timeout=60).status_code == 200, path
    wrong = {"Authorization": "Bearer hf_wrong"}
    assert httpx.get(running.url + paths[0], headers=wrong, timeout=60).status_code == 404
    assert "a/secret" in [model.id for model in api.list_models()]
    assert api.model_info("a/secret").private
    like = running.url + "/api/models/a/secret/like"
    assert httpx.post(like, headers=bearer, timeout=60).is_success
    for path in ("/api/users/learner/likes", "/api/models", "/", "/?search=sec"):
        assert "secret" not in httpx.get(running.url + path, timeout=60).text, path
        assert "secret" in httpx.get(running.url + path, headers=bearer, timeout=60).text, path
    overview = running.url + "/api/users/learner/overview"
    strangers, own = (httpx.get(overview, headers=h, timeout=60).json() for h in ({}, bearer))
    assert own["numLikes"] == strangers["numLikes"] + 1
    pack = running.url + "/a/secret.git/git-upload-pack"
    assert httpx.post(pack, content=b"0000", timeout=60).status_code == 404
    api.delete_repo("a/secret")


def test_bodies_that_are_too_large_are_cut_off(client, running, monkeypatch):
    monkeypatch.setattr(wiring, "MAX_BODY_BYTES", 1000)
    monkeypatch.setattr(wiring, "MAX_COMMIT_BYTES", 5000)
    long = {"title": "x", "description": "y" * 2000}
    assert client.post("/api/models/a/b/discussions", json=long).status_code == 413
    assert client.post(COMMIT, content=lines(file("a", "x" * 6000))).status_code == 413
    chunks = iter([lines(file("a", "x" * 3000)), b"\n" + lines(file("b", "x" * 3000))])
    assert client.post(COMMIT, content=chunks).status_code == 413  # no Content-Length
    monkeypatch.setattr(changes, "MAX_FILE_BYTES", 100)
    assert client.post(COMMIT, content=lines(file("a", "x" * 200))).status_code == 413
    monkeypatch.setattr(changes, "MAX_STEPS", 2)
    assert client.post(COMMIT, content=lines(*[file(str(i)) for i in range(3)])).status_code == 413


def test_a_broken_off_upload_changes_nothing(client, running):
    port = int(running.url.rsplit(":", 1)[1])
    body = lines(file("torn.txt", "x" * 50_000))
    with socket.create_connection(("127.0.0.1", port)) as raw:
        head = (
            f"POST {COMMIT} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
            f"Authorization: Bearer {running.token}\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        raw.sendall(head.encode() + body[:-1000])
    # the next commit of its size would wait for its lock, had it taken one
    assert client.post(COMMIT, content=lines(file("../x"))).status_code == 400
    assert client.get("/a/b/resolve/main/torn.txt").status_code == 404


def test_long_talk_is_refused(client):
    root = "/api/models/a/b/discussions"
    for new in (
        {"title": "x" * 201},
        {"title": "  "},
        {"title": "x", "description": "y" * 70_000},
        {"title": "a\0b"},
        {"title": 5},
        {},
        [],
    ):
        assert client.post(root, json=new).status_code == 400
    assert client.post(root, content=b"{" * 200_000).status_code == 400
    for num in ("0", "-1", "x", "9" * 30):
        assert client.get(f"{root}/{num}").status_code == 400
        assert client.get(f"/a/b/discussions/{num}").status_code in (400, 404)


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1", "127.0.0.1:1", "localhost.evil.example:{port}", ""]
)
def test_other_hosts_are_not_answered(running, host):
    port = running.url.rsplit(":", 1)[1]
    answer = httpx.get(running.url + "/", headers={"Host": host.format(port=port)}, timeout=60)
    assert answer.status_code == 421 and answer.json()["type"] == "wrong_host"
    assert httpx.get(running.url + "/", headers={"Host": f"localhost:{port}"}).status_code == 200


def test_a_long_message_is_cut_to_a_header_that_may_be_sent():
    for words in ("x" * 299 + " y", "  spaces ", "line\nline\0"):
        shown = error_headers(HubError(400, words))["X-Error-Message"]
        assert shown and shown == shown.strip() and shown.isprintable()


def test_hosts_follow_the_address_that_was_chosen():
    assert loopback.allowed_hosts("127.0.0.1") == loopback.LOOPBACK
    assert loopback.allowed_hosts("0.0.0.0") is None
    assert "[fd00::1]" in loopback.allowed_hosts("fd00::1")
    assert "127.0.0.2" in loopback.allowed_hosts("127.0.0.2")
    assert loopback.is_loopback("::1") and not loopback.is_loopback("192.168.0.2")


@pytest.mark.parametrize(
    "target",
    [
        "/a/b/resolve/main/..%2f..%2f..%2fhub.sqlite3",
        "/a/b/resolve/main/%2e%2e/%2e%2e/token",
        "/a/b/resolve/main/../../../token",
        "/a/b/resolve/main//etc/passwd",
        "/a/b/resolve/main/%00",
        "/a/b/resolve/main/%1f",
        "/a/b/resolve/main/%ff",
        "/a/b/resolve/main/a%5cb",
        "/a/b/resolve/main/%0d%0aSet-Cookie:%20x=y",
        "/a/b/resolve/..%2fconfig/x",
        "/a/b/resolve/HEAD.lock/x",
        "/a%2fb/resolve/main/x",
        "/..%2f..%2fmodels/b/resolve/main/x",
        "/static/..%2fserver.py",
        "/static/../server.py",
        "/api/models/..%2f..%2f/x",
        "/api/models/a/b/tree/main/%2e%2e%2f",
        "/a/b/blob/main/%252e%252e%252ftoken",
        "/a/b/tree/main/.git",
        "/a/b/info/refs?service=git-receive-pack",
        "/a/b/objects/info/packs",
        "/a/b/HEAD",
        "//evil.example/%2e%2e",
        "/a/b/commit/x%0ay",
    ],
)
def test_tricks_with_addresses_find_nothing(running, target):
    # http.client sends the address as it stands, where a browser would tidy it up
    connection = http.client.HTTPConnection(running.url.removeprefix("http://"), timeout=60)
    connection.request("GET", target)
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    assert 400 <= answer.status < 500, body
    assert running.token.encode() not in body and b"SQLite" not in body


@pytest.mark.parametrize(
    "name", ["-a", "a.", "a..b", "a--b", "a.git", "é", "a b", "", "x" * 97, ".."]
)
def test_bad_names_of_models_are_refused(client, name):
    new = {"name": name, "organization": "a"}
    assert client.post("/api/repos/create", json=new).status_code == 400
    move = {"fromRepo": "a/b", "toRepo": f"a/{name}"}
    assert client.post("/api/repos/move", json=move).status_code == 400
    with pytest.raises(HubError):
        names.check_repo_id("api", "x")


@pytest.mark.parametrize(
    "ref",
    ["../x", "a..b", "x.lock", "refs/heads/x", "HEAD", "-x", "a b", "a~1", "@{0}", "f" * 40, "é"],
)
def test_bad_names_of_versions_are_refused(client, ref):
    tag = client.post("/api/models/a/b/tag/main", json={"tag": ref})
    assert tag.status_code == 400


BAD_CARDS = {
    "aliases": "a: &a [x, x]\nb: *a",
    "an object": "a: !!python/object/apply:os.system [id]",
    "a list": "- a",
    "no end": "license: mit",
    "infinite": "x: .inf",
    "a key that is no text": "1: x",
    "deep": "x: " + "[" * 2000 + "]" * 2000,
    "an argument of the client": "ignore_metadata_errors: true",
    "tags as text": "tags: x",
    "numbers as tags": "tags: [1]",
    "language no": "language: no",
    "a task that is no word": "pipeline_tag: Magic!",
    "tasks in a list": "pipeline_tag: [fill-mask]",
    "index without results": "model-index: [{name: x}]",
    "metric without value": (
        "model-index: [{name: x, results: [{task: {type: t}, dataset: {type: d, name: n}, "
        "metrics: [{type: accuracy}]}]}]"
    ),
}


@pytest.mark.parametrize("name", BAD_CARDS)
def test_bad_cards_are_refused(client, name):
    end = "" if name == "no end" else "\n---\n"
    card = f"---\n{BAD_CARDS[name]}{end}"
    answer = client.post("/api/validate-yaml", json={"content": card, "repoType": "model"})
    assert answer.status_code == 400 and answer.json()["errors"][0]["message"]
    assert client.post(COMMIT, content=lines(file("README.md", card))).status_code == 400


def test_good_cards_pass():
    for card in (
        "---\nlicense: other\nlicense_name: x\nlanguage: [en, zh-Hans, und]\n---\n",
        "---\r\nlicense: mit\r\nx: 2020-01-01\r\n---\r\ntext",
        "\ufeff---\nlicense: mit\n---",
    ):
        assert card_schema.check(card).errors == []
    assert card_schema.check("only text").warnings and not card_schema.check("only text").errors


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[x](javascript:alert(1))",
        "[x](JaVaScRiPt:alert(1))",
        "[x](java&#10;script:alert(1))",
        "[x](data:text/html,<script>alert(1)</script>)",
        "[x](vbscript:x)",
        "![x](data:image/svg+xml,<svg onload=alert(1)>)",
        "![x](https://evil.example/pixel.png)",
        "![x](//evil.example/pixel.png)",
        "[x](//evil.example)",
        "[x](/api/repos/create)",
        '[x](https://good.example "onclick=alert(1)")',
        '<https://good.example/"onmouseover=alert(1)>',
        '```"><script>alert(1)</script>\nx\n```',
        "[x]: javascript:alert(1)\n[x]",
        "|a|\n|:-:|\n|<svg/onload=alert(1)>|",
    ],
)
def test_markdown_can_do_no_harm(text):
    found = []
    parser = HTMLParser()
    parser.handle_starttag = lambda tag, attrs: found.append((tag, dict(attrs)))
    parser.feed(render(text, "/a/b"))
    for tag, attrs in found:
        assert tag in {"p", "a", "pre", "code", "table", "thead", "tbody", "tr", "th", "td"}
        assert set(attrs) <= {"href", "rel", "title", "class"}
        assert attrs.get("href", "/a/b/").startswith(("https://good.example", "/a/b/"))


def test_files_are_never_run_by_a_browser(tmp_path, monkeypatch):
    # names that are refused today may stand in a hub of yesterday
    monkeypatch.setattr(contents, "check_new_path", names.check_path)
    monkeypatch.setattr(changes, "check_new_path", names.check_path)
    with hub.serve(tmp_path) as made:
        api = made.api()
        api.create_repo("a/b")
        for name in ("page.html", "plot.svg", "x.js", "plain.txt", 'we"ird;name\u00e9.md'):
            api.upload_file(path_or_fileobj=b"<script>1</script>", path_in_repo=name, repo_id="a/b")
            answer = httpx.get(f"{made.url}/a/b/resolve/main/{quote(name)}", timeout=60)
            assert answer.status_code == 200
            kind = answer.headers["content-type"]
            assert kind in ("application/octet-stream", "text/plain; charset=utf-8")
            assert answer.headers["content-disposition"].startswith("attachment")
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert answer.headers["content-security-policy"].startswith("default-src 'none'")
            assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize("mode", list(schemathesis.GenerationMode), ids=lambda mode: mode.value)
def test_no_request_of_the_schema_meets_a_5xx(tmp_path, mode):
    quiet = {"deadline": None, "database": None, "suppress_health_check": list(HealthCheck)}
    with hub.serve(tmp_path) as made, requests.Session() as session:
        made.api().create_repo("a/b")
        made.api().create_discussion("a/b", title="x")
        session.headers["Authorization"] = f"Bearer {made.token}"
        schema = schemathesis.openapi.from_url(f"{made.url}/openapi.json")
        for operation in (found.ok() for found in schema.get_all_operations()):
            if mode.is_negative and not can_be_wrong(operation):
                continue  # trying until nothing is found takes a second a route

            @settings(max_examples=EXAMPLES, **quiet)
            @given(case=operation.as_strategy(generation_mode=mode))
            def check(case):
                known = {"owner": "a", "name": "b", "revision": "main", "num": 1}
                for key in set(known) & set(case.path_parameters):
                    case.path_parameters[key] = known[key]
                answer = case.call(session=session)
                assert answer.status_code < 500, f"{case.method} {case.path}: {answer.text}"

            check()


def can_be_wrong(operation):
    """Say whether a route asks for more than text of any kind, so that a request can miss it."""
    asked = [part.definition["schema"] for part in (*operation.path_parameters, *operation.query)]
    limits = [{key: value for key, value in s.items() if key != "title"} for s in asked]
    return bool(list(operation.body)) or any(limit != {"type": "string"} for limit in limits)
