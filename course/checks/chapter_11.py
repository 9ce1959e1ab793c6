"""Checks of chapter 11, sharing responsibly."""

import functools
import hashlib
import math
import re

import numpy as np

from helpers.show.course import expect


def exercise_1(exposure_bits):
    """Exposure of a canary."""
    for rank, candidates in ((1, 1024), (1024, 1024), (8, 4096)):
        right = math.log2(candidates / rank)
        seen = exposure_bits(rank, candidates)
        expect(
            np.isclose(seen, right),
            f"exposure_bits({rank}, {candidates}) gave {seen:.3f}, expected {right:.3f}. At rank 1 "
            "it is the number of bits of the secret, at the last rank it is 0.",
        )


def exercise_2(laplace_scale):
    """The scale of the noise: the densities with and without a person, compared."""
    for epsilon, most in ((0.5, 1), (1.0, 3), (2.0, 5)):
        b = laplace_scale(epsilon, most)
        expect(b > 0, f"laplace_scale({epsilon}, {most}) gave {b}: a scale is positive.")
        ratio = most / b  # log of the largest ratio of the two densities
        expect(
            ratio <= epsilon * (1 + 1e-9),
            f"With b = {b:g} a person who wrote {most} reviews changes a density by a factor "
            f"e^{ratio:.3g}; the promise was e^{epsilon:g}. More noise is needed.",
        )
        expect(
            ratio >= epsilon * (1 - 1e-9),
            f"With b = {b:g} the promise e^{epsilon:g} holds, but there is more noise than needed "
            f"(the factor is e^{ratio:.3g}).",
        )


def exercise_3(allowed):
    """An allow-list of exact names."""
    fine = [
        ("numpy", "ndarray"),
        ("numpy", "dtype"),
        ("numpy._core.multiarray", "_reconstruct"),
    ]
    for module, name in fine:
        expect(bool(allowed(module, name)), f"{module}.{name} is needed, but you refuse it.")
    bad = [
        ("builtins", "eval"),
        ("os", "system"),
        ("builtins", "dtype"),
        ("numpy", "load"),
        ("numpy.testing._private.utils", "runstring"),
        ("numpy_evil", "ndarray"),
        ("numpy._core.multiarray", "fromfile"),
        ("numpy", "_reconstruct"),
        ("evil.numpy", "ndarray"),
    ]
    for module, name in bad:
        expect(
            not allowed(module, name),
            f"You allow {module}.{name}. An allow-list compares whole pairs: a name that begins "
            "or ends like a good one is not a good one.",
        )


def exercise_4(problems):
    """Checksums of a folder."""

    def sha(data):
        return hashlib.sha256(data).hexdigest()

    files = {"a.bin": b"aaa", "b.bin": b"bbb", "card.md": b"hello"}
    listed = {name: sha(data) for name, data in files.items()}
    cases = [
        (files, listed, [], "nothing is wrong"),
        (files | {"b.bin": b"bbB"}, listed, ["b.bin"], "b.bin was altered"),
        ({"a.bin": b"aaa"}, listed, ["b.bin", "card.md"], "two files are missing"),
        (files | {"run.sh": b"!"}, listed, ["run.sh"], "run.sh is there but not listed"),
        ({"x": b"", "a.bin": b""}, listed, ["a.bin", "b.bin", "card.md", "x"], "all is wrong"),
    ]
    for present, expected, right, what in cases:
        seen = problems(dict(present), dict(expected))
        expect(
            list(seen) == right,
            f"Where {what}, you gave {list(seen)}, expected {right}.",
        )


def exercise_5(sound):
    """The header of a tensor file, honest and lying."""

    def entry(kind, shape, begin, end):
        return {"dtype": kind, "shape": shape, "data_offsets": [begin, end]}

    w, b = entry("F32", [2, 3], 0, 24), entry("I8", [5], 24, 29)
    cases = [
        ({"w": w, "b": b}, 29, True, "two arrays in order"),
        ({"b": b, "w": w}, 29, True, "the same, listed in the other order"),
        ({"s": entry("F32", [], 0, 4)}, 4, True, "a single number: its shape is empty"),
        ({}, 0, True, "no arrays and no data"),
        ({"w": w}, 29, False, "bytes at the end that belong to nobody"),
        ({"w": w, "b": entry("I8", [5], 25, 30)}, 30, False, "a hole of one byte"),
        ({"w": w, "b": entry("I8", [5], 20, 25)}, 25, False, "an overlap"),
        ({"w": entry("F32", [2, 2], 0, 24)}, 24, False, "a shape too small for its bytes"),
        ({"w": entry("I8", [2, 3], 0, 24)}, 24, False, "a type that needs fewer bytes"),
        ({"w": w, "b": b}, 28, False, "data that end too early"),
        ({"w": entry("I8", [4], -4, 0)}, 0, False, "a negative offset"),
    ]
    for header, size, right, what in cases:
        expect(
            bool(sound(header, size)) == right,
            f"{what[0].upper()}{what[1:]}: expected {right}, you gave {not right}.",
        )


