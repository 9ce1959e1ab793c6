"""What goes over the wire: the shapes of requests and answers, as OpenAPI shows them."""

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from helpers.predictor.answers import MOST_LABELS
from helpers.predictor.texts import LONGEST_TEXT, readable
from helpers.web.texts import check_text


def _check(text: str) -> str:
    check_text(text)
    return text  # as it came: what is kept of it later is tidied then


# what the schema can't say of it: the limit counts bytes
Text = Annotated[
    str,
    Field(json_schema_extra={"maxLength": LONGEST_TEXT, "pattern": r"\S"}),
    BeforeValidator(lambda text: readable(text) if isinstance(text, str) else text),
    AfterValidator(_check),
]
Revision = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=100)]


Probability = Annotated[float, Field(ge=0, le=1)]
# how many of the most probable labels to tell beside the answer
Top = Annotated[int | None, Field(ge=1, le=MOST_LABELS)]


class Ranked(BaseModel):
    """One of the most probable labels."""

    label: str
    probability: Probability


class Answer(BaseModel):
    """The label of a text and its probability; or, of a model that gives several, all of them.

    Parts that do not apply are left out.
    """

    label: str | None = Field(None, description="the most probable label")
    probability: Probability | None = Field(None, description="of that label")
    labels: list[str] | None = Field(None, description="those of at least a half, maybe none")
    probabilities: dict[str, Probability] | None = Field(None, description="of every label")
    top: list[Ranked] | None = Field(None, description="the most probable labels, if asked for")


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


class Question(BaseModel):
    """A text."""

    model_config = ConfigDict(extra="forbid")
    text: Text
    top: Top = None


class Questions(BaseModel):
    """Several texts."""

    model_config = ConfigDict(extra="forbid")
    texts: list[Text] = Field(min_length=1, description="at most 64, unless the server says so")
    top: Top = None
