"""The server: answers, limits, errors of one shape, and a switch of versions under load."""

import asyncio
import html
import json
import os
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from fastapi import APIRouter, Request
from prometheus_client.parser import text_string_to_metric_families
from tiny_bundle import write_bundle

from helpers import serving
from helpers.predictor import fetch, runtime
from helpers.predictor.checksums import write_checksums
from helpers.serving import load
from helpers.serving.client import Client, InputError, ServerError
from helpers.web import loopback

TOKEN = "a token for tests"
LIMITS = serving.Limits(batch=8, body=40_000, body_seconds=60.0, waiting=6)
JSON = {"content-type": "application/json"}
# busy machines may take their time; no connection outlives the server it was made for
web = httpx.Client(timeout=60, limits=httpx.Limits(max_keepalive_connections=0))


@pytest.fixture(scope="module")
def versions(tmp_path_factory):
    """A folder of versions: two that work, one of other labels, one that was altered."""
    folder = tmp_path_factory.mktemp("tiny")
    write_bundle(folder / "v1.0")
    write_bundle(folder / "v2.0", bias=3.0)
    write_bundle(folder / "other", labels=("no", "yes"))
    broken = write_bundle(folder / "broken")
    with open(broken / "model.tflite", "ab") as file:
        file.write(b" ")
    return folder


@pytest.fixture(scope="module")
def app(versions):
    router = APIRouter()

    @router.get("/secret", **serving.PROTECTED)
    async def secret(request: Request) -> str:
        return request.app.state.pool.current.revision

    @router.post("/fail", include_in_schema=False)
    async def fail() -> None:
        raise RuntimeError("a fault of ours")

    (versions / "page").mkdir()
    (versions / "page" / "index.html").write_text("<p>a page")
    return serving.create_app(
        lambda revision: fetch.locate(versions, revision)[0],
        "v1.0",
        token=TOKEN,
        limits=LIMITS,
        page=versions / "page",
        routers=[router],
    )


@pytest.fixture(scope="module")
def url(app):
    with serving.running(app) as address:
        yield address


@pytest.fixture
def client(url):
    with Client(url, TOKEN, retries=0, timeout=60) as client:
        client.switch("v1.0")
        yield client


def counted(url: str, name: str, **labels: str) -> float:
    """Return what the metrics page says, summed over the labels that are not named."""
    families = text_string_to_metric_families(web.get(url + "/metrics").text)
    return sum(
        sample.value
        for family in families
        for sample in family.samples
        if sample.name == name and labels.items() <= sample.labels.items()
    )


def test_answers_are_the_bundles_own(client, versions):
    texts = ["what a lovely mess", "dull", "é \x00 \U0001f600", "?"]
    expected = runtime.load_bundle(versions / "v1.0").predict(texts)
    for text, answer in zip(texts, expected, strict=True):
        said = client.predict(text)
        assert (said.label, said.version) == (answer["label"], "v1.0")
        assert said.probability == pytest.approx(answer["probability"], abs=1e-7)
    batch = client.predict_batch(texts)
    assert [a.probability for a in batch] == [client.predict(t).probability for t in texts]


def test_the_server_says_what_it_is(client, url, versions):
    assert client.health() == {"ready": True, "model": "tiny", "version": "v1.0"}
    papers = client.model()
    assert papers["config"]["labels"] == ["negative", "positive"]
    assert papers["metrics"] == {"accuracy": 0.5} and len(papers["digest"]) == 64
    start, routes = web.get(url + "/").text, web.get(url + "/docs").text
    assert 'href="/app/"' in start and "tiny" in start and "v1.0" in start
    assert "POST /predict/batch" in routes and "Authorization: Bearer" in routes
    for page in (start, routes):
        assert "<script" not in page and "https://" not in page
    assert web.get(url + "/app/").text == "<p>a page"
    assert web.get(url + "/app/../../etc/passwd").status_code == 404


def asked(bundle):
    """Return what a server of a bundle says: answers, batch answers, its two pages."""
    app = serving.create_app(lambda _: bundle, "v1.0", token=TOKEN, workers=1)
    with serving.running(app) as url, Client(url, retries=0, timeout=60) as client:
        raw = web.post(url + "/predict", json={"text": "a film"}).json()
        pages = [web.get(url + path).text for path in ("/", "/docs")]
        return raw, client.predict("a film", top=3), client.predict_batch(["b", "c"]), pages


