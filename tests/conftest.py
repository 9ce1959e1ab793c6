"""What the tests share: a workspace of their own, so that the checkout is never written."""

import shutil

import pytest

from helpers.browser import page as browser
from helpers.data import imdb
from helpers.stages import workspace


@pytest.fixture(autouse=True)
def home(tmp_path, tmp_path_factory, monkeypatch):
    """Put data and artifacts into a temporary folder; forget the reader's variables."""
    progress = tmp_path_factory.mktemp("progress") / "progress.json"
    monkeypatch.setenv("SLM_PROGRESS", str(progress))  # instead of live progress lines
    monkeypatch.setenv("SLM_HEADLESS", "1")  # nobody is there to move a slider
    monkeypatch.setenv("SLM_HOME", str(tmp_path / "home"))
    for name in ("PROFILE", "TASK", "SEED", "SOURCE", "UNLABELED", "TEXT_COLUMN", "LABEL_COLUMN"):
        monkeypatch.delenv(name, raising=False)
    for name in ("GROUP_COLUMN", "ENCODING", "TEXT_LANGUAGE", "CLASS_WEIGHTS", "SLM_DATA_MIRROR"):
        monkeypatch.delenv(name, raising=False)
    for name in ("HF_TOKEN", "HF_ENDPOINT", "PUBLISH"):  # no test reaches anybody's account
        monkeypatch.delenv(name, raising=False)
    return tmp_path / "home"


@pytest.fixture(scope="session")
def reviews():
    """The packaged 25,000 reviews."""
    return imdb.packaged_reviews()


@pytest.fixture
def run():
    """A stage being made."""
    return workspace.start("04_finetuning", "smoke", "imdb", 0)


@pytest.fixture(scope="session")
def package():
    """The npm package that runs a model in a browser."""
    if shutil.which("npm") is None:
        # it is no Python package, so requirements.txt cannot bring it to every machine
        pytest.skip("npm is not installed: the page cannot be tried (apt install npm)")
    return browser.npm_package()


@pytest.fixture(scope="module")
def chromium():
    """One Chromium for a module's tests that look at pages; the browser is no Python package.

    Not for the whole session: while it is open, Playwright's event loop runs in this thread,
    and `asyncio.run` of any test that follows would refuse to start a second one.
    """
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        # it comes from the system, so requirements.txt cannot bring it to every machine
        pytest.skip("Chromium is not installed: pages cannot be tried (apt install chromium)")
    arguments = ["--no-sandbox", "--headless=new", "--disable-gpu"]
    from playwright.sync_api import sync_playwright  # here: most tests need no browser

    with sync_playwright() as play:
        opened = play.chromium.launch(executable_path=path, args=arguments)
        yield opened
        opened.close()
