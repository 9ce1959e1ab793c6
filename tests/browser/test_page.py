"""The page that runs a bundle in the browser: its folder, and the page itself in Chromium."""

import gzip
import hashlib
import json
import re
import shutil
import stat
from pathlib import Path

import numpy as np
import pytest
from tokenizers import Tokenizer
from tokenizers.models import WordPiece

from helpers.browser import page as browser
from helpers.browser.__main__ import main
from helpers.bundle import folders
from helpers.data import imdb
from helpers.predictor import LONGEST_TEXT, hashing, runtime
from tests.support import static_site

BUCKETS = 4099  # rows of the tables below; a text's hashes choose from them
TOPICS = ("World", "Sports", "Business", "Science and technology", "Culture")
LONG = "transfer_" * 15
MANY = (LONG, *(f"why_is_my_transfer_number_{i}_not_there" for i in range(75)), "lost card")
MOODS = ("joy", "surprise", "الحزن", "ความโกรธ", "fear", "怒り", "trust")
KINDS = ("app", "old", "topics", "many", "moods")
SETTINGS = {"max_words": 128, "longest": 3, "tail": 80}
FRONT = "---\nlicense: other\ndatasets: [stanfordnlp/imdb]\n---\n\n"
CARD = FRONT + "# tiny\n\n## Limits\n\n- It knows `<six>` words.\n\n## More\n"
EVEN = {"majority": 0.5, "macro_f1": 0.495}  # two classes alike: accuracy says it all
METRICS = {"accuracy": 0.5, "interval": [0.4, 0.6], "n": 1234, "macro_f1": 0.4, "majority": 0.7}


def fake_package(folder: Path) -> Path:
    """What npm would install, with nothing that works in it."""
    for name in ("core/dist", "core/wasm", "wasm-utils/dist"):
        (folder / name).mkdir(parents=True)
    (folder / "core/dist/index.js").write_text('import { f } from "@litertjs/wasm-utils";')
    (folder / "wasm-utils/dist/index.js").write_text("export const f = 1;")
    (folder / f"core/wasm/{browser.BUILD}.js").write_text("")
    (folder / f"core/wasm/{browser.BUILD}.wasm").write_bytes(b"program")
    return folder


