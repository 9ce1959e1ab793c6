"""A model that writes: `for piece in load_writer("owner/name").stream("The film"): ...`.

Pieces come as they are written, whole characters each; leave the loop, and it stops. An assistant's
bundle has the functions it may call: its answers are then always calls of one of them.
"""

import json
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from tokenizers import Tokenizer

from . import calls, runtime
from .checksums import BundleError, verify_checksums
from .fetch import locate
from .grammar import CallGrammar
from .sampling import Dice, pick, probabilities
from .steps import LOADERS, Steps
from .streaming import TextStream, token_bytes
from .texts import readable
from .writing import Knobs, Writing, texts

END, USER, ASSISTANT = "<|end|>", "<|user|>", "<|assistant|>"
MOST_GRAMMARS = 50
NOTHING: calls.Call = {"name": calls.NO_CALL, "arguments": {}}
SPOKEN = ("user", "assistant")  # roles that the model has learned; others are not read
Message = Mapping[str, Any]  # {"role": "user" or "assistant", "content": ...}


class PromptError(ValueError):
    """A prompt that the model cannot go on from; the message says why."""


@dataclass
class Writer:
    """A decoder with its tokenizer; `grammar` is there for an assistant that answers in calls.

    One writer writes one answer at a time: it has one cache. Two threads need two writers.
    """

    tokenizer: Tokenizer
    steps: Steps = field(repr=False)
    config: dict[str, Any] = field(repr=False)
    functions: list[dict[str, Any]] = field(default_factory=list, repr=False)

    def __post_init__(self) -> None:
        self.tokenizer.encode_special_tokens = True  # a user's "<|end|>" is seven characters
        self.bytes = token_bytes(self.tokenizer)
        self.end, self.user, self.assistant = map(self._mark, (END, USER, ASSISTANT))
        self.tokens_of_text = np.array([bool(written) for written in self.bytes])
        self.tokens_of_text[self.end] = True
        self.grammars: dict[tuple[str, ...], CallGrammar] = {}
        self.grammar = self._grammar(self.functions) if self.functions else None

    def _mark(self, name: str) -> int:
        token_id = self.tokenizer.token_to_id(name)
        if token_id is None:
            raise BundleError("Its tokenizer.json has no marks of turns: it is no writer's.")
        return int(token_id)

    @property
    def chats(self) -> bool:
        """Tell whether it has learned to answer messages; else it goes on with texts."""
        return bool(self.config.get("chat", False))

    def stream(self, prompt: str | Sequence[Message], **knobs: Any) -> Writing:
        """Begin to write and return an iterator of pieces of text.

        Args:
            prompt: a text to go on with, or messages to answer, the last one of the user.
            knobs: the fields of `Knobs`; an assistant takes the likeliest token by default.

        Raises PromptError for a prompt that cannot be read.
        """
        if isinstance(prompt, str) and self.chats:
            prompt = [{"role": "user", "content": prompt}]
        if self.grammar:
            knobs = {"temperature": 0.0} | knobs
        return self.answer(prompt, Knobs(**knobs))

    def write(self, prompt: str | Sequence[Message], **knobs: Any) -> str:
        """Return all that `stream` gives, in one text."""
        return "".join(self.stream(prompt, **knobs))

    def call(self, prompt: str | Sequence[Message], **knobs: Any) -> calls.Call:
        """Return the call that an assistant answers with: {"name", "arguments"}.

        Arguments that were copied from what was said are spelled as there. Raises BundleError for
        a model that has no functions.
        """
        if not self.grammar:
            raise BundleError("This model has no functions to call.")
        messages = [{"role": "user", "content": prompt}] if isinstance(prompt, str) else prompt
        return calls.read(self.write(messages, **knobs), said_in(messages))

    def answer(
        self,
        prompt: str | Sequence[Message],
        knobs: Knobs,
        functions: Sequence[dict[str, Any]] | None = None,
    ) -> Writing:
        """Begin to write, as `stream`; `functions` are those of its own that it may call."""
        token_ids = self.encode(prompt)
        room = self.steps.seq_len - len(token_ids)
        if room < 1:
            raise PromptError(
                f"The prompt has {len(token_ids)} tokens; this model has room for "
                f"{self.steps.seq_len}, its answer among them. Send a shorter one."
            )
        said = "" if isinstance(prompt, str) else "\n".join(map(calls.spaced, said_in(prompt)))
        grammar = self._grammar(functions) if functions else self.grammar
        limit = grammar.begin(said) if grammar and not isinstance(prompt, str) else None
        most = room if knobs.most is None else min(room, knobs.most)
        writing = Writing(len(token_ids), self.steps.in_common(token_ids))
        tokens = self._tokens(token_ids, knobs, limit, most, writing)
        writing.pieces = texts(tokens, TextStream(self.bytes), knobs.stop, writing)
        return writing

    def encode(self, prompt: str | Sequence[Message]) -> list[int]:
        """Return what the model reads: a text after the end of another, or turns with their marks.

        Of a conversation that is too long for the model, the oldest turns are left out.
        """
        if isinstance(prompt, str):
            return [self.end, *self.tokenizer.encode(readable(prompt)).ids]
        if not self.chats:
            raise PromptError("This model goes on with a text; it has not learned to answer.")
        turns = [self._turn(each) for each in prompt if each["role"] in SPOKEN]
        if not turns or turns[-1][0] != self.user:
            raise PromptError("The last message must be one of the user.")
        while len(turns) > 1 and sum(map(len, turns)) > self.steps.seq_len * 3 // 4:
            turns = turns[next((i for i in range(1, len(turns)) if turns[i][0] == self.user), 1) :]
        return [*sum(turns, []), self.assistant]

    def _turn(self, message: Message) -> list[int]:
        content = readable(message.get("content") or "")
        if message["role"] == "user":
            text = calls.spaced(content) if self.grammar else content
            return [self.user, *self.tokenizer.encode(text).ids]
        if self.grammar:
            content = self._as_written(content, message.get("tool_calls") or ())
        return [self.assistant, *self.tokenizer.encode(content).ids, self.end]

    def _as_written(self, content: str, tool_calls: Sequence[Mapping[str, Any]]) -> str:
        """Return an earlier call of a conversation as the model writes calls."""
        try:
            if tool_calls:
                function = tool_calls[0]["function"]
                arguments = json.loads(function["arguments"] or "{}")
                return calls.written(
                    {"name": function["name"], "arguments": arguments}, self.functions
                )
            return calls.written(json.loads(content), self.functions)
        except (ValueError, KeyError, TypeError, StopIteration):
            return content  # no call that it knows: it reads what was said

    def _grammar(self, functions: Sequence[dict[str, Any]]) -> CallGrammar:
        names = tuple(each["function"]["name"] for each in functions)
        if names not in self.grammars:
            if len(self.grammars) == MOST_GRAMMARS:  # callers may choose from many functions
                self.grammars.clear()
            self.grammars[names] = CallGrammar(functions, self.bytes, self.end)
        return self.grammars[names]

    def _tokens(
        self, token_ids: list[int], knobs: Knobs, limit: Any, most: int, writing: Writing
    ) -> Iterator[int]:
        """Draw one token after the other until the end."""
        dice = Dice(secrets.randbits(32) if knobs.seed is None else knobs.seed)
        shape = (knobs.temperature, knobs.top_k, knobs.top_p, knobs.min_p)
        planned: list[int] = []  # a whole answer, where it was not sure of the one it began
        while len(writing.token_ids) < most:
            if writing.interrupted:
                writing.finish = "interrupted"
                return
            chance = dice.draw()  # one for each token, whether it is needed or not
            allowed = limit.mask() if limit else self.tokens_of_text
            if planned:
                token = planned.pop(0)
            elif allowed.sum() == 1:  # what must come needs no thought: it is read with the next
                token = int(allowed.argmax())
            else:
                logits = self.steps.logits(token_ids + writing.token_ids)
                logits = np.where(allowed, logits, -np.inf)
                token = pick(probabilities(logits, *shape), chance)
                nothing = self._nothing(limit) if limit and not writing.token_ids else []
                if nothing and self._doubts(logits, nothing[0]):
                    token, *planned = nothing
            if token == self.end:
                writing.finish = "stop"
                return
            if limit:
                limit.add(token)
            writing.token_ids.append(token)
            yield token
        writing.finish = "length"

    def _doubts(self, logits: np.ndarray, nothing: int) -> bool:
        """Tell whether it is less likely that anything is asked than the bundle wants.

        The token `nothing` begins a call of nothing, and no other call.
        """
        p = np.exp(logits - logits.max())
        return bool(1 - p[nothing] / p.sum() < self.config.get("threshold", 0.0))

    def _nothing(self, limit: Any) -> list[int]:
        """Return the tokens that call nothing; none where a function must be called.

        None, too, where its first token does not tell this call from others.
        """
        known = limit.grammar.functions
        if all(each["name"] != calls.NO_CALL for each in known):
            return []
        ids = self.tokenizer.encode(calls.written(NOTHING, self.functions)).ids
        return [*ids, self.end] if calls.NO_CALL.encode() in self.bytes[ids[0]] else []


