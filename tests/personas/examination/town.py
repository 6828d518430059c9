"""An invented persona with its data and an exam, small enough for tests."""

import asyncio
import random
from dataclasses import dataclass
from pathlib import Path

from personas.datafolder import DataSet, Ingredients, write_data
from personas.embedding import HashedWords
from personas.examination.exam import Exam, Sources, prepare
from personas.examination.spec import ExamSpec
from personas.examination.timequestions import TimeWriter
from personas.examination.voices import Annotating
from personas.material import Material, load_material
from personas.newcomer import write_newcomer
from personas.preferences import PairRules
from personas.recipe import DataRecipe
from personas.windtunnel.annotator import GrammarAnnotator, same_said, town_instructions
from personas.windtunnel.examiner import GrammarJudge
from personas.windtunnel.life import read_person

SPEC = ExamSpec(distinct=4, others=1, shots=2, times=3, retests=1, facts=1, general=6)
JUDGE = GrammarJudge()


@dataclass(frozen=True)
class Town:
    """Ada, who is examined, and Bo."""

    home: Path
    ada: Material
    bo: Material
    annotator: GrammarAnnotator
    annotating: Annotating
    data: DataSet

    def exam(self, spec: ExamSpec = SPEC, stages=("early", "late")) -> Exam:
        """What each arm is asked."""
        seen = frozenset(item.question for item in self.data.train)
        writer = TimeWriter(self.annotator, self.annotating, JUDGE, self.ada, [self.bo], seen)
        told = town_instructions(random.Random(5), 12)
        sources = Sources(self.ada, stages, self.data, (self.bo,), told)
        return asyncio.run(prepare(sources, self.annotating, JUDGE, writer, spec))


def build(home: Path) -> Town:
    """Invents both, and writes Ada's data."""
    for seed, key in ((1, "ada"), (2, "bo")):
        write_newcomer(home / key, seed)
    annotator = GrammarAnnotator({key: read_person(home / key) for key in ("ada", "bo")})
    ada, bo = (load_material(home / key) for key in ("ada", "bo"))
    general = town_instructions(random.Random(4), 20)
    words = HashedWords()
    made_from = Ingredients(
        ada, annotator, words, "words", (bo,), instructions=general, same=same_said
    )
    written = write_data(made_from, DataRecipe(items=60), PairRules(), home / "data")
    data = asyncio.run(written)
    return Town(home, ada, bo, annotator, Annotating(annotator, (ada, bo), words), data)
