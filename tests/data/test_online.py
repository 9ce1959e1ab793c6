"""What comes from the network or stands in for it: files, archives, folders of copies."""

import io
import os
import struct
import subprocess
import sys
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pandas as pd
import pytest
from hub_double import serve

from helpers.data import online
from helpers.data.settings import SourceError


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder of copies with one in it, its columns in another order and one too many."""
    rows = pd.DataFrame({"zh": ["嗨", "跑"], "by": ["a", "b"], "en": ["Hi", "Run"]}, index=[7, 9])
    rows.to_parquet(tmp_path / "pairs.parquet")
    monkeypatch.setenv("SLM_DATA_MIRROR", str(tmp_path))
    return tmp_path


def test_a_copy_has_the_columns_asked_for(folder):
    rows = online.read_copy("pairs", ["en", "zh"])
    assert list(rows) == ["en", "zh"] and rows.to_numpy().tolist() == [["Hi", "嗨"], ["Run", "跑"]]
    assert list(rows.index) == [0, 1]


def test_a_column_of_a_copy_may_have_its_published_name(folder):
    rows = online.read_copy("pairs", ["text"], {"en": "text"})
    assert rows["text"].tolist() == ["Hi", "Run"]
    rows = online.read_copy("pairs", ["zh"], {"en": "zh"})  # the name itself is there
    assert rows["zh"].tolist() == ["嗨", "跑"]


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        (None, r"has no pairs\.parquet\. Put a copy there \(columns en, zh\)"),
        (b"cut", r"pairs\.parquet cannot be read as Parquet\. Put a copy there"),
        ({"en": ["Hi"], "cn": ["嗨"]}, "no column 'zh'.* needs the columns en, zh; .* en, cn"),
        ({"en": [], "zh": []}, "has no rows. Put a whole copy"),
        ({"en": ["Hi", None], "zh": ["嗨", "跑"]}, "row 2: en is empty"),
        ({"en": ["Hi"], "zh": [float("nan")]}, "row 1: zh is empty"),
    ],
)
def test_a_copy_that_cannot_be_used_says_why(folder, rows, told):
    path = folder / "pairs.parquet"
    path.unlink()
    if isinstance(rows, bytes):
        path.write_bytes(rows)
    elif rows is not None:
        pd.DataFrame(rows).to_parquet(path)
    with pytest.raises(SourceError, match=told):
        online.read_copy("pairs", ["en", "zh"])


def test_without_a_folder_of_copies_one_is_asked_for(monkeypatch):
    for value in (None, ""):
        monkeypatch.delenv("SLM_DATA_MIRROR", raising=False)
        if value is not None:
            monkeypatch.setenv("SLM_DATA_MIRROR", value)
        assert online.mirror() is None
        with pytest.raises(SourceError, match=r"Put pairs\.parquet into a folder and name that"):
            online.read_copy("pairs", ["en"])


def test_a_configuration_is_the_one_that_is_asked_for(tmp_path):
    """The unmodified `datasets` library loads a repository of two configurations."""
    repository, configs = tmp_path / "hub", ""
    for config in ("en", "zh"):
        (repository / config).mkdir(parents=True)
        pd.DataFrame({"text": [f"said in {config}"]}).to_parquet(repository / config / "a.parquet")
        configs += f"- config_name: {config}\n  data_files:\n"
        configs += f"  - split: train\n    path: {config}/*\n"
    (repository / "README.md").write_text(f"---\nconfigs:\n{configs}---\n")
    code = "from helpers.data.online import load_splits\n"
    code += "print(load_splits('me/words', ['train'], 'stop', config='zh')['train']['text'][0])"
    with serve("me/words", repository) as address:
        done = subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            env={**os.environ, "HF_ENDPOINT": address, "HF_HOME": str(tmp_path / "hf")},
        )
    assert done.returncode == 0, done.stderr
    assert done.stdout == "said in zh\n"


def test_a_configuration_changes_nothing_in_a_folder_of_copies(folder):
    (folder / "pairs.parquet").rename(folder / "pairs_train.parquet")
    loaded = online.load_splits("me/pairs", ["train"], "stop", config="zh")
    assert loaded["train"]["en"][0] == "Hi"


class Handler(BaseHTTPRequestHandler):
    """Says of /file what it is, promises more than it sends, or leads elsewhere."""

    def log_message(self, *_):
        pass

    def do_GET(self):
        body, promised = b"0123456789", {"/file": 10, "/short": 20}
        status = {"/away": 302, "/gone": 404}.get(self.path, 200)
        self.send_response(status)
        if status == 302:
            self.send_header("Location", f"http://localhost:{self.server.server_port}/file")
        if self.path in promised:
            self.send_header("Content-Length", str(promised[self.path]))
        self.end_headers()
        if status == 200:
            self.wfile.write(body)


@pytest.fixture(scope="module")
def address():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


def test_a_file_is_fetched_whole(address, monkeypatch):
    monkeypatch.setattr(online, "SCHEME", address)  # in place of https, which needs a certificate
    assert online.fetch(f"{address}/file", 10, "stop") == b"0123456789"
    assert online.fetch(f"{address}/unsaid", 10, "stop") == b"0123456789"


@pytest.mark.parametrize(
    ("path", "most", "told"),
    [
        ("/file", 9, "larger than the 9 bytes .* You can stop"),
        ("/unsaid", 9, "larger than the 9 bytes"),
        ("/short", 100, "broke off after 10 of 20 bytes. Run again, or stop"),
        ("/gone", 10, "cannot be had .*404.* or stop"),
        ("/away", 10, "localhost:.* does not begin with"),
    ],
)
def test_what_is_no_whole_file_is_refused(address, monkeypatch, path, most, told):
    monkeypatch.setattr(online, "SCHEME", address)
    with pytest.raises(SourceError, match=told):
        online.fetch(address + path, most, "stop")


@pytest.mark.parametrize("scheme", ["http", "file"])
def test_nothing_is_fetched_but_by_https(address, tmp_path, scheme):
    (tmp_path / "file").write_text("0123456789")
    url = f"{address}/file" if scheme == "http" else (tmp_path / "file").as_uri()
    with pytest.raises(SourceError, match="does not begin with https://"):
        online.fetch(url, 10, "stop")


def test_who_does_not_answer_is_named():
    with pytest.raises(SourceError, match="https://127.0.0.1:9/a cannot be had .* or stop"):
        online.fetch("https://127.0.0.1:9/a", 10, "stop")


def zipped(content=b"a\n" * 500):
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("words.txt", content)
    return archive.getvalue()


def test_a_file_of_an_archive_is_unpacked():
    assert online.unpack(zipped(), "words.txt", 1000, "stop") == b"a\n" * 500


@pytest.mark.parametrize(
    ("archive", "name", "told"),
    [
        (b"no zip", "words.txt", "not the archive that was expected, with words.txt in it"),
        (zipped()[:-9], "words.txt", "not the archive"),
        (zipped(), "others.txt", "no item named 'others.txt'.* Run again, or stop"),
        (zipped(b"a" * 1001), "words.txt", "it has 1,001 bytes, 1,000 are the most"),
        # an archive that says less of itself than is in it
        (zipped(b"a" * 1001).replace(struct.pack("<I", 1001), b"\x09\0\0\0"), "words.txt", "CRC"),
    ],
)
def test_an_archive_that_is_another_is_refused(archive, name, told):
    with pytest.raises(SourceError, match=told):
        online.unpack(archive, name, 1000, "stop")
