"""The page of a writer: in Chromium, without a network, it writes what Python writes."""

import json
import re

import pytest

from helpers.browser import page as browser
from helpers.predictor.writer import open_writer
from tests.support import javascript, static_site, tiny_writer

PROMPTS = ("The film", "", "電影 élan, and so on. " * 4)
WRITE = """async ([prompts, knobs]) => {
    const { openWriter } = await import("./writer.js");
    window.writer ??= await openWriter(new URL("model/", document.baseURI));
    const found = [];
    for (const prompt of prompts) {
        const writing = {};
        let text = "";
        for await (const piece of window.writer.stream(prompt, knobs, writing)) text += piece;
        found.push([writing.ids, text, writing.finish]);
    }
    return found;
}"""


@pytest.fixture(scope="module")
def site(package, tmp_path_factory):
    """Pages of all bundles on a plain static server; yields its address."""
    folder = tmp_path_factory.mktemp("site")
    for name in ("writer", "assistant", "doubtful"):
        browser.export_page(tiny_writer.folder() / name, folder / name, version="v1.0")
    with static_site.serving(folder) as address:
        yield address


@pytest.fixture
def opened(chromium, site):
    """Give what opens a page by its name, ready to be used."""
    with chromium.new_context(viewport={"width": 390, "height": 844}) as context:
        context.set_default_timeout(60_000)  # a busy machine is slow, not wrong

        def open_page(name):
            made = context.new_page()
            made.errors, made.asked = [], []
            made.on("pageerror", lambda error: made.errors.append(str(error)))
            made.on("request", lambda request: made.asked.append(request.url))
            made.goto(f"{site}{name}/")
            made.wait_for_selector("body[data-state=ready]")
            return made

        yield open_page


@pytest.mark.parametrize("knobs", [{"temperature": 0}, {"temperature": 0.8, "top_p": 0.9}])
def test_the_same_tokens_as_python(opened, knobs):
    writer = open_writer(tiny_writer.folder() / "writer")
    theirs = opened("writer").evaluate(WRITE, [PROMPTS, {**knobs, "seed": 5, "most": 30}])
    for prompt, (ids, text, finish) in zip(PROMPTS, theirs, strict=True):
        writing = writer.stream(prompt, **knobs, seed=5, most=30)
        assert "".join(writing) == text
        assert writing.token_ids == ids and writing.finish == finish


@pytest.mark.parametrize("name", ["assistant", "doubtful"])
def test_the_same_calls_as_python(opened, name):
    assistant = open_writer(tiny_writer.folder() / name)
    said = (tiny_writer.SAID, "Schalte die Küche auf 40!", "把 卧室 的灯", "")
    page, refused = opened(name), []
    for prompt, (ids, text, _) in zip(said, page.evaluate(WRITE, [said, {}]), strict=True):
        writing = assistant.stream(prompt)
        assert "".join(writing) == text and writing.token_ids == ids
        messages = [{"role": "user", "content": prompt}]
        call = page.evaluate("([a, m]) => window.writer.read(a, m)", [text, messages])
        assert call == assistant.call(prompt)
        refused.append(call["name"] == "no_call")
    assert refused == [False, *[name == "doubtful"] * 3]


def test_words_come_without_a_network(opened):
    page = opened("writer")
    page.context.set_offline(True)
    page.fill("#seed", "5")
    page.fill("#most", "30")
    page.fill("#text", "The film")
    page.keyboard.press("Enter")
    page.wait_for_selector("#speed:not(:empty)")
    knobs = {"temperature": 0.8, "seed": 5, "most": 30}
    written = open_writer(tiny_writer.folder() / "writer").write("The film", **knobs)
    assert page.locator("#talk .answer").text_content() == written
    assert re.search(r"30 tokens in .* a second", page.inner_text("#speed"))
    page.click("#write")  # an empty field goes on with the text so far
    page.wait_for_function("document.querySelectorAll('#talk .answer').length === 2")
    page.wait_for_selector("body[data-writes=false]")
    page.click("#new")
    assert page.locator("#talk p").count() == 0 and not page.errors
    assert all(url.startswith("http://127.0.0.1:") for url in page.asked)


def test_stop_ends_the_answer(opened):
    page = opened("writer")
    page.fill("#most", "4000")
    page.evaluate(
        """() => new MutationObserver(() => document.getElementById("stop").click())
            .observe(document.querySelector("#talk"), { childList: true, subtree: true })"""
    )
    page.fill("#text", "The film")
    page.click("#write")
    page.wait_for_selector("#speed:not(:empty)")
    assert int(page.inner_text("#speed").split()[0]) <= 3


def test_a_prompt_that_is_too_long_is_said_and_forgotten(opened):
    page = opened("writer")
    page.fill("#text", "many words " * 90)
    page.click("#write")
    page.wait_for_selector("#speed:not(:empty)")
    assert "too long" in page.inner_text("#talk .answer")
    page.fill("#text", "The film")
    page.click("#write")
    page.wait_for_selector("body[data-writes=false]")
    assert not page.errors


def test_an_assistant_shows_its_calls(opened):
    page = opened("assistant")
    assert "call of a function" in page.inner_text("#task")
    assert not page.locator("#knobs").is_visible()
    page.get_by_role("button", name=tiny_writer.SAID).click()
    page.wait_for_selector("#talk .call")
    assert re.fullmatch(r"\w+\(.*\)", page.inner_text("#talk .call"))
    assert page.inner_text("#model") == "tiny-assistant"
    assert "It knows nothing." in page.inner_text("#limits")


def test_pages_are_text_without_inline_code_or_outside_addresses():
    html = (browser.HERE / "writer.html").read_text()
    assert not re.search(r"<style|style=|<script(?! type=\"module\" src=)|\son\w+=", html)
    for name in ("writer.html", "bundle.js", *browser.WRITER_PAGE):
        assert not re.search(r"https?:|//\w+\.", (browser.HERE / name).read_text())


def test_added_tokens_are_found_before_all_else(tmp_path):
    tokenizer = tiny_writer.tokenizer()
    opening = '{"name":"light_set","arguments":{'
    texts = [opening + '"area":" hall"}}', "}}} }", f" {opening}{opening}", "no brace", ""]
    each = "data.texts.map((text) => [t.encode(text), t.decode(t.encode(text))])"
    code = f"((t) => {each})(openTokenizer(data.file))"
    data = {"file": json.loads(tokenizer.to_str()), "texts": texts}
    theirs = javascript.run(tmp_path, browser.HERE / "bpe.js", code, data)
    assert theirs == [[tokenizer.encode(text).ids, text] for text in texts]
