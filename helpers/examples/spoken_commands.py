"""Who said what: recordings of single words, for the page on spoken commands.

Tables: `recordings` (pcm, label, speaker) and `chatter` (pcm, speaker), which is speech that holds
none of the words. `pcm` is 16-bit little-endian audio of one channel, RATE samples a second.
No speaker is on two sides: the manifest's `folds` name the speakers of test and validation, the
others train. Chatter goes with its speaker; made voices chat in sentences of their own, too.
"""

import os
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from helpers.data import online as hub
from helpers.data import parts
from helpers.data.settings import SourceError
from helpers.examples.own_files import beside, read_rows
from helpers.examples.own_files import files as files
from helpers.examples.sounds import RATE, read_wav, trimmed
from helpers.stages.errors import DataError

WORDS = ("yes", "no", "up", "down", "left", "right", "on", "off", "stop", "go")
TAKES, FOLDS = 5, 3
ACCENTS = ("en-us", "en-gb", "en-gb-scotland", "en-gb-x-rp", "en-gb-x-gbclan", "en-029")
VOICES = [*(f"{sex}{i}" for i in range(1, 6) for sex in "mf"), "m6", "m7", "m8"]
VOICES += ["Annie", "Alicia", "belinda", "Michael", "linda"]
SENTENCES = """the kettle is boiling and the cat is hungry|we met two old friends at the market
my sister plays chess with her uncle|the train from the coast was late again
put some butter and salt into the pan|she paints small boats in the evening
nobody found the keys of the garden shed|it rained all day in the mountains
he reads a chapter before breakfast|the children built a tower of bricks
our neighbor sells honey and apples|this lamp needs a new cable
they sang three songs around the fire|the blue jacket hangs behind the door
I would like tea with lemon please|the museum opens early this week
ten sheep crossed the narrow bridge|bring warm clothes and an umbrella
the baker makes bread with walnuts|a strange noise came from the cellar
we should call grandmother tomorrow|the river was frozen last winter
her bicycle has a bell and a basket|he cut the paper into thin strips
the soup tastes better with pepper|their flight leaves before sunrise
please water the plants in my office|a mouse lives under the kitchen floor
the teacher asked a difficult question|fresh snow covers the fields
we watched a film about whales|the engine makes a rattling sound
she keeps her letters in a wooden box|the dog sleeps beside the heater
they moved to a village near the sea|his brother repairs clocks and radios"""
MISSING = "Install it (Debian, Ubuntu: sudo apt install espeak-ng; macOS: brew install espeak-ng)"
FSDD = "https://github.com/Jakobovski/free-spoken-digit-dataset"
FEWEST_SPEAKERS, FEWEST_TAKES = 3, 5  # of a reader's own
LONGEST_WORD = 1.5  # seconds, as much as the page hears
Rows = dict[str, pd.DataFrame]


def packaged() -> tuple[Rows, dict[str, Any]]:
    """Return ten commands, said by the speaking program espeak-ng, or sung where there is none.

    A voice speaks with an accent, through a microphone and in a room of its own: a tilt of the
    spectrum and steady noise, which make the task harder. A voice is on one side only.
    """
    if espeak := tools():
        recordings, chatter = _made_speech()
        source = f"speech made with {espeak}: {len(VOICES)} voices, each in its own room"
        facts: dict[str, Any] = {"license": "made here; espeak-ng itself: GPL-3.0"}
        facts["chatter"] = "other sentences"
        facts["citation"] = "The espeak-ng authors. https://github.com/espeak-ng/espeak-ng"
        report = ["Made with espeak-ng."]
    else:
        recordings = _tones()
        chatter = _backward(recordings)
        source = "sung tones, made here, in place of speech: espeak-ng is not installed"
        facts = {"license": "made here", "citation": "none", "chatter": "words played backward"}
        facts["protocol"] = "tones"  # what the page says of speech is not about these
        report = [f"espeak-ng is not installed: these are sung tones. {MISSING}."]
    for kind, frame in (("word", recordings), ("chatter", chatter)):
        said_by = zip(frame["samples"], frame["speaker"], strict=True)
        frame["pcm"] = [_in_room(x, who, f"{kind} {i}") for i, (x, who) in enumerate(said_by)]
    return _with_facts(recordings, chatter, FOLDS, {**facts, "source": source, "report": report})


def tools() -> str:
    """Return which espeak-ng speaks here; nothing where none is installed."""
    if not shutil.which("espeak-ng"):
        return ""
    done = subprocess.run(["espeak-ng", "--version"], capture_output=True, text=True, check=True)
    return "espeak-ng " + done.stdout.partition(":")[2].split()[0]


