//! The words to avoid.

/// Phrases, and what to write instead.
///
/// A phrase is a sequence of words in lower case. `a|b` is one of several words, `#` a number,
/// `*` any word, `<code>` a code span, and `,` itself. After `!` are words that must not follow.
/// The first phrase that fits is reported.
pub(super) const BANNED: &[(&str, &str)] = &[
    ("anew", "again, or rotate for a history"),
    ("mend|mends|mended|mending", "fix"),
    ("lie|lies|lay", "is, or the place itself (\"is below\")"),
    ("stand|stands|stood for", "means"),
    ("stand|stands|stood", "is"),
    ("tell|tells|told apart", "distinguishes"),
    ("tell|tells|told|telling", "reports, prints, returns or distinguishes"),
    ("says|say|said of", "reports about"),
    ("says|said", "reports, prints, contains or states"),
    ("sees", "reads, detects or receives"),
    ("believe|believes|believed", "accept, or give the confidence interval"),
    ("somebody|someone", "a user, or the passive"),
    ("whoever", "the user who"),
    ("anybody|anyone", "a user"),
    ("everybody|everyone", "all users"),
    ("nobody", "no user, or the passive"),
    ("side by side", "paired"),
    ("work unchanged|grew", "instructions unchanged, instructions grew"),
    ("same work", "same instructions"),
    ("suspect|suspects|suspected|suspicion|suspicions", "candidate regression"),
    ("noise hides|hide", "the minimum detectable change is"),
    ("hides in noise", "is below the minimum detectable change"),
    ("seen from", "minimum detectable change"),
    ("could|can see|seen", "can detect, minimum detectable change"),
    ("what moved", "the changed benchmarks, or the cause"),
    ("what is the same", "what is unchanged"),
    (", as #|<code>", "\"for example\" or \"e.g.\""),
    ("as 90s", "\"for example `90s`\""),
    ("excuse|excuses|excused", "accept, waiver"),
    ("worth it", "accepted"),
    ("ceiling|ceilings", "maximum accepted change"),
    ("qualify|qualifies|qualifying|qualification|qualifications", "calibrate, calibration"),
    ("promise|promises|promised", "target rate, guarantee or specification"),
    ("evidence", "counts"),
    ("fastest sample|samples", "minimum"),
    (
        "second|third|first|another|each|every|one|more|further look|looks",
        "initial measurement, rerun or confirmation",
    ),
    ("look|looks !up|at|like|for|into|through", "initial measurement, rerun or confirmation"),
    ("kind|kinds of time|times", "statistics (minimum, median)"),
    ("restart|restarts|restarted|restarting", "rotate"),
    ("burst|bursts", "high noise"),
    ("calm|calmer|calmest", "low noise"),
    ("quiet|quieter|quietest|quietly", "low noise, or idle for a machine"),
    (
        "disturb|disturbs|disturbed|disturbing|disturbance|disturbances",
        "high noise, background load",
    ),
    ("batch|batches", "sample size"),
    (
        "round|rounds !trip|trips|to|up|down|brackets|number|numbers",
        "pair (two-sided), launch (one-sided)",
    ),
    ("parted", "partitioned"),
    ("blind", "underpowered"),
    ("# times a second|minute|hour|day|week|month|year", "per"),
    (
        "# *|<code> a second|minute|iteration|launch|benchmark|sample|pair|run|row|line|commit|push|day|hour|crate !of|that|is|is",
        "per",
    ),
    (
        "a|an|each *|<code> a|an iteration|launch|benchmark|sample|pair|run|row|stage|crate|module|workspace|machine",
        "per",
    ),
];

/// Uses that are right: the path that they are below, the phrase in lower case, and why.
pub(super) const EXCEPTIONS: &[(&str, &str, &str)] = &[];
