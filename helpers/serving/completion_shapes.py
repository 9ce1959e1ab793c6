"""What goes over the wire at /v1: OpenAI's fields, those of them that a small model can honor.

Fields that are not here and change nothing of the answer (`user`, `metadata`, `store`, ...) are
passed over, so that any client works; those that would change it are refused by name.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from helpers.predictor.texts import LONGEST_TEXT
from helpers.predictor.writing import Knobs

MOST_MESSAGES = 200
LEGACY_MOST = 16  # tokens of a completion that asks for no number, as at OpenAI
# what would change the answer and is not done here, with the values that ask for nothing
UNDONE: dict[str, tuple[Any, ...]] = {
    "n": (1,),
    "best_of": (1,),
    "echo": (False,),
    "suffix": ("",),
    "logprobs": (False, 0),
    "top_logprobs": (0,),
    "logit_bias": ({},),
    "presence_penalty": (0,),
    "frequency_penalty": (0,),
    "response_format": ({"type": "text"},),
    "functions": ([],),
}


def _joined(content: Any) -> Any:
    """Return a message's text: parts of the type `text` are joined."""
    if not isinstance(content, list):
        return content
    parts = [part.get("text") if isinstance(part, dict) else None for part in content]
    texts = [part for part in parts if isinstance(part, str)]
    if len(texts) < len(parts):
        raise ValueError("this model reads text only")
    return "".join(texts)


Content = Annotated[str, Field(max_length=LONGEST_TEXT)]
Stop = Annotated[
    list[Annotated[str, Field(min_length=1, max_length=200)]],
    Field(max_length=4),
    BeforeValidator(lambda value: [value] if isinstance(value, str) else value or []),
]


class Shape(BaseModel):
    """Anything that a client sends."""

    model_config = ConfigDict(extra="allow")


class Function(Shape):
    """A function by its name; the model knows its own arguments."""

    name: Annotated[str, Field(min_length=1, max_length=200)]


class Tool(Shape):
    """A tool that may be called."""

    type: Literal["function"] = "function"
    function: Function


class Called(Shape):
    """A call in an earlier message."""

    name: str
    arguments: Annotated[str, Field(max_length=LONGEST_TEXT)] = "{}"


class EarlierCall(Shape):
    """A call in an earlier message, as a tool's."""

    function: Called


class Message(Shape):
    """A message of a conversation; what `system` and `tool` say is not read."""

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: Annotated[Content | None, BeforeValidator(_joined)] = None
    tool_calls: list[EarlierCall] | None = None


class StreamOptions(Shape):
    """What a stream holds beside the pieces."""

    include_usage: bool | None = False


class Request(Shape):
    """What both routes take."""

    model: Annotated[str, Field(min_length=1, max_length=200)]
    temperature: Annotated[float, Field(ge=0, le=2)] | None = None
    top_p: Annotated[float, Field(gt=0, le=1)] | None = None
    max_tokens: Annotated[int, Field(ge=1, le=1 << 20)] | None = None
    stop: Stop = []
    seed: int | None = None
    stream: bool | None = False
    stream_options: StreamOptions | None = None

    @model_validator(mode="after")
    def _refuse_undone(self) -> "Request":
        for name, value in (self.model_extra or {}).items():
            if name in UNDONE and value is not None and value not in UNDONE[name]:
                raise ValueError(f"{name} is not possible with this model")
        return self

    @property
    def most(self) -> int | None:
        """Return how many tokens may be written."""
        return self.max_tokens

    @property
    def with_usage(self) -> bool:
        """Tell whether a stream ends with what it used."""
        return bool(self.stream_options and self.stream_options.include_usage)

    def knobs(self, temperature: float) -> Knobs:
        """Return how words are drawn; `temperature` where the request names none."""
        return Knobs(
            temperature=temperature if self.temperature is None else self.temperature,
            top_p=1.0 if self.top_p is None else self.top_p,
            seed=self.seed,
            most=self.most,
            stop=tuple(self.stop),
        )


class ChatRequest(Request):
    """A conversation to answer."""

    messages: list[Message] = Field(min_length=1, max_length=MOST_MESSAGES)
    max_completion_tokens: Annotated[int, Field(ge=1, le=1 << 20)] | None = None
    tools: Annotated[list[Tool], Field(max_length=200)] | None = None
    tool_choice: Literal["none", "auto", "required"] | Tool | None = None

    @property
    def most(self) -> int | None:
        """Return how many tokens may be written."""
        return self.max_completion_tokens or self.max_tokens


class CompletionRequest(Request):
    """A text to go on with."""

    prompt: Annotated[
        Content,
        BeforeValidator(lambda v: v[0] if isinstance(v, list) and len(v) == 1 else v),
    ] = ""

    @property
    def most(self) -> int | None:
        """Return how many tokens may be written."""
        return self.max_tokens or LEGACY_MOST
