"""Asking a server from Python: `with Client("http://127.0.0.1:8080") as client: client.predict(…)`.

For the server of `helpers.serving`. Only a server that is full or not up yet is asked again; any
other failure is raised at once.
"""

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx

LONGEST_PAUSE = 5.0  # seconds, however long the server asks to wait


class ServerError(RuntimeError):
    """The server failed, is full, or cannot be reached. `status` is 0 when none came."""

    def __init__(self, message: str, status: int = 0):
        super().__init__(message)
        self.status = status


class InputError(ValueError):
    """The server refused what was sent; the message says why. `status` and `kind` are its own."""

    def __init__(self, message: str, status: int, kind: str):
        super().__init__(message)
        self.status, self.kind = status, kind


@dataclass(frozen=True)
class Answer:
    """What a model says of a text, and the version that said so.

    That is a label and its probability; of a model that gives several labels, `labels` and the
    probability of every label there is. `top` are the most probable labels, if asked for.
    """

    version: str
    label: str | None = None
    probability: float | None = None
    labels: tuple[str, ...] | None = None
    probabilities: dict[str, float] | None = None
    top: list[dict[str, Any]] = field(default_factory=list)


class Client:
    """A connection to a server, kept open between questions; safe to use from several threads.

    Args:
        url: the server's address.
        token: the server's token, for what needs it.
        timeout: seconds to wait for an answer.
        retries: how often to ask again when the server is full or cannot be reached.
    """

    def __init__(
        self, url: str, token: str | None = None, *, timeout: float = 10.0, retries: int = 4
    ):
        headers = {"Content-Type": "application/json"}
        headers |= {"Authorization": f"Bearer {token}"} if token else {}
        self.retries = retries
        # proxies of the environment are for the world outside, not for a server of one's own
        self._http = httpx.Client(base_url=url, headers=headers, timeout=timeout, trust_env=False)

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection."""
        self._http.close()

    def predict(self, text: str, top: int | None = None) -> Answer:
        """Return the answer to one text. Raises InputError or ServerError.

        With `top`, so many of the most probable labels are told, too.
        """
        return Answer(**self.request("POST", "/predict", {"text": text, "top": top}))

    def predict_batch(self, texts: Sequence[str], top: int | None = None) -> list[Answer]:
        """Return the answers to several texts, in order, all of one version."""
        said = self.request("POST", "/predict/batch", {"texts": list(texts), "top": top})
        return [Answer(**answer, version=said["version"]) for answer in said["answers"]]

    def health(self) -> dict[str, Any]:
        """Return whether the server is ready, and its model and version."""
        return self.request("GET", "/health")

    def model(self) -> dict[str, Any]:
        """Return the papers of the model: config, metrics, version, digest."""
        return self.request("GET", "/model")

    def switch(self, revision: str) -> dict[str, str]:
        """Let another version answer from now on; needs the token. May take a download long."""
        return self.request("POST", "/admin/switch", {"revision": revision}, timeout=300.0)

    def send_feedback(
        self,
        text: str,
        label: str | Sequence[str],
        *,
        answer: str | Sequence[str] | None = None,
        comment: str = "",
        version: str | None = None,
    ) -> dict[str, int]:
        """Say which label is right for a text; needs the token, and a server that takes feedback.

        Args:
            text, label: what the model was asked, and what it should answer, or rightly did; of a
                model that gives several labels, a list.
            answer: the label, or the labels, that it answered.
            comment: anything else worth saying.
            version: of the model; without one, that of the version that serves now.

        Returns {"id", "times"}: its number in the store, and how often exactly this was said.
        """
        said = {"text": text, "label": label, "answer": answer}
        return self.request("POST", "/feedback", {**said, "comment": comment, "version": version})

    def read_feedback(self, after: int = 0, limit: int = 100) -> dict[str, Any]:
        """Return {"rows", "next"}: feedback from the id after `after` on; needs the token."""
        return self.request("GET", "/feedback", params={"after": after, "limit": limit})

    def request(self, method: str, path: str, body: Any = None, **options: Any) -> Any:
        """Send a request and return the JSON of its answer.

        Raises InputError when the server refuses it (status 4xx), and ServerError otherwise.
        """
        # in ASCII, so that halves of characters travel too: the server knows what to do with them
        content = None if body is None else json.dumps(body)
        for attempt in range(self.retries + 1):
            pause = 0.1 * 2**attempt
            try:
                answer = self._http.request(method, path, content=content, **options)
            except httpx.ConnectError as error:
                problem = ServerError(f"There is no server at {self._http.base_url}: {error}")
            except httpx.TransportError as error:
                raise ServerError(f"The connection broke: {error!r}") from error
            else:
                if answer.status_code != 503:
                    return _content(answer)
                problem = ServerError(_message(answer)[0], 503)
                asked = answer.headers.get("retry-after", "")
                pause = max(pause, float(asked)) if asked.isdecimal() else pause
            if attempt < self.retries:
                time.sleep(min(pause, LONGEST_PAUSE))
        raise problem


def _content(answer: httpx.Response) -> Any:
    if answer.is_success:
        return answer.json()
    message, kind = _message(answer)
    if answer.is_client_error:
        raise InputError(message, answer.status_code, kind)
    raise ServerError(message, answer.status_code)


def _message(answer: httpx.Response) -> tuple[str, str]:
    """Return the sentence and the word of an error, of whatever shape it came."""
    try:
        body = answer.json()
        return body["error"], body["type"]
    except (ValueError, KeyError, TypeError):
        return answer.text[:200] or answer.reason_phrase, "error"
