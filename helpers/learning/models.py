"""The models of the pipeline: plain functional Keras, standard layers only.

A saved model therefore loads with Keras alone, in safe mode, without this package. Everything is
float32: on the CPUs we measured, bfloat16 gained a tenth in speed and cost portability.
"""

from pathlib import Path

import keras
import numpy as np
from keras import layers, ops

from helpers.data.classes import Classes

# the last layer of a classifier by its name, and what makes probabilities of it
ACTIVATIONS = {"logits": "softmax", "label_logits": "sigmoid"}


def build_text_cnn(
    vocab_size: int,
    seq_len: int,
    classes: Classes,
    *,
    width: int = 128,
    filters: int = 128,
    kernel_size: int = 5,
    hidden: int = 64,
    dropout: float = 0.2,
) -> keras.Model:
    """Build the classic Keras text CNN: int32 [batch, seq_len] -> logits [batch, k].

    With the default sizes, 10,000 words of 500 and two classes this is the model of the well-known
    beginner tutorials (after Kim, 2014), layer by layer but for the last: they have one unit with
    a sigmoid, 1,370,369 parameters; here is a unit for each class, 65 parameters more.
    """
    return keras.Sequential(
        [
            keras.Input((seq_len,), dtype="int32", name="token_ids"),
            layers.Embedding(vocab_size, width, name="embedding"),
            layers.Conv1D(filters, kernel_size, activation="relu", name="conv"),
            layers.MaxPooling1D(4, name="pool"),
            layers.Dropout(dropout, name="dropout"),
            layers.GlobalMaxPooling1D(name="global_pool"),
            layers.Dense(hidden, activation="relu", name="hidden"),
            layers.Dense(len(classes), name=classes.head),
        ],
        name="text_cnn",
    )


def build_gated_encoder(
    vocab_size: int,
    *,
    width: int = 128,
    blocks: int = 4,
    kernel_size: int = 7,
) -> keras.Model:
    """Build a gated-convolution encoder: int32 [batch, seq_len] -> float32 [batch, seq_len, width].

    Any length will do. Residual blocks of LayerNormalization, a convolution and a gated linear
    unit (Dauphin et al., 2017). The convolution is separable (Chollet, 2017): `DepthwiseConv1D`
    mixes positions, `Dense` mixes channels. Padding (id 0) is zeroed in every block, so the
    length of the padding changes nothing.
    """
    token_ids = keras.Input((None,), dtype="int32", name="token_ids")
    mask = _padding_mask(token_ids)  # [batch, seq_len, 1]
    x = layers.ReversibleEmbedding(vocab_size, width, name="embedding")(token_ids) * mask
    for i in range(blocks):
        h = layers.LayerNormalization(name=f"norm_{i}")(x) * mask
        h = layers.DepthwiseConv1D(kernel_size, padding="same", name=f"conv_{i}")(h)
        h = layers.Dense(2 * width, name=f"mix_{i}")(h)
        value, gate = ops.split(h, 2, axis=-1)
        x = (x + value * ops.sigmoid(gate)) * mask
    x = layers.LayerNormalization(name="final_norm")(x) * mask
    return keras.Model(token_ids, x, name="gated_encoder")


def build_transformer_encoder(
    vocab_size: int,
    seq_len: int,
    *,
    width: int = 128,
    blocks: int = 3,
    heads: int = 4,
    dropout: float = 0.1,
) -> keras.Model:
    """Build a pre-norm Transformer encoder (Vaswani et al., 2017) of the same interface.

    Positions are learned. The feed-forward layers are four times the width.
    """
    token_ids = keras.Input((seq_len,), dtype="int32", name="token_ids")
    mask = _padding_mask(token_ids)
    attention_mask = ops.expand_dims(ops.not_equal(token_ids, 0), 1)  # [batch, 1, seq_len]
    x = layers.ReversibleEmbedding(vocab_size, width, name="embedding")(token_ids)
    positions = layers.Embedding(seq_len, width, name="position_embedding")(
        ops.zeros_like(token_ids) + ops.arange(seq_len, dtype="int32")
    )
    x = layers.Dropout(dropout, name="embedding_dropout")(x + positions) * mask
    for i in range(blocks):
        h = layers.LayerNormalization(name=f"attention_norm_{i}")(x)
        h = layers.MultiHeadAttention(
            heads, width // heads, dropout=dropout, name=f"attention_{i}"
        )(h, h, attention_mask=attention_mask)
        x = x + h
        h = layers.LayerNormalization(name=f"norm_{i}")(x)
        h = layers.Dense(4 * width, activation="relu", name=f"expand_{i}")(h)
        x = x + layers.Dense(width, name=f"contract_{i}")(h)
    x = layers.LayerNormalization(name="final_norm")(x) * mask
    return keras.Model(token_ids, x, name="transformer_encoder")


