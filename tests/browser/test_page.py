"""The page that runs a bundle in the browser: its folder, and the page itself in Chromium."""

import functools
import gzip
import http.server
import json
import re
import shutil
import stat
import threading
from pathlib import Path

import numpy as np
import pytest

from helpers.browser import page as browser
from helpers.browser.__main__ import main
from helpers.bundle import folders, ngram_table
from helpers.data import imdb
from helpers.predictor import LONGEST_TEXT, hashing, runtime

GOOD, BAD = ["wonderful", "great", "tender"], ["awful", "boring", "wasted"]
SETTINGS = {"max_words": 128, "longest": 3, "tail": 80}
CARD = "---\nlicense: other\n---\n\n# tiny\n\n## Limits\n\n- It knows <six> words.\n\n## More\n"


def fake_package(folder: Path) -> Path:
    """What npm would install, with nothing that works in it."""
    for name in ("core/dist", "core/wasm", "wasm-utils/dist"):
        (folder / name).mkdir(parents=True)
    (folder / "core/dist/index.js").write_text('import { f } from "@litertjs/wasm-utils";')
    (folder / "wasm-utils/dist/index.js").write_text("export const f = 1;")
    (folder / f"core/wasm/{browser.BUILD}.js").write_text("")
    (folder / f"core/wasm/{browser.BUILD}.wasm").write_bytes(b"program")
    return folder


def make_bundle(folder: Path, model: Path, tokenizer: Path) -> Path:
    return folders.write_bundle(
        folder,
        name="tiny",
        models={"litert": model},
        tokenizer=tokenizer,
        labels=["negative", "positive"],
        metrics={"accuracy": 0.5, "interval": [0.4, 0.6], "n": 1234},
        card=CARD,
    )


@pytest.fixture
def stub(tmp_path):
    """A bundle whose model is never opened."""
    (tmp_path / "model.tflite").write_bytes(b"weights")
    hashing.HashTokenizer(**SETTINGS).save(tmp_path / "hash.json")
    return make_bundle(tmp_path / "stub", tmp_path / "model.tflite", tmp_path / "hash.json")


@pytest.fixture
def fake_npm(tmp_path, monkeypatch):
    """Do without npm."""
    package = fake_package(tmp_path / "fake")
    monkeypatch.setattr(browser, "npm_package", lambda: package)


def test_folder_holds_the_page_and_the_bundle(stub, fake_npm, tmp_path):
    page = browser.export_page(stub, tmp_path / "page", version="v1.2", examples=["a", "b"])
    names = {path.relative_to(page).as_posix() for path in page.rglob("*") if path.is_file()}
    assert {"index.html", "model/model.tflite", "model/checksums.sha256"} < names
    tokenizer = Path(hashing.__file__).with_suffix(".js")
    assert (page / "hashing.js").read_bytes() == tokenizer.read_bytes()
    assert "@litertjs" not in (page / "litert/core.js").read_text()
    assert gzip.decompress((page / "litert/runtime.wasm.gzip").read_bytes()) == b"program"
    facts = json.loads((page / "page.json").read_text())
    assert facts["version"] == "v1.2" and facts["examples"] == ["a", "b"]
    assert not list(tmp_path.glob(".*"))


def test_a_page_is_replaced_and_other_folders_are_left_alone(stub, fake_npm, tmp_path):
    page = browser.export_page(stub, tmp_path / "page")
    (page / "stray.txt").write_text("")
    assert not (browser.export_page(stub, page) / "stray.txt").exists()
    (tmp_path / "mine").mkdir()
    with pytest.raises(browser.BrowserError, match="is no such page"):
        browser.export_page(stub, tmp_path / "mine")
    assert main([str(stub), str(tmp_path / "mine")]) == 2


def test_half_a_page_is_never_seen(stub, fake_npm, tmp_path, monkeypatch):
    page = browser.export_page(stub, tmp_path / "page", version="v1.0")
    (browser.npm_package() / "core/dist/index.js").write_text("no import at all")
    with pytest.raises(browser.BrowserError, match="not built as it was"):
        browser.export_page(stub, page, version="v2.0")
    assert json.loads((page / "page.json").read_text())["version"] == "v1.0"