def test_77_labels(tmp_path):
    labels = [f"<i>label</i> {i}" for i in range(77)]
    bundle = write_bundle(tmp_path / "many", bias=1.0, labels=labels)
    raw, answer, batch, (start, routes) = asked(bundle)
    assert set(raw) == {"label", "probability", "version"}
    assert answer.label == labels[-1] and answer.labels is None and len(answer.top) == 3
    assert answer.top[0] == {"label": labels[-1], "probability": answer.probability}
    assert [one.label for one in batch] == labels[-1:] * 2
    assert "one of 77 labels" in start and "<details>" in start and "<i>" not in start
    assert "what a lovely mess" in routes  # the bundle names no example


def test_several_labels_and_a_bundles_own_example(tmp_path):
    bundle = write_bundle(tmp_path / "b", bias=1.0, labels=("joy", "fear", "love"), several=True)
    config = json.loads((bundle / "config.json").read_text())
    config["examples"] = [5, "", "It's 5 o'clock; 愛"]
    (bundle / "checksums.sha256").unlink()
    (bundle / "config.json").write_text(json.dumps(config))
    write_checksums(bundle)
    raw, answer, _, (start, routes) = asked(bundle)
    assert set(raw) == {"labels", "probabilities", "version"}
    assert raw["labels"] == ["fear", "love"] and set(raw["probabilities"]) == set(config["labels"])
    assert answer.label is None and answer.top[0]["label"] == "love"
    assert "any of the labels" in start
    for page in (start, routes):
        shown = html.unescape(page)
        assert "o'clock; 愛" in shown.replace("'\"'\"'", "'") and "lovely" not in page
    with pytest.raises(serving.SwitchError, match="several of"):
        other = write_bundle(tmp_path / "other", labels=("joy", "fear", "love"))
        pool = serving.app.Pool(lambda revision: tmp_path / revision, "b", workers=1)
        pool.switch(other.name)


def test_halves_of_characters_in_a_bundle_are_shown(tmp_path):
    bundle = write_bundle(tmp_path / "b")
    config = json.loads((bundle / "config.json").read_text())
    config |= {"name": "ti\ud800ny", "labels": ["joy", "f\udc00"], "examples": ["\ud83d half"]}
    (bundle / "checksums.sha256").unlink()
    (bundle / "config.json").write_text(json.dumps(config))
    (bundle / "metrics.json").write_text('{"note": "\\ud800"}')
    write_checksums(bundle)
    app = serving.create_app(lambda _: bundle, "v1.0", token=TOKEN, workers=1)
    with serving.running(app) as url:
        for path in ("/", "/docs", "/model", "/health", "/metrics", "/openapi.json"):
            answer = web.get(url + path)
            assert answer.status_code == 200
            assert path in ("/health", "/metrics") or "\ufffd half" in answer.text
        assert web.get(url + "/model").json()["config"]["labels"] == ["joy", "f\ufffd"]


def test_routers_of_others_are_included(client, url):
    assert client.request("GET", "/secret") == "v1.0"
    with pytest.raises(InputError) as caught:
        Client(url, "another token", retries=0).request("GET", "/secret")
    assert (caught.value.status, caught.value.kind) == (401, "unauthorized")


