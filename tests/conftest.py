"""What the tests share: a workspace of their own, so that the checkout is never written."""

import os

os.environ["SLM_PROGRESS"] = os.devnull  # no live progress lines
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import pytest

from helpers import imdb, workspace


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """Put data and artifacts into a temporary folder; forget the reader's variables."""
    monkeypatch.setenv("SLM_HOME", str(tmp_path / "home"))
    for name in ("PROFILE", "TASK", "SEED", "SOURCE", "UNLABELED", "TEXT_COLUMN", "LABEL_COLUMN"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path / "home"


@pytest.fixture(scope="session")
def reviews():
    """The packaged 25,000 reviews."""
    return imdb.packaged_reviews()


@pytest.fixture
def run():
    """A stage being made."""
    return workspace.start("04_finetuning_imdb", "smoke", "imdb", 0)
