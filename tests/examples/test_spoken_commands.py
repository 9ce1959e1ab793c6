"""Spoken commands: no voice on two sides, a reader's wav files checked, and the page's ear."""

import io
import re
import subprocess
import wave

import numpy as np
import pandas as pd
import pytest
from on_page import definitions

from helpers.data.settings import SourceError
from helpers.examples import prepared, sounds
from helpers.examples import spoken_commands as data
from helpers.stages.errors import DataError, FileError

PAGE = "examples/spoken_commands.ipynb"
SETTINGS = {"RATE": 8000, "FRAME": 256, "HOP": 160, "MELS": 20, "STEP": 800}
SETTINGS |= {"LOWEST": 60, "FLOOR": 10, "REST": 10}


def tone(hertz=440, seconds=0.3, rate=sounds.RATE):
    return 0.5 * np.sin(2 * np.pi * hertz * np.arange(int(rate * seconds)) / rate)


def wav(samples, rate=sounds.RATE, channels=1, width=2):
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setparams((channels, width, rate, 0, "NONE", ""))
        file.writeframes((samples * 32767).astype("<i2").tobytes())
    return buffer.getvalue()


def write_own(folder, speakers=3, takes=5):
    lines = ["file,label,speaker"]
    for n in range(takes):
        for speaker in range(speakers):
            for label in ("on", "off"):
                name = f"{label}-{speaker}-{n}.wav"
                (folder / name).write_bytes(wav(tone(300 + 50 * n)))
                lines.append(f"{name},{label},person {speaker}")
    path = folder / "mine.csv"
    path.write_text("\n".join(lines))
    return path


def test_everybody_is_tested_once_and_never_on_two_sides():
    names = [f"voice {i}" for i in range(17)]
    for count in (3, 6, 17):
        folds = data.make_folds(names, count)
        assert sorted(name for fold in folds for name in fold["test"]) == sorted(names)
        assert all(fold["validation"] and fold["test"] for fold in folds)
        assert not any(set(fold["validation"]) & set(fold["test"]) for fold in folds)
        assert all(len(fold["test"]) + len(fold["validation"]) < 17 for fold in folds)


def test_what_is_chatted_holds_no_command():
    said = re.split(r"[|\n]", data.SENTENCES)
    assert len(said) == len(set(said)) == 2 * len(data.VOICES) == 2 * len(set(data.VOICES))
    spoken = set(" ".join(said).split())
    assert not spoken & {*data.WORDS, "know", "write"}


def test_any_rate_and_two_channels_are_read():
    both = np.repeat(tone(rate=44100)[:, None], 2, axis=1)
    samples = sounds.read_wav(wav(both.ravel(), 44100, channels=2), "here")
    assert samples.dtype == np.float32 and len(samples) == 0.3 * sounds.RATE
    assert np.abs(samples[400:-400] - tone()[400:-400]).max() < 0.02


def test_a_file_that_is_no_wav_is_refused():
    wrong_size = wav(tone())[:16] + b"\xff" * 4 + wav(tone())[20:]  # of its first part
    for content, told in (
        (b"RIFF", "not a plain wav"),
        (wrong_size, "not a plain wav"),
        (wav(tone(), width=1), "8 bits"),
    ):
        with pytest.raises(FileError, match=told):
            sounds.read_wav(content, "here")


@pytest.mark.parametrize("channels", [1, 2])
def test_of_a_cut_file_the_whole_frames_are_read(channels):
    frames = np.repeat(tone()[:, None], channels, axis=1)
    whole, cut = wav(frames.ravel(), channels=channels), 2 * channels * 100 + 2 * channels - 1
    samples = sounds.read_wav(whole[:-cut], "here")
    assert len(samples) == len(tone()) - 101
    assert np.abs(samples - tone()[:-101]).max() < 1e-4
    with pytest.raises(FileError, match="here: there is no sound in it"):
        sounds.read_wav(whole[:45], "here")


@pytest.mark.parametrize("rate", [0, 4_000_000_007])
def test_a_rate_that_cannot_be_is_refused(rate):
    content = bytearray(wav(tone()))
    content[24:28] = rate.to_bytes(4, "little")
    with pytest.raises(FileError, match=f"here: 16 bits, {rate:,} Hz"):
        sounds.read_wav(bytes(content), "here")