@pytest.mark.parametrize(
    ("status", "method", "path", "body"),
    [
        (404, "GET", "/nothing", b""),
        (404, "GET", "/app/nothing", b""),
        (405, "DELETE", "/predict", b""),
        (422, "POST", "/predict", b""),
        (422, "POST", "/predict", b"null"),
        (422, "POST", "/predict", b"{"),
        (422, "POST", "/predict", b'{"text": 1}'),
        (422, "POST", "/predict", b'{"text": "a", "more": 1}'),
        (422, "POST", "/predict", b'{"text": "a", "top": 0}'),
        (422, "POST", "/predict", b'{"text": "a", "\\ud800": 1}'),
        (422, "POST", "/predict", b'{"text": ""}'),
        (422, "POST", "/predict", b'{"text": " \\n\\u00a0"}'),
        (422, "POST", "/predict", json.dumps({"text": "a" * 16_385}).encode()),
        (422, "POST", "/predict", json.dumps({"text": "\0\x1f"}).encode()),
        (422, "POST", "/predict/batch", b'{"texts": []}'),
        (422, "POST", "/predict/batch", json.dumps({"texts": ["a"] * 9}).encode()),
        (422, "POST", "/predict/batch", b'{"texts": ["a", ""]}'),
        (400, "POST", "/predict", b"\xff\xfe\x00"),
        (400, "POST", "/predict", b"[" * 30_000),
        (400, "POST", "/predict", b'{"text": ' + b"9" * 10_000 + b"}"),
        (413, "POST", "/predict", b" " * 40_001),
        (413, "POST", "/nothing", b" " * 40_001),
        (401, "POST", "/admin/switch", b'{"revision": "v2.0"}'),
        (500, "POST", "/fail", b""),
    ],
)
def test_every_error_has_one_shape(url, status, method, path, body):
    answer = web.request(method, url + path, content=body, headers=JSON)
    assert answer.status_code == status
    assert set(answer.json()) == {"error", "type"} and "Traceback" not in answer.text
    assert answer.headers["x-content-type-options"] == "nosniff"
    framed = "'self'" if path.startswith("/app/") else "'none'"
    assert f"frame-ancestors {framed}" in answer.headers["content-security-policy"]
    assert web.get(url + "/health").status_code == 200


def test_halves_of_characters_are_answered(client):
    assert client.predict("a \ud800 b").probability == client.predict("a \ufffd b").probability


def test_a_form_of_another_site_is_not_read(url):
    answer = web.post(
        url + "/predict", content=b'{"text": "a"}', headers={"content-type": "text/plain"}
    )
    assert answer.status_code == 422


def test_names_that_are_not_ours_are_refused(url):
    for host, status in (("evil.example", 421), ("localhost:1", 200), ("LOCALHOST", 200)):
        assert web.get(url + "/health", headers={"host": host}).status_code == status


def test_a_body_is_cut_off_while_it_streams(url):
    sent = 0

    def endless():
        nonlocal sent
        while True:
            sent += 10_000
            yield b" " * 10_000

    answer = web.post(url + "/predict", content=endless(), headers=JSON)
    assert answer.status_code == 413 and answer.headers["connection"] == "close"
    assert sent < 100_000_000  # what the sockets hold, not what there was to send


def test_a_body_that_never_arrives_is_not_waited_for(versions):
    impatient = serving.create_app(
        lambda revision: versions / revision,
        "v1.0",
        token=TOKEN,
        workers=1,
        limits=serving.Limits(body_seconds=0.5),
    )
    with (
        serving.running(impatient) as url,
        socket.create_connection(("127.0.0.1", httpx.URL(url).port), timeout=60) as connection,
    ):
        connection.sendall(
            b"POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n{"
        )
        answer = connection.makefile("rb").read()
    assert answer.startswith(b"HTTP/1.1 408") and b'"type":"too_slow"' in answer


def test_too_many_questions_are_sent_away(versions, monkeypatch):
    release = threading.Event()
    slow = serving.create_app(
        lambda revision: versions / revision, "v1.0", token=TOKEN, workers=1, limits=LIMITS
    )
    answer = slow.state.pool._answer
    monkeypatch.setattr(
        slow.state.pool, "_answer", lambda *asked: release.wait(60) and answer(*asked)
    )
    with serving.running(slow) as url, Client(url, retries=0, timeout=60) as client:
        with ThreadPoolExecutor(12) as threads:
            asked = [threads.submit(client.predict, "a") for _ in range(12)]
            while sum(future.done() for future in asked) < 5:  # seven may be inside
                time.sleep(0.01)
            refused = web.post(url + "/predict", json={"text": "a"})
            assert refused.status_code == 503 and refused.headers["retry-after"] == "1"
            assert client.health()["ready"]  # questions wait, this does not
            assert counted(url, "slm_requests_in_flight") == 8  # and this one
            release.set()
        failed = [future.exception() for future in asked if future.exception()]
        assert len(failed) == 5 and all(error.status == 503 for error in failed)
        assert client.predict("a").version == "v1.0"


