"""Talk with a writer in a terminal: `python -m slm_predictor chat MODEL`.

Words appear as they are written. Ctrl-C ends an answer, and where you type, the talk; `/new` begins
a new one. A model that has learned to answer is asked, any other goes on with what you write.
"""

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO, Any

from . import calls
from .checksums import BundleError
from .environment import HubSettingsError
from .fetch import PullError
from .writer import Message, PromptError, Writer, load_writer, said_in
from .writing import Writing

NEW = "/new"


@dataclass
class Chat:
    """A conversation: what was said is kept, and read only once.

    `say` gives the pieces of an answer; one that was interrupted is kept as far as it came.

    Attributes:
        writer: the model. One that has not learned to answer goes on with the text so far.
        knobs: as `Writer.stream` takes them.
        messages: what was said, of a model that answers.
        text: what was written, of one that goes on.
    """

    writer: Writer
    knobs: dict[str, Any] = field(default_factory=dict)
    messages: list[Message] = field(default_factory=list)
    text: str = ""
    writing: Writing | None = None

    def say(self, said: str) -> Iterator[str]:
        """Say something and iterate over the pieces of the answer. Raises PromptError."""
        asked = [*self.messages, {"role": "user", "content": said}]
        prompt = asked if self.writer.chats else self._with(said)
        self.writing = self.writer.stream(prompt, **self.knobs)
        try:
            yield from self.writing
        finally:
            answer = {"role": "assistant", "content": self.writing.text}
            if self.writer.chats:
                self.messages = [*asked, answer]
            else:
                self.text = self._with(said) + self.writing.text

    def _with(self, said: str) -> str:
        return f"{self.text} {said}" if self.text and said[:1].isalnum() else self.text + said

    def interrupt(self) -> None:
        """End the answer that is being written, from any thread."""
        if self.writing:
            self.writing.interrupt()

    def begin(self) -> None:
        """Forget what was said."""
        self.messages, self.text = [], ""

    def call(self) -> calls.Call | None:
        """Return the last answer as a call, spelled as it was said; None if it is none."""
        try:
            last = self.messages[-1]["content"] if self.writer.grammar else ""
            return calls.read(last, said_in(self.messages))
        except (ValueError, IndexError):
            return None


def shown(call: calls.Call) -> str:
    """Return a call as a person reads it: `light_set(area="kitchen", brightness=40)`."""
    arguments = ", ".join(f"{name}={value!r}" for name, value in call["arguments"].items())
    return f"{call['name']}({arguments})"


def talk(chat: Chat, lines: Iterator[str], output: IO[str]) -> None:
    """Answer line after line until there is none."""
    for line in lines:
        said = line.strip()
        if said == NEW:
            chat.begin()
        if not said or said == NEW:
            continue
        try:
            for piece in chat.say(said):
                print(piece, end="", file=output, flush=True)
        except KeyboardInterrupt:
            print(" …", end="", file=output)
        except PromptError as error:
            print(error, end="", file=output)
            chat.begin()
        if call := chat.call():
            print(f"\n  = {shown(call)}", end="", file=output)
        print(file=output, flush=True)


def _typed() -> Iterator[str]:
    """Yield what is typed, until Ctrl-D or Ctrl-C."""
    while True:
        try:
            yield input("> " if sys.stdin.isatty() else "")
        except (EOFError, KeyboardInterrupt):
            return


def main(arguments: list[str] | None = None) -> int:
    """Run the command; return 0, or 2 with one line on standard error when it cannot begin."""
    parser = argparse.ArgumentParser(prog=f"python -m {__package__} chat", description=__doc__)
    parser.add_argument("model", help="a bundle folder, or owner/name on a hub")
    parser.add_argument("--revision", help="the version, such as v1.0; else the newest")
    parser.add_argument("--format", default="litert", choices=["litert", "onnx", "keras"])
    parser.add_argument("--temperature", type=float, help="0 takes the likeliest token")
    parser.add_argument("--top-p", type=float, help="of the likeliest, those with this share")
    parser.add_argument("--seed", type=int, help="the same words for the same seed")
    parser.add_argument("--most", type=int, help="tokens in an answer")
    options = vars(parser.parse_args(arguments))
    model, revision, format = (options.pop(name) for name in ("model", "revision", "format"))
    knobs = {name: value for name, value in options.items() if value is not None}
    try:
        chat = Chat(load_writer(model, revision, format=format), knobs)
    except (BundleError, PullError, HubSettingsError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    talk(chat, _typed(), sys.stdout)
    return 0
