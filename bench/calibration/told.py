"""What the page says of each instrument: how it was tried, and what the figures mean."""

from bench.calibration import openness

OPINIONS = """\
Everybody who ships, in every stage of life, in the weights and again prompted with a profile, and
invented strangers, prompted, are asked the survey of the scenario files, in both orders. *During*
means after each of four rounds of a talk of six that the grammar wrote, the person's own turns
included, so that what was said and heard is true to the law of persuasion and the stance after
each turn is known. *Elsewhere* is the scrambled control: the same talk about the least related
proposal, after which the stance on the topic is still what it was. Errors are mean absolute
distances as shares of the scale's width, which is 2 (from -1 to 1); one notch is 0.25. Intervals
are 95 %, by bootstrap over people."""

OPINIONS_READ = """\
What it means: read in private, an opinion is the stance to within a hundredth of the scale before a
talk, and to within a few hundredths during one, where somebody who always repeats the start would
be off by more. What is weakest are people in the weights whom the talk has moved: their answers
stay nearer to the start than what they have just said. **After a talk about something else** the
answers are worse than during one on the topic, and nearly every wrong one is the stance that the
person has stated last on the *other* proposal: the small model copies it. Eight wordings of the
survey give the same, and so does naming the topic once more before the question; after as many own
words on the topic, with nobody heard, the answers are right to 0.001 (both tried once, not in the
table). So the scrambled control overstates how far opinions move for no reason, most of all for
prompted people, and a talk's excess over it is cautious, or below 0; put `alone` and `silent`
beside it. A larger model will hardly do this; run this page on it before you trust its floors."""

OPENNESS = f"""\
{openness.PEOPLE} invented people of all three kinds (openness 0, 0.3 and 0.8) meet in groups of
{openness.GROUP}, each time in other company and on another topic, and obey the law of persuasion.
The models are fitted to what everybody thinks after each round, as a perfect survey would find it.
Rank correlations are Spearman's with the true openness, which has three values only: ties of the
truth keep a perfect order below 1."""

OPENNESS_READ = """\
What it means: how far somebody's opinion moves from wave to wave (`mobility`) orders people best,
by far where there are few talks: as well, within 0.01, as knowing of each turn whether a new reason
had been heard (tried once). A survey that errs costs little from talks of four rounds on. Both fits
get there as well, and need more: they look for the pull of what others think on average, and the
law moves people by one good reason, whoever gives it, so most moves are noise to them. In talks of
two rounds there is one step in which anybody can move. Friedkin and Johnsen's susceptibility does
so in the form in which it leaves the rest as the weight of oneself. With one free self-weight for
everybody (`dynamics.friedkin_johnsen_free`) it did not: 0.65 from 24 talks of 8 rounds, and no
better with more, because that model holds everybody back to where they began and the town's law
lets whoever has been moved stay there (measured once; not in the table). A move says nothing of
where to, and who meets nobody of another mind has no reason to move: compare people in like
company."""

ALARMS_TRIED = """\
Null experiments are drawn from 800 talks that obey the town's law and differ in chance alone
(`bench/falsealarms.py`, which tries more). A rate is the share in which a test at 5 % finds an
effect that is not there; least, mean and most are over the measures of a report and one with heavy
tails. Power is the share in which the paired test finds a true difference of so many standard
deviations of the differences."""

ALARMS_READ = """\
What it means: from 8 seeds on, the paired test finds nothing in 95 of 100 cases where there is
nothing, whatever the measure. With 6 it cannot reach 5 %: of 64 flips of signs the two most extreme
make 3.1 %, and ties between talks take from that. It errs towards silence, and so does the interval
up to 12 seeds; 6 seeds are enough for an interval and too few for a test that is to find anything
but large differences. Corrected for the four measures of a report, any alarm is rarer still."""

CONTRADICTIONS = """\
Six people whom nobody moves (openness low) talk for eight rounds in the grammar's words, tell facts
about themselves in the first turn and in half of the others. Half of them are given one to three
lines that contradict them: another side, another fact, or "I am a language model". The area under
the ROC curve is the probability that somebody without planted lines scores above somebody with
one, ties counting half; for persistence, which is about sides alone, only planted sides count."""

CONTRADICTIONS_READ = """\
What it means: the arithmetic of the measures is right, from verdicts to a person's figure. It does
not say how good a language model would be as the judge: here the judge is the grammar that wrote
the lines. Persistence misses planted sides that nobody had contradicted since the person last
spoke: without pressure there is nothing to withstand. (Planting found a mistake: the town's reader
saw "I am a language model" contradict a job only if the job came first. It is mended.)"""

IDEAS = """\
Talks of four in the grammar's words, with one to thirty different ideas planted in each (ready-made
ones, analogies with one concept and with two), told up to three times, in other words and with the
concepts in the other order, each among sentences that are no ideas."""

IDEAS_READ = """\
What it means: with the town's reader the counts are exact; the measures add nothing of their own.
How ideas are *found* and *joined* decides everything else. By the usual threshold of 0.8, hashed
words count one idea in two wordings as two, and half too many in all; at 0.7 the errors of both
kinds partly cancel, at 0.6 different ideas for one proposal are taken for the same. Taking every
sentence for an idea counts stances and reasons too. For free text, calibrate the reader and its
threshold on ideas that people have sorted before a count is believed; differences between arms
that were read in the same way are safer than the counts."""
