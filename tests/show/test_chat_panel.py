"""The chat on a page."""

import pytest

from helpers.predictor.chat import Chat
from helpers.predictor.writer import open_writer
from helpers.show.chat_panel import ChatPanel
from tests.support import tiny_writer


@pytest.fixture
def panel():
    writer = open_writer(tiny_writer.folder() / "writer")
    return ChatPanel(Chat(writer, {"seed": 0, "most": 20}))


def test_words_appear_and_the_conversation_goes_on(panel):
    panel.field.value = "the <b>film"
    panel.wait()
    assert panel.field.value == "" and panel.stop.disabled
    assert "the &lt;b&gt;film" in panel.page.value and panel.chat.text.startswith("the <b>film")
    shown = panel._repr_mimebundle_()
    assert shown["text/plain"].startswith("> the <b>film\n") and "film" in shown["text/html"]
    panel.begin()
    assert panel.chat.text == "" and "Nothing was said" in panel.page.value


def test_stop_ends_the_answer(panel):
    panel.chat.knobs["most"] = None
    panel.say("the film")
    panel.stop.click()
    panel.wait()
    assert panel.chat.writing.finish in ("interrupted", "length", "stop")


def test_a_prompt_that_is_too_long_is_said(panel):
    panel.say("word " * 300)
    panel.wait()
    assert "Send a shorter one" in panel.page.value
