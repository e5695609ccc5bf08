// Searches and sorts the table of benchmarks. The page is complete without this script.
"use strict";

(() => {
  const form = document.getElementById("find");
  const table = document.getElementById("all");
  if (!form || !table) return;
  const search = document.getElementById("search");
  const sort = document.getElementById("sort");
  const onlyChanged = document.getElementById("only-changed");
  const found = document.getElementById("found");
  const modules = [...table.tBodies];
  const rows = modules.flatMap((module) =>
    [...module.rows].filter((row) => row.dataset.name !== undefined).map((row) => ({ row, module })),
  );
  const flat = document.createElement("tbody");
  table.append(flat);

  const magnitude = (row) => Math.abs(Number(row.dataset.change)) || 0;
  const time = (row) => Number(row.dataset.ns) || 0;
  const orders = {
    change: (a, b) => magnitude(b.row) - magnitude(a.row),
    time: (a, b) => time(b.row) - time(a.row),
  };

  function arrange() {
    const order = orders[sort.value];
    const arranged = order ? [...rows].sort(order) : rows;
    for (const { row, module } of arranged) (order ? flat : module).append(row);
  }

  function matches(row, words) {
    if (onlyChanged.checked && row.dataset.changed === undefined) return false;
    const name = row.dataset.name.toLowerCase();
    return words.every((word) => name.includes(word));
  }

  function show() {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    let count = 0;
    for (const { row } of rows) {
      row.hidden = !matches(row, words);
      if (!row.hidden) count += 1;
    }
    for (const module of modules) {
      module.hidden = ![...module.rows].some((row) => row.dataset.name !== undefined && !row.hidden);
    }
    found.textContent = `${count} of ${rows.length} benchmarks`;
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
  restore();
  if (sort.value !== "name") arrange();
  show();
})();
