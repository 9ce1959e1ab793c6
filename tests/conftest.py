"""What the tests share: a workspace of their own, so that the checkout is never written."""

import pytest

from helpers import imdb, workspace


@pytest.fixture(autouse=True)
def home(tmp_path, tmp_path_factory, monkeypatch):
    """Put data and artifacts into a temporary folder; forget the reader's variables."""
    progress = tmp_path_factory.mktemp("progress") / "progress.json"
    monkeypatch.setenv("SLM_PROGRESS", str(progress))  # instead of live progress lines
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
