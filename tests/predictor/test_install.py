"""What a stranger installs: small, and enough for what a card says, in an empty environment."""

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
import venv
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from tiny_bundle import MANIFEST, ROW, write_bundle

from helpers import hub
from helpers.predictor import checksums, runtime
from helpers.sharing import cards, versions

CHECKOUT = Path(__file__).resolve().parents[2]
PREDICTOR = CHECKOUT / "helpers" / "predictor"
PIP = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]


def project(folder):
    return tomllib.loads((folder / "pyproject.toml").read_text())["project"]


def run(command, **options):
    done = subprocess.run(command, capture_output=True, text=True, **options)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


@pytest.fixture(scope="module")
def stranger(tmp_path_factory):
    """An environment that holds the predictor's wheel, what the wheel asks for, and no more."""
    folder = tmp_path_factory.mktemp("stranger")
    if subprocess.run([*PIP, "index", "versions", "tokenizers"], capture_output=True).returncode:
        # a copy of what is installed here would prove nothing: only a real installation does, and
        # whoever has no index could not have built .venv either, so CI never comes here
        pytest.skip("No package index can be reached: nothing can be installed.")
    source = folder / "source"
    shutil.copytree(PREDICTOR, source, ignore=shutil.ignore_patterns("__pycache__"))
    run([*PIP, "wheel", "--no-deps", "--wheel-dir", folder, source])
    venv.create(folder / "empty")  # without pip: ours installs into it
    python = next((folder / "empty").glob("[bS]*/python*"))
    (wheel,) = folder.glob("slm_predictor-*.whl")
    run([*PIP, "--python", python, "install", wheel])
    return python


@pytest.fixture
def model_hub(tmp_path):
    """A hub with one model, whose card says how to load it."""
    bundle = write_bundle(tmp_path / "tiny")
    card = cards.model_card(
        name="tiny",
        task="A toy.",
        labels=["negative", "positive"],
        row=ROW,
        comparisons=[],
        manifest=MANIFEST,
        formats=["litert"],
        limits=["It knows nothing."],
        hashed=True,
    )
    (bundle / "README.md").write_text(card)
    (bundle / checksums.CHECKSUMS).unlink()
    checksums.write_checksums(bundle)
    with hub.serve(tmp_path / "hub", user="learner") as server:
        versions.publish(bundle, "learner/tiny", "v1.0", api=server.api())
        yield server, bundle


def test_a_stranger_uses_a_shared_model(stranger, model_hub, tmp_path):
    server, bundle = model_hub
    card = (bundle / "README.md").read_text()
    assert f'pip install "slm-predictor @ {cards.PREDICTOR}"' in card
    kept = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT") if name in os.environ}
    place = {"HF_ENDPOINT": server.url, "HF_HOME": str(tmp_path / "cache")}

    def ask(*arguments, cwd=tmp_path, text=None):
        return run([stranger, *arguments], env=kept | place, cwd=cwd, input=text)

    first = "import importlib.util as u; print(u.find_spec('helpers'), u.find_spec('tensorflow'))"
    assert ask("-c", first) == "None None\n"
    fetch = "from slm_predictor import load_predictor as load; print(load(*{}).folder)"
    folder = Path(ask("-c", fetch.format(("learner/tiny", "v1.0"))).strip())
    (code,) = re.findall(r"```python\n(.*?)```", card, re.DOTALL)
    text = "what a lovely mess"
    (expected,) = runtime.load_bundle(bundle).predict([text])
    (said,) = json.loads(ask("-c", code, cwd=folder).replace("'", '"'))
    line = ask("-m", "slm_predictor", "learner/tiny", "-", text=json.dumps({"text": text}))
    for answer in (said, json.loads(line)):
        assert answer["label"] == expected["label"]
        assert answer["probability"] == pytest.approx(expected["probability"], abs=1e-6)


def test_what_a_stranger_installs_is_small():
    assert len(project(PREDICTOR)["dependencies"]) <= 4
    for path in PREDICTOR.glob("*.py"):
        assert not re.search(r"^\s*(from|import) helpers\b", path.read_text(), re.M), path.name


def test_every_pin_is_within_the_range_of_one_group():
    files = ("requirements.txt", "helpers/examples/requirements.txt")
    lines = "\n".join((CHECKOUT / name).read_text() for name in files).splitlines()
    pins = [Requirement(pin) for line in lines if (pin := line.partition("#")[0].strip())]
    alone = [pin for pin in pins if pin.name == "finvader"]  # asks for a library older than ours
    pins = [pin for pin in pins if pin not in alone]
    assert [str(pin) for pin in alone] == ["finvader==1.0.4"]
    whole, small = project(CHECKOUT), project(PREDICTOR)
    groups = [whole["dependencies"], *whole["optional-dependencies"].values()]
    ranges = {r.name: r.specifier for group in groups for r in map(Requirement, group)}
    assert sorted(ranges) == sorted(pin.name for pin in pins) and len(pins) == sum(map(len, groups))
    for pin in pins:
        (exact,) = pin.specifier
        assert exact.operator == "==" and exact.version in ranges[pin.name], pin.name
    for group in (small["dependencies"], *small["optional-dependencies"].values()):
        for line in group:
            assert Requirement(line).specifier == ranges[Requirement(line).name], line