def test_a_switch_changes_the_answers(client, url):
    before = client.predict("a film").probability
    assert client.switch("v2.0") == {"version": "v2.0", "before": "v1.0"}
    after = client.predict("a film")
    assert after.version == "v2.0" and after.probability != before
    assert counted(url, "slm_model", version="v2.0") == 1
    assert counted(url, "slm_model", version="v1.0") == 0


@pytest.mark.parametrize(
    ("revision", "reason"),
    [("v9", "It holds: "), ("broken", "altered"), ("other", "callers expect"), ("..", "pattern")],
)
def test_a_failed_switch_changes_nothing(client, revision, reason):
    with pytest.raises(InputError, match=reason) as caught:
        client.switch(revision)
    assert caught.value.status == (422 if revision == ".." else 409)
    assert client.predict("a film").version == "v1.0"
    with pytest.raises(serving.SwitchError, match="cannot serve"):
        serving.create_app(lambda _: client, "v1.0", token=TOKEN)


def test_a_switch_under_load_drops_no_request(client, url, versions):
    probabilities = {
        name: runtime.load_bundle(versions / name).predict(["a film"])[0]["probability"]
        for name in ("v1.0", "v2.0")
    }
    stop, seen = threading.Event(), []

    def ask():
        with Client(url, retries=0, timeout=60) as mine:
            while not stop.is_set():
                seen.append(mine.predict("a film"))

    with ThreadPoolExecutor(4) as threads:
        asking = [threads.submit(ask) for _ in range(4)]
        for revision in ("v2.0", "v1.0", "v2.0"):
            enough = len(seen) + 20
            while len(seen) < enough and not any(future.done() for future in asking):
                time.sleep(0.005)
            client.switch(revision)
        stop.set()
    assert [future.exception() for future in asking] == [None] * 4
    assert {answer.version for answer in seen} == {"v1.0", "v2.0"}
    for answer in seen:  # of one version or the other, never of a mixture
        assert answer.probability == pytest.approx(probabilities[answer.version], abs=1e-7)


def test_two_switches_do_not_cross(app, client, monkeypatch):
    pool, begun, release = app.state.pool, threading.Event(), threading.Event()
    find = pool._find

    def slowly(revision):
        begun.set()
        release.wait(60)
        return find(revision)

    monkeypatch.setattr(pool, "_find", slowly)
    with ThreadPoolExecutor(1) as threads:
        first = threads.submit(client.switch, "v2.0")
        assert begun.wait(60)
        with pytest.raises(InputError, match="under way"):
            client.switch("v2.0")
        assert client.predict("a film").version == "v1.0"
        release.set()
        assert first.result()["version"] == "v2.0"


def test_the_metrics_page_counts(client, url):
    before = counted(url, "slm_requests_total", route="/predict", status="200")
    texts = counted(url, "slm_texts_per_request_sum")
    wrong = counted(url, "slm_errors_total", type="invalid")
    client.predict("a film")
    client.predict_batch(["a", "b", "c"])
    with pytest.raises(InputError):
        client.predict("")
    assert counted(url, "slm_requests_total", route="/predict", status="200") == before + 1
    assert counted(url, "slm_texts_per_request_sum") == texts + 4
    assert counted(url, "slm_errors_total", type="invalid") == wrong + 1
    assert counted(url, "slm_request_seconds_count", route="/predict") > 1
    web.request("BREW", url + "/coffee")  # labels come from short lists
    assert counted(url, "slm_requests_total", method="other", route="other") >= 1
    assert counted(url, "slm_requests_in_flight") == 1


def test_the_schema_holds(app, url, tmp_path):
    """No 5xx, and every answer as the schema says, for whatever the schema allows or forbids."""
    import hypothesis
    import schemathesis
    from hypothesis.configuration import set_hypothesis_home_dir
    from schemathesis import checks

    set_hypothesis_home_dir(tmp_path)  # nothing is left in the checkout
    schema = schemathesis.openapi.from_dict(app.openapi())
    wanted = (
        checks.not_a_server_error,
        checks.status_code_conformance,
        checks.content_type_conformance,
        checks.response_schema_conformance,
    )
    for path, operations in schema.items():
        for method in operations:
            operation = schema[path][method]

            @hypothesis.given(case=operation.as_strategy())
            @hypothesis.settings(
                max_examples=15,
                deadline=None,
                database=None,
                derandomize=True,
                suppress_health_check=list(hypothesis.HealthCheck),
            )
            def ask(case):
                case.call_and_validate(base_url=url, checks=wanted)

            ask()


