"""A small double of the Hugging Face Hub's data-set API, on loopback, for one repository.

It speaks just enough of the protocol for the unmodified `datasets` library: repository info,
file tree, file info, and files with an ETag.
"""

import hashlib
import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

COMMIT = "0123456789abcdef0123456789abcdef01234567"


def make_handler(repository: str, files: dict[str, bytes]) -> type[BaseHTTPRequestHandler]:
    api, resolve = f"/api/datasets/{repository}", f"/datasets/{repository}/resolve/"

    def entry(path: str) -> dict:
        content = files[path]
        return {"type": "file", "path": path, "size": len(content), "oid": etag(content)}

    def etag(content: bytes) -> str:
        return hashlib.sha1(content).hexdigest()

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

        def reply(self, status: int, body: bytes, **headers: str) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            for name, value in headers.items():
                self.send_header(name.replace("_", "-"), value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        def reply_json(self, value: object, status: int = 200) -> None:
            self.reply(status, json.dumps(value).encode(), Content_Type="application/json")

        def missing(self) -> None:
            body = b'{"error": "Entry not found"}'
            self.reply(404, body, X_Error_Code="EntryNotFound", X_Repo_Commit=COMMIT)

        def tree(self, folder: str) -> None:
            inside = [path for path in files if path.startswith(folder)]
            if not inside:
                return self.missing()
            below = {
                p.removeprefix(folder).split("/")[0] for p in inside if "/" in p[len(folder) :]
            }
            folders = [{"type": "directory", "path": folder + n, "oid": COMMIT} for n in below]
            return self.reply_json(
                folders + [entry(p) for p in inside if "/" not in p.removeprefix(folder)]
            )

        def do_GET(self) -> None:
            path = unquote(urlsplit(self.path).path)
            if path.startswith(resolve):
                name = path.removeprefix(resolve).split("/", 1)[1]
                if name not in files:
                    return self.missing()
                content = files[name]
                first = 0
                if requested := self.headers.get("Range"):
                    first = int(requested.removeprefix("bytes=").split("-")[0])
                headers = {"ETag": f'"{etag(content)}"', "X_Repo_Commit": COMMIT}
                headers["Content_Range"] = f"bytes {first}-{len(content) - 1}/{len(content)}"
                return self.reply(206 if first else 200, content[first:], **headers)
            if path.startswith(f"{api}/tree/"):
                folder = path.removeprefix(f"{api}/tree/").partition("/")[2]
                return self.tree(folder + "/" if folder else "")
            if path == api or path.startswith(f"{api}/revision/"):
                siblings = [{"rfilename": p} for p in files]
                info = {"_id": "1", "id": repository, "sha": COMMIT, "siblings": siblings}
                return self.reply_json({**info, "private": False, "gated": False, "tags": []})
            return self.missing()

        do_HEAD = do_GET

        def do_POST(self) -> None:
            asked = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            if "/paths-info/" not in self.path:
                return self.missing()
            paths = json.loads(asked)["paths"]
            return self.reply_json([entry(path) for path in paths if path in files])

    return Handler


@contextmanager
def serve(repository: str, folder: Path):
    """Serve the files of a folder as a data-set repository; yield the server's address."""
    files = {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }
    server = ThreadingHTTPServer(("127.0.0.1", 0), make_handler(repository, files))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
