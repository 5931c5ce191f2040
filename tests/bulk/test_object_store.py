"""Input and output in an object store, here moto's server on this machine."""

import json

import pytest

pytest.importorskip("moto", reason="moto is large and not installed: pip install 'moto[server]'")
s3fs = pytest.importorskip("s3fs", reason="s3fs is not installed")


@pytest.fixture
def bucket(monkeypatch):
    from fsspec.config import conf
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer("127.0.0.1", 0)
    server.start()
    host, port = server.get_host_and_port()
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setitem(conf, "s3", {"endpoint_url": f"http://{host}:{port}"})
    s3fs.S3FileSystem.clear_instance_cache()
    s3fs.S3FileSystem().mkdir("bucket")
    yield s3fs.S3FileSystem()
    server.stop()


def test_what_is_in_a_bucket_is_tagged_into_a_bucket_and_the_same_command_goes_on(
    bulk, bucket, jsonl, tmp_path
):
    bulk(jsonl, output=tmp_path / "out", rows_per_part=3)
    bucket.put_file(str(jsonl), "bucket/in/texts.jsonl")
    call = {"output": "s3://bucket/out", "rows_per_part": 3, "summary": "s3://bucket/n.parquet"}
    outcome = bulk("s3://bucket/in", **call)
    assert (outcome.parts, outcome.reused) == (3, 0)
    names = [f"part-{number:06}.jsonl" for number in range(3)]
    for name in names:
        assert bucket.cat(f"bucket/out/{name}") == (tmp_path / "out" / name).read_bytes()
    assert json.loads(bucket.cat("bucket/out/_SUCCESS"))["rows"] == 7
    assert bucket.info("bucket/n.parquet")["size"] > 0
    bucket.pipe("bucket/out/part-000001.jsonl", b"damaged")
    again = bulk("s3://bucket/in/*.jsonl", **call)
    assert (again.parts, again.reused) == (3, 2)
    assert bucket.cat(f"bucket/out/{names[1]}") == (tmp_path / "out" / names[1]).read_bytes()