def test_the_load_generator_counts_what_it_saw(client, url):
    seen = load.measure(url + "/predict", ["a film", ""], clients=3, requests=20)
    assert seen.statuses == {200: 10, 422: 10} and seen.versions == {"v1.0": 10}
    row = seen.row()
    assert row["failed"] == 10 and 0 < row["median, ms"] <= row["p99, ms"]
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        nobody = f"http://127.0.0.1:{closed.getsockname()[1]}/predict"
        assert load.measure(nobody, ["a"], clients=1, requests=2).failed == 2


def test_client_asks_again_only_when_that_helps(monkeypatch):
    pauses, answers = [], [503, 503, 200]
    monkeypatch.setattr(time, "sleep", pauses.append)

    def handle(request):
        status = answers.pop(0)
        return httpx.Response(status, json={"error": "full", "type": "busy"})

    client = Client("http://127.0.0.1:9")
    client._http = httpx.Client(base_url="http://x", transport=httpx.MockTransport(handle))
    assert client.request("GET", "/health") == {"error": "full", "type": "busy"}
    assert len(pauses) == 2 and pauses[0] < pauses[1]
    answers[:] = [500, 200]
    with pytest.raises(ServerError) as caught:
        client.request("GET", "/health")
    assert caught.value.status == 500 and answers == [200]
    with pytest.raises(ServerError, match="no server"), Client("http://127.0.0.1:9") as nobody:
        nobody.health()
    assert len(pauses) == 2 + 4


def test_the_token_is_for_its_owner_only(tmp_path):
    path = tmp_path / "folder" / "token"
    token = loopback.load_token(path, "hf_")
    assert len(token) >= 32 and token.startswith("hf_")
    assert loopback.load_token(path, "hf_") == token
    assert os.listdir(path.parent) == ["token"]
    if os.name == "posix":
        assert path.stat().st_mode & 0o777 == 0o600
        path.chmod(0o644)
        with pytest.raises(serving.TokenError, match="delete it"):
            loopback.load_token(path)
    path.chmod(0o600)
    path.write_text("")
    with pytest.raises(serving.TokenError, match="no token"):
        loopback.load_token(path)


def test_the_command_serves_without_heavy_libraries(versions, home):
    code = (
        "import sys\n"
        "for name in ('tensorflow', 'keras', 'onnxruntime', 'pandas', 'huggingface_hub'):\n"
        "    sys.modules[name] = None\n"
        "from helpers.serving.server import main\n"
        "sys.exit(main(sys.argv[1:]))"
    )
    options = ["--revision", "v1.0", "--port", "0", "--feedback", str(home / "feedback")]
    command = [sys.executable, "-c", code, str(versions), *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            address = process.stdout.readline().split()[4]
            token = (home / "artifacts" / ".server-token").read_text()
            with Client(address, token) as client:
                assert client.predict("a film").version == "v1.0"
                assert client.switch("v2.0")["version"] == "v2.0"
                client.send_feedback("a film", runtime.read_config(versions / "v1.0")["labels"][1])
                (row,) = client.read_feedback()["rows"]
                assert (row["text"], row["version"]) == ("a film", "v2.0")
            (kept,) = (home / "feedback").glob("*.sqlite")
            assert kept.stem == runtime.read_config(versions / "v1.0")["name"]
        finally:
            process.terminate()


def test_the_command_says_what_is_wrong(versions, capsys):
    from helpers.serving.server import main

    assert main([str(versions / "nothing" / "at" / "all")]) == 2
    assert main([str(versions / "broken")]) == 2
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        assert main([str(versions / "v1.0"), "--port", str(taken.getsockname()[1])]) == 2
    said = capsys.readouterr().err
    assert "neither a folder nor" in said and "altered" in said and "cannot be used" in said


def test_pool_may_be_used_without_http(versions):
    pool = serving.app.Pool(lambda revision: versions / revision, "v1.0", workers=2)
    said, version = asyncio.run(pool.answer(["a", "b"]))
    assert len(said) == 2 and version == "v1.0"