def online() -> tuple[Rows, dict[str, Any]]:
    """Return the Free Spoken Digits: ten digits, six people, 50 times each.

    It is no data set of the Hub but a repository with 3,000 wav files, so a copy is asked for:
    `spoken_digits.parquet` (digit, speaker, wav) in SLM_DATA_MIRROR, or the repository's folder
    `recordings`. Each speaker is left out once, another one is for validation.

    Raises SourceError where there is no copy, or no recordings are in it.
    """
    folder = hub.mirror()
    if folder and (folder / "spoken_digits.parquet").is_file():
        rows = hub.read_copy("spoken_digits", ["digit", "speaker", "wav"])
        rows = rows.assign(label=rows["digit"].astype(str))
        rows["samples"] = [read_wav(wav, "spoken_digits.parquet") for wav in rows["wav"]]
    elif folder and (found := sorted((folder / "recordings").glob("*_*_*.wav"))):
        names = [path.stem.split("_")[:2] for path in found]
        rows = pd.DataFrame(names, columns=["label", "speaker"])
        rows["samples"] = [read_wav(path.read_bytes(), path.name) for path in found]
    else:
        raise SourceError(
            f"The Free Spoken Digits are files of a repository: git clone {FSDD} somewhere, and "
            f"name that folder in {hub.MIRROR}. Its recordings/ has files like 7_jackson_32.wav."
        )
    rows = rows.assign(samples=[trimmed(samples) for samples in rows["samples"]])
    facts = {"source": f"Free Spoken Digit Dataset, {FSDD}", "license": "CC-BY-SA-4.0"}
    facts["citation"] = "Zohar Jackson et al. Free Spoken Digit Dataset. 10.5281/zenodo.1342401"
    facts["chatter"] = "words played backward"
    return _with_facts(rows, _backward(rows), rows["speaker"].nunique(), facts)


def own(path: Path) -> tuple[Rows, dict[str, Any]]:
    """Return a reader's own recordings: a table with the columns file, label and speaker.

    `file` is a wav file, its path seen from the table: 16 bits, any rate, one channel or two (they
    are mixed), ten seconds at most, of which the word has LONGEST_WORD: the silence around
    it is cut off. There must be three speakers, two labels, and five recordings of each label.
    Raises a DataError that names the line.
    """
    frame, notes = read_rows(path, ["file", "label", "speaker"])
    frame["samples"] = [_read_own(path, file, place) for place, file in frame["file"].items()]
    frame = frame.reset_index(drop=True)
    _check_counts(frame, path.name)
    facts: dict[str, Any] = {"source": f"a file of the reader's own, {path.name}"}
    facts |= {"license": "as the owner of the recordings says", "citation": "none"}
    facts |= {"language": "und", "domain": f"words like those of {path.name}"}
    facts["chatter"] = "words played backward"
    facts["report"] = [f"{len(frame):,} recordings read.", *notes]
    return _with_facts(frame, _backward(frame), min(FOLDS, frame["speaker"].nunique()), facts)


