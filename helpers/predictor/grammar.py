"""Constrained decoding: at every step only tokens that lead to a known call, from a JSON schema.

The algorithm, for whoever ports it. All is bytes of UTF-8.

1. A *point* is a place between the parts of a call: the start, or a function with the number of
   the next argument it may have and whether it has had one. From a point lead *ways*, strings with
   the point they end at: `{"name":"turn_on","arguments":{` from the start, then for each argument
   not yet passed `"area":"` with the comma before it (every listed value or number is a way of its
   own, `"domain":"light"`), and `}}` to the end. Arguments come in the order of the schema.
2. A *state* is either a point with how much of its ways is written (a node of a tree of bytes), or
   a copy: the argument, and the places in what was said at which the next byte may stand. What is
   copied begins at a piece (see `calls.spaced`), may end after any piece, and `"` ends it.
3. The allowed tokens of a state: walk the tree of all tokens' bytes and the states side by side,
   and keep the tokens whose last byte is reached. States of ways are the same in every
   conversation, so their masks are kept.
"""

import json
from collections.abc import Sequence
from typing import Any

import numpy as np

Function = dict[str, Any]
Tree = dict[int, Any]  # byte -> tree; END -> where a way leads, or the token that ends here
END = -1
START: tuple[int, int, bool] = (-1, 0, False)  # function, next argument, has there been one
DONE = (-2, 0, False)
Point = tuple[int, int, bool]


class CallGrammar:
    """The calls of a list of functions, in OpenAI's tool format.

    Of a parameter's schema it knows `enum`, `integer` and `number` with `minimum`, `maximum` and
    `multipleOf`, `string` (copied from what was said) and `anyOf` of these; and `required`.
    """

    def __init__(self, functions: Sequence[Function], tokens: Sequence[bytes], end: int):
        """Make the grammar of the functions for a vocabulary.

        Args:
            functions: {"type": "function", "function": {"name", "description", "parameters"}}.
            tokens: the bytes of each token, of `streaming.token_bytes`; an empty one never comes.
            end: the token that ends an answer.
        """
        self.functions = [each["function"] for each in functions]
        self.end, self.size = end, len(tokens)
        self.trees: dict[Point, Tree] = {}
        self.masks: dict[int, np.ndarray] = {}
        self.tokens: Tree = {}
        for token, written in enumerate(tokens):
            if written:
                _put(self.tokens, written, []).append(token)
        self.bytes = list(tokens)

    def begin(self, said: str) -> "Answer":
        """Return an empty answer; `said` is what may be copied, as `calls.spaced` writes it."""
        return Answer(self, said.encode())

    def allowed(self, prefix: str, said: str) -> list[int]:
        """Return the tokens that may follow a beginning; none if it is no beginning of a call."""
        answer = self.begin(said)
        answer.state = answer.after(answer.state, prefix.encode())
        return [] if answer.state is None else np.flatnonzero(answer.mask()).tolist()

    def tree(self, point: Point) -> Tree:
        """Return the tree of all ways from a point."""
        if point not in self.trees:
            root: Tree = {}
            for way, target in self._ways(point):
                _put(root, way.encode(), target)
            self.trees[point] = root
        return self.trees[point]

    def _ways(self, point: Point) -> list[tuple[str, Any]]:
        number, first, begun = point
        if point == START:
            return [
                (f'{{"name":"{each["name"]}","arguments":{{', (i, 0, False))
                for i, each in enumerate(self.functions)
            ]
        if point == DONE:
            return []
        parameters = self.functions[number]["parameters"]
        ways: list[tuple[str, Any]] = []
        for i, (name, schema) in enumerate(list(parameters["properties"].items())[first:], first):
            lead, then = f'{"," if begun else ""}"{name}":', (number, i + 1, True)
            for kind in schema.get("anyOf", [schema]):
                if kind["type"] == "string" and "enum" not in kind:
                    ways.append((lead + '"', ("copy", then)))
                else:
                    ways += [(lead + value, then) for value in listed(kind)]
            if name in parameters.get("required", ()):
                return ways
        return [*ways, ("}}", DONE)]