@functools.cache
def _reviews():
    from helpers.data import imdb

    rows = imdb.film_aligned_split(imdb.packaged_reviews())["train"]["text"][2_000:3_600]
    texts = [tuple(re.findall(r"[a-z']+", text.lower())[:100]) for text in rows]
    return texts[0::2], texts[1::2]


def exercise_6(release):
    """A release that covers new text but tells nobody apart."""
    members, others = _reviews()
    secret = ("amber", "falcon", "seven")
    texts = [members[0] + secret * 5, *members[1:]]
    pairs = set(release(list(texts)))
    expect(
        all(isinstance(pair, tuple) and len(pair) == 2 for pair in pairs),
        "release should return a set of tuples of two words.",
    )

    def share(text):
        own = list(zip(text, text[1:], strict=False))
        return sum(pair in pairs for pair in own) / max(1, len(own))

    inside, outside = (np.array([share(t) for t in group]) for group in (members, others))
    covered = outside.mean()
    expect(
        covered >= 0.25,
        f"Your set covers {covered:.0%} of the pairs of new reviews; 25 % are asked for.",
    )
    expect(
        not {("amber", "falcon"), ("falcon", "seven")} & pairs,
        "The door code of one person is in your set. Do you count how often a pair occurs, or in "
        "how many reviews?",
    )
    more = inside[:, None] > outside[None, :]
    auc = float((more + 0.5 * (inside[:, None] == outside[None, :])).mean())
    expect(
        auc <= 0.67,
        f"The attack tells members from others with an AUC of {auc:.2f} (allowed: 0.67); your set "
        f"covers {covered:.0%}. Pairs that few people wrote give their writers away.",
    )


HINTS = {
    1: [
        "Rank 1 of 1,024 candidates is 10 bits; the last rank is 0 bits.",
        "A difference of two logarithms to base 2.",
    ],
    2: [
        "Shifting the center by `most` changes |x| / b by at most most / b.",
        "That change must not exceed epsilon.",
    ],
    3: [
        "Put the three pairs into a set and look the pair up.",
        "No startswith, no endswith, no `in` on strings.",
    ],
    4: [
        "Walk over the union of both sets of names.",
        "A name is a problem unless it is in both and the digests agree.",
    ],
    5: [
        "Sort the entries by where they begin, and remember where the last one ended.",
        "An array of shape s needs math.prod(s) times 4 (F32) or 1 (I8) bytes; math.prod([]) is 1. "
        "At the end you must stand at `size`.",
    ],
    6: [
        "For each pair, count in how many different reviews it occurs: a set of pairs per review.",
        "Keep the pairs of at least k reviews, and try some k. A higher k lowers the AUC and the "
        "cover.",
    ],
}

QUIZ = [
    {
        "question": "A membership attack reaches an AUC of 0.8, with news from 2015 as members and "
        "news from 2025 as non-members. What does that prove?",
        "choices": {
            "That the model memorized": "A model that saw neither may tell old news from new.",
            "Nothing yet: the groups differ in more than membership": "Repeat it with a model that "
            "has seen neither, or with non-members from the same time.",
            "That the attack is wrong in a fifth of the cases": "AUC counts pairs, not cases.",
        },
        "answer": "Nothing yet: the groups differ in more than membership",
    },
    {
        "question": "Your scanner finds no suspicious import in a pickle from a stranger. You",
        "choices": {
            "load it": "Names can be hidden from a scanner; the memo did so by accident.",
            "load it with an allow-list unpickler, or ask for another format": "A list of what is "
            "allowed fails safely; a list of what is bad does not.",
            "load it in a try block": "The harm would be done before the exception.",
        },
        "answer": "load it with an allow-list unpickler, or ask for another format",
    },
    {
        "question": "The SHA-256 on the download page matches the file. You know that",
        "choices": {
            "the author made it": "Whoever can replace the file on that page can replace the sum.",
            "it contains nothing harmful": "Harmful bytes have checksums, too.",
            "you have the same bytes that the page's checksum was made from": "No more, no less.",
        },
        "answer": "you have the same bytes that the page's checksum was made from",
    },
    {
        "question": "Why does HMAC not replace a public signature?",
        "choices": {
            "It is easier to break": "With a good key it is as strong as its hash.",
            "Whoever can check it can also make it": "One key does both; a signature has two.",
            "It only works for short files": "Any length will do.",
        },
        "answer": "Whoever can check it can also make it",
    },
    {
        "question": "Two runs with equal seeds, on one and on eight threads, differ in the seventh "
        "digit. Likely because",
        "choices": {
            "one of them has a bug": "Possible, but no bug is needed for this.",
            "sums were added in another order": "Every rounding depends on the order.",
            "the seed was not set early enough": "Then they would differ far more.",
        },
        "answer": "sums were added in another order",
    },
]
