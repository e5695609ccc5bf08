//! The words to avoid.

/// Phrases, and what to write instead.
///
/// A phrase is a sequence of words in lower case. `a|b` is one of several words. `<digits>` is a
/// number in digits, `#` also one in words. `*` is any word but [`FUNCTION_WORDS`], `<word>` also
/// those. `<code>` is a code span, and `,` a comma. After `!` are words that must not follow.
/// The first phrase that fits is reported.
pub(super) const BANNED: &[(&str, &str)] = &[
    ("anew", "again, or rotate for a history"),
    ("mend|mends|mended|mending", "fix"),
    ("lay|lays !out", "was, put or print"),
    ("lie|lies", "is, or the place itself (\"is below\")"),
    ("stand|stands|stood for", "means, represents"),
    ("stand|stands|stood in for", "replaces"),
    ("stand|stands|stood", "is, or the place itself"),
    ("tell|tells|told apart", "distinguish"),
    ("tell|tells|told|telling", "report, print, return or distinguish"),
    ("say|says|said of", "report about"),
    ("says|said", "reports, prints, contains or states"),
    ("sees", "reads, detects or receives"),
    ("knows|wants|likes", "the plain verb: has, finds, needs"),
    ("believe|believes|believed", "accept, or give the confidence interval"),
    ("somebody|someone", "a user, a person, or the passive"),
    ("whoever", "the user who"),
    ("anybody|anyone", "a user, any person, or the passive"),
    ("everybody|everyone", "all users"),
    ("nobody", "no user, no person, or the passive"),
    ("side by side", "paired"),
    ("work unchanged|grew", "instructions unchanged, instructions grew"),
    ("same work", "same instructions"),
    ("suspect|suspects|suspected|suspicion|suspicions", "candidate regression"),
    ("noise hides|hide", "the minimum detectable change is"),
    ("seen from", "minimum detectable change"),
    ("could|can see|seen", "can detect, minimum detectable change"),
    ("what moved", "the changed benchmarks, or the cause"),
    ("what is the same", "what is unchanged"),
    (", as <code>|<digits> !<word>", "\"for example\" or \"e.g.\""),
    (", as <code>|<digits> or|and|to <code>|<digits>", "\"for example\" or \"e.g.\""),
    ("excuse|excuses|excused", "accept, waiver"),
    ("worth it", "accepted"),
    ("ceiling|ceilings", "maximum accepted change"),
    ("qualify|qualifies|qualifying|qualification|qualifications", "calibrate, calibration"),
    ("promise|promises|promised", "target rate, guarantee or specification"),
    ("evidence", "counts"),
    ("fastest sample|samples", "minimum"),
    ("coin|coins", "random order, or chance"),
    (
        "first|second|third|last|final|next|another|each|every|one|more|further|a|the look|looks",
        LOOK,
    ),
    ("between looks", LOOK),
    ("kind|kinds of time|times", "statistics (minimum, median)"),
    ("restart|restarts|restarted|restarting", "rotate"),
    ("burst|bursts", "high noise"),
    ("calm|calmer|calmest", "low noise"),
    ("quiet|quieter|quietest|quietly", "low noise, or idle for a machine"),
    (
        "disturb|disturbs|disturbed|disturbing|disturbance|disturbances",
        "high noise, background load, or what happens",
    ),
    ("batch|batches", "sample size"),
    ("rounds !up|down|to|trips|s|<code>|the|a|it", ROUND),
    ("a|each|every|one|per|this|that|next|first|last round !trip|number|value|values", ROUND),
    ("round by round", ROUND),
    ("parted", "partitioned, or separated for a list"),
    ("blind", "underpowered"),
    ("# times a second|minute|hour|day|week|month|year", PER),
    ("# * a second|minute|day|hour|iteration|launch|benchmark|run !of|that|is", PER),
    ("a|an|one * a|an iteration|launch|benchmark|sample|pair|run|row|stage|crate|module", PER),
    (
        "ns|ms|µs|bytes|instructions|allocations|iterations|samples|reads \
         a|an iteration|launch|benchmark|sample|run",
        PER,
    ),
];

const LOOK: &str = "initial measurement, rerun or confirmation";
const PER: &str = "per";
const ROUND: &str = "pair (two-sided), launch (one-sided)";

/// Uses that are right: the path that they are below, the phrase in lower case, and why.
pub(super) const EXCEPTIONS: &[(&str, &str, &str)] = &[
    ("", "fair coins", "the model of a sign test"),
    ("", "fair coin", "the model of a sign test"),
    (
        "crates/divan-perf/src/commands/history/mod.rs",
        "anew",
        "the confirmation that earlier versions required",
    ),
];

/// Words that are no noun, for `*` in a phrase.
pub(super) const FUNCTION_WORDS: &[&str] = &[
    "a", "although", "an", "and", "as", "at", "but", "by", "does", "for", "from", "has", "if",
    "in", "is", "not", "of", "on", "or", "than", "that", "the", "to", "was", "when", "where",
    "which", "while", "with",
];