def make_bundle(
    folder: Path,
    model: Path,
    tokenizer: Path,
    labels=("negative", "positive"),
    several=False,
    card=CARD,
    examples=(),
    metrics=None,
) -> Path:
    return folders.write_bundle(
        folder,
        name="tiny",
        models={"litert": model},
        tokenizer=tokenizer,
        labels=labels,
        several=several,
        metrics=METRICS | {"classes": len(labels), "several": several} | (metrics or {}),
        card=card,
        examples=examples,
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


def test_examples_suit_the_model(stub, fake_npm, tmp_path):
    def shown(bundle, **arguments):
        page = browser.export_page(bundle, tmp_path / "page", **arguments)
        return json.loads((page / "page.json").read_text())["examples"]

    assert shown(stub) == list(browser.EXAMPLES)  # its card names the films
    assert shown(stub, examples=["c"]) == ["c"] and shown(stub, examples=[]) == []
    files = tmp_path / "model.tflite", tmp_path / "hash.json"
    own = make_bundle(tmp_path / "own", *files, card=CARD.replace("stanfordnlp/imdb", "own"))
    assert shown(own) == []

    def with_examples(name, examples):
        return make_bundle(tmp_path / name, *files, card="", examples=examples)

    assert shown(with_examples("two", ["a", "b"])) == ["a", "b"]
    with pytest.raises(browser.BrowserError, match="no list of texts"):
        shown(with_examples("wrong", ["a", 1]))


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
    model = tmp_path / "model.tflite"
    Tokenizer(WordPiece({"a": 0}, unk_token="a")).save(str(tmp_path / "subwords.json"))
    subwords = make_bundle(tmp_path / "s", model, tmp_path / "subwords.json")
    with pytest.raises(browser.BrowserError, match="subwords"):
        browser.export_page(subwords, tmp_path / "page")
    older = (tmp_path / "hash.json").read_text().replace('"rules": 2', '"rules": 1')
    (tmp_path / "older.json").write_text(older)
    with pytest.raises(runtime.BundleError, match="Make the bundle again"):
        browser.export_page(make_bundle(tmp_path / "o", model, tmp_path / "older.json"), tmp_path)
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


def write_model(path: Path, words: dict[str, list[float]], several: bool = False) -> Path:
    """Write a LiteRT model that sums a row for each hash: `words` weigh, all else hardly does.

    Weights are [k] of each word; where they are one number, so is the model's answer.
    """
    import tensorflow as tf

    count = len(next(iter(words.values())))
    table = np.random.default_rng(0).normal(0, 0.01, (BUCKETS, count)).astype("float32")
    single = hashing.HashTokenizer(max_words=1, longest=1, tail=0)
    for word, weights in words.items():
        table[single.encode(word)[0] % BUCKETS] = weights
    length = hashing.HashTokenizer(**SETTINGS).row_length

    @tf.function(input_signature=[tf.TensorSpec([1, length], tf.int32)])
    def answer(token_ids):
        rows = tf.gather(table, token_ids % BUCKETS)
        logits = tf.reduce_sum(rows * tf.cast(token_ids > 0, "float32")[..., None], axis=1)
        return tf.sigmoid(logits) if several or count == 1 else tf.nn.softmax(logits)

    graph = answer.get_concrete_function()
    path.write_bytes(tf.lite.TFLiteConverter.from_concrete_functions([graph]).convert())
    return path


def word_weights(count: int, **words: int) -> dict[str, list[float]]:
    """Return [count] weights a word: three for the label of the number given."""
    return {word: [3.0 * (i == label) for i in range(count)] for word, label in words.items()}


@pytest.fixture(scope="module")
def bundles(tmp_path_factory):
    """A bundle for each kind of task: its name is that of its page."""
    folder = tmp_path_factory.mktemp("bundles")
    hashing.HashTokenizer(**SETTINGS).save(folder / "hash.json")
    films = {word: [-1.0, 1.0] for word in ("wonderful", "great", "tender", "رائع", "ดี", "tôt")}
    films |= {word: [1.0, -1.0] for word in ("awful", "boring", "wasted", "ممل")}
    moods = word_weights(7, glad=0, wow=1, tears=2) | {".": [-1.5] * 7}
    kinds = {
        "app": (films, ("negative", "positive"), False),
        "old": ({word: [2 * pair[1]] for word, pair in films.items()}, ("bad", "good"), False),
        "topics": (word_weights(5, war=0, goal=1, bank=2, atom=3), TOPICS, False),
        "many": (word_weights(77, lost=76, card=76, transfer=0, money=40), MANY, False),
        "moods": (moods, MOODS, True),
    }
    for name, (words, labels, several) in kinds.items():
        model = write_model(folder / "model.tflite", words, several)
        metrics = {"old": EVEN, "topics": {"majority": 0.2}, "moods": {"majority_f1": 0.1}}.get(
            name
        )
        make_bundle(folder / name, model, folder / "hash.json", labels, several, metrics=metrics)
    return folder


@pytest.fixture
def bundle(bundles):
    return bundles / "app"


@pytest.fixture(scope="module")
def server(package, bundles, tmp_path_factory):
    """The pages under their names on a plain static server; yields its address."""
    folder = tmp_path_factory.mktemp("site")
    for name in KINDS:
        browser.export_page(bundles / name, folder / name, version="v1.0")
    with static_site.serving(folder) as address:
        yield address


@pytest.fixture
def kind():
    return "app"


@pytest.fixture
def site(server, kind):
    """The address of one page."""
    return f"{server}{kind}/"


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
    """Write a text and wait until all is answered."""
    page.evaluate("document.getElementById('time').textContent = ''")
    page.fill("#text", text)
    page.wait_for_selector("#time:not(:empty)")


def shown_labels(page):
    """Return [(label, percent)] of the bars."""
    return [tuple(row.split("\n")) for row in page.locator("#labels li").all_inner_texts()]


def test_page_says_where_reading_ends(page, site):
    script = "async (site) => (await import(site + 'hashing.js')).LONGEST_TEXT"
    assert page.evaluate(script, site) == LONGEST_TEXT
    write(page, "é" * (LONGEST_TEXT // 2))
    assert not page.locator("#too-long").is_visible()
    write(page, "é" * (LONGEST_TEXT // 2) + "x")
    page.wait_for_selector("#too-long:visible")
    assert "first 16,384 bytes" in page.locator("#too-long").inner_text()


@pytest.mark.parametrize("kind", KINDS)
def test_browser_answers_as_python_does(page, bundles, kind):
    texts = ["", "wonderful", "رائع ดี", *imdb.packaged_reviews()["text"].tolist()[::500]]
    theirs = page.evaluate(
        """async (texts) => {
            const { openBundle } = await import("./classifier.js");
            const bundle = await openBundle(new URL("model/", document.baseURI));
            const answers = [];
            for (const text of texts) answers.push(Array.from(await bundle.predict(text)));
            return answers;
        }""",
        texts,
    )
    ours = runtime.load_bundle(bundles / kind).probabilities(texts)
    assert np.shape(theirs) == ours.shape
    assert np.allclose(theirs, ours, atol=1e-5)
    assert np.ptp(ours, axis=0).min() > 0.005  # or the comparison would say little


def test_verdict_and_the_words_behind_it(page):
    write(page, "So wonderful, so Wonderful!<br />But boring, xyzzy and awful.")
    assert re.fullmatch(r"negative, 8\d %", page.inner_text("#verdict"))
    assert [label for label, _ in shown_labels(page)] == ["negative", "positive"]
    marks = page.locator("#reading mark")
    assert marks.all_inner_texts() == ["wonderful", "Wonderful", "boring", "awful"]
    assert marks.nth(0).get_attribute("class") == "against strength-3"
    change = re.search(r"boring: \+(\d.\d\d), speaks for neg", marks.nth(2).get_attribute("title"))
    assert float(change.group(1)) == pytest.approx(2, abs=0.15)
    assert page.inner_text("#for-heading").lower() == "for negative"
    assert page.inner_text("#against-heading").lower() == "for positive"
    best = page.locator("#top-for li").all_inner_texts()
    assert {row.split("\n")[0] for row in best[:2]} == {"boring", "awful"}
    assert page.locator("#top-against li").nth(0).inner_text().startswith("wonderful\n−")
    assert "<br" not in page.inner_text("#reading")
    page.fill("#text", "  ")
    page.get_by_text("Type or choose a text.").wait_for()
    assert not page.locator("#words").is_visible() and shown_labels(page) == []


@pytest.mark.parametrize("kind", ["old"])
def test_older_bundles_with_one_column_are_understood(page):
    write(page, "great, but wonderful and tender, and boring")
    assert re.fullmatch(r"good, 9\d %", page.inner_text("#verdict"))
    assert [label for label, _ in shown_labels(page)] == ["good", "bad"]
    assert page.locator("#reading mark.against").all_inner_texts() == ["boring"]


@pytest.mark.parametrize("kind", ["topics"])
def test_five_labels(page):
    write(page, "The bank has a goal: atom by atom, more goal")
    assert page.inner_text("#task") == "It reads a text and decides between 5 labels."
    assert len(shown_labels(page)) == 5 and page.locator("#labels .answer").count() == 1
    answered = shown_labels(page)[0][0]
    assert page.inner_text("#verdict").startswith(answered + ", ")
    assert page.inner_text("#against-heading").lower() == f"against {answered}".lower()
    word = {"Sports": "goal", "Business": "bank", "Science and technology": "atom"}[answered]
    assert set(page.locator("#reading mark.for").all_inner_texts()) == {word}
    against = set(page.locator("#reading mark.against").all_inner_texts())
    assert against == {"goal", "bank", "atom"} - {word}


@pytest.mark.parametrize("kind", ["many"])
def test_many_labels_are_five_and_the_rest(page):
    assert page.inner_text("#task") == "It reads a text and decides between 77 labels."
    write(page, "I lost my card, and the money of a transfer")
    assert re.fullmatch(r"lost card, \d\d %", page.inner_text("#verdict"))
    rows = shown_labels(page)
    assert len(rows) == 6 and rows[0][0] == "lost card" and rows[-1][0] == "72 others"
    assert {rows[1][0], rows[2][0]} == {LONG, MANY[40]}
    shares = [0 if share == "under 1 %" else int(share[:-2]) for _, share in rows]
    assert sum(shares) == pytest.approx(100, abs=4)
    assert page.locator("#reading mark.for").all_inner_texts() == ["lost", "card"]
    page.get_by_text("Its 77 labels").click()
    assert page.locator("#names li").all_inner_texts() == list(MANY)


@pytest.mark.parametrize("kind", ["moods"])
def test_several_labels_or_none(page):
    assert "which of 7 labels it has: one, several or none" in page.inner_text("#task")
    write(page, "glad, and tears and wow.")
    verdict = page.inner_text("#verdict").split("; ")
    assert all(re.fullmatch(r".+, 8\d %", part) for part in verdict)
    assert {part.split(", ")[0] for part in verdict} == set(MOODS[:3])
    assert page.locator("#labels .answer").count() == 3
    rows = shown_labels(page)
    assert len(rows) == 6 and rows[-1][0] == "2 others"
    assert re.fullmatch(r"each under [12]\d %", rows[-1][1])
    write(page, "nothing of that.")
    assert page.inner_text("#verdict") == "none of the labels"
    assert page.locator("#half").is_visible() and page.locator("#labels .answer").count() == 0


def test_words_of_the_page_are_those_of_the_tokenizer(page):
    reviews = imdb.packaged_reviews()["text"].tolist()[::500]
    texts = [review.replace("<br />", "\n") for review in reviews]  # as the page does
    texts += [
        "Don’t «STRASSE» Straße\u200b می\u200cخواهم",
        "今天天气很好。สวัสดี! ﬁn 'tis e\u0301t e\u0301",
    ]
    theirs = page.evaluate(
        """async (texts) => {
            const { influences } = await import("./classifier.js");
            const bundle = { config: {}, predict: async () => [0.5, 0.5] };
            const words = async (text) => [...(await influences(bundle, text, 0)).keys()];
            return Promise.all(texts.map(words));
        }""",
        texts,
    )
    for text, words in zip(texts, theirs, strict=True):
        ours = [word for word in hashing.split_words(text) if word[0].isalnum()]
        assert words == list(dict.fromkeys(ours))


@pytest.mark.parametrize(
    ("text", "words", "direction"),
    [
        ("هذا فيلم رائع، لكنه ممل.", {"رائع", "ممل"}, "rtl"),
        ("หนังดีมาก", {"ดี"}, "ltr"),
        # a letter and its accent are one character or two
        ("tôt ou to\u0302t, To\u0302T", {"tôt", "to\u0302t", "To\u0302T"}, "ltr"),
    ],
)
def test_words_of_any_script(page, text, words, direction):
    write(page, text)
    assert set(page.locator("#reading mark").all_inner_texts()) == words
    assert page.locator("#reading").text_content() == text
    for place in ("#text", "#reading"):
        shown = page.locator(place)
        assert shown.evaluate("(e) => getComputedStyle(e).direction") == direction
        assert shown.get_attribute("lang") == ""
    assert page.errors == []


def test_facts_of_the_model_are_shown(page, bundle):
    assert page.inner_text("#model") == "tiny" and page.inner_text("#version") == "v1.0"
    assert f"{(bundle / 'model.tflite').stat().st_size:,} bytes" == page.inner_text("#size")
    accuracy = page.inner_text("#accuracy")
    assert accuracy.startswith("50.0 % on 1,234 test texts")
    assert accuracy.endswith("; macro-F1: 40.0 %; always the larger class: 70.0 %")
    assert page.inner_text("#limits") == "It knows <six> words."
    page.get_by_text("The whole model card").click()
    assert page.inner_text("#card").startswith("# tiny")
    write(page, "great")
    assert page.inner_text("#time").endswith("µs, mean of 50")


@pytest.mark.parametrize(
    ("kind", "end"),
    [
        ("old", "60.0)"),
        ("topics", "; macro-F1: 40.0 %"),
        ("moods", "; macro-F1: 40.0 %; always the most frequent labels: 70.0 %"),
    ],
)
def test_macro_f1_stands_beside_accuracy_where_it_says_more(page, end):
    assert page.inner_text("#accuracy").endswith(end)


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


def test_hashes_of_other_rules_are_refused(chromium, bundles, site):
    content = (bundles / "app" / "tokenizer.json").read_bytes()
    sums = (bundles / "app" / "checksums.sha256").read_text()
    older = content.replace(b' "rules": 2,\n', b"")
    digests = [hashlib.sha256(each).hexdigest() for each in (content, older)]
    with chromium.new_context() as context:
        page = context.new_page()
        page.route("**/model/tokenizer.json", lambda route: route.fulfill(body=older))
        listed = sums.replace(*digests)
        page.route("**/model/checksums.sha256", lambda route: route.fulfill(body=listed))
        page.goto(site)
        page.wait_for_selector("body[data-state=failed]")
        said = page.get_by_role("alert").inner_text()
        assert "0.2.0 or older" in said and "Make the bundle again" in said


def test_everything_works_by_keyboard(page):
    focus = "document.activeElement.id || document.activeElement.tagName"
    page.keyboard.press("Tab")
    assert page.evaluate(focus) == "text"
    page.keyboard.type("awful")
    page.locator("#for-heading", has_text="negative").wait_for()
    page.keyboard.press("Tab")
    assert page.evaluate(focus) == "BUTTON"
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.keyboard.press("Enter")
    page.locator("#for-heading", has_text="positive").wait_for()
    assert page.input_value("#text") == browser.EXAMPLES[0]
    for _ in browser.EXAMPLES:
        page.keyboard.press("Tab")
    assert page.evaluate(focus) == "reading"
    for place in ("#names", "#card"):
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        assert page.locator(place).is_visible()
        page.keyboard.press("Tab")  # into what has opened


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


@pytest.mark.parametrize("kind", ["app", "many", "moods"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_colors_are_told_apart_and_a_phone_is_wide_enough(page, scheme):
    page.emulate_media(color_scheme=scheme)
    write(page, "wonderful, boring transfer of joy: " + "x" * 200)
    page.get_by_text(re.compile(r"Its \d+ labels")).click()
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