def test_bundles_that_a_browser_cannot_run_are_refused(stub, fake_npm, tmp_path):
    (tmp_path / "joined.json").write_text('{"type": "joined"}')
    joined = make_bundle(tmp_path / "j", tmp_path / "model.tflite", tmp_path / "joined.json")
    with pytest.raises(browser.BrowserError, match="subwords"):
        browser.export_page(joined, tmp_path / "page")
    (stub / "model.tflite").write_bytes(b"other weights")
    with pytest.raises(runtime.BundleError, match="altered"):
        browser.export_page(stub, tmp_path / "page")
    assert not (tmp_path / "page").exists()


def test_missing_and_failing_npm_say_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(browser.BrowserError, match="npm is missing"):
        browser.npm_package(tmp_path / "cache")
    npm = tmp_path / "npm"
    npm.write_text("#!/bin/sh\necho no network >&2\nexit 1\n")
    npm.chmod(npm.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setattr(shutil, "which", lambda name: str(npm))
    with pytest.raises(browser.BrowserError, match="needs the network once.*no network"):
        browser.npm_package(tmp_path / "cache")
    assert not list((tmp_path / "cache").iterdir())


def test_packages_are_pinned_with_checksums_and_without_addresses():
    lock = (browser.HERE / "package-lock.json").read_text()
    packages = json.loads(lock)["packages"]
    for name, version in json.loads((browser.HERE / "package.json").read_text())[
        "dependencies"
    ].items():
        assert packages[f"node_modules/{name}"]["version"] == version
        assert packages[f"node_modules/{name}"]["integrity"].startswith("sha512-")
    assert "://" not in lock


def test_page_is_text_without_inline_code_or_outside_addresses():
    page = (browser.HERE / "index.html").read_text()
    assert '<html lang="en">' in page
    assert not re.search(r"<style|style=|<script(?! type=\"module\" src=)|\son\w+=", page)
    for name in ("index.html", "style.css", "app.js", "classifier.js"):
        assert not re.search(r"https?:|//\w+\.", (browser.HERE / name).read_text())


def test_notebook_shows_a_frame_and_behind_it_a_picture():
    frame = browser.show('http://127.0.0.1:1/"><script>').data
    assert "<script" not in frame and "data:image/png;base64," in frame and "alt=" in frame


# From here on a real browser looks at the page.


@pytest.fixture(scope="module")
def package():
    if shutil.which("npm") is None:
        # it is no Python package, so requirements.txt cannot bring it to every machine
        pytest.skip("npm is not installed: the page cannot be tried (apt install npm)")
    return browser.npm_package()


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    """A table of six words of weight two, and a thousand n-grams that weigh little."""
    folder = tmp_path_factory.mktemp("bundle")
    single = hashing.HashTokenizer(max_words=1, longest=1, tail=0)
    six = np.concatenate([single.encode(word) for word in GOOD + BAD])
    tokenizer = hashing.HashTokenizer(**SETTINGS)
    rows = hashing.encode_batch(tokenizer, imdb.packaged_reviews()["text"].tolist()[:40])
    others, _ = ngram_table.count(list(rows), at_least=2)
    table = ngram_table.build_table(np.r_[six, np.setdiff1d(others, six)[:1000]], buckets=7400)
    codes = np.random.default_rng(0).integers(2, 16, table.size).astype("int32")
    codes[table.find(six)] = [1] * len(GOOD) + [0] * len(BAD)
    codebook = np.r_[-2.0, 2.0, np.linspace(-0.04, 0.04, 14)].astype("float32")
    coded = ngram_table.CodedTable(table, codes, codebook, -0.25)
    model = ngram_table.to_litert(coded, tokenizer.row_length, folder / "model.tflite")
    tokenizer.save(folder / "hash.json")
    return make_bundle(folder / "tiny", model, folder / "hash.json")


@pytest.fixture(scope="module")
def site(package, bundle, tmp_path_factory):
    """The page under /app/ of a plain static server; yields its address."""
    folder = tmp_path_factory.mktemp("site")
    browser.export_page(bundle, folder / "app", version="v1.0")

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    handler = functools.partial(Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/app/"
        server.shutdown()
        thread.join()


@pytest.fixture
def page(chromium, site):
    """The page, loaded; what it says on the console and asks for is kept on it."""
    with chromium.new_context(viewport={"width": 390, "height": 844}) as context:
        context.set_default_timeout(60_000)  # a busy machine is slow, not wrong
        opened = context.new_page()
        opened.asked, opened.errors = [], []
        opened.on("request", lambda request: opened.asked.append(request.url))
        opened.on("pageerror", lambda error: opened.errors.append(str(error)))
        opened.on("console", lambda m: m.type == "error" and opened.errors.append(m.text))
        opened.goto(site)
        opened.wait_for_selector("body[data-state=ready]")
        yield opened


def write(page, text):
    page.fill("#text", text)
    page.wait_for_selector("#time:not(:empty)")


def test_page_says_where_reading_ends(page, site):
    script = "async (site) => (await import(site + 'hashing.js')).LONGEST_TEXT"
    assert page.evaluate(script, site) == LONGEST_TEXT
    write(page, "é" * (LONGEST_TEXT // 2))
    assert not page.locator("#too-long").is_visible()
    write(page, "é" * (LONGEST_TEXT // 2) + "x")
    page.wait_for_selector("#too-long:visible")
    assert "first 16,384 bytes" in page.locator("#too-long").inner_text()


def test_browser_answers_as_python_does(page, bundle):
    texts = ["", "wonderful", *imdb.packaged_reviews()["text"].tolist()[::500]]
    theirs = page.evaluate(
        """async (texts) => {
            const { openBundle } = await import("./classifier.js");
            const bundle = await openBundle(new URL("model/", document.baseURI));
            const answers = [];
            for (const text of texts) answers.push(await bundle.predict(text));
            return answers;
        }""",
        texts,
    )
    ours = runtime.load_bundle(bundle).probabilities(texts)
    assert np.allclose(theirs, ours, atol=1e-5)
    assert np.ptp(ours) > 0.2  # or the comparison would say little


def test_verdict_and_the_words_behind_it(page):
    write(page, "So wonderful, so Wonderful!<br />But boring, xyzzy.")
    # two and minus two and the bias of -0.25, but for the weights of the other n-grams
    assert re.fullmatch(r"negative, 5\d %", page.inner_text("#verdict"))
    marks = page.locator("#reading mark")
    assert marks.all_inner_texts() == ["wonderful", "Wonderful", "boring"]
    assert marks.nth(0).get_attribute("class") == "side-1 strength-3"
    change = re.search(r"\+(\d.\d\d), speaks for positive", marks.nth(0).get_attribute("title"))
    assert float(change.group(1)) == pytest.approx(2, abs=0.15)
    assert page.locator("#top-1 li").nth(0).inner_text().startswith("wonderful")
    assert page.locator("#top-0 li").nth(0).inner_text().startswith("boring")
    assert "<br" not in page.inner_text("#reading")
    page.fill("#text", "  ")
    page.get_by_text("Type or choose a text.").wait_for()
    assert page.inner_text("#reading") == ""


def test_facts_of_the_model_are_shown(page, bundle):
    assert page.inner_text("#model") == "tiny" and page.inner_text("#version") == "v1.0"
    assert f"{(bundle / 'model.tflite').stat().st_size:,} bytes" == page.inner_text("#size")
    assert page.inner_text("#accuracy").startswith("50.0 % on 1,234 test texts")
    assert page.inner_text("#limits") == "It knows <six> words."
    page.click("summary")
    assert page.inner_text("#card").startswith("# tiny")
    write(page, "great")
    assert page.inner_text("#time").endswith("µs, mean of 50")


def test_texts_are_shown_and_never_executed(page):
    write(page, "<img src=x onerror=alert(1)> wonderful <script>alert(2)</script>")
    assert page.locator("#reading img, #reading script").count() == 0
    assert "<img src=x" in page.inner_text("#reading")
    assert page.errors == []


def test_nothing_leaves_the_page(page, site):
    write(page, "great")
    before = len(page.asked)
    write(page, "great and wonderful")
    assert len(page.asked) == before  # a prediction asks nobody
    assert all(url.startswith(site) for url in page.asked)
    assert page.errors == []
    assert page.context.cookies() == [] and page.evaluate("localStorage.length") == 0


def test_altered_files_are_refused(chromium, site):
    with chromium.new_context() as context:
        for name in ("model.tflite", "tokenizer.json", "config.json"):
            page = context.new_page()
            page.route(f"**/model/{name}", lambda route: route.fulfill(body=b"{}"))
            page.goto(site)
            page.wait_for_selector("body[data-state=failed]")
            assert f"{name} was altered" in page.get_by_role("alert").inner_text()
            assert not page.locator("#text").is_visible()


def test_everything_works_by_keyboard(page):
    focus = "document.activeElement.id || document.activeElement.tagName"
    page.keyboard.press("Tab")
    assert page.evaluate(focus) == "text"
    page.keyboard.type("awful")
    page.wait_for_selector("#reading mark.side-0")
    page.keyboard.press("Tab")
    assert page.evaluate(focus) == "BUTTON"
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.keyboard.press("Enter")
    page.wait_for_selector("#reading mark.side-1")
    assert page.input_value("#text") == browser.EXAMPLES[0]
    for _ in range(len(browser.EXAMPLES) - 1):
        page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    assert page.evaluate(focus) == "reading"
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.locator("#card").is_visible()


def test_page_speaks_to_those_who_do_not_see_it(page):
    assert page.get_by_role("textbox", name="Your text").get_attribute("id") == "text"
    assert page.locator("#verdict").get_attribute("aria-live") == "polite"
    levels = page.evaluate(
        "[...document.querySelectorAll('h1,h2,h3,h4')].map((h) => Number(h.tagName[1]))"
    )
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(b - a <= 1 for a, b in zip(levels, levels[1:], strict=False))
    assert page.evaluate(
        "[...document.querySelectorAll('section, ol')].every((part) =>"
        " document.getElementById(part.getAttribute('aria-labelledby'))?.textContent.trim())"
    )
    assert page.title() == "tiny: a model in your browser"


CONTRAST = """() => {
    const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
    const light = (color) => {
        canvas.fillStyle = color;
        canvas.fillRect(0, 0, 1, 1);
        const [r, g, b] = [...canvas.getImageData(0, 0, 1, 1).data].map((byte) => {
            const x = byte / 255;
            return x <= 0.04045 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4;
        });
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const ground = (e) => {
        const color = getComputedStyle(e).backgroundColor;
        return color === "rgba(0, 0, 0, 0)" ? ground(e.parentElement) : color;
    };
    return [...document.querySelectorAll("p, b, mark, h4, dt, dd, button, output, li")].map((e) => {
        const [a, b] = [light(getComputedStyle(e).color), light(ground(e))];
        return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    });
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_colors_are_told_apart_and_a_phone_is_wide_enough(page, scheme):
    page.emulate_media(color_scheme=scheme)
    write(page, "wonderful, great and boring: " + "x" * 200)
    assert min(page.evaluate(CONTRAST)) >= 4.5  # WCAG 2, level AA
    assert page.evaluate("document.documentElement.scrollWidth") == 390


def test_frame_of_a_notebook_holds_the_page_or_else_its_picture(chromium, site):
    with chromium.new_context() as context:
        page = context.new_page()

        def open_notebook(address):
            output = browser.show(address).data
            answer = {"body": output, "content_type": "text/html"}
            page.route("**/notebook", lambda route: route.fulfill(**answer))
            page.goto(f"{site}notebook")

        with page.expect_event("framenavigated", lambda frame: frame.url == site) as event:
            open_notebook(site)
        event.value.wait_for_selector("body[data-state=ready]")
        assert not page.locator("img").is_visible()
        open_notebook(f"{site}nothing-here/")
        page.locator("img").wait_for(state="visible")
