"""A hub that is killed while it works, and many who write at once: nothing answered is ever lost.

`SLM_LONG=1` kills it 200 times instead of a few.
"""

import itertools
import json
import os
import random
import subprocess
import sys
import threading
import time

import httpx
import pytest
from hub_fsck import check_hub

from helpers import hub
from helpers.hub.store import Store

ROUNDS = 200 if os.environ.get("SLM_LONG") == "1" else 4
BODY = 200_000  # bytes a commit


def commit_lines(message, **files):
    lines = [{"key": "header", "value": {"summary": message}}]
    lines += [
        {"key": "file", "value": {"path": path, "content": content}}
        for path, content in files.items()
    ]
    return "\n".join(json.dumps(line) for line in lines).encode()


class Killed:
    """A hub in a process of its own that can be killed and started again."""

    def __init__(self, folder):
        self.folder = folder
        self.start()

    def start(self):
        command = [sys.executable, "-m", "helpers.hub", "--folder", str(self.folder), "--port", "0"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        first = self.process.stdout.readline()
        assert first.startswith("Model hub: "), first
        self.url = first.split()[-1]
        headers = {"Authorization": f"Bearer {(self.folder / 'token').read_text()}"}
        self.client = httpx.Client(base_url=self.url, headers=headers, timeout=60)
        for _ in range(600):
            try:
                self.client.get("/api/models")
                return
            except httpx.TransportError:
                time.sleep(0.05)
        raise AssertionError("the hub did not come up")

    def kill(self):
        self.process.kill()
        self.process.communicate()
        self.client.close()


@pytest.fixture
def killed(tmp_path):
    made = Killed(tmp_path / "hub")
    yield made
    made.kill()


def work(server, numbers, answered, made):
    """Commit, create and discuss until the hub is gone; keep what it answered."""
    try:
        for n in numbers:
            body = commit_lines(f"c{n}", **{f"f{n}.txt": f"{n}:" + "x" * BODY, "last.txt": str(n)})
            if server.client.post("/api/models/a/main/commit/main", content=body).is_success:
                answered.append(n)
            new = {"name": f"m{n}", "organization": "a"}
            if server.client.post("/api/repos/create", json=new).is_success:
                made.append(f"a/m{n}")
            if n % 3 == 0:
                made.remove(f"a/m{n}")  # killed now, it may be there or not
                server.client.request("DELETE", "/api/repos/delete", json=new)
            server.client.post("/api/models/a/main/discussions", json={"title": f"d{n}"})
    except httpx.TransportError:
        pass


def test_a_killed_hub_loses_nothing_it_answered(killed):
    new = {"name": "main", "organization": "a"}
    assert killed.client.post("/api/repos/create", json=new).is_success
    numbers, answered, made = itertools.count(), [], []
    chance = random.Random(0)
    for _ in range(ROUNDS):
        threads = [
            threading.Thread(target=work, args=(killed, numbers, answered, made)) for _ in range(2)
        ]
        for thread in threads:
            thread.start()
        time.sleep(chance.uniform(0.05, 0.6))  # any moment will do
        killed.process.kill()
        for thread in threads:
            thread.join()
        killed.kill()
        killed.start()
        found = check_hub(killed.folder)
        for n in answered:
            assert found["a/main"][f"f{n}.txt"].startswith(f"{n}:")
        # a commit is whole or absent: what it wrote last goes with what it wrote first
        if "last.txt" in found["a/main"]:
            assert f"f{found['a/main']['last.txt']}.txt" in found["a/main"]
        assert set(made) <= set(found)
        listed = {info["id"] for info in killed.client.get("/api/models").json()}
        assert listed <= set(found)


def test_a_start_tidies_up(tmp_path):
    store = Store(tmp_path)
    model = store.create("a/b", "learner")
    (store.new_tmp("commit") / "half").write_text("an object")
    (model.path / "refs" / "heads" / "main.lock").write_text("")
    (tmp_path / "models" / "empty").mkdir()
    with pytest.raises(RuntimeError, match="served by another hub"):
        Store(tmp_path)
    store.close()
    again = Store(tmp_path)
    assert [found.repo_id for found in again.models()] == ["a/b"]
    assert list(again.tmp.iterdir()) == []
    assert not (model.path / "refs" / "heads" / "main.lock").exists()
    assert not (tmp_path / "models" / "empty").exists()
    again.close()


def test_eight_writers_lose_no_commit(tmp_path):
    commits = 5
    with hub.serve(tmp_path) as server:
        server.api().create_repo("a/b")

        def write(writer):
            headers = {"Authorization": f"Bearer {server.token}"}
            with httpx.Client(base_url=server.url, headers=headers, timeout=120) as client:
                for i in range(commits):
                    body = commit_lines(f"{writer}.{i}", **{f"{writer}/{i}.txt": f"{writer}.{i}"})
                    answers.append(client.post("/api/models/a/b/commit/main", content=body))

        answers = []
        threads = [threading.Thread(target=write, args=(writer,)) for writer in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [answer.status_code for answer in answers] == [200] * 8 * commits
        history = server.api().list_repo_commits("a/b")
        ids = {answer.json()["commitOid"] for answer in answers}
        assert len(ids) == 8 * commits and ids < {commit.commit_id for commit in history}
    files = check_hub(tmp_path)["a/b"]
    assert {path: path[:-4].replace("/", ".") for path in files} == files
    assert len(files) == 8 * commits