class Answer:
    """An answer in the making: `mask` says what may come, `add` takes it."""

    def __init__(self, grammar: CallGrammar, said: bytes):
        """Begin; `said` are the bytes that may be copied."""
        self.grammar, self.said = grammar, said
        self.starts = frozenset(i for i, byte in enumerate(said) if byte == 32)
        self.tree, self.copied = grammar.tree, False
        self.state: Any = grammar.tree(START)

    @property
    def done(self) -> bool:
        """Whether the call is complete, so that only the end may follow."""
        return self.state is self.grammar.tree(DONE)

    def add(self, token: int) -> None:
        """Take a token that `mask` allows."""
        self.state = self.after(self.state, self.grammar.bytes[token])
        assert self.state is not None, f"token {token} is not allowed here"

    def mask(self) -> np.ndarray:
        """Return which tokens may come next: bool [tokens]. Do not write to it."""
        grammar = self.grammar
        key = id(self.state) if isinstance(self.state, dict) else None
        if key in grammar.masks:
            return grammar.masks[key]
        mask, self.copied = np.zeros(grammar.size, bool), False
        if self.done:
            mask[grammar.end] = True
        else:
            mask[self._reached(grammar.tokens, self.state)] = True
        if key is not None and not self.copied:  # it is the same in every conversation
            grammar.masks[key] = mask
        return mask

    def after(self, state: Any, written: bytes) -> Any:
        """Return the state after some bytes, None where they are not allowed."""
        for byte in written:
            state = None if state is None else self._step(state, byte)
        return state

    def _step(self, state: Any, byte: int) -> Any:
        if isinstance(state, dict):  # inside a way
            if byte not in state:  # where a way ends and a longer one goes on, the byte decides
                target = state.get(END)
                return None if target is None else self._step(self._entered(target), byte)
            state = state[byte]
            return self._entered(state[END]) if len(state) == 1 and END in state else state
        self.copied = True
        _, then, positions, begun = state
        if byte == 34:  # the closing quote, after a whole piece
            ends = (p == len(self.said) or self.said[p] in b" \n" for p in positions)
            return self.grammar.tree(then) if begun and any(ends) else None
        moved = frozenset(p + 1 for p in positions if p < len(self.said) and self.said[p] == byte)
        return ("copy", then, moved, True) if moved and byte != 10 else None

    def _entered(self, target: Any) -> Any:
        return ("copy", target[1], self.starts, False) if target[0] == "copy" else self.tree(target)

    def _reached(self, node: Tree, state: Any) -> list[int]:
        """Return the tokens whose bytes are all allowed from a state on."""
        found = list(node.get(END, ()))
        for byte in node.keys() if len(node) < 8 else self._next(state):
            if byte != END and byte in node:
                after = self._step(state, byte)
                if after is not None:
                    found += self._reached(node[byte], after)
        return found

    def _next(self, state: Any) -> set[int]:
        """Return the bytes that may come, and perhaps some more."""
        if isinstance(state, dict):
            longer = self._next(self._entered(state[END])) if END in state else set()
            return set(state) | longer
        self.copied = True
        return {self.said[p] for p in state[2] if p < len(self.said)} | {34}


def listed(kind: dict[str, Any]) -> list[str]:
    """Return all values of an enumeration or a range, as JSON."""
    if "enum" in kind:
        return [json.dumps(value, ensure_ascii=False) for value in kind["enum"]]
    step = kind.get("multipleOf", 1)
    count = int((kind["maximum"] - kind["minimum"]) / step)
    return [f" {kind['minimum'] + i * step:g}" for i in range(count + 1)]


def _put(tree: Tree, written: bytes, target: Any) -> Any:
    """Set where some bytes lead, and return it (what stood there before, if something did)."""
    for byte in written:
        tree = tree.setdefault(byte, {})
    return tree.setdefault(END, target)