def test_what_lasts_too_long_is_refused_before_it_is_read(monkeypatch):
    assert len(sounds.read_wav(wav(tone(seconds=10)), "here")) == 10 * sounds.RATE
    assert len(sounds.read_wav(wav(tone(seconds=12)), "here", longest=12)) == 12 * sounds.RATE
    monkeypatch.setattr(sounds, "at_rate", None)
    with pytest.raises(DataError, match="here lasts 12.00 seconds; 10 are the most"):
        sounds.read_wav(wav(tone(seconds=12)), "here")
    with pytest.raises(DataError, match="here lasts 0.30 seconds; 0.2 are the most"):
        sounds.read_wav(wav(tone()), "here", longest=0.2)


def test_a_length_that_was_not_known_is_the_one_that_is_there():
    content = bytearray(wav(tone()))
    content[4:8] = content[40:44] = b"\xff" * 4  # as a program writes it that gives its end away
    assert len(sounds.read_wav(bytes(content), "here")) == len(tone())


def test_own_recordings(tmp_path):
    tables, facts = data.own(write_own(tmp_path))
    assert facts["label_names"] == ["off", "on"] and len(facts["folds"]) == 3
    assert facts["language"] == "und" and "mine.csv" in facts["domain"]
    assert len(tables["recordings"]) == 30 and set(tables["chatter"]["speaker"]) == {
        "person 0", "person 1", "person 2"
    }  # fmt: skip
    assert abs(len(tables["recordings"]["pcm"][0]) - 2 * 0.3 * sounds.RATE) < 10  # a sine ends at 0


def test_silence_around_a_word_is_cut_off(tmp_path):
    path = write_own(tmp_path)
    late = np.concatenate([np.zeros(2 * sounds.RATE), tone(), np.zeros(sounds.RATE)])
    (tmp_path / "on-0-0.wav").write_bytes(wav(late))
    pcm = data.own(path)[0]["recordings"]["pcm"][0]
    assert 0.29 * sounds.RATE < len(pcm) / 2 <= 0.3 * sounds.RATE


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda text: text.replace("on-0-0.wav", "gone.wav"), "line 2: there is no file 'gone"),
        (lambda text: text.replace("on-0-0.wav", "silent.wav"), "line 2: silent.wav is silent"),
        (lambda text: text.replace("on-0-0.wav", "long.wav"), "lasts 2.00 seconds without"),
        (lambda text: text.replace("on,person 0", ",person 0", 1), "line 2: label is empty"),
        (lambda text: text.replace("person 2", "person 1"), "has 2 speakers"),
        (lambda text: text.replace(",off,", ",on,"), "needs two labels"),
        (lambda text: text.replace("speaker", "who", 1), "no column 'speaker'"),
    ],
)
def test_what_is_wrong_is_named(tmp_path, change, told):
    path = write_own(tmp_path)
    (tmp_path / "silent.wav").write_bytes(wav(0 * tone()))
    (tmp_path / "long.wav").write_bytes(wav(tone(seconds=2)))
    path.write_text(change(path.read_text()))
    with pytest.raises(DataError, match=told):
        data.own(path)


def test_another_recording_makes_the_data_anew(tmp_path):
    path = write_own(tmp_path)
    before = prepared.made_from("spoken_commands", str(path))
    folder = prepared.prepare("spoken_commands", str(path))
    assert prepared.read_manifest(folder)["settings"].items() >= before.items()
    (tmp_path / "on-0-0.wav").write_bytes(wav(tone(300, seconds=0.5)))
    assert prepared.made_from("spoken_commands", str(path))["file"] != before["file"]
    prepared.prepare("spoken_commands", str(path))
    rows = pd.read_parquet(folder / "recordings.parquet")
    assert 0 <= 2 * 0.5 * sounds.RATE - len(rows["pcm"][0]) <= 8  # it begins at zero


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("on-0-0.wav,on", "on-0-0.wav,", "line 2: label is empty"),
        ("on-0-0.wav", "", "line 2: file is empty"),
        ("on-0-0.wav", "gone.wav", "line 2: there is no file 'gone.wav'"),
        ("file,", "wav,", "no column 'file'"),
    ],
)
def test_a_table_that_names_no_files_is_refused_as_ever(tmp_path, old, new, told):
    path = write_own(tmp_path)
    path.write_text(path.read_text().replace(old, new, 1))
    assert len(data.files(path)) == (0 if "column" in told else 30 - (old == "on-0-0.wav"))
    with pytest.raises(DataError, match=told):
        prepared.prepare("spoken_commands", str(path))


