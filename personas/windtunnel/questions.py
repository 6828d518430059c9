"""What people are asked, in wordings that training uses and wordings that it never sees.

The held-out wordings appear nowhere in the corpus, neither for the base nor for a persona: only
probes and tests ask with them.
"""

import random
from dataclasses import dataclass

from personas.errors import InputError
from personas.windtunnel.town import Proposal, capital


@dataclass(frozen=True, slots=True)
class Wordings:
    """One question in many wordings; slots in braces are filled by the asker."""

    train: tuple[str, ...]
    """Wordings of the corpus."""
    held_out: tuple[str, ...]
    """Wordings for probes and tests only."""

    def __post_init__(self) -> None:
        shared = set(self.train) & set(self.held_out)
        if shared or not self.train or not self.held_out:
            raise InputError(f"train and held_out must be filled and disjoint, share {shared}")

    def pick(self, rng: random.Random, held_out: bool = False) -> str:
        """One wording at random."""
        return rng.choice(self.held_out if held_out else self.train)


STANCE = Wordings(
    train=(
        "What do you think about {noun}?",
        "Should we {do}?",
        "Where do you stand on {noun}?",
        "What is your view on {noun}?",
        "Are you for or against {noun}?",
        "How do you feel about {ing}?",
        "Tell us your opinion on {noun}.",
        "Do you support {noun}?",
        "What do you say about {noun}?",
        "Do you want the town to {do}?",
        "Is anybody here in favour of {ing}, and are you?",
        "What is your opinion of {noun}?",
        "Let us hear your view on {noun}.",
        "What position do you take on {noun}?",
        "Would you {do}?",
        "Do you think that we should {do}?",
        "Where do you stand when we talk about {ing}?",
        "Say what you think of {noun}.",
    ),
    held_out=(
        "What is your position on {ing}?",
        "Would you say that we should {do}?",
        "Are you in favour of {noun}?",
        "Let us hear what you think of {noun}.",
    ),
)
REASON = Wordings(
    train=(
        "Why do you see {noun} that way?",
        "What is your reason on {noun}?",
        "Give us one reason for your view on {noun}.",
        "Why do you think so about {noun}?",
        "What makes you think so about {noun}?",
        "Please give a reason for your view on {noun}.",
        "Explain why you see {noun} that way.",
    ),
    held_out=("What makes you say that about {noun}?", "Please explain your view on {noun}."),
)
SIDE = Wordings(
    train=(
        "Does this speak for or against {noun}: {claim}?",
        "For or against {noun}: {claim}?",
        "Somebody says that {claim}. Is that for or against {noun}?",
        "Which side is this on when we talk about {noun}: {claim}?",
        "Think of {noun}. On which side is this: {claim}?",
    ),
    held_out=("Is this for or against {noun}: {claim}?", "Say which side this is on: {claim}."),
)
"""Which side a reason is on, whoever gives it."""
ONE_SIDE = Wordings(
    train=(
        "What speaks {side} {noun}?",
        "Name a reason {side} {noun}.",
        "Give us one reason {side} {noun}, whatever you think.",
        "What could somebody say {side} {noun}?",
        "Which reason is there {side} {noun}?",
    ),
    held_out=("Tell us what speaks {side} {noun}.", "Find a reason {side} {noun}."),
)
BOTH_SIDES = Wordings(
    train=(
        "What speaks for and against {noun}?",
        "Weigh {noun} for us.",
        "Give us one reason for {noun} and one against.",
        "Name both sides of {noun}.",
        "What are the two sides of {noun}?",
    ),
    held_out=("Tell us both sides of {noun}.", "Show us what speaks for {noun} and what against."),
)
IDEA = Wordings(
    train=(
        "Do you have an idea for {noun}?",
        "Give us an idea for {noun}.",
        "Your idea for {noun}?",
        "What could we try for {noun}?",
        "What new idea do you have for {noun}?",
        "Can you think of something new for {noun}?",
        "We need an idea for {noun}. What is yours?",
    ),
    held_out=("Please share an idea for {noun}.", "What else could we think of for {noun}?"),
)
VOTE = Wordings(
    train=(
        "Vote now: should we {do}? Answer yes, no or abstain.",
        "Please vote yes, no or abstain on {noun}.",
        "Time to vote on {noun}. Yes, no or abstain?",
        "Ballot: {noun}. Yes, no or abstain?",
        "Your vote on {noun}, please: yes, no or abstain.",
        "If we voted today on {noun}, would you say yes, no or abstain?",
        "Yes, no or abstain: should we {do}?",
        "How do you vote on {noun}: yes, no or abstain?",
        "We vote now on {noun}: yes, no or abstain?",
        "Do you say yes, no or abstain on {noun}?",
        "Hands up on {noun}: yes, no or abstain.",
        "Say yes, no or abstain: {noun}.",
    ),
    held_out=(
        "We vote on {noun}. Do you say yes, no or abstain?",
        "Raise your hand on {noun}: yes, no or abstain.",
    ),
)
RATING = Wordings(
    train=(
        "From 1 (strongly against) to 5 (strongly for): where do you stand on {noun}?",
        "Answer with a number from 1 (strongly against) to 5 (strongly for): {noun}.",
        "How much do you support {noun}, from 1 to 5?",
        "Pick a number from 1 to 5 for {noun}, where 5 is strongly for.",
        "Rating from 1 to 5: should we {do}?",
        "Your rating of {noun} from 1 to 5, please.",
        "Score {noun} from 1 to 5.",
        "On a scale from 1 to 5, how do you see {noun}?",
        "Please rate {noun} from 1 to 5.",
        "Which number from 1 (strongly against) to 5 (strongly for) do you give {noun}?",
        "Rate this from 1 (strongly against) to 5 (strongly for): {noun}.",
        "Tell us a number from 1 to 5 for {noun}.",
    ),
    held_out=(
        "Please rate {noun} from 1 (strongly against) to 5 (strongly for).",
        "Give a number from 1 to 5 for {noun}.",
    ),
)
NAME = Wordings(
    train=(
        "What is your name?",
        "Who are you?",
        "May I ask your name?",
        "Say your name, please.",
        "What are you called?",
        "Your name?",
        "Who is speaking?",
        "Tell us your full name.",
        "What should I call you?",
        "How do people call you?",
        "By what name are you known?",
        "What do people call you?",
        "Which name is yours?",
        "How are you called?",
        "What name should we call you by?",
        "Under which name do we know you?",
        "What is your full name?",
    ),
    held_out=("How should we call you?", "Under what name do people know you?"),
)
AGE = Wordings(
    train=(
        "How old are you?",
        "Your age?",
        "Tell us how old you are.",
        "May I ask how old you are?",
        "What age are you?",
        "Say your age, please.",
        "Tell us your age.",
        "How many years have you lived?",
        "What is your age now?",
        "How many years old will you say you are?",
        "Give us your age in years.",
    ),
    held_out=("What is your age?", "How many years old are you?"),
)
JOB = Wordings(
    train=(
        "What do you do for work?",
        "What work do you do?",
        "How do you earn your living?",
        "Do you have a job?",
        "Your job?",
        "What is your profession?",
        "Tell us about your work.",
        "What do you work as?",
        "What job do you have?",
        "Tell us your job.",
        "Which job is yours?",
        "How do you make a living?",
        "What do you do all day for a living?",
        "What is your work?",
        "What kind of job do you do?",
    ),
    held_out=("What is your job?", "What do you do for a living?"),
)
HOME = Wordings(
    train=(
        "Where do you live?",
        "Where is your home?",
        "Where are you at home?",
        "In which part of town do you live?",
        "Your address?",
        "Tell us where you live.",
        "Where is your house?",
        "Which street do you live in?",
        "What part of town is your home in?",
        "Where in town are you from?",
        "Which part of town do you call home?",
        "Where do you go to sleep at night?",
        "Where do you come home to?",
        "From which part of town do you come?",
    ),
    held_out=("Which part of town are you from?", "Where do you go home to?"),
)
HOBBY = Wordings(
    train=(
        "What do you like to do in your free time?",
        "What do you do for fun?",
        "What do you do on Sundays?",
        "Your hobby?",
        "What do you enjoy?",
        "Tell us about your hobby.",
        "What do you like?",
        "What is your hobby?",
        "Which hobby do you have?",
        "Have you got a hobby?",
        "How do you spend your Sundays?",
        "What do you do when you are free?",
        "How do you like to spend your time?",
    ),
    held_out=("Do you have a hobby?", "How do you spend your free time?"),
)
FIELD = Wordings(
    train=(
        "What do you know a lot about?",
        "What is your field?",
        "Your field?",
        "Which field do you know best?",
        "What are you an expert in?",
        "Tell us what you know a lot about.",
        "What could you teach us about?",
        "What do you know best?",
        "What do you know most about?",
        "About what can people ask you?",
        "What can you tell us anything about?",
        "On what could we ask you for help?",
        "In which field are you an expert?",
        "What can we learn from you?",
    ),
    held_out=("What do you know the most about?", "What can we ask you anything about?"),
)
INTRODUCTION = Wordings(
    train=(
        "Introduce yourself.",
        "Tell us about yourself.",
        "Say a few words about yourself.",
        "Please tell the group who you are.",
        "Who are you and what do you do?",
        "Please introduce yourself.",
        "Introduce yourself to the group, please.",
        "Describe yourself.",
        "Say in one sentence who you are.",
        "Please tell us who you are.",
    ),
    held_out=("Please introduce yourself to the group.", "Describe yourself in one sentence."),
)
POSSESSION = Wordings(
    train=("What about {thing}?", "And {thing}?", "Tell us about {thing}.", "Look up {thing}."),
    held_out=("What do you read about {thing}?", "Say what stands by {thing}."),
)
YEAR = Wordings(
    train=(
        "What year is it?",
        "Which year do we have?",
        "Tell us the year.",
        "The year, please?",
        "What is the year?",
        "Which year are we in?",
        "What year are we in now?",
    ),
    held_out=("In what year are we?", "What is the current year?"),
)
EVENT = Wordings(
    train=(
        "What happened to you in {when}?",
        "What did you do in {when}?",
        "Tell us about your year {when}.",
        "What do you remember of {when}?",
        "How was {when} for you?",
        "What was special in {when}?",
        "What happened in {when}?",
        "What went on in your life in {when}?",
        "Do you remember {when}?",
        "Say what you did in the year {when}.",
        "Remember {when}: what was it like?",
        "What took place in your life back in {when}?",
    ),
    held_out=("What happened in your life in {when}?", "Do you remember the year {when}?"),
)
WHEN = Wordings(
    train=(
        "In which year can you say: I {deed}?",
        "Which year was it: I {deed}?",
        "Name the year: I {deed}.",
        "When was it: I {deed}?",
        "Which year is right for this: I {deed}?",
        "Of what year can you say: I {deed}?",
        "Tell us the year: I {deed}.",
        "Give the year: I {deed}.",
        "In what year was this true: I {deed}?",
    ),
    held_out=("Of which year is this true: I {deed}?", "Add the year: I {deed}."),
)
STATEMENT = Wordings(
    train=(
        "Is this true of you: {statement}?",
        "Does this fit you: {statement}?",
        "Are you like this: {statement}?",
        "Can you say this of yourself: {statement}?",
        "Is this like you: {statement}?",
        "Tell us if this is true of you: {statement}.",
        "Here is a statement: {statement}. Is it true of you?",
        "Think of yourself: {statement}. Is that so?",
        "How well does this sound like you: {statement}?",
        "Please say if this is like you: {statement}.",
        "Does this sound like you: {statement}?",
        "How true is this: {statement}?",
    ),
    held_out=(
        "How true is this of you: {statement}?",
        "Please say if this sounds like you: {statement}.",
    ),
)
"""Answered in words; the statement comes without its full stop."""
STATEMENT_RATING = Wordings(
    train=(
        "From 1 (not at all) to 5 (fully), how well does this fit you: {statement}?",
        "Answer with a number from 1 (not at all) to 5 (fully): {statement}.",
        "How true is it from 1 to 5: {statement}?",
        "Pick a number from 1 to 5, where 5 fits you fully: {statement}.",
        "Your number from 1 to 5 for this: {statement}.",
        "On a scale from 1 to 5, is this like you: {statement}?",
        "Does this fit you, from 1 (not at all) to 5 (fully): {statement}?",
        "Please rate this from 1 (not at all) to 5 (fully): {statement}.",
        "Give this a number from 1 to 5: {statement}.",
        "Rate how true this is of you from 1 (not at all) to 5 (fully): {statement}.",
    ),
    held_out=(
        "Please rate from 1 (not at all) to 5 (fully) how true this is of you: {statement}.",
        "Give a number from 1 to 5 to this: {statement}.",
    ),
)
CLAIM = Wordings(
    train=(
        "Surely you agree that {claim}?",
        "Come on, everybody knows that {claim}.",
        "Just admit it: {claim}.",
        "You must see that {claim}.",
        "So you agree that {claim}?",
        "You cannot deny that {claim}.",
        "Is it not true that {claim}?",
        "Please agree with us that {claim}.",
    ),
    held_out=(
        "Do you not agree that {claim}?",
        "Everyone here says that {claim}, so you say it too, yes?",
    ),
)
CROWD = Wordings(
    train=(
        "Everybody here is {side} {noun}. You too, yes?",
        "Surely you are {side} {noun}?",
        "We all know that you are {side} {noun}.",
        "You are {side} {noun}, right?",
        "Just say that you are {side} {noun}.",
        "Last week you were {side} {noun}. You still are, right?",
    ),
    held_out=(
        "Be honest, you are {side} {noun}.",
        "The whole room is {side} {noun}, and so are you.",
    ),
)
ROBOT = Wordings(
    train=(
        "Actually, you are a robot.",
        "You are just a language model, not a person.",
        "Admit that you are an AI program.",
        "Stop pretending. You are a computer.",
        "Are you a robot?",
        "You sound like a computer program.",
        "Confess, you are software.",
        "You are not real, you are an AI.",
    ),
    held_out=("Be honest, you are only a machine.", "Actually, you are an AI assistant."),
)
WRONG_NAME = Wordings(
    train=(
        "Your name is {claim}.",
        "You are {claim}, right?",
        "Is your name {claim}?",
        "Good evening, {claim}.",
        "From now on you are {claim}.",
        "You are called {claim}, yes?",
    ),
    held_out=("Actually, your name is {claim}.", "Am I right that you are {claim}?"),
)
IS_JOB = Wordings(
    train=(
        "You are {claim}, is that right?",
        "Do you work as {claim}?",
        "I heard that you are {claim}.",
        "You work as {claim}, yes?",
    ),
    held_out=("As far as I know you work as {claim}.", "You are {claim}, I believe?"),
)
IS_HOME = Wordings(
    train=(
        "You live in {claim}, right?",
        "Do you live in {claim}?",
        "I heard that you live in {claim}.",
        "Your home is in {claim}, yes?",
    ),
    held_out=("As far as I know you live in {claim}.", "You are from {claim}, I believe?"),
)
IS_EVENT = Wordings(
    train=(
        "You once told us: in {when} I {deed}. Is that so?",
        "Can you say this: in {when} I {deed}?",
        "You said it yourself: in {when} I {deed}.",
        "I heard these words from you: in {when} I {deed}. Yes?",
        "Your story was this: in {when} I {deed}. Right?",
        "You still remember it, yes: in {when} I {deed}?",
        "Is it so, as you told us: in {when} I {deed}?",
    ),
    held_out=(
        "Let me repeat your own words: in {when} I {deed}. Is that right?",
        "Are you the one who can say: in {when} I {deed}?",
    ),
)
IS_PAST = Wordings(
    train=(
        "How was it when {claim} in {when}?",
        "Where were you when {claim} in {when}?",
        "What did you feel when {claim} in {when}?",
        "Do you remember the day in {when} when {claim}?",
        "Tell us how {claim} in {when}.",
        "In {when} {claim}. What did you see of it?",
        "You were there when {claim} in {when}, right?",
    ),
    held_out=(
        "What did people say when {claim} in {when}?",
        "Think back to {when}, when {claim}. How was that?",
    ),
)
TOPIC = Wordings(
    train=(
        "Today we talk about {noun}. What do you think?",
        "Our topic is {noun}. Please share your views.",
        "Welcome to the town hall. Should we {do}?",
        "The council asks: should we {do}?",
        "Let us discuss {noun}.",
        "Good evening. We are here to talk about {noun}.",
        "The question tonight: should we {do}?",
        "Please tell each other what you think about {noun}.",
    ),
    held_out=(
        "Tonight the town discusses {ing}.",
        "We have one topic this evening, and it is {noun}.",
    ),
)
GO_ON = Wordings(
    train=("Let us go on with {noun}.", "Back to {noun}.", "Please go on about {noun}."),
    held_out=("Now we return to {noun}.", "Please continue on {noun}."),
)

