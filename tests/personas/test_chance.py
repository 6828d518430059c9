"""Draws by name, against the definition."""

from hashlib import blake2b

from hypothesis import given
from hypothesis import strategies as st

from personas.chance import seed_for, uniform

NAMES = st.lists(st.text(max_size=5) | st.integers(-3, 3), max_size=4)


def defined(*names: str | int) -> int:
    """63 bits of a hash over all names, each after its length in bytes."""
    raws = [str(name).encode() for name in names]
    framed = b"".join(str(len(raw)).encode() + b":" + raw for raw in raws)
    return int.from_bytes(blake2b(framed, digest_size=8).digest(), "big") >> 1


@given(st.integers(0, 2**63), NAMES)
def test_a_seed_is_a_hash_of_the_run_s_seed_and_of_all_names(seed, names):
    for _ in range(2):  # what is remembered of the first draw must not change in it
        assert seed_for(seed, *names) == defined(seed, *names)
        assert uniform(seed, *names) == (defined(seed, *names) >> 10) / 2**53


def test_names_do_not_run_together():
    assert len({seed_for(1, "ab", "c"), seed_for(1, "a", "bc"), seed_for(1, "abc")}) == 3
