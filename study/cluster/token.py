"""Ray's authentication token, kept from other users of the machine.

Ray writes the token with whatever rights the umask leaves, and whoever reads it can run code in a
cluster.
"""

import contextlib
import os
import secrets
from pathlib import Path

# The variables by which a user keeps the token elsewhere, and takes care of it.
_OWN_TOKEN = ("RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH")


def keep_token_private(home: Path | None = None) -> None:
    """Make the token file of this user, if it is missing, and let nobody else read it.

    Args:
        home: the home directory of the user; None for that of the process.

    Examples:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as home:
        ...     keep_token_private(Path(home))
        ...     oct(Path(home, ".ray", "auth_token").stat().st_mode)
        '0o100600'
    """
    if any(name in os.environ for name in _OWN_TOKEN):
        return
    path = (home or Path.home()) / ".ray" / "auth_token"
    # Ray itself says what is wrong with a home that can't be written.
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            path.chmod(0o600)
            return
        with os.fdopen(descriptor, "w") as stream:
            # As Ray makes one: 256 random bits in hexadecimal digits.
            stream.write(secrets.token_hex(32))
