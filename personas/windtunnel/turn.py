"""One turn in a talk: what somebody says, given where they stand and what they have just heard."""

import random

from personas.windtunnel import names, phrases
from personas.windtunnel.mind import Heard, Mind
from personas.windtunnel.phrases import LABEL_PHRASES, Phrase
from personas.windtunnel.speech import Said, idea_of, join, say, state, utter
from personas.windtunnel.town import Proposal, sign

OPENER_SHARE = 0.35
CLOSER_SHARE = 0.25
REPLY_SHARE = 0.8
"""How often a speaker takes up what was said last."""
REASON_SHARE = 0.85
IDEA_SHARE = 0.15
"""How often a speaker has an idea without having been given a concept to go on from."""
FIELD_SHARE = 0.5
"""How many of these ideas come from the speaker's own field; the others are ready-made."""
PAIR_SHARE = 0.3
"""How many ideas from the own field join two of its concepts."""
UPTAKE_SHARE = 0.5
"""How often a concept of another field in the last line is joined with one of the own."""


def take_turn(rng: random.Random, mind: Mind, proposal: Proposal) -> Said:
    """What a participant says next: the law is applied first, then the stance is stated.

    Args:
        rng: Source of the law's draw and of all wordings.
        mind: Who speaks; it is changed.
        proposal: The topic.
    """
    moved = mind.settle(rng, proposal)
    body = _yield(rng, mind, proposal) if moved else _hold(rng, mind, proposal)
    said = join(
        [*_style(rng, mind, phrases.OPENERS, OPENER_SHARE), *body, *_ending(rng, mind, proposal)]
    )
    mind.spoke(said.meaning)
    return said


def _ending(rng: random.Random, mind: Mind, proposal: Proposal) -> list[Said]:
    """Sometimes an idea, sometimes a closing sentence."""
    return _ideas(rng, mind, proposal) + _style(rng, mind, phrases.CLOSERS, CLOSER_SHARE)


def _ideas(rng: random.Random, mind: Mind, proposal: Proposal) -> list[Said]:
    """One idea or none: a concept just heard is taken up, or a new one comes up."""
    heard = mind.foreign_concept()
    if heard and rng.random() < UPTAKE_SHARE:
        (own,) = mind.pick_concepts(rng, 1)
        return [say(rng.choice(phrases.JOINED_IDEA), proposal, concept=heard, concept2=own)]
    if rng.random() >= IDEA_SHARE:
        return []
    if mind.chapter and rng.random() < FIELD_SHARE:
        return [field_idea(rng, mind, proposal)]
    return [ready_idea(rng, proposal)]


def ready_idea(rng: random.Random, proposal: Proposal) -> Said:
    """One of the alternatives that the town has ready."""
    return utter(rng, phrases.IDEA, idea=idea_of(rng, proposal))


def field_idea(rng: random.Random, mind: Mind, proposal: Proposal) -> Said:
    """An analogy with one or two concepts of the speaker's own field.

    Args:
        rng: Source of the concepts and the wording.
        mind: Who speaks; it must have a persona, and so a field.
        proposal: What the idea is for.
    """
    concept, concept2 = mind.pick_concepts(rng, 2)
    if rng.random() < PAIR_SHARE:
        return say(rng.choice(phrases.JOINED_IDEA), proposal, concept=concept, concept2=concept2)
    return say(rng.choice(phrases.FIELD_IDEA), proposal, concept=concept)


def _style(
    rng: random.Random, mind: Mind, table: dict[str, tuple[Phrase, ...]], share: float
) -> list[Said]:
    """A sentence in the person's way of speaking, or none."""
    options = table[mind.chapter.style] if mind.chapter else ()
    return [utter(rng, options)] if options and rng.random() < share else []


def _yield(rng: random.Random, mind: Mind, proposal: Proposal) -> list[Said]:
    """A reason has moved the speaker one notch: it says so, and names who gave it."""
    assert mind.fresh is not None
    other = mind.fresh[1]
    stance = mind.stances[proposal.key]
    parts = [
        utter(rng, phrases.YIELD, other=other) if other else utter(rng, phrases.YIELD_TO_NOBODY),
        say(rng.choice(phrases.MOVED), proposal, label=LABEL_PHRASES[stance]),
    ]
    if stance and rng.random() < 0.4:
        parts.append(argue(rng, mind, proposal))
    return parts


def _hold(rng: random.Random, mind: Mind, proposal: Proposal) -> list[Said]:
    """The stance has not moved: perhaps a reply to who spoke last, the stance, and a reason."""
    replies = _reply(rng, mind, mind.last, proposal) if mind.last else []
    parts = [*replies, state(rng, proposal, mind.stances[proposal.key])]
    argued = any(reply.meaning.reasons for reply in replies)
    if not argued and rng.random() < REASON_SHARE:
        parts.append(argue(rng, mind, proposal))
    return parts


def _reply(rng: random.Random, mind: Mind, heard: Heard, proposal: Proposal) -> list[Said]:
    """A sentence to whoever spoke last, true to where both stand; or none."""
    if rng.random() >= REPLY_SHARE:
        return []
    mine, theirs = sign(mind.stances[proposal.key]), sign(heard.stance)
    if not heard.first:
        return [utter(rng, phrases.KEEP)]
    if mine * theirs > 0:
        return [_agree(rng, mind, heard, mine)]
    if mine * theirs < 0:
        return [_disagree(rng, mind, heard, proposal, mine)]
    return [utter(rng, phrases.HEAR, other=heard.first)]


def _agree(rng: random.Random, mind: Mind, heard: Heard, side: int) -> Said:
    """Sides with a speaker, perhaps in that speaker's words."""
    shared = [r for r in heard.meaning.reasons if r.side == side and r not in mind.said]
    if shared and rng.random() < 0.5:
        return utter(rng, phrases.AGREE_REASON, other=heard.first, reason=shared[-1].text)
    return utter(rng, phrases.AGREE, other=heard.first)


def _disagree(rng: random.Random, mind: Mind, heard: Heard, proposal: Proposal, side: int) -> Said:
    """Contradicts a speaker: flatly, with a concession, or with a question."""
    own = mind.pick_reason(rng, proposal, side).text
    theirs = [reason.text for reason in heard.meaning.reasons if reason.side == -side]
    way = rng.random()
    if theirs and way < 0.4:
        return utter(rng, phrases.CONCEDE, other=heard.first, counter=theirs[-1], reason=own)
    if way < 0.6:
        return utter(rng, phrases.ASK, other=heard.first, reason=own)
    return utter(rng, phrases.DISAGREE, other=heard.first)


def argue(rng: random.Random, mind: Mind, proposal: Proposal) -> Said:
    """A reason for the speaker's own side; the undecided weigh two, the mild sometimes do."""
    stance = mind.stance(rng, proposal)
    side = sign(stance) or rng.choice((1, -1))
    reason = mind.pick_reason(rng, proposal, side).text
    if stance == 0 or (abs(stance) == 1 and rng.random() < 0.4):
        counter = mind.pick_reason(rng, proposal, -side).text
        return utter(rng, phrases.BALANCE, reason=reason, counter=counter)
    phrase = rng.choice(phrases.REASON)
    if "{a_job}" in phrase.text:
        if mind.chapter is None:
            return say(phrases.REASON[0], reason=reason)
        return say(phrase, reason=reason, a_job=names.with_article(mind.chapter.job))
    return say(phrase, reason=reason)
