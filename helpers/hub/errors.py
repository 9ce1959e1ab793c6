"""What the hub answers when it refuses: a status, a message that helps, and the client's own code.

`huggingface_hub` turns the code into an exception of its own (RepositoryNotFoundError and others).
"""

from starlette.exceptions import HTTPException


class HubError(HTTPException):
    """A request the hub refuses.

    Args:
        status: the HTTP status, 400 to 499. A 409 means that what was to be made is there: with
            `exist_ok` the client takes it for success, so nothing else may be called one.
        message: what is wrong and what to do next.
        code: what goes into `X-Error-Code`, if anything.
        body: more fields of the JSON answer.
    """

    def __init__(self, status: int, message: str, code: str | None = None, **body: object):
        super().__init__(status, message)
        self.code, self.body = code, body


def error_headers(error: HTTPException) -> dict[str, str]:
    """Return the headers from which `huggingface_hub` makes its own exceptions."""
    line = error.detail.replace("\n", " ").encode("ascii", "replace").decode()[:300]
    printable = "".join(c if c.isprintable() else " " for c in line)
    headers = {"X-Error-Message": printable.strip()}  # a header may not end with a space
    if error.status_code == 401:
        headers["X-Error-Message"] = "Invalid credentials in Authorization header"
        headers["WWW-Authenticate"] = 'Bearer realm="hub"'
    if code := getattr(error, "code", None):
        headers["X-Error-Code"] = code
    return headers | dict(error.headers or {})


def repo_not_found(repo_id: str) -> HubError:
    """Return the error for a model that is not here."""
    return HubError(404, f"There is no model {repo_id!r} in this hub.", "RepoNotFound")


def revision_not_found(revision: str) -> HubError:
    """Return the error for a branch, tag or commit that is not there."""
    message = f"There is no branch, tag or commit {revision!r}. List them with list_repo_refs."
    return HubError(404, message, "RevisionNotFound")


def entry_not_found(path: str, hint: str = "") -> HubError:
    """Return the error for a file or folder that is not in a revision."""
    return HubError(404, f"There is no {path!r} in this revision.{hint}", "EntryNotFound")
