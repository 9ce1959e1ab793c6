"""Answers to the exercises of chapter 7: right ones, and wrong ones a learner might give."""

import numpy as np


def lora_size(shapes, r):
    return sum(r * (m + n) for m, n in shapes)


def merge(w, left, right, alpha):
    return w + alpha / left.shape[1] * (left @ right)


def schedule(t, steps, warmup, peak):
    return peak * min(t / warmup, (steps - t) / (steps - warmup))


def early_stop(losses, patience):
    best = 0
    for epoch, loss in enumerate(losses):
        if loss < losses[best]:
            best = epoch
        if epoch - best == patience:
            return best, epoch + 1
    return best, len(losses)


def adapter_and_gradient(h, down, up, dy):
    a = np.maximum(h @ down, 0)
    return h + a @ up, a.T @ dy


def allocate(updates, budget):
    values = [np.linalg.svd(update, compute_uv=False) for update in updates]
    owner = np.repeat(np.arange(len(updates)), [len(v) for v in values])
    chosen = owner[np.argsort(-np.concatenate(values))[:budget]]
    return np.bincount(chosen, minlength=len(updates)).tolist()


RIGHT = {
    1: (lora_size,),
    2: (merge,),
    3: (schedule,),
    4: (early_stop,),
    5: (adapter_and_gradient,),
    6: (allocate,),
}


def full_size(shapes, r):
    return sum(r * m * n for m, n in shapes)


def left_only(shapes, r):
    return sum(r * m for m, n in shapes)


def first_matrix(shapes, r):
    m, n = shapes[0]
    return r * (m + n)


def merge_without_scale(w, left, right, alpha):
    return w + left @ right


def merge_not_divided(w, left, right, alpha):
    return w + alpha * left @ right


def merge_wrong_rank(w, left, right, alpha):
    return w + alpha / left.shape[0] * (left @ right)


def only_the_change(w, left, right, alpha):
    return alpha / left.shape[1] * (left @ right)


def only_warmup(t, steps, warmup, peak):
    return peak * min(1.0, t / warmup)


def decay_from_the_start(t, steps, warmup, peak):
    return peak * t / warmup if t <= warmup else peak * (1 - t / steps)


def from_zero(t, steps, warmup, peak):
    return schedule(t - 1, steps, warmup, peak)


def lowest_of_all(losses, patience):
    return int(np.argmin(losses)), len(losses)


def keeps_the_last(losses, patience):
    _, trained = early_stop(losses, patience)
    return trained - 1, trained


def one_too_few(losses, patience):
    best, trained = early_stop(losses, patience)
    return best, trained - 1


def compares_with_the_last(losses, patience):
    worse = 0
    for epoch in range(1, len(losses)):
        worse = worse + 1 if losses[epoch] >= losses[epoch - 1] else 0
        if worse == patience:
            return int(np.argmin(losses[: epoch + 1])), epoch + 1
    return int(np.argmin(losses)), len(losses)


def no_residual(h, down, up, dy):
    y, gradient = adapter_and_gradient(h, down, up, dy)
    return y - h, gradient


def no_relu(h, down, up, dy):
    return h + h @ down @ up, (h @ down).T @ dy


def gradient_turned(h, down, up, dy):
    y, gradient = adapter_and_gradient(h, down, up, dy)
    return y, gradient.T


def gradient_of_h(h, down, up, dy):
    y, _ = adapter_and_gradient(h, down, up, dy)
    return y, (h @ down).T @ dy


def equal_shares(updates, budget):
    return [budget // len(updates)] * len(updates)


def all_in_one(updates, budget):
    sizes = [np.linalg.norm(update) for update in updates]
    return [budget if i == int(np.argmax(sizes)) else 0 for i in range(len(updates))]


def over_budget(updates, budget):
    return [min(update.shape) for update in updates]


def by_size(updates, budget):
    sizes = np.array([update.size for update in updates])
    return np.floor(budget * sizes / sizes.sum()).astype(int).tolist()


WRONG = {
    1: [(full_size,), (left_only,), (first_matrix,)],
    2: [(merge_without_scale,), (merge_not_divided,), (merge_wrong_rank,), (only_the_change,)],
    3: [(only_warmup,), (decay_from_the_start,), (from_zero,)],
    4: [(lowest_of_all,), (keeps_the_last,), (one_too_few,), (compares_with_the_last,)],
    5: [(no_residual,), (no_relu,), (gradient_turned,), (gradient_of_h,)],
    6: [(equal_shares,), (all_in_one,), (over_budget,), (by_size,)],
}
