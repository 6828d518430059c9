"""Outcomes come in order, no more run at once than allowed or wanted, and none is left behind."""

import asyncio
import random

import pytest

from personas.flow import take_in_order


class Office:
    """Attempts that take their time; those whose number is divisible by three do not count."""

    def __init__(self, seed: int = 0) -> None:
        self.rng = random.Random(seed)
        self.running = self.most = self.begun = 0
        self.kept: list[int] = []

    async def attempt(self, number: int) -> int:
        self.begun += 1
        self.running += 1
        self.most = max(self.most, self.running)
        try:
            await asyncio.sleep(self.rng.random() / 500)
        finally:
            self.running -= 1
        return number

    def keep(self, number: int) -> bool:
        self.kept.append(number)
        return number % 3 != 0


@pytest.mark.parametrize("width", [1, 2, 7, 100])
@pytest.mark.parametrize("seed", [0, 1])
async def test_the_result_depends_on_neither_width_nor_speed(width, seed):
    office = Office(seed)
    await take_in_order(office.attempt, office.keep, first=3, wanted=4, width=width)
    assert office.kept == [3, 4, 5, 6, 7, 8]  # 4, 5, 7, 8 count
    assert office.most <= min(width, 4)
    assert office.begun == 6
    assert office.running == 0


async def test_an_error_ends_all_that_is_under_way():
    office = Office()

    async def attempt(number: int) -> int:
        if number == 2:
            raise ValueError("broken")
        return await office.attempt(number)

    with pytest.raises(ValueError, match="broken"):
        await take_in_order(attempt, office.keep, first=0, wanted=50, width=20)
    assert office.kept == [0, 1]
    assert office.running == 0


async def test_nothing_wanted_is_nothing_done():
    office = Office()
    await take_in_order(office.attempt, office.keep, first=0, wanted=0, width=5)
    assert office.begun == 0
