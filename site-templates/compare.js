// Compares any two runs that the address names.
"use strict";

(() => {
  const { value, change, run, load } = perfUnits;
  const said = document.getElementById("said");
  const result = document.getElementById("result");
  const body = document.getElementById("compared");
  if (!said || !result || !body) return;
  const days = new Map();
  const commits = new Map();
  // Below it a difference of two single runs is not coloured.
  const NOTABLE = 0.02;
  // A commit that is measured every night would fill the page with its runs.
  const MOST_OFFERED = 20;

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

  /** A run's identity as such, or the newest run of a commit. */
  async function resolve(text) {
    const asked = text.trim();
    if (/^\d{8}T\d{6}Z-[0-9a-zA-Z]+-[0-9a-zA-Z]+$/.test(asked)) return { id: asked, others: [] };
    const hash = asked.toLowerCase();
    if (!/^[0-9a-f]{4,64}$/.test(hash)) {
      throw new Error(`“${asked}” is neither a run nor at least four digits of a commit`);
    }
    const digits = hash.slice(0, 2);
    if (!commits.has(digits)) await load(`data/commit/${digits}.js`).catch(() => {});
    const short = hash.slice(0, 12);
    const ids = (commits.get(digits) ?? []).filter((id) => id.split("-")[1].startsWith(short));
    if (ids.length === 0) throw new Error(`no recorded run is of a commit ${asked}`);
    return { id: ids.at(-1), others: ids.slice(0, -1) };
  }

  /** Everything that a run measured. */
  async function read(id) {
    const { day } = run(id);
    if (!days.has(day)) await load(`data/day/${day}.js`).catch(() => {});
    const chunk = days.get(day);
    const found = chunk?.runs.find((one) => one.run === id);
    if (!found) throw new Error(`no run ${id} is recorded`);
    const names = chunk.names[found.names];
    const stems = chunk.stems[found.names];
    const measured = new Map();
    names.forEach((name, i) => {
      if (found.median[i] === null) return;
      measured.set(name, { stem: stems[i], median: found.median[i], p95: found.p95[i] });
    });
    return { ...found, measured };
  }

  function rows(a, b) {
    const names = [...new Set([...a.measured.keys(), ...b.measured.keys()])];
    const all = names.map((name) => {
      const [before, after] = [a.measured.get(name), b.measured.get(name)];
      const known = before?.median > 0 && after?.median > 0;
      const ratio = known ? Math.log(after.median / before.median) : null;
      return { name, before, after, ratio };
    });
    const size = (row) => row.ratio ?? Number.NEGATIVE_INFINITY;
    return all.sort((one, other) => size(other) - size(one) || (one.name < other.name ? -1 : 1));
  }

  function cells({ name, before, after, ratio }) {
    const row = element("tr");
    const notable = ratio !== null && Math.abs(Math.expm1(ratio)) >= NOTABLE;
    const side = !notable ? "" : ratio > 0 ? "slower" : "faster";
    const sign = !notable ? "" : ratio > 0 ? "▲ " : "▼ ";
    const only = before ? "only before" : "only after";
    const text = ratio === null ? (before && after ? "–" : only) : change(after.median, before.median);
    row.append(element("td", `${sign}${text}`, side));
    const head = element("th");
    head.scope = "row";
    head.append(link(name, `benchmark/${(before ?? after).stem}.html`));
    row.append(head);
    for (const number of [before?.median, after?.median, before?.p95, after?.p95]) {
      row.append(element("td", value(number, "ns")));
    }
    return row;
  }

  function described(side, { run: id, branch, machine, label }) {
    const { minute, commit } = run(id);
    const words = [minute, commit, branch, `machine ${machine}`, label].filter(Boolean);
    const made = element("p", `${side}: `);
    // Hostile names may turn the direction of their neighbours.
    made.append(...words.flatMap((word, i) => [i ? " · " : "", element("bdi", word)]));
    return made;
  }

  function warnings(a, b) {
    const found = [];
    if (a.machine !== b.machine) found.push("Different machines measured these runs: their times do not compare.");
    for (const [name, { dirty, partial }] of [["Before", a], ["After", b]]) {
      if (dirty) found.push(`${name} was measured with uncommitted changes, so its commit does not tell what ran.`);
      if (partial) found.push(`${name} is partial: only some benchmarks, or too few launches, were measured.`);
    }
    return found.map((text) => element("p", `▲ ${text}`, "warning"));
  }

  /** Links to the other runs of a commit, the newest first. */
  function offered(side, others, address) {
    if (others.length === 0) return [];
    const made = element("p", `Other runs of the commit ${side}: `);
    const newest = others.slice(-MOST_OFFERED).reverse();
    made.append(...newest.flatMap((id, i) => [i ? ", " : "", link(run(id).minute, address(id))]));
    return [made];
  }

  function paragraphs(a, b, others) {
    return [
      ...warnings(a, b),
      described("Before", a),
      described("After", b),
      element("p", "The medians of single runs, without a verdict: noise between runs is often several per cent."),
      ...offered("before", others.a, (id) => `compare.html?a=${id}&b=${b.run}`),
      ...offered("after", others.b, (id) => `compare.html?a=${a.run}&b=${id}`),
    ];
  }

  async function compare(a, b) {
    const [before, after] = await Promise.all([resolve(a), resolve(b)]);
    if (before.id === after.id) throw new Error("these are the same run");
    const [one, other] = await Promise.all([read(before.id), read(after.id)]);
    said.replaceChildren(...paragraphs(one, other, { a: before.others, b: after.others }));
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
    said.textContent = "Name two runs, or two commits.";
    return;
  }
  said.textContent = "Reading the runs …";
  compare(a, b).catch((error) => {
    said.textContent = `These cannot be compared: ${error.message}.`;
  });
})();
