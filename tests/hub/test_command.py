"""The `hf` command and `git` against the hub, in processes of their own as a person runs them."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from helpers import hub

CARD = "---\nlicense: mit\nlanguage: en\ntags: [tiny]\n---\n# Tiny\n"


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    folder = tmp_path_factory.mktemp("command")
    with hub.serve(folder / "hub") as server:
        yield folder, server


def run(place, *command, ok=True):
    folder, server = place
    environment = {
        **os.environ,
        "HF_ENDPOINT": server.url,
        "HF_TOKEN": server.token,
        "HF_HOME": str(folder / "home"),
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "GIT_TERMINAL_PROMPT": "0",
    }
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120
    )
    assert (done.returncode == 0) == ok, done.stdout + done.stderr
    return done.stdout + done.stderr


def hf(place, *arguments, ok=True):
    return run(place, str(Path(sys.executable).with_name("hf")), *arguments, ok=ok)


def test_a_model_from_upload_to_download(place):
    folder, _ = place
    (folder / "bundle").mkdir()
    (folder / "bundle" / "README.md").write_text(CARD)
    (folder / "bundle" / "weights.bin").write_bytes(os.urandom(50_000))
    assert "learner" in hf(place, "auth", "whoami")
    hf(place, "repos", "create", "learner/tiny")
    hf(place, "upload", "learner/tiny", "bundle", ".")
    hf(place, "repos", "tag", "create", "learner/tiny", "v1.0")
    hf(place, "repos", "tag", "create", "learner/tiny", "v1.0", ok=False)
    assert "v1.0" in hf(place, "repos", "tag", "list", "learner/tiny")
    hf(place, "download", "learner/tiny", "--revision", "v1.0", "--local-dir", "copy")
    for name in ("README.md", "weights.bin"):
        assert (folder / "copy" / name).read_bytes() == (folder / "bundle" / name).read_bytes()
    hf(place, "download", "learner/tiny", "--revision", "v1.0")
    hf(place, "cache", "verify", "learner/tiny", "--revision", "v1.0")


def test_looking_and_talking(place):
    found = json.loads(hf(place, "models", "ls", "--author", "learner", "--format", "json"))
    assert [model["id"] for model in found] == ["learner/tiny"]
    assert json.loads(hf(place, "models", "info", "learner/tiny"))["id"] == "learner/tiny"
    hf(place, "discussions", "create", "learner/tiny", "--title", "Good", "--body", "It works")
    assert "Good" in hf(place, "discussions", "list", "learner/tiny")


def test_cards_in_a_process_of_its_own(place):
    code = (
        "from huggingface_hub import ModelCard\n"
        "card = ModelCard.load('learner/tiny'); card.validate()\n"
        "card.data.tags = ['tiny', 'new']; card.push_to_hub('learner/tiny')\n"
        "import warnings\n"
        "card.data.license = 'next-years-license'\n"  # of the right shape: taken, with a word
        "with warnings.catch_warnings(record=True) as said: card.push_to_hub('learner/tiny')\n"
        "assert 'next-years-license' in str(said[0].message)\n"
        "card.data.license = 'no license at all'\n"
        "try: card.push_to_hub('learner/tiny')\n"
        "except ValueError as error: assert 'license' in str(error)\n"
        "else: raise SystemExit('a bad card went in')\n"
        "assert ModelCard.load('learner/tiny').data.tags == ['tiny', 'new']\n"
    )
    run(place, sys.executable, "-c", code)


def test_git_clones_and_fetches_but_never_pushes(place):
    folder, server = place
    run(place, "git", "clone", "-q", f"{server.url}/learner/tiny", "clone")
    assert (folder / "clone" / "weights.bin").stat().st_size == 50_000
    server.api().upload_file(path_or_fileobj=b"new", path_in_repo="new.txt", repo_id="learner/tiny")
    run(place, "git", "-C", "clone", "pull", "-q")
    assert (folder / "clone" / "new.txt").read_text() == "new"
    assert "v1.0" in run(place, "git", "-C", "clone", "tag")
    run(place, "git", "-C", "clone", "fsck", "--strict")
    run(place, "git", "clone", "-q", "--depth", "1", f"{server.url}/learner/tiny.git", "shallow")
    push = ("git", "-C", "clone", "push", "origin", "main:other")
    assert "403" in run(place, *push, ok=False)
    run(place, "git", "clone", "-q", f"{server.url}/learner/none", "none", ok=False)


def test_the_command_prints_where_it_is(place, tmp_path):
    command = [sys.executable, "-m", "helpers.hub", "--folder", str(tmp_path), "--port", "0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        lines = [process.stdout.readline() for _ in range(2)]
    finally:
        process.terminate()
        process.communicate(timeout=60)
    assert lines[0].startswith("Model hub: http://127.0.0.1:")
    assert str(tmp_path / "token") in lines[1]
    assert (tmp_path / "token").stat().st_mode & 0o777 == 0o600