def add_masked_lm_head(encoder: keras.Model, masked: int) -> keras.Model:
    """Add a masked-language-model head that predicts `masked` positions a row.

    Inputs: token_ids int32 [batch, seq_len] and positions int32 [batch, masked].
    Output: logits float32 [batch, masked, vocab_size], the embedding table tied (Press and
    Wolf, 2017). Only the masked positions reach the costly output layer.
    """
    width = encoder.outputs[0].shape[-1]
    token_ids = keras.Input(encoder.inputs[0].shape[1:], dtype="int32", name="token_ids")
    positions = keras.Input((masked,), dtype="int32", name="positions")
    h = ops.take_along_axis(encoder(token_ids), ops.expand_dims(positions, -1), axis=1)
    h = layers.Dense(width, activation="relu", name="mlm_hidden")(h)
    h = layers.LayerNormalization(name="mlm_norm")(h)
    logits = encoder.get_layer("embedding")(h, reverse=True)
    return keras.Model([token_ids, positions], logits, name=f"{encoder.name}_mlm")


def add_classifier_head(
    encoder: keras.Model, classes: Classes, *, dropout: float = 0.2
) -> keras.Model:
    """Add a classifier: mean and max over the tokens, logits out [batch, k].

    Padding does not count in the mean, and as zeros in the maximum.
    """
    token_ids = keras.Input((None,), dtype="int32", name="token_ids")
    x, mask = encoder(token_ids), _padding_mask(token_ids)
    mean = ops.sum(x, axis=1) / ops.maximum(ops.sum(mask, axis=1), 1.0)
    pooled = layers.Concatenate(name="pooled")([mean, ops.max(x, axis=1)])
    pooled = layers.Dropout(dropout, name="head_dropout")(pooled)
    logits = layers.Dense(len(classes), name=classes.head)(pooled)
    return keras.Model(token_ids, logits, name=f"{encoder.name}_classifier")


def build_student(
    vocab_size: int, classes: Classes, *, width: int = 32, filters: int = 64, dropout: float = 0.3
) -> keras.Model:
    """Build a small classifier for any length: int32 [batch, seq_len] -> logits [batch, k].

    One convolution over narrow embeddings, then mean and max over the real tokens.
    """
    token_ids = keras.Input((None,), dtype="int32", name="token_ids")
    mask = _padding_mask(token_ids)
    x = layers.Embedding(vocab_size, width, name="embedding")(token_ids)
    x = layers.Dropout(dropout, name="embedding_dropout")(x) * mask
    x = layers.Conv1D(filters, 5, padding="same", activation="relu", name="conv")(x) * mask
    encoder = keras.Model(token_ids, x, name="student")
    return add_classifier_head(encoder, classes, dropout=dropout)


def predict_by_length(model: keras.Model, token_ids: np.ndarray, batch: int = 100) -> np.ndarray:
    """Return a model's outputs, float32 [rows, k], from batches of similar length.

    A model that takes any length is given each batch without the padding its rows share, but for
    one position: to a maximum over positions, some padding and none are not the same.
    """
    lengths = (token_ids != 0).sum(axis=1)
    order = np.argsort(lengths, kind="stable")
    outputs = np.empty((len(token_ids), model.outputs[0].shape[-1]), "float32")
    for rows in np.array_split(order, max(1, len(order) // batch)):
        longest = None if model.inputs[0].shape[1] else lengths[rows].max() + 1
        outputs[rows] = model.predict_on_batch(token_ids[rows, :longest])
    return outputs


def save(model: keras.Model, path: Path) -> None:
    """Save a model as `.keras`, without the state of its optimizer, which is twice its size.

    (Keras ignores `include_optimizer` for this format: an uncompiled model is what leaves it out.)
    """
    inputs, outputs = (t[0] if len(t) == 1 else t for t in (model.inputs, model.outputs))
    keras.Model(inputs, outputs, name=model.name).save(path)


def with_probability(classifier: keras.Model) -> keras.Model:
    """Return the model with probabilities for its output: softmax or sigmoid of its logits.

    The name of its last layer says which, see `Classes.head`.
    """
    last = classifier.layers[-1].name
    if last == "probability":
        return classifier
    probability = layers.Activation(ACTIVATIONS[last], name="probability")(classifier.outputs[0])
    return keras.Model(classifier.inputs, probability, name=classifier.name)


def _padding_mask(token_ids: keras.KerasTensor) -> keras.KerasTensor:
    return ops.expand_dims(ops.cast(ops.not_equal(token_ids, 0), "float32"), -1)
