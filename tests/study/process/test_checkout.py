import subprocess

from study.process.checkout import Checkout, read_checkout


def git(directory, *arguments):
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.org"]
    subprocess.run(["git", "-C", directory, *identity, *arguments], check=True, capture_output=True)


def test_outside_a_checkout_there_is_no_commit(tmp_path):
    assert read_checkout(tmp_path) == Checkout(commit=None, dirty=None)


def test_a_checkout_tells_its_commit_and_whether_it_was_changed(tmp_path):
    git(tmp_path, "init")
    (tmp_path / "code.py").write_text("1")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-m", "first")
    clean = read_checkout(tmp_path)
    assert len(clean.commit or "") == 40
    assert clean.dirty is False
    (tmp_path / "code.py").write_text("2")
    assert read_checkout(tmp_path) == Checkout(commit=clean.commit, dirty=True)


def test_a_package_inside_anothers_checkout_has_no_commit_of_its_own(tmp_path):
    git(tmp_path, "init")
    (tmp_path / "inner").mkdir()
    assert read_checkout(tmp_path / "inner").commit is None