def make_folds(speakers: list[str], count: int) -> list[dict[str, list[str]]]:
    """Return who tests and who validates in each fold; everybody is in a test exactly once.

    Speakers are ordered by the SHA-256 of their names. Half of the next fold's validate.
    """
    ordered = sorted(speakers, key=parts.digest)
    groups = [ordered[i::count] for i in range(count)]
    after = groups[1:] + groups[:1]
    return [
        {"test": group, "validation": other[: max(1, len(other) // 2)]}
        for group, other in zip(groups, after, strict=True)
    ]


def _with_facts(
    recordings: pd.DataFrame, chatter: pd.DataFrame, folds: int, facts: dict[str, Any]
) -> tuple[Rows, dict[str, Any]]:
    recordings, chatter = (
        frame if "pcm" in frame else frame.assign(pcm=[_pcm(s) for s in frame["samples"]])
        for frame in (recordings, chatter)
    )
    speakers = sorted(recordings["speaker"].unique())
    kept = {"recordings": recordings[["pcm", "label", "speaker"]]}
    kept |= {"chatter": chatter[["pcm", "speaker"]]}
    rule = f"{len(speakers)} speakers in {folds} folds by the SHA-256 of their names: each is in a "
    rule += "test once, half of the next fold's validate, the others train"
    return kept, {
        "rate": RATE,
        "label_names": sorted(recordings["label"].unique()),
        "folds": make_folds(speakers, folds),
        "split_rule": rule,
        "language": "en",
        **facts,
    }


def _pcm(samples: np.ndarray) -> bytes:
    return (np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes()


def _backward(recordings: pd.DataFrame, several: int = 12) -> pd.DataFrame:
    """Return chatter for who has none: some recordings of each speaker, reversed and joined."""
    rows = []
    for speaker, frame in recordings.groupby("speaker"):
        chosen = frame.iloc[np.linspace(0, len(frame) - 1, several).astype(int)]["samples"]
        rows.append((np.concatenate([samples[::-1] for samples in chosen]), speaker))
    return pd.DataFrame(rows, columns=["samples", "speaker"])


def _made_speech() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return (recordings, chatter): every word TAKES times by every voice, and its sentences."""
    said = SENTENCES.replace("\n", "|").split("|")
    jobs = [(word, voice, take) for voice in VOICES for word in WORDS for take in range(TAKES)]
    jobs += [(said[i], voice, i) for n, voice in enumerate(VOICES) for i in (2 * n, 2 * n + 1)]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        samples = list(pool.map(lambda job: _speak(*job), jobs))
    rows = pd.DataFrame(jobs, columns=["label", "speaker", "take"]).assign(samples=samples)
    words = rows["label"].isin(WORDS)
    return rows[words].reset_index(drop=True), rows[~words].reset_index(drop=True)


def _speak(text: str, voice: str, take: int) -> np.ndarray:
    """Return espeak-ng's samples, without silence around them; tempo and pitch by the take."""
    chance = _chance(f"{text} {voice} {take}")
    tempo, pitch = int(chance.integers(110, 200)), int(chance.integers(25, 75))
    accent = ACCENTS[VOICES.index(voice) % len(ACCENTS)]
    command = ["espeak-ng", "-v", f"{accent}+{voice}", "-s", str(tempo), "-p", str(pitch)]
    done = subprocess.run([*command, "--stdout", text], capture_output=True)
    if done.returncode or len(done.stdout) < 1000:
        raise SourceError(f"espeak-ng has no voice {accent}+{voice}: version 1.51 is needed.")
    return trimmed(read_wav(done.stdout, f"espeak-ng {accent}+{voice}"))


def _chance(key: str) -> np.random.Generator:
    """Return a random generator that follows from a text alone."""
    return np.random.default_rng(parts.number(key))


def _in_room(samples: np.ndarray, speaker: str, key: str) -> bytes:
    """Return samples as a speaker's microphone has them: tilted, with 5 to 20 dB of noise below."""
    tilt, pink = _chance(f"room of {speaker}").uniform((-0.4, 0.2), (0.4, 1.0))
    chance, n = _chance(key), len(samples)
    shape = np.maximum(np.fft.rfftfreq(n, 1 / RATE), 50) / 1000
    spoken = np.fft.irfft(np.fft.rfft(samples) * shape**tilt, n)
    noise = np.fft.irfft(np.fft.rfft(chance.standard_normal(n)) * shape**-pink, n)
    spoken, noise = spoken / spoken.std(), noise / noise.std()
    mixed = spoken + noise * 10 ** (-chance.uniform(5, 20) / 20)
    return _pcm(0.7 * mixed / np.abs(mixed).max())


def _tones() -> pd.DataFrame:
    """Return words sung by rule: harmonics of a pitch under two moving resonances (formants)."""
    vowels = {"a": (800, 1300), "e": (500, 1900), "i": (300, 2300), "o": (500, 900)}
    songs = ("ai", "oi", "ea", "ao", "ie", "io", "oa", "ei", "ia", "eo")
    rows = []
    for voice in VOICES:
        pitch, size = _chance(voice).uniform((90, 0.9), (240, 1.2))
        for word, take in ((word, take) for word in WORDS for take in range(TAKES)):
            n = int(RATE * _chance(f"{voice} {word} {take}").uniform(0.35, 0.65))
            turn = np.linspace(0, 1, n)[:, None]
            first, last = (np.array(vowels[letter]) * size for letter in songs[WORDS.index(word)])
            partials = pitch * np.arange(1, int(3800 / pitch))
            peaks = (first + (last - first) * turn)[:, :, None]
            loud = np.exp(-(((partials - peaks) / 150) ** 2)).sum(axis=1)
            sung = (loud * np.sin(2 * np.pi * partials * np.arange(n)[:, None] / RATE)).sum(axis=1)
            rows.append((sung * np.sin(np.pi * turn[:, 0]), word, voice))
    return pd.DataFrame(rows, columns=["samples", "label", "speaker"])


def _read_own(table: Path, file: str, place: str) -> np.ndarray:
    samples = trimmed(read_wav(beside(table, file, place).read_bytes(), f"{place}: {file}"))
    if not len(samples):
        raise DataError(f"{place}: {file} is silent.")
    if not RATE // 20 <= len(samples) <= LONGEST_WORD * RATE:
        told = f"lasts {len(samples) / RATE:.2f} seconds without the silence around it"
        raise DataError(
            f"{place}: {file} {told}; 0.05 to {LONGEST_WORD} are used. Cut it to its word."
        )
    return samples


def _check_counts(frame: pd.DataFrame, name: str) -> None:
    speakers, labels = frame["speaker"].nunique(), frame["label"].value_counts()
    if speakers < FEWEST_SPEAKERS:
        raise DataError(f"{name} has {speakers} speakers. One trains, one chooses, one tests: 3.")
    if len(labels) < 2 or labels.min() < FEWEST_TAKES:
        there = ", ".join(f"{label} {count}" for label, count in labels.items())
        raise DataError(f"{name} needs two labels, {FEWEST_TAKES} recordings of each; has {there}.")
