// The interactive chart of a trend, which replaces the drawing in the page.
"use strict";

(() => {
  const { value, change, run, load } = perfUnits;
  const { drawable, extent, fitting, isWide, ticks } = perfScale;
  const figure = document.getElementById("trend");
  const source = document.getElementById("trend-data");
  if (!figure || !source || typeof uPlot === "undefined") return;
  const data = JSON.parse(source.textContent);

  const [COUNTED, EXCLUDED, INCOMPARABLE] = ["0", "1", "2"];
  const HEIGHT = 340;
  // A shorter movement between press and release is a click, in CSS pixels.
  const DRAG = 5;
  const FONT = "12px system-ui, sans-serif";
  // A limit above this multiple of the values is not drawn, as it would flatten them.
  const REACH = 1.25;
  // Above this number of points their dots are smaller.
  const CROWDED = 80;
  const MARKS = {
    "change-point": { letter: "C", color: "limit", dash: [] },
    machine: { letter: "M", color: "soft", dash: [2, 3] },
    release: { letter: "R", color: "soft", dash: [1, 2] },
    accepted: { letter: "A", color: "soft", dash: [6, 3] },
  };

  const months = new Map();
  const trends = new Map();
  window.perfMonth = (month) => months.set(month.month, month);
  window.perfTrend = (trend) => trends.set(trend.month, trend);

  // All loaded runs, oldest first; those of the page begin at `first`.
  let points = own();
  let first = 0;
  const state = { count: 200, isLog: isWide(times(points)), archive: new Map(), isLoading: false };

  function own() {
    return data.run.map((id, i) => ({
      id,
      value: data.value[i],
      low: data.low[i],
      high: data.high[i],
      p95: data.p95[i],
      p99: data.p99[i],
      comparability: data.comparability[i],
      flags: data.flags[i],
      subject: data.subjects?.[i],
      page: i === data.unrecorded ? null : `${data.page}${id}.html`,
    }));
  }

  /* The text below the chart */

  function facts(point) {
    const { minute, commit } = run(point.id);
    const written = (number) => value(number, data.unit);
    const words = [minute, commit];
    const spread = drawable(point.low) ? ` (${written(point.low)} to ${written(point.high)})` : "";
    words.push(drawable(point.value) ? `${data.statistic} ${written(point.value)}${spread}` : "not measured");
    if (drawable(point.p95)) words.push(`p95 ${written(point.p95)}`);
    if (drawable(point.p99)) words.push(`p99 ${written(point.p99)}`);
    if (data.baseline && point.value && point.comparability !== INCOMPARABLE) {
      words.push(`${change(point.value, data.baseline)} from the baseline median`);
    }
    return [...words, point.flags, point.subject];
  }

  function showRun(index) {
    const point = points[index];
    state.index = index;
    const marks = data.marks.filter((mark) => mark.at === index - first).map((mark) => mark.text);
    const words = [...facts(point), ...marks].filter(Boolean).map(isolated);
    if (point.page) words.push(link(point.page));
    parts.readout.replaceChildren(...words.flatMap((word, i) => (i ? [" · ", word] : [word])));
  }

  /** A text that cannot change the direction of its neighbours. */
  function isolated(text) {
    const made = document.createElement("bdi");
    made.textContent = text;
    return made;
  }

  function link(page) {
    const made = document.createElement("a");
    made.href = page;
    made.textContent = "open run";
    return made;
  }

  function showText(text) {
    parts.readout.textContent = text;
  }

  function open(index) {
    const page = points[index]?.page;
    if (page) location.href = page;
  }

  /* Scales */

  /** The values of the scale: an incomparable run must not flatten the others. */
  function times(some) {
    const of = (shown) => shown.flatMap((p) => [p.value, p.low, p.high, p.p95]).filter(drawable);
    const counted = some.filter((point) => point.comparability === COUNTED);
    const found = of(counted);
    const known = found.length > 0 ? found : of(some);
    if (data.baseline) known.push(data.baseline);
    const [, greatest] = extent(known);
    const limits = [...counted.map((point) => point.p99), ...data.levels.map((level) => level.value)];
    return [...known, ...limits.filter((limit) => limit >= greatest / 2 && limit <= greatest * REACH)];
  }

  function range(chart) {
    // The y scale is computed before the x scale; the indices of the runs are set already.
    const [from, to] = chart.series[0].idxs;
    return fitting(times(points.slice(from, to + 1)), state.isLog);
  }

  const short = (tick) => value(tick, data.unit).replace(/\.(\d*?)0+(?= |$)/, ".$1").replace(/\.(?= |$)/, "");

  function breadth(chart, labels) {
    const context = chart.ctx;
    context.font = chart.axes[1].font[0];
    const widths = (labels ?? []).map((label) => context.measureText(label).width / uPlot.pxRatio);
    return Math.ceil(Math.max(0, ...widths)) + 14;
  }

  function days(chart, axis, low, high) {
    const [from, to] = [Math.max(0, Math.ceil(low)), Math.min(points.length - 1, Math.floor(high))];
    const places = Math.max(2, Math.floor(chart.width / 150));
    const step = Math.max(1, Math.ceil((to - from + 1) / places));
    const all = [];
    // A date needs room on both sides of its run.
    for (let i = to - Math.floor(step / 2); i >= from; i -= step) all.unshift(i);
    return all;
  }

  /** The day at its first run, and the time of day at the others. */
  function dates(chart, at) {
    const runs = at.map((i) => run(points[i].id));
    return runs.map(({ day, time }, i) => (i > 0 && runs[i - 1].day === day ? time : day));
  }

  /* Drawing */

  function stroke({ ctx }, shade, dash, trace) {
    const ratio = uPlot.pxRatio;
    ctx.save();
    ctx.strokeStyle = shade;
    ctx.lineWidth = 1.25 * ratio;
    ctx.setLineDash(dash.map((length) => length * ratio));
    ctx.beginPath();
    trace();
    ctx.stroke();
    ctx.restore();
  }

  function levels(chart) {
    const { left, top, width, height } = chart.bbox;
    const limits = data.levels.map((level) => [level.value, palette.limit, level.class === "target" ? [3, 3] : []]);
    const drawn = data.baseline ? [...limits, [data.baseline, palette.ink, [8, 4]]] : limits;
    for (const [level, shade, dash] of drawn) {
      const y = Math.round(chart.valToPos(level, "y", true));
      if (!(y >= top && y <= top + height)) continue;
      stroke(chart, shade, dash, () => {
        chart.ctx.moveTo(left, y);
        chart.ctx.lineTo(left + width, y);
      });
    }
  }

  function marks(chart) {
    const { ctx, bbox: { left, top, width, height } } = chart;
    const letter = (mark) => (mark.class === "release" ? mark.text : MARKS[mark.class].letter);
    const place = (mark) => ({ ...MARKS[mark.class], letter: letter(mark), x: Math.round(chart.valToPos(mark.at + first, "x", true)) });
    const places = data.marks.map(place).filter(({ x }) => x >= left && x <= left + width);
    let free = 0;
    for (const { letter, color, dash, x } of places.sort((a, b) => a.x - b.x)) {
      stroke(chart, palette[color], dash, () => {
        ctx.moveTo(x, top);
        ctx.lineTo(x, top + height);
      });
      // The letter of a mark moves right if the previous letter is in its place.
      const at = Math.max(x, free);
      free = at + 12 * uPlot.pxRatio;
      ctx.fillStyle = palette[color];
      ctx.font = chart.axes[0].font[0];
      ctx.textAlign = "center";
      ctx.textBaseline = "alphabetic";
      ctx.fillText(letter, at, top - 6 * uPlot.pxRatio);
    }
  }

  function uncounted(chart) {
    const { ctx, bbox: { left, top, width, height } } = chart;
    const r = 3.5 * uPlot.pxRatio;
    points.forEach((point, i) => {
      if (point.comparability === COUNTED || !drawable(point.value)) return;
      const [x, y] = [chart.valToPos(i, "x", true), chart.valToPos(point.value, "y", true)];
      if (!(x >= left && x <= left + width && y >= top && y <= top + height)) return;
      stroke(chart, palette.soft, [], () => (point.comparability === EXCLUDED ? ctx.arc(x, y, r, 0, 2 * Math.PI) : cross(ctx, x, y, r)));
    });
  }

  function cross(ctx, x, y, r) {
    ctx.moveTo(x - r, y - r);
    ctx.lineTo(x + r, y + r);
    ctx.moveTo(x + r, y - r);
    ctx.lineTo(x - r, y + r);
  }

  /* The chart */

  let palette = {};

  function readPalette() {
    const style = getComputedStyle(document.documentElement);
    const color = (name) => style.getPropertyValue(`--${name}`).trim();
    return Object.fromEntries(["ink", "soft", "rule", "faster", "limit"].map((name) => [name, color(name)]));
  }

  function columns() {
    const known = (number) => (drawable(number) && (number > 0 || !state.isLog) ? number : null);
    // The line skips a run that is not counted, and stops at one without a value.
    const counted = (of) => withWideGaps(points.map((point) => (point.comparability === COUNTED ? known(of(point)) : undefined)));
    return [
      points.map((_, i) => i),
      counted((p) => p.low),
      counted((p) => p.high),
      counted((p) => p.p99),
      counted((p) => p.p95),
      counted((p) => p.value),
      points.map((p) => known(p.value)),
    ];
  }

  /** Extends each gap over neighbouring runs that are not counted, so that no line begins there. */
  function withWideGaps(column) {
    const widen = (i, neighbour) => {
      if (column[i] === undefined && column[neighbour] === null) column[i] = null;
    };
    for (let i = 1; i < column.length; i += 1) widen(i, i - 1);
    for (let i = column.length - 2; i >= 0; i -= 1) widen(i, i + 1);
    return column;
  }

  function options() {
    const { ink, soft, rule, faster } = palette;
    const plain = { points: { show: false }, stroke: "transparent", spanGaps: false };
    const tail = (dash) => ({ ...plain, stroke: soft, width: 1.25, dash, cap: "round" });
    const axis = { stroke: soft, grid: { stroke: rule, width: 1 }, ticks: { show: false }, font: FONT };
    const yTicks = (chart, i, low, high) => ticks(low, high, state.isLog, 6);
    const dot = { show: true, size: points.length > CROWDED ? 3 : 5, fill: faster };
    const series = [{}, plain, plain, tail([1, 5]), tail([1, 3]), { ...plain, stroke: faster, width: 1.75, points: dot }, plain];
    return {
      width: parts.plot.clientWidth,
      height: HEIGHT,
      legend: { show: false },
      padding: [22, 14, 0, 0],
      cursor: {
        y: false,
        move: snapped,
        drag: { x: true, y: false, dist: DRAG, setScale: false, click: () => {} },
        points: { fill: ink, size: (chart, i) => (i === series.length - 1 ? 8 : 0) },
        bind: { dblclick: () => fit },
      },
      scales: {
        x: { time: false, range: (chart, low, high) => [low, high] },
        y: { distr: state.isLog ? 3 : 1, range },
      },
      axes: [
        { ...axis, size: 30, grid: { show: false }, splits: days, values: dates },
        { ...axis, size: breadth, splits: yTicks, filter: (chart, at) => at, values: (chart, at) => at.map(short) },
      ],
      series,
      bands: [{ series: [2, 1], fill: `color-mix(in srgb, ${faster} 18%, transparent)` }],
      hooks: {
        draw: [levels, marks, uncounted],
        setCursor: [(chart) => Number.isInteger(chart.cursor.idx) && showRun(chart.cursor.idx)],
        setScale: [(chart, key) => key === "x" && (parts.reset.disabled = !isZoomed(chart))],
        setSelect: [zoom],
      },
    };
  }

  /** Moves the cursor to the nearest run. */
  function snapped(chart, left, top) {
    if (left < 0) return [left, top];
    return [chart.valToPos(within(chart, Math.round(chart.posToVal(left, "x"))), "x"), 0];
  }

  function within({ scales: { x } }, index) {
    const [from, to] = [Math.max(0, Math.ceil(x.min)), Math.min(points.length - 1, Math.floor(x.max))];
    return Math.min(Math.max(index, from), to);
  }

  function whole() {
    const count = Math.min(state.count, points.length);
    // Room for the dots of the outermost runs.
    const margin = Math.max(0.5, count / 120);
    return [points.length - count - margin, points.length - 1 + margin];
  }

  function isZoomed({ scales: { x } }) {
    const [from, to] = whole();
    return Math.abs(x.min - from) > 0.01 || Math.abs(x.max - to) > 0.01;
  }

  function zoom(chart) {
    const { left, width } = chart.select;
    if (width === 0) return;
    const [from, to] = [left, left + width].map((at) => Math.round(chart.posToVal(at, "x")));
    chart.setScale("x", { min: from - 0.5, max: to + 0.5 });
    chart.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
  }

  function fit() {
    const [min, max] = whole();
    state.chart.setScale("x", { min, max });
  }

  function draw() {
    const { min, max } = state.chart?.scales.x ?? {};
    state.chart?.destroy();
    palette = readPalette();
    state.chart = new uPlot(options(), columns(), parts.plot);
    state.chart.over.addEventListener("pointerdown", (event) => (state.pressed = event));
    state.chart.over.addEventListener("click", click);
    if (min === undefined) fit();
    else state.chart.setScale("x", { min, max });
  }

  function click(event) {
    clearTimeout(state.opening);
    const { pointerType, clientX, clientY } = state.pressed;
    const isDrag = Math.hypot(event.clientX - clientX, event.clientY - clientY) >= DRAG;
    // A touch shows the text; its link opens the run.
    if (isDrag || pointerType === "touch" || event.detail > 1) return;
    const index = state.chart.cursor.idx;
    // In a zoomed chart, a click may be the first of a double click that resets the zoom.
    if (isZoomed(state.chart)) state.opening = setTimeout(open, 300, index);
    else open(index);
  }

  function moveTo(index) {
    const place = within(state.chart, index);
    showRun(place);
    state.chart.setCursor({ left: state.chart.valToPos(place, "x"), top: 0 });
  }

  function press(event) {
    const now = state.index ?? points.length;
    const moves = { ArrowLeft: now - 1, ArrowRight: now + 1, Home: 0, End: points.length - 1 };
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key in moves) moveTo(moves[event.key]);
    else if (event.key === "Enter") open(now);
    else return;
    event.preventDefault();
  }

  /* Older runs */

  async function loadMonth(month) {
    const { shared, own } = data.archive;
    await Promise.all([load(`${shared}${month}.js`), load(`${own}${month}.js`)]);
    const [runs, trend] = [months.get(month), trends.get(month)];
    const made = runs.run.map((id, i) => ({ id, value: trend.value[i], p95: trend.p95[i], comparability: runs.comparability[i], page: null }));
    const oldest = data.run[0] ?? "";
    return made.filter((point) => point.id < oldest && point.value !== null);
  }

  async function loadArchive() {
    if (!data.archive || state.isLoading) return;
    state.isLoading = true;
    const missing = [];
    for (const month of data.archive.months.filter((month) => !state.archive.has(month))) {
      showText(`Loading ${month} …`);
      try {
        state.archive.set(month, await loadMonth(month));
      } catch {
        missing.push(month);
      }
    }
    state.isLoading = false;
    const archived = [...state.archive.keys()].sort().flatMap((month) => state.archive.get(month));
    points = [...archived, ...own()];
    if (state.index !== undefined) state.index += archived.length - first;
    first = archived.length;
    showText(missing.length > 0 ? `Loading failed for ${missing.join(", ")}. Press “All” to retry.` : `${points.length} runs.`);
    draw();
    // The range may have changed during loading.
    fit();
  }

  /* The controls */

  function button(text, action) {
    const made = document.createElement("button");
    made.type = "button";
    made.textContent = text;
    made.addEventListener("click", action);
    return made;
  }

  /** A group of buttons of which one is pressed. */
  function choice(label, pressed, entries) {
    const made = document.createElement("span");
    made.className = "choice";
    made.setAttribute("role", "group");
    made.setAttribute("aria-label", label);
    const press = (one) => {
      for (const other of made.children) other.setAttribute("aria-pressed", String(other === one));
    };
    for (const [text, action] of entries) {
      made.append(button(text, ({ currentTarget }) => {
        press(currentTarget);
        action();
      }));
    }
    press(made.children[pressed]);
    return made;
  }

  function spanOf(count) {
    state.count = count;
    fit();
    if (count === Infinity) loadArchive();
  }

  function scaleOf(isLog) {
    state.isLog = isLog;
    draw();
  }

  function controls() {
    const tools = document.createElement("div");
    tools.className = "tools";
    tools.setAttribute("role", "group");
    tools.setAttribute("aria-label", "Chart");
    const reset = button("Reset zoom", fit);
    const spans = [["Last 50", 50], ["Last 200", 200], ["All", Infinity]].map(([text, count]) => [text, () => spanOf(count)]);
    const scales = [["Linear", false], ["Logarithmic", true]].map(([text, isLog]) => [text, () => scaleOf(isLog)]);
    tools.append(choice("Runs", 1, spans), choice("Scale", Number(state.isLog), scales), reset);
    const plot = document.createElement("div");
    plot.className = "plot";
    plot.tabIndex = 0;
    plot.setAttribute("role", "group");
    plot.setAttribute("aria-label", `Chart of ${data.name}: arrow keys select a run, Enter opens it`);
    const readout = document.createElement("p");
    readout.className = "readout";
    readout.setAttribute("aria-live", "polite");
    return { tools, plot, readout, reset };
  }

  const parts = controls();
  figure.classList.add("live");
  figure.prepend(parts.tools, parts.plot, parts.readout);
  showText("Hover over a run or press the arrow keys to read it; drag to zoom.");
  parts.plot.addEventListener("keydown", press);
  draw();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  new ResizeObserver(() => {
    const width = parts.plot.clientWidth;
    if (width > 0 && width !== state.chart.width) state.chart.setSize({ width, height: HEIGHT });
  }).observe(parts.plot);
})();

(() => {
  if (!navigator.clipboard) return;

  async function copy({ currentTarget: button }) {
    const copied = navigator.clipboard.writeText(button.dataset.copy);
    button.textContent = await copied.then(() => "Copied", () => "Copying failed");
  }

  for (const button of document.querySelectorAll("button.copy")) {
    button.hidden = false;
    button.addEventListener("click", copy);
  }
})();
