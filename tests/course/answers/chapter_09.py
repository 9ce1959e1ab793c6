"""Right and wrong answers to the exercises of chapter 9."""

import zlib

import numpy as np


def affine(lowest, highest, bits):
    lowest, highest = min(lowest, 0.0), max(highest, 0.0)
    scale = (highest - lowest) / (2**bits - 1)
    return scale, round(-lowest / scale)


def affine_counts_values(lowest, highest, bits):
    lowest, highest = min(lowest, 0.0), max(highest, 0.0)
    scale = (highest - lowest) / 2**bits
    return scale, round(-lowest / scale)


def affine_sign(lowest, highest, bits):
    scale, zero_point = affine(lowest, highest, bits)
    return scale, -zero_point


def affine_unstretched(lowest, highest, bits):
    scale = (highest - lowest) / (2**bits - 1)
    return scale, round(-lowest / scale)


def affine_unrounded(lowest, highest, bits):
    lowest, highest = min(lowest, 0.0), max(highest, 0.0)
    scale = (highest - lowest) / (2**bits - 1)
    return scale, -lowest / scale + 0.25


def columns(W):
    top = np.abs(W).max(axis=0)
    scale = np.where(top > 0, top / 127, 1.0)
    return np.round(W / scale).astype("int8"), scale


def one_scale(W):
    scale = np.full(W.shape[1], np.abs(W).max() / 127)
    return np.round(W / scale).astype("int8"), scale


def not_rounded(W):
    _, scale = columns(W)
    return (W / scale).astype("int8"), scale


def to_128(W):
    top = np.abs(W).max(axis=0)
    scale = np.where(top > 0, top / 128, 1.0)
    return np.clip(np.round(W / scale), -128, 127).astype("int8"), scale


def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def soft(student, teacher, T):
    return T * (softmax(student / T) - softmax(teacher / T)) / len(student)


def movers(weights, grads, count):
    score = -(weights * grads).sum(axis=0)
    mask = np.zeros(len(score), bool)
    mask[np.argsort(-score)[:count]] = True
    return mask


def masked_by(score, count):
    mask = np.zeros(len(score), bool)
    mask[np.argsort(-score)[:count]] = True
    return mask


def coder(top, axis):
    def encode(W):
        scale = (np.abs(W).max(axis=axis, keepdims=True) / top).astype("float32")
        q = np.round(W / scale).astype("int8")
        scales = np.broadcast_to(scale, (1, W.shape[1])).astype("float32")
        return scales.tobytes() + zlib.compress(q.tobytes(), 9)

    return encode


def decode(blob):
    scale = np.frombuffer(blob[:256], "float32")
    return np.frombuffer(zlib.decompress(blob[256:]), "int8").reshape(512, 64) * scale


RIGHT = {
    1: (affine,),
    2: (columns,),
    3: (lambda value, index: value / (value + index),),
    4: (soft,),
    5: (movers,),
    6: (coder(15, 0), decode),
}
WRONG = {
    1: [(affine_counts_values,), (affine_sign,), (affine_unstretched,), (affine_unrounded,)],
    2: [(one_scale,), (not_rounded,), (to_128,)],
    3: [
        (lambda value, index: index / (value + index),),
        (lambda value, index: value / index,),
        (lambda value, index: 0.5,),
    ],
    4: [
        (lambda s, t, T: -soft(s, t, T),),
        (lambda s, t, T: soft(s, t, T) / T**2,),
        (lambda s, t, T: soft(s, t, T) * len(s),),
        (lambda s, t, T: soft(s, t, T) / T,),
    ],
    5: [
        (lambda w, g, n: masked_by((w * g).sum(axis=0), n),),
        (lambda w, g, n: masked_by(np.abs(w[-1]), n),),
        (lambda w, g, n: masked_by(-g.sum(axis=0), n),),
        (lambda w, g, n: masked_by(-(w[-1] * g[-1]), n),),
    ],
    6: [
        (coder(127, None), decode),  # plain int8, packed
        (coder(127, 0), decode),  # too many bits
        (coder(3, 0), decode),  # too few
    ],
}
