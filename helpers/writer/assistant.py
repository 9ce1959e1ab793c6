"""Conversations of calls as tokens; the assistant's page builds `encode` by hand."""

from collections.abc import Sequence

from tokenizers import Tokenizer

from helpers.predictor import calls
from helpers.predictor.grammar import Function
from helpers.writer import tokens

Turn = tuple[str, calls.Call]  # what was said, and the call that it means


def call_tokens(functions: Sequence[Function]) -> list[str]:
    """Return what calls are made of, each to be one token: openings, arguments, listed values."""
    openings: list[str] = []
    arguments: dict[str, None] = {}
    for function in (each["function"] for each in functions):
        openings.append(f'{{"name":"{function["name"]}","arguments":{{')
        for name, schema in function["parameters"]["properties"].items():
            for kind in schema.get("anyOf", [schema]):
                if "enum" in kind:
                    arguments |= {f'"{name}":"{value}"': None for value in kind["enum"]}
                else:
                    arguments[f'"{name}":' + '"' * (kind["type"] == "string")] = None
    return ["}}", *openings, *arguments, *(f",{argument}" for argument in arguments)]


def encode(
    tokenizer: Tokenizer, functions: Sequence[Function], conversation: Sequence[Turn]
) -> tuple[list[int], list[int]]:
    """Return a conversation as tokens, and the places whose next token the assistant writes.

    USER, what was said, ASSISTANT, the call, END; and so on for each turn.
    """
    end, user, assistant = (tokens.SPECIAL.index(t) for t in tokens.SPECIAL[:3])
    ids: list[int] = []
    places: list[int] = []
    for text, call in conversation:
        ids += [user, *tokenizer.encode(calls.spaced(text)).ids, assistant]
        answer = [*tokenizer.encode(calls.written(call, functions)).ids, end]
        places += range(len(ids) - 1, len(ids) - 1 + len(answer))
        ids += answer
    return ids, places
