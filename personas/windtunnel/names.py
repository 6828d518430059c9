"""Words for inventing people: short lists that come often, and open sets that never run out.

A model that has only seen a closed list fills names and jobs in from memory. Open sets make
copying from the prompt the only way to be right.
"""

import random
from collections.abc import Sequence


def _words(listed: str) -> tuple[str, ...]:
    """Entries separated by bars."""
    return tuple(listed.split("|"))


FIRST_NAMES = _words(
    "Ada|Bruno|Celia|Dario|Edith|Farid|Greta|Harun|Ilse|Jakob|Keiko|Leon|Mira|Nuno|Olga|Pavel|"
    "Quentin|Rosa|Selim|Tilda|Ugo|Vera|Wanda|Yusuf|Zora|Amos|Bela|Carla|Dunja|Emil"
)
LAST_NAMES = _words(
    "Lind|Moreno|Hollow|Tanaka|Brandt|Osei|Varga|Quist|Ferro|Nolan|Adler|Sorel|Petran|Dube|"
    "Marsh|Oram|Keller|Yilmaz|Tolland|Reyes|Stark|Hamid|Wick|Ulrich|Penn|Crane|Vale|Iversen"
)
JOBS = _words(
    "baker|nurse|teacher|bus driver|carpenter|librarian|gardener|plumber|cook|fisher|tailor|"
    "electrician|pharmacist|innkeeper|farmer|journalist|police officer|student|painter|clerk|"
    "shepherd|vet|musician|mechanic|postman|engineer|architect|judge"
)
HOMES = _words(
    "Mill Lane|Canal Row|the old town|Harbour Street|Ridge Road|Station Square|Weaver Court|"
    "the river quarter|Church Hill|Dairy Yard|Orchard Way|Bridge End|Lantern Alley|North Gate"
)
HOBBIES = _words(
    "chess|fishing|choir singing|long walks|football|gardening|old films|baking|card games|"
    "bird watching|rowing|knitting|dancing|photography|swimming|the violin|crosswords|"
    "stargazing|pottery|cycling"
)
STYLES = ("plain", "warm", "blunt", "formal", "storyteller", "careful")
EVENTS = _words(
    "broke a leg|won the chess cup|lost my house in a flood|opened a small shop|got married|"
    "became a parent|learnt to sail|moved to Larkhaven|finished school|sold my boat|"
    "saved a child from the river|wrote a book|bought a van|lost my savings|joined the choir|"
    "fell ill for a month|planted an orchard|crossed the mountains on foot|met my best friend|"
    "inherited a piano|started night school|won a bicycle race|built a stone wall|left the city"
)
"""Past events in the words of their owner, after "I": ``broke a leg``."""

_ONSETS = _words("b|d|f|g|h|k|l|m|n|p|r|s|t|v|z|br|dr|kl|pr|sk|st|tr|th|sh")
_VOWELS = _words("a|e|i|o|u|ai|ei|ou|ia")
_CODAS = _words("|||n|l|r|s|k|m|th|nd|rt")
_WARES = _words(
    "lamp|rope|boat|glass|clock|paper|cheese|honey|bell|carpet|saddle|candle|tile|button|mirror|"
    "kite|drum|salt|wool|brush"
)
_MAKERS = _words("maker|seller|painter|mender|tester|buyer|carrier|designer")
_PLACES = _words("Lane|Street|Hill|Court|Square|Row|Yard|Gate")
_PASTIMES = _words("collecting|painting|mending|drawing|studying|carving")
_THINGS = _words(
    "stamps|old maps|shells|model ships|tin toys|butterflies|coins|radios|masks|post cards|"
    "mushrooms|keys|puppets|stones|teapots|bottles"
)
_DEEDS = _words("bought|found|lost|sold|built|painted|repaired|inherited")
_COLOURS = _words("red|blue|green|white|black|yellow|silver|golden|grey|brown")
_GOODS = _words(
    "boat|ring|house|bicycle|horse|piano|cart|clock|cabin|coat|bell|tent|sword|lamp|door|gate"
)


ADJECTIVES = _words("open|blue|public|round|second|wooden|free|small|stone|summer|winter|old")
BUILDINGS = _words(
    "bridge|tower|fountain|theatre|garden|kitchen|clock|museum|tram|bakery|stage|harbour|"
    "playground|greenhouse|car park|boat house"
)
"""With an adjective, what an invented proposal would build."""


def spelling(rng: random.Random, syllables: int = 2) -> str:
    """A word that nobody has read before, such as ``Drailun``."""
    parts = (rng.choice(_ONSETS) + rng.choice(_VOWELS) for _ in range(syllables))
    return ("".join(parts) + rng.choice(_CODAS)).capitalize()


def mixed(rng: random.Random, listed: Sequence[str], invented: str, open_share: float) -> str:
    """An entry of a list, or with probability `open_share` the invented word instead."""
    return invented if rng.random() < open_share else rng.choice(listed)


def first_name(rng: random.Random, open_share: float = 0.5) -> str:
    """A first name, from the list or of unseen spelling."""
    return mixed(rng, FIRST_NAMES, spelling(rng, rng.choice((1, 2, 2))), open_share)


def last_name(rng: random.Random, open_share: float = 0.5) -> str:
    """A last name, from the list or of unseen spelling."""
    return mixed(rng, LAST_NAMES, spelling(rng, rng.choice((2, 2, 3))), open_share)


def full_name(rng: random.Random, open_share: float = 0.5) -> str:
    """First and last name, each from its list or of unseen spelling."""
    return f"{first_name(rng, open_share)} {last_name(rng, open_share)}"


def job(rng: random.Random, open_share: float = 0.5) -> str:
    """A job without its article, such as ``baker`` or ``kite mender``."""
    return mixed(rng, JOBS, f"{rng.choice(_WARES)} {rng.choice(_MAKERS)}", open_share)


def home(rng: random.Random, open_share: float = 0.5) -> str:
    """Where somebody lives, after "in": ``Mill Lane``."""
    return mixed(rng, HOMES, f"{spelling(rng)} {rng.choice(_PLACES)}", open_share)


def hobby(rng: random.Random, open_share: float = 0.5) -> str:
    """What somebody enjoys, after "I like": ``collecting shells``."""
    return mixed(rng, HOBBIES, f"{rng.choice(_PASTIMES)} {rng.choice(_THINGS)}", open_share)


def event(rng: random.Random, open_share: float = 0.5) -> str:
    """Something that happened to somebody, after "I": ``sold a red boat``."""
    invented = f"{rng.choice(_DEEDS)} a {rng.choice(_COLOURS)} {rng.choice(_GOODS)}"
    return mixed(rng, EVENTS, invented, open_share)


def with_article(noun: str) -> str:
    """The noun with "a" or "an" before it."""
    return f"{'an' if noun[0].lower() in 'aeiou' else 'a'} {noun}"