def test_the_tool_is_what_speaks_here(monkeypatch):
    monkeypatch.setattr(data.shutil, "which", lambda name: None)
    assert data.tools() == ""
    told = subprocess.CompletedProcess([], 0, "eSpeak NG text-to-speech: 1.51  Data at: /usr\n")
    monkeypatch.setattr(data.shutil, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(data.subprocess, "run", lambda *words, **options: told)
    assert data.tools() == "espeak-ng 1.51"


def test_without_a_mirror_the_digits_are_asked_for(monkeypatch):
    monkeypatch.delenv("SLM_DATA_MIRROR", raising=False)
    with pytest.raises(DataError, match="git clone"):
        data.online()


def test_the_digits_leave_each_speaker_out_once(tmp_path, monkeypatch):
    (tmp_path / "recordings").mkdir()
    for speaker in ("ann", "bob", "cid"):
        for digit in range(3):
            path = tmp_path / "recordings" / f"{digit}_{speaker}_0.wav"
            path.write_bytes(wav(tone()))
    monkeypatch.setenv("SLM_DATA_MIRROR", str(tmp_path))
    tables, facts = data.online()
    assert len(tables["recordings"]) == 9 and facts["label_names"] == ["0", "1", "2"]
    assert sorted(name for fold in facts["folds"] for name in fold["test"]) == ["ann", "bob", "cid"]


def test_the_digits_are_read_from_one_file_too(tmp_path, monkeypatch):
    rows = [(n, who, wav(tone())) for n in range(3) for who in ("ann", "bob", "cid")]
    table = pd.DataFrame(rows, columns=["digit", "speaker", "wav"])
    table.to_parquet(tmp_path / "spoken_digits.parquet")
    monkeypatch.setenv("SLM_DATA_MIRROR", str(tmp_path))
    tables, facts = data.online()
    assert len(tables["recordings"]) == 9 and facts["label_names"] == ["0", "1", "2"]
    assert (
        0 <= 2 * 0.3 * sounds.RATE - len(tables["recordings"]["pcm"][0]) <= 8
    )  # it begins at zero


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        (None, "git clone"),
        ({"digit": [], "speaker": [], "wav": []}, "has no rows"),
        ({"digit": [1], "wav": [b"RIFF"]}, "no column 'speaker'"),
    ],
)
def test_no_digits_are_no_data(tmp_path, monkeypatch, rows, told):
    (tmp_path / "recordings").mkdir()
    if rows is not None:
        pd.DataFrame(rows).to_parquet(tmp_path / "spoken_digits.parquet")
    monkeypatch.setenv("SLM_DATA_MIRROR", str(tmp_path))
    with pytest.raises(SourceError, match=told):
        data.online()


@pytest.fixture(scope="module")
def ear():
    names = ("mel_filters", "log_mel", "place", "react", "judge")
    scope = definitions(PAGE, *names)
    for function in scope.values():
        function.__globals__.update(SETTINGS)
    scope["log_mel"].__globals__["FILTERS"] = scope["mel_filters"]()
    return scope


def test_a_higher_tone_is_in_a_higher_band(ear):
    windows = np.array([tone(hertz, 1) for hertz in (200, 500, 1500, 3000)], "float32")
    filters = ear["mel_filters"]()
    assert filters.shape == (129, 20) and (filters.max(axis=0) > 0).all()
    half = np.concatenate([windows[:, :4000], 0 * windows[:, 4000:]], axis=1)
    mel = ear["log_mel"](half)
    assert mel.shape == (4, 49, 20) and abs(mel.mean(axis=1)).max() < 1e-4
    assert (np.diff(mel[:, 5].argmax(axis=1)) > 0).all()


def test_louder_is_not_different(ear):
    window = tone(700, 1)[None].astype("float32") * np.linspace(0, 1, 8000, dtype="float32")
    assert np.allclose(ear["log_mel"](window), ear["log_mel"](0.3 * window), atol=1e-2)


def test_a_word_is_placed_and_played_faster(ear):
    waves = np.zeros((1, 12000), "float32")
    waves[0, :1000] = 1
    plain = ear["place"](waves, np.array([1000]), np.ones(1), np.array([3000]))[0]
    assert np.flatnonzero(plain)[[0, -1]].tolist() == [3000, 3998]
    fast = ear["place"](waves, np.array([1000]), np.full(1, 2.0), np.array([3000]))[0]
    assert np.flatnonzero(fast)[[0, -1]].tolist() == [3000, 3499]


def test_one_word_one_reaction(ear):
    p = np.zeros((40, 3))
    p[:, 2] = 1
    p[5:9] = (0.9, 0.1, 0)
    p[20] = (0.3, 0.6, 0.1)
    found = ear["react"](p, 0.5)
    assert found == [(5, 0), (20, 1)]
    truth = [(0, 6000, 10000), (0, 16000, 20000)]
    delays, false_alarms = ear["judge"](found, truth)
    assert delays == [(5 * 800 + 8000 - 10000) / 8000] and false_alarms == 1
