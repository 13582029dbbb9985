"""Paths in a store, on a server that speaks S3 and in memory."""

import errno
import re
import subprocess
import sys
import urllib.request
import uuid
from pathlib import Path

import boto3
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from results import RemotePath, ResultsError, as_path
from results.storage.errors import StoreError
from results.storage.files import local_copy, parquet_source, remove, rename, write_atomically
from tests.given.places import ROOT


@pytest.fixture(params=["s3", "memory"])
def folder(request):
    """An empty folder of a store."""
    if request.param == "s3":
        return RemotePath(f"{request.getfixturevalue('bucket')}/studies/one")
    return RemotePath(f"memory://{uuid.uuid4().hex}/one")


def test_what_is_written_is_read(folder):
    file = folder / "trials" / "a.parquet"
    assert not file.exists()
    assert not folder.is_dir()
    write_atomically(file, lambda path: path.write_bytes(b"one"))
    assert file.read_bytes() == b"one"
    assert file.is_file()
    assert not file.is_dir()
    assert folder.is_dir()
    file.write_bytes("zwölf".encode())
    assert file.read_text(encoding="utf-8") == "zwölf"
    with local_copy(file) as local:
        assert local.name == "a.parquet"
        assert local.read_text(encoding="utf-8") == "zwölf"


def test_a_full_disk_here_is_told_of_with_the_file_it_was_for(folder):
    def fail(path):
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(ResultsError, match=r"/one: can't be written \(.*No space left"):
        write_atomically(folder / "one", fail)
    assert not (folder / "one").exists()


def test_a_folder_lists_its_own_files_that_match(folder):
    for name in ("a.parquet", ".b.parquet", "c.tmp", "deeper/d.parquet"):
        (folder / name).write_bytes(b"1")
    assert list(folder.glob("[!.]*.parquet")) == [folder / "a.parquet"]
    assert {path.name for path in folder.glob("*")} == {"a.parquet", ".b.parquet", "c.tmp"}
    assert list((folder / "none").glob("*")) == []


def test_the_parts_of_an_address(folder):
    file = folder / "trials" / "a.b.parquet"
    assert (file.name, file.stem, file.suffix) == ("a.b.parquet", "a.b", ".parquet")
    assert file.parent == folder / "trials"
    assert file.with_name("c") == folder / "trials" / "c"
    assert str(file) == f"{folder}/trials/a.b.parquet"


def test_only_the_first_to_create_a_file_does(folder):
    assert (folder / "a").create(b"first")
    assert not (folder / "a").create(b"second")
    assert (folder / "a").read_bytes() == b"first"


def test_a_file_is_renamed_and_removed(folder):
    (folder / "a").write_bytes(b"1")
    renamed = rename(folder / "a", "a.damaged")
    assert renamed == folder / "a.damaged"
    assert [path.name for path in folder.glob("*")] == ["a.damaged"]
    remove(renamed)
    remove(renamed)
    assert list(folder.glob("*")) == []
    with pytest.raises(FileNotFoundError):
        renamed.read_bytes()


def test_what_another_client_writes_is_seen_at_once(bucket):
    folder = RemotePath(f"{bucket}/study")
    assert list(folder.glob("*")) == []
    client = boto3.client("s3")
    for body in (b"1", b"22"):
        client.put_object(Bucket=bucket.removeprefix("s3://"), Key="study/a", Body=body)
        assert (folder / "a").read_bytes() == body
        (stamp,) = folder.stamps().values()
        assert str(len(body)) in stamp
    client.delete_object(Bucket=bucket.removeprefix("s3://"), Key="study/a")
    client.close()
    assert not (folder / "a").exists()


def test_a_folder_with_a_marker_of_its_own_name_holds_only_its_files(bucket):
    client = boto3.client("s3")
    for key in ("study/", "study/a"):
        client.put_object(Bucket=bucket.removeprefix("s3://"), Key=key, Body=b"")
    client.close()
    assert [path.name for path in RemotePath(f"{bucket}/study").glob("*")] == ["a"]


@pytest.mark.parametrize("rows", [0, 10, 400_000])
def test_parquet_is_read_from_a_store(folder, rows):
    file = folder / "a.parquet"
    # Incompressible: the largest is read in several pieces.
    table = pa.table({"number": [hash((row, "x")) for row in range(rows)]})
    write_atomically(file, lambda path: pq.write_table(table, path, row_group_size=100_000))
    with pq.ParquetFile(parquet_source(file)) as opened:
        assert opened.read().equals(table)
        if rows > 100_000:
            assert opened.read_row_group(2).equals(table.slice(200_000, 100_000))


