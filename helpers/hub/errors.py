"""What the hub answers when it refuses: a status, a message that helps, and the client's own code.

`huggingface_hub` turns the code into an exception of its own (RepositoryNotFoundError and others).
"""


class HubError(Exception):
    """A request the hub refuses.

    Args:
        status: the HTTP status, 400 to 499.
        message: what is wrong and what to do next.
        code: what goes into `X-Error-Code`, if anything.
        body: more fields of the JSON answer.
    """

    def __init__(self, status: int, message: str, code: str | None = None, **body: object):
        super().__init__(message)
        self.status, self.message, self.code, self.body = status, message, code, body


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
