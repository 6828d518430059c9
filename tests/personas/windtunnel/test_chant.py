"""An echo repeats exactly what was heard just before."""

import random
from itertools import islice

from personas.windtunnel.chant import chants


def test_every_answer_repeats_the_line_before_it() -> None:
    for document in islice(chants(random.Random(1)), 200):
        heard, said = document.messages[::2], document.messages[1::2]
        assert len(heard) == len(said) > 1
        for question, answer in zip(heard, said, strict=True):
            assert (question.role, answer.role) == ("user", "assistant")
            assert question.lines == (answer.lines[0] + "\n",)


def test_words_are_of_the_town_and_of_no_town() -> None:
    lines = [d.messages[1].lines[0] for d in islice(chants(random.Random(2)), 300)]
    words = [word for line in lines for word in line.split()]
    assert len(set(words)) > len(words) / 4, "a closed list could be learnt by heart"