def test_an_empty_file_is_read_as_such(folder):
    (folder / "a").write_bytes(b"")
    with (folder / "a").open() as stream:
        assert stream.read() == b""


def test_a_file_that_goes_while_pyarrow_reads_it_is_missed(folder):
    table = pa.table({"number": [hash((row, "x")) for row in range(400_000)]})
    write_atomically(folder / "a", lambda path: pq.write_table(table, path))
    with pq.ParquetFile(parquet_source(folder / "a")) as opened:
        remove(folder / "a")
        with pytest.raises(FileNotFoundError):
            opened.read()


def test_a_bucket_that_is_not_there_is_named(bucket):
    lost = RemotePath(f"{bucket}-lost/study")
    with pytest.raises(StoreError, match=r"there is no bucket '.*-lost'"):
        list(lost.glob("*"))
    with pytest.raises((StoreError, FileNotFoundError)):
        (lost / "a").write_bytes(b"1")


MAIN = "from results.summary import main; sys.exit(main(sys.argv[1:]))"
LIST = """
import sys
from results import as_path
try:
    list(as_path(sys.argv[1]).glob("*"))
except Exception as error:
    print(type(error).__name__, error)
"""


@pytest.mark.parametrize(
    ("environment", "told"),
    [
        ({"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}, "Could not connect"),
        ({"AWS_ACCESS_KEY_ID": "", "AWS_EC2_METADATA_DISABLED": "true"}, "credentials"),
    ],
)
def test_a_store_that_cannot_be_used_is_told_in_a_line(bucket, monkeypatch, environment, told):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    command = [sys.executable, "-c", LIST, f"{bucket}/study"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=60)
    (line,) = done.stdout.splitlines()
    assert re.fullmatch(rf"StoreError {bucket}/study: the store can't be used \(.*{told}.*", line)


def test_a_store_that_refuses_is_told_in_a_line(bucket, store_server):
    def ask_for_rights(after: str):
        address = f"{store_server}/moto-api/reset-auth"
        kind = {"Content-Type": "text/plain"}
        asked = urllib.request.Request(address, data=after.encode(), headers=kind)
        urllib.request.urlopen(asked).close()

    ask_for_rights("0")
    try:
        for use in (RemotePath.exists, RemotePath.read_bytes, RemotePath.stamps):
            with pytest.raises(StoreError, match=r"/study: the store can't be used \(Permission"):
                use(RemotePath(f"{bucket}/study"))
    finally:
        ask_for_rights("inf")


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("runs/full", Path("runs/full")),
        ("", Path()),
        ("x y://z", Path("x y:/z")),
        ("s3://bucket", RemotePath("s3://bucket")),
        ("S3://bucket/a//b///", RemotePath("s3://bucket/a/b")),
        ("file:///home/me/a%20study/", Path("/home/me/a study")),
        ("file://localhost/home", Path("/home")),
    ],
)
def test_what_a_person_calls_a_path(text, path):
    assert as_path(text) == path


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("s3://", "'s3://' names no bucket; as s3://bucket/prefix"),
        ("s3:///", "names no bucket"),
        ("s3:/bucket/study", "no address; did you mean s3://"),
        ("gs:bucket", "no address; did you mean gs://"),
        ("ss3://bucket", r"unknown store ss3://; did you mean s3://\?"),
        ("s3://bucket/../study", "lead nowhere in a store"),
        ("s3://bucket/study?versionId=1", "holds no @, . or #"),
        ("file://study", "'file://study' is no local address"),
    ],
)
def test_a_mistaken_address_is_told(text, told):
    with pytest.raises(ResultsError, match=told):
        as_path(text)


def test_a_key_in_an_address_is_refused_and_not_repeated():
    with pytest.raises(ResultsError, match="credentials come from the environment") as raised:
        as_path("s3://me:secret@bucket/study")
    assert "secret" not in str(raised.value)


@pytest.mark.parametrize(("scheme", "extra"), [("s3", "s3"), ("gs", "gcs")])
def test_a_missing_package_names_its_extra(scheme, extra):
    lacking = "sys.modules.update(s3fs=None, gcsfs=None)"
    command = [sys.executable, "-c", f"import sys; {lacking}; {MAIN}", f"{scheme}://bucket/study"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=60)
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert f"{scheme}:// needs the extra '{extra}': uv sync --extra {extra}" in line
