"""A chat on a page: words appear as they are written, and a button stops them."""

import html
import threading
from typing import Any

from helpers.predictor.chat import Chat, shown
from helpers.predictor.writer import PromptError
from helpers.show import notebook


class ChatPanel:
    """A box to type in, the conversation above it, and buttons to stop and to begin anew.

    It writes in a thread of its own, so that the page hears the button meanwhile. Where nobody is
    there (on the web, in a headless run), the conversation stands there as text.
    """

    def __init__(self, chat: Chat, placeholder: str = "say something, then Enter"):
        import ipywidgets as widgets

        self.chat, self.turns = chat, [("", "")][:0]
        self.thread: threading.Thread | None = None
        self.page = widgets.HTML()
        self.field = widgets.Text(
            placeholder=placeholder, continuous_update=False, layout={"width": "30em"}
        )
        self.field.observe(self._said, "value")
        self.stop = widgets.Button(description="Stop", disabled=True)
        self.stop.on_click(lambda _: chat.interrupt())
        self.new = widgets.Button(description="New")
        self.new.on_click(lambda _: self.begin())
        row = widgets.HBox([self.field, self.stop, self.new], layout={"flex_flow": "row wrap"})
        self.box = widgets.VBox([self.page, row])

    def say(self, text: str) -> None:
        """Say something; the answer appears piece by piece. `wait` waits for its end."""
        self.wait()
        self.turns.append((text, ""))
        self.stop.disabled = False
        self.thread = threading.Thread(target=self._answer, args=(text,), daemon=True)
        self.thread.start()

    def wait(self) -> "ChatPanel":
        """Wait until the answer is written, and return the panel."""
        if self.thread:
            self.thread.join()
        return self

    def begin(self) -> None:
        """Begin a new conversation."""
        self.chat.interrupt()
        self.wait()
        self.chat.begin()
        self.turns.clear()
        self._show()

    def _said(self, change: dict[str, Any]) -> None:
        if change["new"].strip():
            self.field.value = ""
            self.say(change["new"])

    def _answer(self, text: str) -> None:
        answer = ""
        try:
            for piece in self.chat.say(text):
                answer += piece
                self.turns[-1] = (text, answer)
                self._show()
            if call := self.chat.call():
                self.turns[-1] = (text, shown(call))
        except PromptError as error:
            self.turns[-1] = (text, str(error))
        self.stop.disabled = True
        self._show()

    def _show(self) -> None:
        self.page.value = self._html()

    def _html(self) -> str:
        rows = "".join(
            f'<p dir="auto" style="max-width:46em"><b>{html.escape(said)}</b> '
            f"{html.escape(answer)}</p>"
            for said, answer in self.turns
        )
        return rows or "<p>Nothing was said yet.</p>"

    def _repr_mimebundle_(self, **options: Any) -> dict[str, Any]:
        if not notebook.attended():
            self.wait()
        text = "\n".join(f"> {said}\n{answer}" for said, answer in self.turns)
        bundle = {"text/html": self._html(), "text/plain": text or "a chat"}
        return notebook.with_widget(bundle, self.box, **options)
