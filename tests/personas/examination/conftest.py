"""One town for all tests of the examination."""

import pytest

from tests.personas.examination.town import build


@pytest.fixture(scope="session")
def town(tmp_path_factory):
    """Ada, who is examined, and Bo; see `tests.personas.examination.town`."""
    return build(tmp_path_factory.mktemp("town"))


@pytest.fixture(scope="session")
def exam(town):
    """An exam of Ada in both stages."""
    return town.exam()
