"""Profiles: one word sizes a whole run.

`smoke` proves that everything runs (seconds a notebook), `laptop` gives real results on two CPU
cores, `gpu` is the same pipeline with more text and longer training. Every notebook reads its
sizes from here and none of them ever asks which profile it is.
"""

import os
from dataclasses import dataclass, field, fields, replace
from typing import Any

from helpers.stages.errors import PlainError


@dataclass(frozen=True)
class Profile:
    """The sizes of one run. A row count of `None` means every row there is.

    Lengths are in tokens, learning rates per step at the peak of the schedule.
    """

    name: str
    # Data, rows per split
    train_rows: int | None = None
    validation_rows: int | None = None
    test_rows: int | None = None
    unlabeled_rows: int | None = None
    # Tokenizers
    vocab_size: int = 8000
    word_vocab_size: int = 10_000
    seq_len: int = 800
    word_seq_len: int = 500
    # Encoder
    width: int = 128
    blocks: int = 4
    kernel_size: int = 7
    # Pretraining
    pretrain_seq_len: int = 128
    pretrain_batch: int = 64
    pretrain_epochs: int = 3
    compare_steps: int = 150
    # Classifiers
    batch_size: int = 64
    finetune_epochs: int = 2
    finetune_tokens: int = 10_000_000  # of a small corpus more epochs, to read so many tokens
    cnn_epochs: int = 4
    distill_epochs: int = 6
    bag_epochs: int = 30  # of n-grams with vectors, at most
    prune_epochs: int = 2
    # Examples: the share of their rows and of their training
    example_share: float = 1.0
    # Measuring
    latency_texts: int = 200
    # Robustness
    robust_rows: int = 1000
    augment_rows: int = 6000
    augment_epochs: int = 4
    augment_seeds: int = 2
    # Scale
    scale_rows: int = 2000
    scale_doublings: int = 3
    scale_steps: int = 10
    # Few labels: epochs of the second question; then the sizes of the samples, and training steps
    # and number of samples for each
    ask_epochs: int = 3
    label_counts: tuple[int, ...] = (100, 300, 1000)
    label_steps: tuple[int, ...] = (30, 60, 120)
    label_seeds: tuple[int, ...] = (5, 5, 5)
    label_test_rows: int = 1250
    # Feedback: texts that users send, rows held out to compare versions, texts a person labels,
    # and the sizes and seeds of the label curve
    traffic_rows: int = 4500
    gate_rows: int = 2000
    review_rows: int = 2000
    audit_rows: int = 200
    extra_rows: int = 1000
    feedback_counts: tuple[int, ...] = (100, 200, 400, 800, 1600, 3200)
    feedback_seeds: int = 5
    # Writer: tokens that it reads (shorter trainings are shares of it), reviews to measure on
    writer_vocab_size: int = 4096
    writer_seq_len: int = 256
    writer_width: int = 128
    writer_blocks: int = 4
    writer_tokens: int = 2_400_000
    writer_reviews: int = 600
    # The writer: texts that each way of sampling writes
    writer_samples: int = 64
    # The writer's files: reviews and sentences that each is measured on
    writer_file_reviews: int = 40
    writer_file_sentences: int = 400
    # Writer: sentences of each function and language that the assistant reads
    writer_calls: int = 900
    # Preferences: steps of training, test prompts, drafts of best-of-n, commands of a function
    writer_preference_steps: int = 60
    writer_prompts: int = 384
    writer_drafts: int = 8
    writer_commands: int = 6


SIZES = frozenset(size.name for size in fields(Profile)) - {"name"}


@dataclass(frozen=True)
class RecordedProfile(Profile):
    """A profile that keeps what was read of it: a stage is made again when that changes only."""

    sizes_read: dict[str, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __getattribute__(self, name: str) -> Any:
        """Return an attribute; a size is noted in `sizes_read`."""
        value = super().__getattribute__(name)
        if name in SIZES:
            super().__getattribute__("sizes_read")[name] = value
        return value


def recorded(profile: Profile) -> RecordedProfile:
    """Return a copy of a profile that has recorded nothing yet."""
    return RecordedProfile(**vars(profile))


LAPTOP = Profile("laptop")

SMOKE = Profile(
    "smoke",
    train_rows=600,
    validation_rows=200,
    test_rows=300,
    unlabeled_rows=800,
    vocab_size=1000,
    word_vocab_size=1500,
    seq_len=128,
    word_seq_len=128,
    width=32,
    blocks=2,
    pretrain_seq_len=64,
    pretrain_epochs=1,
    compare_steps=10,
    batch_size=32,
    finetune_epochs=1,
    finetune_tokens=20_000,
    cnn_epochs=1,
    distill_epochs=2,
    bag_epochs=8,
    prune_epochs=1,
    example_share=0.05,
    latency_texts=20,
    robust_rows=60,
    augment_rows=200,
    augment_epochs=1,
    augment_seeds=2,
    scale_rows=100,
    scale_doublings=1,
    scale_steps=4,
    ask_epochs=1,
    label_counts=(20, 60),
    label_steps=(4, 6),
    label_seeds=(2, 2),
    label_test_rows=100,
    traffic_rows=300,
    gate_rows=200,
    review_rows=60,
    audit_rows=30,
    extra_rows=30,
    feedback_counts=(20, 60),
    feedback_seeds=2,
    writer_vocab_size=600,
    writer_seq_len=64,
    writer_width=64,
    writer_blocks=2,
    writer_tokens=60_000,
    writer_reviews=60,
    writer_samples=8,
    writer_file_reviews=6,
    writer_file_sentences=24,
    writer_calls=8,
    writer_preference_steps=2,
    writer_prompts=16,
    writer_drafts=2,
    writer_commands=1,
)

GPU = replace(
    LAPTOP,
    name="gpu",
    vocab_size=16_000,
    seq_len=1000,
    width=256,
    blocks=6,
    pretrain_batch=256,
    pretrain_epochs=10,
    compare_steps=1000,
    finetune_epochs=6,
    writer_width=384,
    writer_blocks=6,
    writer_tokens=60_000_000,
)

PROFILES = {profile.name: profile for profile in (SMOKE, LAPTOP, GPU)}


class UnknownProfileError(PlainError, ValueError):
    """A profile name that is not one of `smoke`, `laptop`, `gpu`."""


def load(name: str | None = None) -> Profile:
    """Return the profile called `name`, by default the one the variable PROFILE names.

    Raises UnknownProfileError for a name that is not there.
    """
    name = name or os.environ.get("PROFILE") or LAPTOP.name
    if name not in PROFILES:
        raise UnknownProfileError(
            f"There is no profile {name!r}. Choose one of: {', '.join(PROFILES)}."
        )
    return PROFILES[name]
