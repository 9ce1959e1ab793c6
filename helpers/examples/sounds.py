"""Plain wav files as samples of one rate, for the page on spoken commands."""

import io
import wave

import numpy as np

from helpers.stages.errors import DataError, FileError

RATE = 8000
LONGEST_FILE = 10.0  # seconds


def read_wav(content: bytes, place: str, longest: float = LONGEST_FILE) -> np.ndarray:
    """Return a wav file's samples at RATE, float32 [n] from -1 to 1; of a cut file what is there.

    Raises FileError where it is not a wav file of 16 bits or is empty, DataError where it lasts
    more than `longest` seconds; both begin with its `place`.
    """
    try:
        with wave.open(io.BytesIO(content)) as file:
            rate, width, channels = file.getframerate(), file.getsampwidth(), file.getnchannels()
            count = min(file.getnframes(), len(content) // (width * channels))  # headers may lie
            frames = file.readframes(count if count <= longest * rate else 0)
    except (wave.Error, EOFError, RuntimeError) as error:
        raise FileError(
            f"{place}: not a plain wav file ({str(error) or 'it ends early'}). "
            "Save it as PCM with 16 bits (ffmpeg -i IN -c:a pcm_s16le -bitexact OUT.wav)."
        ) from error
    if width != 2 or not 1_000 <= rate <= 384_000:
        raise FileError(f"{place}: {8 * width} bits, {rate:,} Hz. Save it with 16 bits, 16,000 Hz.")
    if count > longest * rate:
        raise DataError(f"{place} lasts {count / rate:.2f} seconds; {longest:g} are the most.")
    samples = np.frombuffer(frames[: len(frames) // (2 * channels) * 2 * channels], "<i2")
    if not len(samples):
        raise FileError(f"{place}: there is no sound in it.")
    return at_rate((samples.reshape(-1, channels).mean(axis=1) / 32768).astype("float32"), rate)


def at_rate(samples: np.ndarray, rate: int) -> np.ndarray:
    """Return samples [n] of another rate at RATE, float32, what RATE cannot hold filtered out."""
    if rate == RATE or not len(samples):
        return samples
    from scipy.signal import resample_poly

    common = np.gcd(rate, RATE)
    return resample_poly(samples, RATE // common, rate // common).astype("float32")


def trimmed(samples: np.ndarray) -> np.ndarray:
    """Return samples [n] without the silence around them, below 2 % of the loudest."""
    loud = np.flatnonzero(np.abs(samples) > 0.02 * np.abs(samples).max(initial=0))
    return samples[loud[0] : loud[-1] + 1] if len(loud) else samples[:0]
