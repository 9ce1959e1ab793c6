"""OpenAI's routes for a model that writes: `/v1/chat/completions`, `/v1/completions`, `/v1/models`.

Any client of theirs works with `base_url="http://127.0.0.1:8080/v1"`; its key is not looked at.
"""

import asyncio
import json
import secrets
import time
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import StreamingResponse
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from helpers.predictor import calls
from helpers.predictor.writer import PromptError, said_in
from helpers.serving import pages
from helpers.serving.completion_shapes import ChatRequest, CompletionRequest
from helpers.serving.versions import Papers
from helpers.serving.writers import Answering, Prompt, begin

WAITING_SECONDS = 30.0  # for a free worker
LOOK_SECONDS = 0.1  # between two looks whether the client is still there
NO_CALL = "None of my functions does that."
FINISHES = {"interrupted": "stop"}
Chunks = AsyncIterator[dict[str, Any]]


def completions_router(papers: Papers) -> APIRouter:
    """Return the routes for a writer: those for a chat, if it has learned that, or for texts."""
    router = APIRouter(prefix="/v1", tags=["writing"])

    @router.get("/models")
    async def models(request: Request) -> dict[str, Any]:
        """List the one model that answers."""
        return {"object": "list", "data": [_model(request)]}

    @router.get("/models/{model:path}")
    async def model(request: Request, model: str) -> dict[str, Any]:
        """Return the model, by its name."""
        _check_model(request, model)
        return _model(request)

    @router.get("/tools")
    async def tools(request: Request) -> list[dict[str, Any]]:
        """Return the functions that an assistant calls, to be sent as `tools`."""
        return _known(request)

    chats = bool(papers.config.get("chat"))
    name = papers.config["name"]
    said = {"model": name, "messages": [{"role": "user", "content": pages.example(papers.config)}]}

    @router.post("/chat/completions", response_model=None, openapi_extra=pages.with_example(said))
    async def chat(request: Request, asked: ChatRequest) -> dict[str, Any] | StreamingResponse:
        """Answer the last message of a conversation; with `stream`, as server-sent events."""
        _check_model(request, asked.model)
        if not chats:
            raise HTTPException(400, "This model goes on with a text: ask /v1/completions.")
        functions = _functions(request, asked)
        messages = [each.model_dump(exclude_none=True) for each in asked.messages]
        knobs = asked.knobs(temperature=0.0 if functions else 1.0)
        answering = await _begin(request, messages, knobs, functions)
        tools = bool(asked.tools) and asked.tool_choice != "none"
        to_chunks = _calls(said_in(messages), tools) if functions else _words
        if asked.stream:
            return _events("chat.completion.chunk", request, answering, to_chunks, asked.with_usage)
        return await _whole("chat.completion", request, answering, to_chunks)

    prompt = {"model": name, "prompt": pages.example(papers.config), "max_tokens": 50}

    @router.post("/completions", response_model=None, openapi_extra=pages.with_example(prompt))
    async def complete(
        request: Request, asked: CompletionRequest
    ) -> dict[str, Any] | StreamingResponse:
        """Go on with a text; with `stream`, as server-sent events."""
        _check_model(request, asked.model)
        if chats:
            raise HTTPException(400, "This model answers messages: ask /v1/chat/completions.")
        answering = await _begin(request, asked.prompt, asked.knobs(temperature=1.0), None)
        if asked.stream:
            return _events("text_completion", request, answering, _text, asked.with_usage)
        return await _whole("text_completion", request, answering, _text)

    return router


def _model(request: Request) -> dict[str, Any]:
    current = request.app.state.pool.current
    about = {"id": current.config["name"], "object": "model", "created": 0}
    return about | {"owned_by": "you", "version": current.revision}


def _check_model(request: Request, model: str) -> None:
    name = request.app.state.pool.current.config["name"]
    if model != name:
        raise HTTPException(404, f"There is no model {model!r} here. It is called {name!r}.")


def _known(request: Request) -> list[dict[str, Any]]:
    known = request.app.state.pool.serving.functions
    return [each for each in known if each["function"]["name"] != calls.NO_CALL]


def _functions(request: Request, asked: ChatRequest) -> list[dict[str, Any]]:
    """Return the functions that may be called, of those the model knows; none for a plain chat."""
    known = {each["function"]["name"]: each for each in request.app.state.pool.serving.functions}
    wanted = [tool.function.name for tool in asked.tools or ()] or [*known]
    must = asked.tool_choice not in (None, "none", "auto")
    if asked.tool_choice not in (None, "none", "auto", "required"):
        wanted = [asked.tool_choice.function.name]  # type: ignore[union-attr]
    if unknown := [name for name in wanted if name not in known]:
        raise HTTPException(
            400,
            f"This model has not learned to call {', '.join(unknown)}. GET /v1/tools lists the "
            "functions that it knows.",
        )
    others = [] if must else [each for name, each in known.items() if name == calls.NO_CALL]
    return [known[name] for name in wanted if name != calls.NO_CALL] + others


async def _begin(request: Request, prompt: Prompt, knobs: Any, functions: Any) -> Answering:
    try:
        return await begin(request.app.state.pool, prompt, knobs, functions, WAITING_SECONDS)
    except PromptError as error:
        raise HTTPException(400, str(error)) from error
    except TimeoutError as error:
        message = "Every worker is busy. Ask again in a second."
        raise HTTPException(503, message, {"retry-after": "1"}) from error


