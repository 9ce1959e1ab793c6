"""What goes over the wire: the shapes of requests and answers, as OpenAPI shows them."""

import re
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, create_model

LONE_SURROGATE = re.compile("[\ud800-\udfff]")
Revision = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=100)]


class Answer(BaseModel):
    """The label of a text, and the probability of that label."""

    label: str
    probability: float = Field(ge=0, le=1)


class VersionedAnswer(Answer):
    """An answer, and the version of the model that gave it."""

    version: str


class BatchAnswer(BaseModel):
    """One answer a text, in the order of the texts, all of one version."""

    answers: list[Answer]
    version: str


class Health(BaseModel):
    """Whether the server answers, and as what."""

    ready: bool
    model: str
    version: str


class ModelPapers(BaseModel):
    """What the bundle says of itself, and the SHA-256 of its list of checksums."""

    version: str
    digest: str
    config: dict[str, Any]
    metrics: dict[str, Any]


class SwitchRequest(BaseModel):
    """The version that shall answer from now on."""

    model_config = ConfigDict(extra="forbid")
    revision: Revision


class Switched(BaseModel):
    """The version that answers now, and the one before."""

    version: str
    before: str


class Problem(BaseModel):
    """Why there is no answer: a sentence for people, a word for programs."""

    error: str
    type: str


def _readable(text: object) -> object:
    """Replace halves of characters, which no encoding can write, as browsers do."""
    return LONE_SURROGATE.sub("\ufffd", text) if isinstance(text, str) else text


def _not_empty(text: str) -> str:
    if not text.strip():
        raise ValueError("there is nothing to read")
    return text


def request_models(longest_text: int, largest_batch: int) -> tuple[type, type]:
    """Return the models of one question and of a batch, with these limits in their schema."""
    text = Annotated[
        str,
        Field(max_length=longest_text, json_schema_extra={"pattern": r"\S"}),
        BeforeValidator(_readable),
        AfterValidator(_not_empty),
    ]
    strict = ConfigDict(extra="forbid")
    one = create_model("Question", __doc__="A text.", __config__=strict, text=text)
    many = create_model(
        "Questions",
        __doc__="Several texts.",
        __config__=strict,
        texts=Annotated[list[text], Field(min_length=1, max_length=largest_batch)],
    )
    return one, many
