"""Makes Ray's authentication token for a cluster to be started: `python -m study.token`."""

from study.cluster.token import keep_token_private

if __name__ == "__main__":
    keep_token_private()
