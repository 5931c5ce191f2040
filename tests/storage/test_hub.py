"""Models of the Hugging Face Hub: a snapshot folder, and a download from a stand-in server."""

import hashlib
import itertools
import json
import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

import window_ner
from window_ner.errors import InputError
from window_ner.storage.hub import download_model

COMMIT = "a" * 40
TEXT = "Angela Merkel met Tim Cook."


FILES = {"code.py": b"raise SystemExit"}
ASKED = []


@pytest.fixture(scope="module", autouse=True)
def model(tmp_path_factory, tiny_tagger):
    """The folder of the model on the Hub."""
    folder = tmp_path_factory.mktemp("hub") / "model"
    tiny_tagger.save(folder)
    FILES.update({path.name: path.read_bytes() for path in folder.iterdir()})
    return folder


class Hub(BaseHTTPRequestHandler):
    """Answers for the one model user/model, with a file that no program should ask for."""

    def do_GET(self):
        ASKED.append(self.path.split("?")[0])
        body = self.content()
        if body is None:
            self.send_response(404)
            self.send_header("X-Error-Code", "RepoNotFound")
            body = b""
        else:
            self.send_response(200)
            self.send_header("ETag", f'"{hashlib.sha256(body).hexdigest()}"')
            self.send_header("X-Repo-Commit", COMMIT)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)

    do_HEAD = do_GET  # noqa: N815

    def content(self):
        path = ASKED[-1]
        if path.startswith("/user/model/resolve/"):
            return FILES.get(path.rpartition("/")[2])
        if path.startswith("/api/models/user/model/tree/"):
            listed = [
                {"type": "file", "path": name, "size": len(data), "oid": "b" * 40}
                for name, data in FILES.items()
            ]
            return json.dumps(listed).encode()
        if path.startswith("/api/models/user/model/"):
            siblings = [{"rfilename": name} for name in FILES]
            return json.dumps({"id": "user/model", "sha": COMMIT, "siblings": siblings}).encode()
        return None

    def log_message(self, *_):
        pass


PROGRAM = """
import window_ner
for name in ("user/model", "user/model@main", "user/gone", "x", "a b/c"):
    try:
        print([e.text for e in window_ner.load("hf://" + name)("Angela Merkel met Tim Cook.")])
    except window_ner.InputError as error:
        print(error)
"""

COMMANDS = f"""
print("offline?", flush=True)
input()
import sys
from window_ner.cli import main
for name in ("user/model", "user/other"):
    sys.argv = ["window-ner", "predict", {TEXT!r}, "--format", "jsonl", "--model", "hf://" + name]
    try:
        main()
    except SystemExit as stopped:
        if stopped.code:
            print(stopped.code)
"""


def test_a_model_is_downloaded_from_the_hub_and_then_found_in_its_cache(tmp_path):
    pytest.importorskip("huggingface_hub", reason="not installed: pip install '.[hub]'")
    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    environment = {
        "HF_ENDPOINT": f"http://127.0.0.1:{server.server_port}",
        "HF_HOME": str(tmp_path),
        "NO_PROXY": "127.0.0.1",
    }
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM + COMMANDS],
        env=os.environ | environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    online = list(itertools.takewhile(lambda line: line != "offline?\n", process.stdout))
    server.shutdown()
    server.server_close()
    offline, errors = process.communicate("yes\n")
    found = "['Angela Merkel', 'Tim Cook']"
    assert [line.rstrip("\n") for line in online] == [
        found,
        found,
        "hf://user/gone: the Hub has no such model, or it is private (log in: hf auth login)",
        "hf://x: expected hf://user/model or hf://user/model@revision",
        "hf://a b/c: is not a name of the Hub",
    ]
    assert f"/user/model/resolve/{COMMIT}/manifest.json" in ASKED
    assert not [path for path in ASKED if path.endswith("code.py")]

    answer, code = offline.splitlines()
    assert [e["text"] for e in json.loads(answer)["entities"]] == ["Angela Merkel", "Tim Cook"]
    assert code == "2"
    assert "hf://user/other: the Hub cannot be reached, and the model is not in" in errors


def test_a_snapshot_folder_of_the_hub_is_a_model(model, tiny_tagger, tmp_path):
    blobs, snapshot = tmp_path / "blobs", tmp_path / "snapshots" / COMMIT
    blobs.mkdir()
    snapshot.mkdir(parents=True)
    for path in model.iterdir():
        blob = blobs / hashlib.sha256(path.read_bytes()).hexdigest()
        blob.write_bytes(path.read_bytes())
        (snapshot / path.name).symlink_to(os.path.relpath(blob, snapshot))
    (snapshot / ".gitattributes").write_text("*.safetensors filter=lfs\n")
    assert window_ner.load(snapshot)(TEXT) == tiny_tagger(TEXT) != []


def test_without_huggingface_hub_the_message_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(InputError, match=r"hf://user/model: needs huggingface_hub: pip install"):
        download_model("hf://user/model")
