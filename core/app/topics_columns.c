/* What the heads of tables and the names of fields mean, where they are not terms of the field (topics.c): `help HEAD`.
 * tests/app/test_events.c looks every head up that a script meets. */
#include "core/app/topics.h"

static const ll_topic columns[] = {
    {"row|no.", "Where it stands: the row of an architecture in its dataset, or its place in this list.",
     "help architecture"},
    {"known|latencies|latencies known|read|measured|n|observations|scored|architectures scored|architectures "
     "each",
     "How many values there are: architectures that have a latency on the device, or that are looked at "
     "here.",
     NULL},
    {"missing|cover|measured cells",
     "What lacks a latency, as a number; or the share that has one, in percent.", "help coverage"},
    {"min|median|max|lowest|highest|mean|largest|smallest",
     "The least, middle, mean and greatest of the values: of latencies, of all architectures that have one.",
     NULL},
    {"kind|of them simulated|simulated", "measured: timed on hardware. simulated: made by a cost model.",
     "help simulate"},
    {"role", "source: a predictor learns from it. target: it is predicted.", "help source; help target"},
    {"hardware|platform",
     "What the device is: other names of the same hardware are warned about across a split.", "help device"},
    {"read as|unit read|unit", "The unit that the file was read in; latencies are kept in milliseconds.",
     "help unit"},
    {"same again|clock|spread",
     "How well a measurement repeats: Spearman of a second measurement with the first, the step of the "
     "clock, the "
     "deviation of repeated runs as a share of the latency.",
     "help noise ceiling"},
    {"zero|< 0|near 0", "Latencies that are 0, negative, or below a fifth of the median: mostly faults.",
     "audit"},
    {"distinct|distinct values|tied|share that ties",
     "How many different latencies there are, and the share of pairs that are equal: few values and many "
     "ties mean a "
     "coarse clock.",
     "help tie"},
    {"x median|ratio",
     "How often one goes into the other: the device's median over that of the other devices.", NULL},
    {"nearly the same as|looks like|most like|nearest|nearest on the other side|most alike|like",
     "The device that ranks architectures most like this one.", "help spearman"},
    {"mean r across|max r across|mean r within|mean r to it|most like group|weakest r|r|correlation|mean",
     "Spearman correlation of devices: across a split between sources and targets, within a group, to the "
     "nearest "
     "other one.",
     "help spearman; help partition"},
    {"group|groups|which", "Devices that are alike, numbered: `corr cut=4` makes four groups.", "help corr"},
    {"proxy|serves", "A device that can stand for others, and those it can stand for.", "help monotonicity"},
    {"rank|mean rank|percentile|of", "Place among all, 1 the fastest or best; the same in percent.", NULL},
    {"best architecture|best", "The one with the highest score, or the method that does best.", NULL},
    {"split|images", "Which images a score is of: test, validation or training.", "help score"},
    {"measurement cost|cost", "Latencies of the target that were looked at, whatever for.", "help budget"},
    {"milliseconds by|native",
     "Where milliseconds come from: native, the predictor gives them; otherwise a line learnt on the "
     "samples.",
     "help map"},
    {"scored on|protocol", "The set of architectures that the scores are of.", "help protocol"},
    {"samples picked|on the samples|median error on samples|its median error on the samples",
     "What the predictor was adapted with: an error there says nothing of other architectures.",
     "help sample"},
    {"spearman on the rest|mape on the rest|on all|on the rest|rest",
     "The score on architectures that were no samples.", "help mape; help spearman"},
    {"kendall tau-b", "Kendall's rank correlation with ties taken into account.", "help kendall"},
    {"median ape|median error", "Median of |predicted - measured| / measured, in percent.", "help mape"},
    {"share within 10 %|within 10 %", "Share of architectures predicted within 10 % of the measured.",
     "help within"},
    {"interval coverage|coverage (%)", "Share of latencies within their intervals.", "help coverage"},
    {"mean interval width", "How wide the intervals are, on average.", "help width"},
    {"predicted|pred.|expected|meas.|truly|in truth", "Latency as the predictor says, or as it was measured.",
     "help residual"},
    {"lo|hi|from|to|at most, with it|90 % interval from", "The ends of the predicted interval.",
     "help interval"},
    {"+-|std", "Standard deviation: how far values lie apart, or how unsure one is of a number.",
     "help deviation"},
    {"10 %|90 %|worst draw|best draw|mean of the draws",
     "Over many draws: the value that one draw in ten stays below, and nine in ten; the mean, the worst and "
     "the best.",
     "help draw"},
    {"teaches|left|learnt|part of what is missing",
     "Share of what is unknown of the device that this measurement, or this cause, stands for; and what is "
     "left then.",
     "help optimal design"},
    {"what it is about|right answer|points|remarks", "A lesson, and what students answered in it.",
     "What it is about is the lesson's first line. In `lesson grade` the right answer is computed anew with "
     "the "
     "student's seed, with its tolerance; points count one for a right answer that stood before the reveal "
     "and one "
     "for a check that holds; the remarks of a total say what in a journal does not fit together."},
    {"because of|measure next|verdict", "What a diagnosis says: the cause, and what to measure against it.",
     "help diagnose"},
    {"limit by ties|limit by repeated measurements|limit by mirror pairs|near-zero outliers|best Spearman to "
     "expect|"
     "learnt from many latencies",
     "What bounds the correlation that any predictor can reach here.", "help noise ceiling"},
    {"operation|here|elsewhere|price", "What an operation costs on this device, and on the sources.",
     "help diagnose"},
    {"farthest off as a group|measured - predicted|of latency|gp on these samples|by optimal design",
     "Of a diagnosis: what is mispriced most and by how much, and how other samples would have done.",
     "help diagnose"},
    {"p vs best|best at p < .05",
     "Wilcoxon signed-rank over device and trial: how surely the best one is better.", "help compare"},
    {"adapted to|pretrained on|transfers|current", "What has been done with the predictor.", "predictors"},
    {"mmacs|macs (m)", "Million multiply-adds of one image.", "help macs"},
    {"position|positions|operations|choices", "What a search space chooses: an operation at each position.",
     "help space"},
    {"hash|content hash", "A fingerprint of the data: equal hashes, equal tables.", NULL},
    {"folder|path|file|written to", "Where it lies on the disk.", NULL},
    {"source|note", "Where the numbers come from, and what is to be known of them.", NULL},
    {"computed now|architectures a second, one core|at",
     "Of zero-cost proxies: how many networks were computed and how many were there already, and how fast.",
     "help proxies"},
    {"numbers from", "The publication that a simulated machine's parameters are from.", "help simulate"},
    {"task", "Which devices are sources and which are targets.", "help partition; task list"},
    {"runs", "How often the network was timed; the latency is their median.", "help deviation"},
    {"took", "Seconds that the command ran.", NULL},
    {"features", "What is stored of the architectures besides: zero-cost proxies, numbers, encodings.",
     "help zcp; help encoding"},
    {"tag|tagged devices", "* is a device that `tag` has marked: `tagged` names all of them.", "help tag"},
    {"reference architectures", "How many of HELP's ten references are measured.", "help reference"},
    {"loaded", "* is the one in use.", NULL},
    {"step|now", "Of the journal: what `undo` goes back to.", "help undo"},
    {"times|intensity|reached|of peak|each|share|limited by|layer",
     "Of a layer under the roof of a machine: how often it occurs, flops per byte, speed reached and its "
     "share of the "
     "peak, time of each, share of the whole, and what holds it up.",
     "help roofline"},
};

bool ll_topic_column_at(int i, ll_topic *out)
{
    bool there = i >= 0 && (size_t)i < sizeof columns / sizeof *columns;
    if (there) *out = columns[i];
    return there;
}
