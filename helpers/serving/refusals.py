"""One shape for every refusal: this server's own, and at /v1 the one that OpenAI's clients read."""

from collections.abc import Mapping
from http import HTTPStatus

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from helpers.web.guard import LONGEST_MESSAGE, error_response

V1 = "/v1/"


def refuse(request: Request, error: HTTPException) -> Response:
    """Return what is sent instead of an answer."""
    message = str(error.detail)
    if error.status_code == 404 and message == HTTPStatus.NOT_FOUND.phrase:
        message = "There is nothing here. The page at / says what there is."
    if error.status_code == 405:
        message = f"{request.method} is not for this address; see the page at /docs."
    return shaped(request.url.path, error.status_code, message, error.headers)


def refuse_values(request: Request, error: RequestValidationError) -> Response:
    """Return what is sent where a body is not as it must be."""
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"])
    message = f"{where}: {first['msg'].removeprefix('Value error, ').rstrip('.')}."
    if not request.url.path.startswith(V1):
        return error_response(422, message)
    parts = [str(part) for part in first["loc"][1:2]]
    return shaped(request.url.path, 400, message, param=parts[0] if parts else None)


def shaped(
    path: str,
    status: int,
    message: str,
    headers: Mapping[str, str] | None = None,
    param: str | None = None,
) -> Response:
    """Return a refusal in the shape that callers of a path read."""
    if not path.startswith(V1):
        return error_response(status, message, headers)
    kind = "server_error" if status >= 500 else "invalid_request_error"
    code = {404: "model_not_found", 503: "server_busy"}.get(status)
    message = message.encode("utf-8", "replace").decode()[:LONGEST_MESSAGE]
    error = {"message": message, "type": kind, "param": param, "code": code}
    return JSONResponse({"error": error}, status, headers)
