"""Machines that a test may start, use by SSH and lose: namespaces of this one, see site.sh."""

import contextlib
import shlex
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
_TOOLS = ("sshd", "ssh", "ssh-keygen", "rsync", "ip", "unshare", "nsenter", "setpriv", "mount")
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_SSHD = """\
Port 22
HostKey {directory}/host_key
PermitRootLogin prohibit-password
PasswordAuthentication no
UsePAM no
StrictModes no
PidFile none
AuthorizedKeysFile {directory}/key.pub
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """Machines and the place from which they are used, each with a home and a /tmp of its own.

    Args:
        directory: holds `key`, which opens every machine, and `home`, everyone's own there.
        hosts: names of the machines; the first one's address is 10.77.0.11.
        pid: of the first process of the site.
    """

    directory: Path
    hosts: tuple[str, ...]
    pid: int

    def address(self, host: str) -> str:
        """The address of a machine."""
        return f"10.77.0.{11 + self.hosts.index(host)}"

    def home(self, host: str = "launcher") -> Path:
        """From outside, the home of a machine, or of the place from which they are used."""
        return self.directory / host / "home"

    def run(self, command: str, *, timeout: float = 300, **environment: str) -> str:
        """What a command of the shell prints that is run where the machines are used from.

        Raises:
            AssertionError: it failed; the message is what it printed.
        """
        code, output = self.attempt(command, timeout=timeout, **environment)
        assert code == 0, f"{command}\nexit code {code}\n{output}"
        return output

    def attempt(self, command: str, *, timeout: float = 300, **environment: str) -> tuple[int, str]:
        """Its exit code and what it prints."""
        inside = ["nsenter", f"--target={self.pid}", "--net", "--mount", "--pid", "--"]
        done = subprocess.run(
            [*inside, "bash", "-c", f"cd {shlex.quote(str(ROOT))} && {command}"],
            env={
                "HOME": str(self.directory / "home"),
                "PATH": f"{ROOT / '.venv' / 'bin'}:{_PATH}",
                "LANG": "C.UTF-8",
                **environment,
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=timeout,
        )
        return done.returncode, done.stdout

    def on(self, host: str, command: str, *, timeout: float = 300) -> tuple[int, str]:
        """Exit code and output of a command on a machine, as Ray runs it."""
        options = f"-q -i {self.directory / 'key'} -o StrictHostKeyChecking=no"
        remote = shlex.quote(f"bash -c {shlex.quote(f'source ~/.bashrc; {command}')}")
        told = f"ssh -tt {options} root@{self.address(host)} {remote}"
        return self.attempt(told, timeout=timeout)

    def lose(self, host: str) -> None:
        """A machine falls silent, without a word to the others."""
        pid = (self.directory / host / "pid").read_text().strip()
        self.run(f"ip link set {host} down && kill -KILL {pid}")


@contextlib.contextmanager
def machines(directory: Path, hosts: Sequence[str]) -> Iterator[Site]:
    """A site with these machines, for as long as the block, or at most this process, runs."""
    _furnish(directory, hosts)
    # The first `unshare` dies with this process, however that ends, and takes everything with it.
    command = ["setpriv", "--pdeathsig", "KILL", "unshare", "--net", "--mount", "--pid", "--fork"]
    site = [str(Path(__file__).with_name("site.sh")), str(directory), str(ROOT), *hosts]
    with (directory / "log").open("w") as log:
        running = subprocess.Popen(
            [*command, "--kill-child", "bash", *site], stdout=log, stderr=log
        )
    try:
        _wait_for(directory, running)
        children = Path(f"/proc/{running.pid}/task/{running.pid}/children").read_text()
        yield Site(directory=directory, hosts=tuple(hosts), pid=int(children.split()[0]))
    finally:
        running.send_signal(signal.SIGKILL)
        running.wait()


def _wait_for(directory: Path, running: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 30
    while not (directory / "ready").exists():
        told = (directory / "log").read_text()
        assert running.poll() is None, f"the machines did not start\n{told}"
        assert time.monotonic() < deadline, f"the machines did not start in time\n{told}"
        time.sleep(0.1)


def _furnish(directory: Path, hosts: Sequence[str]) -> None:
    """Homes, keys and what sshd reads."""
    missing = [tool for tool in _TOOLS if not shutil.which(tool, path=_PATH)]
    assert not missing, f"no {', '.join(missing)}; install openssh-server, rsync and iproute2"
    directory.mkdir(exist_ok=True)
    for name in ("key", "host_key"):
        command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(directory / name)]
        subprocess.run(command, check=True)
    (directory / "sshd_config").write_text(_SSHD.format(directory=directory))
    passwd = Path("/etc/passwd").read_text()
    (directory / "home").mkdir()
    (directory / "passwd").write_text(passwd.replace(":/root:", f":{directory / 'home'}:"))
    for name in ("launcher", *hosts):
        home = directory / name / "home"
        home.mkdir(parents=True)
        (directory / name / "tmp").mkdir()
