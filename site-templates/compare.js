// Compares two runs from the parameters of the address.
"use strict";

(() => {
  const { value, change, run, load, shortened } = perfUnits;
  const status = document.getElementById("status");
  const result = document.getElementById("result");
  const body = document.getElementById("compared");
  if (!status || !result || !body) return;
  const days = new Map();
  const commits = new Map();
  // Smaller changes between two single runs are not coloured.
  const NOTABLE = 0.02;
  // The most links to other runs of a commit.
  const MOST_LINKS = 20;
  // The smallest change of a count that is shown.
  const COUNT_CHANGE = 0.01;
  const COUNTS = [
    ["instructions", "instructions", ""],
    ["alloc_count", "allocations", ""],
    ["alloc_bytes", "allocated bytes", "bytes"],
    ["alloc_peak_bytes", "peak of live bytes", "bytes"],
  ];
  const budgets = JSON.parse(document.getElementById("count-budgets")?.textContent ?? "{}");

  window.perfDay = (day) => days.set(day.day, day);
  window.perfCommits = (digits, ids) => commits.set(digits, ids);

  const element = (tag, text, className) => {
    const made = document.createElement(tag);
    if (text !== undefined) made.textContent = text;
    if (className) made.className = className;
    return made;
  };

  const link = (text, href) => {
    const made = element("a", text);
    made.href = href;
    return made;
  };

  /** The run with this ID, or the newest run of this commit. */
  async function resolve(text) {
    const input = text.trim();
    if (/^\d{8}T\d{6}Z-[0-9a-zA-Z]+-[0-9a-zA-Z]+$/.test(input)) return { id: input, others: [] };
    const hash = input.toLowerCase();
    if (!/^[0-9a-f]{4,64}$/.test(hash)) {
      throw new Error(`“${input}” is neither a run ID nor a commit: enter at least four digits`);
    }
    const digits = hash.slice(0, 2);
    if (!commits.has(digits)) await load(`data/commit/${digits}.js`).catch(() => {});
    const short = hash.slice(0, 12);
    const ids = (commits.get(digits) ?? []).filter((id) => id.split("-")[1].startsWith(short));
    if (ids.length === 0) throw new Error(`no run of commit ${input} is recorded`);
    return { id: ids.at(-1), others: ids.slice(0, -1) };
  }

  /** The run with its measurements. */
  async function read(id) {
    const { day } = run(id);
    if (!days.has(day)) await load(`data/day/${day}.js`).catch(() => {});
    const index = days.get(day);
    const found = index?.runs.find((one) => one.run === id);
    if (!found) throw new Error(`run ${id} is not recorded`);
    const names = index.names[found.names];
    const stems = index.stems[found.names];
    const measured = new Map();
    names.forEach((name, i) => {
      if (found.median[i] === null) return;
      const counts = Object.entries(found.counts ?? {}).map(([key, values]) => [key, values[i]]);
      measured.set(name, { stem: stems[i], median: found.median[i], counts: Object.fromEntries(counts) });
    });
    return { ...found, measured };
  }

  function rows(a, b) {
    const names = [...new Set([...a.measured.keys(), ...b.measured.keys()])];
    const all = names.map((name) => {
      const [base, head] = [a.measured.get(name), b.measured.get(name)];
      const known = base?.median > 0 && head?.median > 0;
      const ratio = known ? Math.log(head.median / base.median) : null;
      return { name, base, head, ratio };
    });
    const size = (row) => row.ratio ?? Number.NEGATIVE_INFINITY;
    return all.sort((one, other) => size(other) - size(one) || (one.name < other.name ? -1 : 1));
  }

  const isKnown = (count) => count !== undefined && count !== null;

  /** `instructions +5.2 % (1.000 M → 1.052 M)`; nothing for a change below 1 %. */
  function countChange([key, label, unit], base, head) {
    const [from, to] = [base.counts[key], head.counts[key]];
    if (!isKnown(from) || !isKnown(to) || Math.abs(to - from) < COUNT_CHANGE) return [];
    if (Math.abs(to - from) < COUNT_CHANGE * from) return [];
    const values = `${value(from, unit)} → ${value(to, unit)}`;
    const percent = ((to / from - 1) * 100).toFixed(1);
    const text = from > 0 ? `${label} ${to > from ? "+" : ""}${percent} % (${values})` : `${label} ${values}`;
    return [element("div", `${to > from ? "▲" : "▼"} ${text}`, to > from ? "slower" : "faster")];
  }

  /** The counts of the head above a limit of their budgets. */
  function exceeded(name, head) {
    const own = Object.hasOwn(budgets, name) ? budgets[name] : [];
    return own.flatMap((budget) => {
      const count = head.counts[budget.count];
      if (!isKnown(count) || count <= budget.target) return [];
      const limit = count > budget.critical ? "critical" : "target";
      const [, label, unit] = COUNTS.find(([key]) => key === budget.count);
      const text = `${label} ${value(count, unit)}, above the ${limit} ${value(budget[limit], unit)} of budget `;
      const made = element("div", `▲ ${text}`, "slower");
      made.append(element("bdi", budget.name));
      return [made];
    });
  }

  /** The counts that changed, and those above a budget. */
  function countCell(name, base, head) {
    const made = element("td", undefined, "counted");
    const changes = base && head ? COUNTS.flatMap((count) => countChange(count, base, head)) : [];
    const all = [...changes, ...(head ? exceeded(name, head) : [])];
    const isCounted = base && head && COUNTS.some(([key]) => isKnown(base.counts[key]) && isKnown(head.counts[key]));
    made.append(...(all.length > 0 ? all : [isCounted ? "unchanged" : "–"]));
    return made;
  }

  function cells({ name, base, head, ratio }) {
    const row = element("tr");
    const notable = ratio !== null && Math.abs(Math.expm1(ratio)) >= NOTABLE;
    const direction = !notable ? "" : ratio > 0 ? "slower" : "faster";
    const sign = !notable ? "" : ratio > 0 ? "▲ " : "▼ ";
    const only = base ? "base only" : "head only";
    const text = ratio === null ? (base && head ? "–" : only) : change(head.median, base.median);
    row.append(element("td", `${sign}${text}`, direction));
    const benchmark = element("th");
    benchmark.scope = "row";
    const short = shortened(name);
    const page = link(short, `benchmark/${(base ?? head).stem}.html`);
    if (short !== name) page.title = name;
    benchmark.append(page);
    row.append(benchmark);
    for (const side of [base, head]) row.append(element("td", value(side?.median, "ns"), "n"));
    row.append(countCell(name, base, head));
    return row;
  }

  function described(side, { run: id, branch, machine, label }) {
    const { minute, commit } = run(id);
    const words = [minute, commit, branch, `machine ${machine}`, label].filter(Boolean);
    const made = element("p", `${side}: `);
    // A hostile name may change the text direction of its neighbours.
    made.append(...words.flatMap((word, i) => [i ? " · " : "", element("bdi", word)]));
    return made;
  }

  function warnings(a, b) {
    const found = [];
    if (a.machine !== b.machine) found.push("The runs are from different machines: their times are not comparable. Their counts are, if compiler, target, flags and C library are equal.");
    for (const [name, { dirty, partial }] of [["Base", a], ["Head", b]]) {
      if (dirty) found.push(`${name} had uncommitted changes: its code is not that of its commit.`);
      if (partial) found.push(`${name} is partial: it lacks benchmarks or launches.`);
    }
    return found.map((text) => element("p", `▲ ${text}`, "warning"));
  }

  /** Links to the other runs of a commit, newest first. */
  function otherRuns(side, others, address) {
    if (others.length === 0) return [];
    const made = element("p", `Other runs of the ${side} commit: `);
    const newest = others.slice(-MOST_LINKS).reverse();
    made.append(...newest.flatMap((id, i) => [i ? ", " : "", link(run(id).minute, address(id))]));
    return [made];
  }

  function paragraphs(a, b, others) {
    return [
      ...warnings(a, b),
      described("Base", a),
      described("Head", b),
      element("p", "Medians of single runs, without a verdict: noise between runs is often several percent."),
      ...otherRuns("base", others.a, (id) => `compare.html?a=${id}&b=${b.run}`),
      ...otherRuns("head", others.b, (id) => `compare.html?a=${a.run}&b=${id}`),
    ];
  }

  async function compare(a, b) {
    const [base, head] = await Promise.all([resolve(a), resolve(b)]);
    if (base.id === head.id) throw new Error("base and head are the same run");
    const [one, other] = await Promise.all([read(base.id), read(head.id)]);
    status.replaceChildren(...paragraphs(one, other, { a: base.others, b: head.others }));
    document.getElementById("result-title").textContent =
      `${run(one.run).commit || one.run} and ${run(other.run).commit || other.run}`;
    body.replaceChildren(...rows(one, other).map(cells));
    result.hidden = false;
  }

  const query = new URLSearchParams(location.search);
  const [a, b] = [query.get("a") ?? "", query.get("b") ?? ""];
  const form = document.getElementById("pick");
  form.elements.a.value = a;
  form.elements.b.value = b;
  if (!a && !b) return;
  if (!a || !b) {
    status.textContent = "Enter a base and a head: commits or run IDs.";
    return;
  }
  status.textContent = "Loading runs …";
  compare(a, b).catch((error) => {
    status.textContent = `Comparison failed: ${error.message}.`;
  });
})();
