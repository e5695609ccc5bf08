// Searches and sorts the benchmarks. The page is complete without this script.
"use strict";

(() => {
  const form = document.getElementById("find");
  const list = document.getElementById("all");
  if (!form || !list) return;
  const search = document.getElementById("search");
  const sort = document.getElementById("sort");
  const onlyChanged = document.getElementById("only-changed");
  const found = document.getElementById("found");
  const results = document.getElementById("results");
  // The most results of a search over the names of all groups.
  const MOST = 100;
  const groups = [...list.querySelectorAll("details.group")].map((group) => ({
    group,
    body: group.querySelector("tbody"),
    rows: [...group.querySelectorAll("tr[data-name]")],
    wasOpen: group.open,
  }));
  const rows = groups.flatMap(({ rows, body }) => rows.map((row) => ({ row, body })));
  const isPaged = list.querySelector("p.group") !== null;
  let names = null;
  window.perfNames = (all) => {
    names = all;
    show();
  };

  const magnitude = (row) => Math.abs(Number(row.dataset.change)) || 0;
  const time = (row) => Number(row.dataset.ns) || 0;
  const orders = {
    change: (a, b) => magnitude(b.row) - magnitude(a.row),
    time: (a, b) => time(b.row) - time(a.row),
  };

  /** Sorted rows form one list, in the first group; otherwise each is in its own group. */
  function arrange() {
    const order = orders[sort.value];
    const arranged = order ? [...rows].sort(order) : rows;
    for (const { row, body } of arranged) (order ? groups[0].body : body).append(row);
    list.classList.toggle("flat", order !== undefined);
  }

  const words = () => search.value.toLowerCase().split(/\s+/).filter(Boolean);
  const matches = (name) => words().every((word) => name.toLowerCase().includes(word));

  function show() {
    if (isPaged) showNames();
    else showRows();
  }

  function showRows() {
    const isFiltered = words().length > 0 || onlyChanged.checked;
    let count = 0;
    for (const { row } of rows) {
      row.hidden = !matches(row.dataset.name) || (onlyChanged.checked && row.dataset.changed === undefined);
      if (!row.hidden) count += 1;
    }
    for (const { group, body, wasOpen } of groups) {
      const some = [...body.rows].some((row) => !row.hidden);
      group.hidden = !some;
      group.open = some && (isFiltered || sort.value !== "name" || wasOpen);
    }
    found.textContent = `${count} of ${rows.length} benchmarks`;
  }

  /** The names are loaded at the first search. */
  function load() {
    if (document.getElementById("names")) return;
    const script = document.createElement("script");
    script.id = "names";
    script.src = `${document.querySelector("link[rel=stylesheet]").getAttribute("href").replace("style.css", "")}data/names.js`;
    document.head.append(script);
  }

  function showNames() {
    const isSearched = words().length > 0;
    list.hidden = isSearched;
    results.hidden = !isSearched;
    if (!isSearched) {
      found.textContent = "";
      return;
    }
    if (!names) {
      found.textContent = "Loading…";
      load();
      return;
    }
    const all = names.filter(([name]) => matches(name));
    results.replaceChildren(...all.slice(0, MOST).map(result));
    const shown = all.length > MOST ? `, the first ${MOST} shown` : "";
    found.textContent = `${all.length} of ${names.length} benchmarks${shown}`;
  }

  function result([name, stem, ...values]) {
    const item = document.createElement("li");
    const link = document.createElement("a");
    link.href = `benchmark/${stem}.html`;
    link.textContent = name;
    const numbers = values.filter(Boolean).map((value) => {
      const number = document.createElement("span");
      number.textContent = value;
      return number;
    });
    item.append(link, ...numbers);
    return item;
  }

  function updateAddress() {
    const query = new URLSearchParams();
    if (search.value) query.set("q", search.value);
    if (onlyChanged.checked) query.set("changed", "");
    if (sort.value !== "name") query.set("sort", sort.value);
    const text = query.toString();
    try {
      history.replaceState(null, "", text ? `?${text}` : location.pathname);
    } catch {
      // Some browsers refuse to change the address of a local file.
    }
  }

  function restore() {
    const query = new URLSearchParams(location.search);
    search.value = query.get("q") ?? "";
    onlyChanged.checked = query.has("changed");
    const wanted = query.get("sort");
    if (Object.keys(orders).includes(wanted)) sort.value = wanted;
  }

  function update() {
    arrange();
    show();
    updateAddress();
  }

  function isTyping(target) {
    return target.closest("input, select, textarea") !== null;
  }

  form.addEventListener("submit", (event) => event.preventDefault());
  for (const control of [search, sort, onlyChanged]) control.addEventListener("input", update);
  search.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    search.value = "";
    update();
  });
  document.addEventListener("keydown", (event) => {
    const plain = !event.ctrlKey && !event.metaKey && !event.altKey;
    if (event.key !== "/" || !plain || isTyping(event.target)) return;
    event.preventDefault();
    search.focus();
  });

  form.hidden = false;
  for (const control of [sort, onlyChanged]) control.parentElement.hidden ||= isPaged;
  restore();
  if (sort.value !== "name") arrange();
  show();
})();