def said_in(messages: Sequence[Message]) -> list[str]:
    """Return what the user said, oldest first: what a call's arguments are copied from."""
    return [readable(each.get("content") or "") for each in messages if each["role"] == "user"]


def open_writer(
    folder: Path, format: str = "litert", load: Callable[[Path], Steps] | None = None
) -> Writer:
    """Open a writer's bundle folder for one of its formats: `litert`, `onnx` or `keras`.

    Raises BundleError when the folder is no writer's bundle, a file is missing or altered, the
    format is not in it, or its runtime is not installed.
    """
    config = runtime.read_config(folder := Path(folder))
    if config.get("kind") != runtime.WRITER:
        raise BundleError(f"{folder} holds a classifier: open it with load_predictor.")
    names = runtime.chosen_files(folder, config, format)
    if name := config.get("functions"):
        names["functions"] = name
    unlisted = {*names.values()} - verify_checksums(folder, runtime.of_other_formats(format))
    if unlisted:
        raise BundleError(f"{', '.join(unlisted)} in {folder} has no checksum: it is not opened.")
    paths = {kind: folder / name for kind, name in names.items()}
    try:
        steps = (load or LOADERS[paths["model"].suffix])(paths["model"])
        functions = json.loads(paths["functions"].read_text("utf-8")) if name else []
        return Writer(Tokenizer.from_file(str(paths["tokenizer"])), steps, config, functions)
    except BundleError:
        raise
    except ImportError as error:
        package = runtime.PACKAGES[format]
        raise BundleError(f"This format needs a runtime: pip install {package}") from error
    except Exception as error:  # whole, as its checksums say, and yet nothing that opens
        raise BundleError(f"The files of bundle {folder} cannot be opened: {error}") from error


def load_writer(
    source: str | Path, revision: str | None = None, *, format: str = "litert", **hub: Any
) -> Writer:
    """Get a shared writer, verify it, and make it ready to write; as `fetch.load_predictor`."""
    folder, _ = locate(source, revision, format=format, **hub)
    return open_writer(folder, format)