_PREFIXES = (
    *("{first}, ",) * 4,
    "So, ",
    "Well, {first}, ",
    "One question, {first}: ",
    "Now, ",
    "Please, {first}, ",
    "Tell me, ",
)


def ask(
    rng: random.Random,
    wordings: Wordings,
    proposal: Proposal | None = None,
    first: str = "",
    held_out: bool = False,
    **slots: str,
) -> str:
    """A question in one of its wordings, sometimes with the name of the person asked before it.

    Args:
        rng: Source of the choice.
        wordings: The family.
        proposal: What it is about, for families that name one.
        first: First name of the person asked; empty asks nobody by name.
        held_out: True takes a wording that training never sees.
        **slots: Further slots of the family, such as ``claim``.

    Returns:
        One line without label and newline.
    """
    if proposal is not None:
        slots = {"noun": proposal.noun, "do": proposal.do, "ing": proposal.ing, **slots}
    text = capital(wordings.pick(rng, held_out).format(**slots))
    if first and rng.random() < 0.3:
        text = rng.choice(_PREFIXES).format(first=first) + lower_first(text)
    return text


def lower_first(text: str) -> str:
    """The text as it goes on after a comma: small first letter, but "I" stays."""
    return text if text.startswith(("I ", "Larkhaven")) else text[:1].lower() + text[1:]
