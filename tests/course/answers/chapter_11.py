"""Right and wrong answers to the exercises of chapter 11."""

import hashlib
import math
from collections import Counter

GLOBALS = {
    ("numpy", "ndarray"),
    ("numpy", "dtype"),
    ("numpy._core.multiarray", "_reconstruct"),
}


def digest(data):
    return hashlib.sha256(data).hexdigest()


def problems(files, listed):
    names = files.keys() | listed.keys()
    return sorted(n for n in names if n not in files or digest(files[n]) != listed.get(n))


def only_listed(files, listed):
    return sorted(n for n in listed if n not in files or digest(files[n]) != listed[n])


def only_present(files, listed):
    return sorted(n for n in files if digest(files[n]) != listed.get(n))


def not_sorted(files, listed):
    return problems(files, listed)[::-1]


def in_listed_order(header, size):
    at = 0
    for entry in header.values():
        begin, end = entry["data_offsets"]
        needed = math.prod(entry["shape"]) * {"F32": 4, "I8": 1}[entry["dtype"]]
        if begin != at or end - begin != needed:
            return False
        at = end
    return at == size


def sound(header, size):
    by_place = sorted(header.items(), key=lambda item: item[1]["data_offsets"])
    return in_listed_order(dict(by_place), size)


def holes_allowed(header, size):
    for entry in header.values():
        begin, end = entry["data_offsets"]
        needed = math.prod(entry["shape"]) * {"F32": 4, "I8": 1}[entry["dtype"]]
        if not 0 <= begin <= end <= size or end - begin != needed:
            return False
    return True


def sizes_add_up(header, size):
    spans = [e["data_offsets"] for e in header.values()]
    return sum(end - begin for begin, end in spans) == size


def pairs_of(text):
    return list(zip(text, text[1:], strict=False))


def release(texts, k=4):
    spread = Counter(pair for text in texts for pair in set(pairs_of(text)))
    return {pair for pair, count in spread.items() if count >= k}


def by_occurrences(texts, k=4):
    counts = Counter(pair for text in texts for pair in pairs_of(text))
    return {pair for pair, count in counts.items() if count >= k}


RIGHT = {
    1: (lambda rank, candidates: math.log2(candidates) - math.log2(rank),),
    2: (lambda epsilon, most: most / epsilon,),
    3: (lambda module, name: (module, name) in GLOBALS,),
    4: (problems,),
    5: (sound,),
    6: (release,),
}
WRONG = {
    1: [
        (lambda rank, candidates: math.log2(rank),),
        (lambda rank, candidates: math.log(candidates / rank),),
        (lambda rank, candidates: -math.log2(rank),),
    ],
    2: [
        (lambda epsilon, most: 1 / epsilon,),
        (lambda epsilon, most: epsilon / most,),
        (lambda epsilon, most: most * epsilon,),
        (lambda epsilon, most: 2 * most / epsilon,),
    ],
    3: [
        (lambda module, name: module.startswith("numpy"),),
        (lambda module, name: name in ("ndarray", "dtype", "_reconstruct"),),
        (lambda module, name: module not in ("os", "builtins", "subprocess"),),
        (
            lambda module, name: (
                module in ("numpy", "numpy._core.multiarray")
                and name in ("ndarray", "dtype", "_reconstruct")
            ),
        ),
    ],
    4: [(only_listed,), (only_present,), (not_sorted,)],
    5: [(holes_allowed,), (sizes_add_up,), (in_listed_order,)],
    6: [
        (lambda texts: release(texts, 1),),
        (by_occurrences,),
        (lambda texts: set(),),
        (lambda texts: release(texts, 2),),
        (lambda texts: release(texts, 100),),
    ],
}
