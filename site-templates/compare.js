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
    const notable = ratio !== null && Math.abs(ratio) >= NOTABLE;
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

  function describe({ run: id, branch, machine, dirty, partial }) {
    const { minute, commit } = run(id);
    const words = [minute, commit, branch, `machine ${machine}`];
    if (dirty) words.push("with uncommitted changes");
    if (partial) words.push("partial");
    return words.filter(Boolean).join(" · ");
  }

  function paragraphs(a, b, others) {
    const made = [
      element("p", `Before: ${describe(a)}`),
      element("p", `After: ${describe(b)}`),
      element("p", "Medians of single runs, to three digits and without a verdict: noise between runs is often several per cent."),
    ];
    if (a.machine !== b.machine) {
      made.unshift(element("p", "▲ Different machines measured these runs: their times do not compare.", "warning"));
    }
    if (others.length > 0) {
      const also = element("p", "Other runs of these commits: ");
      for (const id of others.slice(0, 20)) also.append(link(run(id).minute, `compare.html?a=${a.run}&b=${id}`), " ");
      made.push(also);
    }
    return made;
  }

  async function compare(a, b) {
    const [before, after] = await Promise.all([resolve(a), resolve(b)]);
    if (before.id === after.id) throw new Error("these are the same run");
    const [one, other] = await Promise.all([read(before.id), read(after.id)]);
    said.replaceChildren(...paragraphs(one, other, [...before.others, ...after.others]));
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