# From the pieces of an answer to what a stream holds of it: {"delta"} or {"text"} each.


async def _words(answering: Answering) -> Chunks:
    yield {"delta": {"role": "assistant", "content": ""}}
    async for piece in answering.pieces():
        yield {"delta": {"content": piece}}


async def _text(answering: Answering) -> Chunks:
    async for piece in answering.pieces():
        yield {"text": piece}


def _calls(said: list[str], as_tools: bool) -> Callable[[Answering], Chunks]:
    """Return what makes chunks of a call; it is spelled as it was said, so it comes whole."""

    async def chunks(answering: Answering) -> Chunks:
        yield {"delta": {"role": "assistant", "content": None if as_tools else ""}}
        async for _ in answering.pieces():
            pass
        try:
            call = calls.read(answering.writing.text, said)
        except ValueError:  # there was no room to end it
            yield {"delta": {"content": answering.writing.text}}
            return
        arguments = json.dumps(call["arguments"], ensure_ascii=False)
        if not as_tools:
            yield {"delta": {"content": json.dumps(call, ensure_ascii=False)}}
        elif call["name"] == calls.NO_CALL:
            yield {"delta": {"content": NO_CALL}}
        else:
            answering.writing.finish = "tool_calls"
            function = {"name": call["name"], "arguments": arguments}
            tool = {"index": 0, "id": f"call_{secrets.token_hex(12)}", "type": "function"}
            yield {"delta": {"tool_calls": [tool | {"function": function}]}}

    return chunks


def _usage(answering: Answering) -> dict[str, Any]:
    writing = answering.writing
    read, written = writing.prompt_tokens, len(writing.token_ids)
    usage = {"prompt_tokens": read, "completion_tokens": written, "total_tokens": read + written}
    return usage | {"prompt_tokens_details": {"cached_tokens": writing.cached_tokens}}


def _head(kind: str, request: Request, answering: Answering) -> dict[str, Any]:
    name = request.app.state.pool.current.config["name"]
    begun = {"id": f"cmpl-{secrets.token_hex(12)}", "object": kind, "created": int(time.time())}
    return begun | {"model": name, "system_fingerprint": answering.revision}


def _finish(answering: Answering) -> str:
    return FINISHES.get(answering.writing.finish, answering.writing.finish)


def _events(
    kind: str,
    request: Request,
    answering: Answering,
    to_chunks: Callable[[Answering], Chunks],
    with_usage: bool,
) -> StreamingResponse:
    head = _head(kind, request, answering)
    last: dict[str, Any] = {"text": ""} if kind == "text_completion" else {"delta": {}}

    def event(choices: list[dict[str, Any]], usage: dict[str, Any] | None) -> str:
        told = head | {"choices": choices} | ({"usage": usage} if with_usage else {})
        return f"data: {json.dumps(told, ensure_ascii=False)}\n\n"

    def choice(chunk: dict[str, Any], finish: str | None) -> list[dict[str, Any]]:
        return [{"index": 0, **chunk, "logprobs": None, "finish_reason": finish}]

    async def events() -> AsyncIterator[str]:
        async with aclosing(to_chunks(answering)) as chunks:  # type: ignore[type-var]
            async for chunk in chunks:
                yield event(choice(chunk, None), None)
        yield event(choice(last, _finish(answering)), None)
        if with_usage:
            yield event([], _usage(answering))
        _count(request, answering)
        yield "data: [DONE]\n\n"

    return StreamingResponse(events(), media_type="text/event-stream")


async def _whole(
    kind: str, request: Request, answering: Answering, to_chunks: Callable[[Answering], Chunks]
) -> dict[str, Any]:
    async def gather() -> dict[str, Any]:
        told: dict[str, Any] = {}
        async for chunk in to_chunks(answering):
            for name, value in chunk.get("delta", chunk).items():
                told[name] = (told.get(name) or "") + value if isinstance(value, str) else value
        return told

    told = await _while_there(request, gather(), answering)
    for tool in told.get("tool_calls", ()):
        del tool["index"]
    if kind == "text_completion":
        choice: dict[str, Any] = {"text": told.get("text", "")}
    else:
        choice = {"message": told | {"role": "assistant", "refusal": None}}
    choice |= {"index": 0, "logprobs": None, "finish_reason": _finish(answering)}
    _count(request, answering)
    return _head(kind, request, answering) | {"choices": [choice], "usage": _usage(answering)}


async def _while_there(request: Request, gathering: Any, answering: Answering) -> Any:
    """Wait for an answer as long as the client does. Raises ClientDisconnect when it has left."""
    task = asyncio.ensure_future(gathering)
    while not (await asyncio.wait([task], timeout=LOOK_SECONDS))[0]:
        if await request.is_disconnected():
            answering.writing.interrupt()
            task.cancel()
            raise ClientDisconnect
    return task.result()


def _count(request: Request, answering: Answering) -> None:
    metrics, writing = request.app.state.metrics, answering.writing
    metrics.tokens.labels("read").inc(writing.prompt_tokens)
    metrics.tokens.labels("written").inc(len(writing.token_ids))
