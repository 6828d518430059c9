"""Which endpoint serves which adapter, without anybody keeping a table."""

import hashlib
from collections.abc import Sequence


def by_rendezvous(key: str, urls: Sequence[str]) -> list[str]:
    """Endpoints in the order in which they should serve `key`: highest random weight first.

    Every client that knows the same endpoints finds the same order. An endpoint that joins
    n - 1 others becomes first for about one key in n and leaves all others where they were; one
    that is down passes each of its keys on to that key's own second choice.

    Thaler and Ravishankar (1998), Using name-based mappings to increase hit rates, IEEE/ACM
    Transactions on Networking 6(1).

    Args:
        key: Fingerprint of an adapter.
        urls: Distinct endpoints, in any order.

    Returns:
        All of `urls`.
    """

    def weight(url: str) -> bytes:
        return hashlib.blake2b(f"{key} {url}".encode(), digest_size=8).digest()

    return sorted(urls, key=weight, reverse=True)
