import torch

from agents.engines.kvcache import BatchCache, Layers, PrefixCache, RowCache

HEADS, SIZE = 2, 4


def row(length: int, mark: float) -> Layers:
    """Two layers of keys and values filled with a mark."""
    shape = (1, HEADS, length, SIZE)
    return [(torch.full(shape, mark + i), torch.full(shape, -mark - i)) for i in range(2)]


def test_a_row_is_read_on_top_of_a_prefix() -> None:
    cache = RowCache(row(5, 1.0), 3)
    assert cache.get_seq_length() == 3
    keys, values = cache.update(*row(2, 7.0)[0], 0)
    assert keys[0, 0, :, 0].tolist() == [1, 1, 1, 7, 7]
    assert values[0, 1, :, 3].tolist() == [-1, -1, -1, -7, -7]


def test_a_batch_writes_each_row_at_its_own_end() -> None:
    batch = BatchCache()
    batch.join(row(2, 10.0), room=4)
    batch.join(row(3, 20.0), room=5)
    positions, visible = batch.step()
    assert positions.tolist() == [[2], [3]]
    assert visible[:, 0, 0].tolist() == [[True, True, True, False], [True] * 4]
    new = torch.cat((row(1, 1.0)[0][0], row(1, 2.0)[0][0]))
    keys, _ = batch.update(new, -new, 0)
    assert keys[0, 0, :3, 0].tolist() == [10, 10, 1]
    assert keys[1, 0, :, 0].tolist() == [20, 20, 20, 2]


def test_the_last_row_takes_the_place_of_one_that_leaves() -> None:
    batch = BatchCache()
    for mark, length in ((10.0, 2), (20.0, 4), (30.0, 3)):
        batch.join(row(length, mark), room=6)
    batch.leave(0)
    assert batch.lengths == [3, 4]
    batch.step()
    new = torch.zeros(2, HEADS, 1, SIZE)
    keys, values = batch.update(new, new, 1)
    assert keys[0, 0, :4, 0].tolist() == [31, 31, 31, 0]
    assert values[1, 0, :, 0].tolist() == [-21, -21, -21, -21, 0]


def test_room_grows_and_keeps_what_is_there() -> None:
    batch = BatchCache()
    for index in range(20):
        batch.join(row(3, float(index)), room=100 + 20 * index)
    batch.step()
    new = torch.full((20, HEADS, 1, SIZE), 99.0)
    keys, _ = batch.update(new, new, 0)
    assert keys[:, 0, 0, 0].tolist() == [float(index) for index in range(20)]
    assert keys[:, 0, 3, 0].tolist() == [99.0] * 20


def test_the_longest_shared_prefix_is_found_within_the_adapter() -> None:
    cache = PrefixCache(max_bytes=10**9)
    cache.remember("a", range(100), row(100, 1.0))
    cache.remember("a", [*range(50), *range(500, 800)], row(350, 2.0))
    cache.remember("b", range(400), row(400, 3.0))
    layers, known = cache.longest("a", [*range(80), 9, 9, 9])
    assert (known, layers[0][0][0, 0, 0, 0].item()) == (80, 1.0)
    assert cache.longest("c", range(400)) == ([], 0)
    assert cache.longest("a", [7, 8, 9]) == ([], 0)


def test_the_last_token_is_always_read() -> None:
    cache = PrefixCache(max_bytes=10**9)
    cache.remember("a", range(100), row(100, 1.0))
    assert cache.longest("a", range(100))[1] == 99


def test_the_least_recently_used_is_forgotten_first() -> None:
    one = 2 * 2 * HEADS * SIZE * 300 * 4  # layers, keys and values, float32
    cache = PrefixCache(max_bytes=2 * one)
    for start in (0, 1000):
        cache.remember("a", range(start, start + 300), row(300, 1.0))
    cache.longest("a", range(300))
    cache.remember("a", range(2000, 2300), row(300, 1.0))
    assert [cache.longest("a", range(s, s + 300))[1] for s in (0, 1000, 2000)] == [299, 0, 299]


def test_a_prompt_replaces_the_one_that_it_continues() -> None:
    one = 2 * 2 * HEADS * SIZE * 4
    cache = PrefixCache(max_bytes=700 * one)
    other = range(5000, 5200)
    cache.remember("a", other, row(200, 1.0))
    cache.remember("a", range(240), row(240, 1.0))
    cache.remember("a", [*range(230), *range(900, 1160)], row(490, 1.0))  # 930 without dropping
    assert cache.longest("a", other)[1] == 199
    assert cache.longest("a", range(240))[1] == 230


def test_no_room_means_nothing_is_kept() -> None:
    cache = PrefixCache(max_bytes=0)
    cache.remember("a", range(100), row(100, 1.0))
    assert cache.longest("a", range(100)) == ([], 0)
