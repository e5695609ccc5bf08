// The chart of a trend that can be zoomed and read out, in place of the drawing in the page.
"use strict";

(() => {
  const { value, change, run, load } = perfUnits;
  const figure = document.getElementById("trend");
  const source = document.getElementById("trend-data");
  if (!figure || !source || typeof uPlot === "undefined") return;
  const data = JSON.parse(source.textContent);

  const [COUNTED, ASIDE, INCOMPARABLE] = ["0", "1", "2"];
  const HEIGHT = 340;
  // A quiet series must not look like a wild one: the least that the scale spans.
  const LEAST_SPAN = 0.15;
  const LETTERS = { step: "S", machine: "M", accepted: "A" };
  const DASHES = { step: [], machine: [2, 3], accepted: [6, 3] };

  const months = new Map();
  const trends = new Map();
  window.perfMonth = (month) => months.set(month.month, month);
  window.perfTrend = (trend) => trends.set(trend.month, trend);

  // Every run that is known here, the oldest first; the page's own begin at `first`.
  let points = own();
  let first = 0;
  const state = { count: 200, log: false, chart: null, index: null };

  function own() {
    return data.run.map((id, i) => ({
      id,
      value: data.value[i],
      low: data.low[i],
      high: data.high[i],
      p95: data.p95[i],
      p99: data.p99[i],
      standing: data.standing[i],
      flags: data.flags[i],
      subject: data.subjects?.[i],
      page: i === data.unrecorded ? null : `${data.page}${id}.html`,
    }));
  }

  const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

  /* What is read out */

  function marksAt(index) {
    return data.marks.filter((mark) => mark.at === index - first).map((mark) => mark.text);
  }

  function described(point) {
    const { minute, commit } = run(point.id);
    const spread = point.low === null || point.low === undefined ? "" : ` (${value(point.low, data.unit)} to ${value(point.high, data.unit)})`;
    const words = [minute, commit];
    words.push(point.value === null ? "not measured" : `${data.what} ${value(point.value, data.unit)}${spread}`);
    if (point.p95) words.push(`p95 ${value(point.p95, data.unit)}`);
    if (point.p99) words.push(`p99 ${value(point.p99, data.unit)}`);
    if (data.baseline && point.value && point.standing !== INCOMPARABLE) {
      words.push(`${change(point.value, data.baseline)} against the baseline`);
    }
    words.push(point.flags, point.subject);
    return words.filter(Boolean).join(" · ");
  }

  function readOut(index) {
    const point = points[index];
    if (!point) return;
    state.index = index;
    const text = [described(point), ...marksAt(index)].join(" · ");
    parts.readout.replaceChildren(document.createTextNode(text));
    if (!point.page) return;
    const link = document.createElement("a");
    link.href = point.page;
    link.textContent = "this run";
    parts.readout.append(" · ", link);
  }

  function say(text) {
    parts.readout.textContent = text;
  }

  function visit(index) {
    const page = points[index]?.page;
    if (page) location.href = page;
  }

  /* Scales */

  function range(from, to) {
    const known = points.slice(Math.max(0, Math.floor(from)), Math.ceil(to) + 1);
    const counted = known.filter((point) => point.standing === COUNTED);
    const of = (some) => some.flatMap((p) => [p.value, p.low, p.high, p.p95]).filter((v) => v !== null && v !== undefined && v >= 0);
    let values = of(counted);
    if (values.length === 0) values = of(known);
    if (data.baseline) values.push(data.baseline);
    const positive = state.log ? values.filter((v) => v > 0) : values;
    if (positive.length === 0) return [0.1, 1];
    const [low, high] = [Math.min(...positive), Math.max(...positive)];
    if (state.log) {
      const margin = Math.max((high / low) ** 0.08, 1.08);
      return [low / margin, high * margin];
    }
    const half = Math.max(high - low, high * LEAST_SPAN || 1) * 0.58;
    const middle = (low + high) / 2;
    return [Math.max(0, middle - half), middle + half];
  }

  function ticks(low, high) {
    if (state.log && high / low > 20) {
      const decades = [];
      for (let e = Math.floor(Math.log10(low)); e <= Math.log10(high); e += 1) {
        for (const m of [1, 2, 5]) decades.push(m * 10 ** e);
      }
      const shown = decades.filter((tick) => tick >= low && tick <= high);
      const every = Math.ceil(shown.length / 7);
      return shown.filter((_, i) => i % every === 0);
    }
    const rough = (high - low) / 6;
    const decade = 10 ** Math.floor(Math.log10(rough));
    const step = ([1, 2, 5].find((m) => m * decade >= rough) ?? 10) * decade;
    const all = [];
    for (let i = Math.ceil(low / step); i * step <= high; i += 1) all.push(i * step);
    return all;
  }

  const short = (tick) => value(tick, data.unit).replace(/(\.\d*?)0+(?= |$)/, "$1").replace(/\.(?= |$)/, "");

  function days(chart, axis, low, high) {
    const [from, to] = [Math.max(0, Math.ceil(low)), Math.min(points.length - 1, Math.floor(high))];
    const places = Math.max(2, Math.floor(chart.width / 150));
    const step = Math.max(1, Math.ceil((to - from + 1) / places));
    const all = [];
    // A date needs room on both sides of its run.
    for (let i = to - Math.ceil(step / 2); i >= from; i -= step) all.unshift(i);
    return all;
  }

  /* Drawing */

  function levels(chart) {
    const { ctx, bbox } = chart;
    const drawn = data.levels.map((level) => ({ ...level, color: color("--limit"), dash: level.class === "target" ? [3, 3] : [] }));
    if (data.baseline) drawn.push({ value: data.baseline, color: color("--ink"), dash: [8, 4] });
    for (const level of drawn) {
      const y = chart.valToPos(level.value, "y", true);
      if (!(y >= bbox.top && y <= bbox.top + bbox.height)) continue;
      stroke(ctx, level.color, level.dash, () => {
        ctx.moveTo(bbox.left, y);
        ctx.lineTo(bbox.left + bbox.width, y);
      });
    }
  }

  function marks(chart) {
    const { ctx, bbox } = chart;
    for (const mark of data.marks) {
      const x = chart.valToPos(mark.at + first, "x", true);
      if (!(x >= bbox.left && x <= bbox.left + bbox.width)) continue;
      const shade = color(mark.class === "step" ? "--limit" : "--soft");
      stroke(ctx, shade, DASHES[mark.class] ?? [], () => {
        ctx.moveTo(x, bbox.top);
        ctx.lineTo(x, bbox.top + bbox.height);
      });
      ctx.fillStyle = shade;
      ctx.font = `${11 * devicePixelRatio}px system-ui, sans-serif`;
      ctx.textAlign = "center";
      ctx.fillText(LETTERS[mark.class] ?? "", x, bbox.top - 5 * devicePixelRatio);
    }
  }

  function odd(chart) {
    const { ctx, bbox } = chart;
    const r = 3.5 * devicePixelRatio;
    points.forEach((point, i) => {
      if (point.standing === COUNTED || point.value === null) return;
      const [x, y] = [chart.valToPos(i, "x", true), chart.valToPos(point.value, "y", true)];
      const inside = x >= bbox.left && x <= bbox.left + bbox.width && y >= bbox.top && y <= bbox.top + bbox.height;
      if (!inside) return;
      stroke(ctx, color("--soft"), [], () => {
        if (point.standing === ASIDE) {
          ctx.arc(x, y, r, 0, 2 * Math.PI);
          return;
        }
        ctx.moveTo(x - r, y - r);
        ctx.lineTo(x + r, y + r);
        ctx.moveTo(x + r, y - r);
        ctx.lineTo(x - r, y + r);
      });
    });
  }

  function stroke(ctx, shade, dash, trace) {
    ctx.save();
    ctx.strokeStyle = shade;
    ctx.lineWidth = 1.25 * devicePixelRatio;
    ctx.setLineDash(dash.map((length) => length * devicePixelRatio));
    ctx.beginPath();
    trace();
    ctx.stroke();
    ctx.restore();
  }

  /* The chart */

  function columns() {
    const counted = (of) => points.map((point) => (point.standing === COUNTED ? (of(point) ?? null) : undefined));
    return [
      points.map((_, i) => i),
      counted((p) => p.low),
      counted((p) => p.high),
      counted((p) => p.p99),
      counted((p) => p.p95),
      counted((p) => p.value),
    ];
  }

  function options() {
    const [ink, soft, rule, line] = ["--ink", "--soft", "--rule", "--faster"].map(color);
    const plain = { points: { show: false }, stroke: "transparent", spanGaps: false };
    const tail = (dash) => ({ ...plain, stroke: soft, width: 1.25, dash });
    const axis = { stroke: soft, grid: { stroke: rule, width: 1 }, ticks: { show: false }, font: "12px system-ui, sans-serif" };
    return {
      width: parts.plot.clientWidth,
      height: HEIGHT,
      legend: { show: false },
      padding: [18, 14, 0, 0],
      cursor: { y: false, drag: { x: true, y: false }, points: { fill: ink, size: 7 } },
      scales: {
        x: { time: false, range: (chart, low, high) => [low, high] },
        y: { distr: state.log ? 3 : 1, range: (chart) => range(chart.scales.x.min ?? 0, chart.scales.x.max ?? points.length) },
      },
      axes: [
        { ...axis, grid: { show: false }, splits: days, values: (chart, at) => at.map((i) => run(points[i].id).day) },
        { ...axis, size: 72, splits: (chart, i, low, high) => ticks(low, high), filter: (chart, at) => at, values: (chart, at) => at.map(short) },
      ],
      series: [
        {},
        plain,
        plain,
        tail([1, 5]),
        tail([1, 3]),
        { stroke: line, width: 1.75, spanGaps: false, points: { show: true, size: points.length > 80 ? 3 : 5, fill: line } },
      ],
      bands: [{ series: [2, 1], fill: `color-mix(in srgb, ${line} 18%, transparent)` }],
      hooks: {
        drawClear: [],
        draw: [levels, marks, odd],
        setCursor: [(chart) => chart.cursor.idx !== null && chart.cursor.idx !== undefined && readOut(chart.cursor.idx)],
        setScale: [(chart, key) => key === "x" && (parts.reset.disabled = !isZoomed(chart))],
      },
    };
  }

  const whole = () => [Math.max(0, points.length - state.count) - 0.5, points.length - 0.5];

  function isZoomed(chart) {
    const [from, to] = whole();
    return Math.abs(chart.scales.x.min - from) > 0.01 || Math.abs(chart.scales.x.max - to) > 0.01;
  }

  function fit() {
    const [min, max] = whole();
    state.chart.setScale("x", { min, max });
  }

  function draw() {
    state.chart?.destroy();
    state.chart = new uPlot(options(), columns(), parts.plot);
    state.chart.over.addEventListener("click", (event) => {
      // A finger reads first; the link in the read-out leads on.
      if (event.pointerType === "mouse") visit(state.chart.cursor.idx);
    });
    state.chart.over.addEventListener("dblclick", fit);
    fit();
  }

  function moveTo(index) {
    const { min, max } = state.chart.scales.x;
    const place = Math.min(Math.max(index, Math.ceil(min)), Math.floor(max));
    readOut(place);
    state.chart.setCursor({ left: state.chart.valToPos(place, "x"), top: 10 });
  }

  function press(event) {
    const now = state.index ?? points.length - 1;
    const moves = { ArrowLeft: now - 1, ArrowRight: now + 1, Home: 0, End: points.length - 1 };
    if (event.key in moves) moveTo(moves[event.key]);
    else if (event.key === "Enter") visit(now);
    else return;
    event.preventDefault();
  }

  /* Older runs */

  async function loadMonth(month) {
    const { shared, own } = data.older;
    await Promise.all([load(`${shared}${month}.js`), load(`${own}${month}.js`)]);
    const [runs, trend] = [months.get(month), trends.get(month)];
    return runs.run.map((id, i) => ({
      id,
      value: trend.value[i],
      p95: trend.p95[i],
      standing: runs.standing[i],
      page: null,
    }));
  }

  async function loadOlder() {
    if (!data.older || first > 0) return;
    const known = new Set(data.run);
    const oldest = data.run[0] ?? "";
    const missing = [];
    let older = [];
    for (const month of data.older.months) {
      say(`Loading ${month} …`);
      try {
        const loaded = await loadMonth(month);
        older = [...loaded.filter((p) => p.id < oldest && !known.has(p.id) && p.value !== null), ...older];
      } catch {
        missing.push(month);
      }
    }
    points = [...older, ...own()];
    first = older.length;
    state.index = null;
    say(missing.length > 0 ? `Not loaded: ${missing.join(", ")}.` : `${points.length} runs.`);
  }

  /* The controls */

  function button(text, action) {
    const made = document.createElement("button");
    made.type = "button";
    made.textContent = text;
    made.addEventListener("click", action);
    return made;
  }

  /** Buttons of which one is pressed. */
  function choice(entries) {
    const buttons = entries.map(([text, action]) =>
      button(text, async (event) => {
        for (const other of buttons) other.setAttribute("aria-pressed", String(other === event.currentTarget));
        await action();
        draw();
      }),
    );
    buttons.forEach((one, i) => one.setAttribute("aria-pressed", String(i === 0)));
    return buttons;
  }

  function controls() {
    const tools = document.createElement("div");
    tools.className = "tools";
    tools.setAttribute("role", "group");
    tools.setAttribute("aria-label", "Chart");
    const show = (count) => () => (state.count = count);
    const all = async () => {
      await loadOlder();
      state.count = Infinity;
    };
    const reset = button("Reset zoom", () => fit());
    reset.disabled = true;
    const spans = choice([["Last 200", show(200)], ["Last 50", show(50)], ["All", all]]);
    const scales = choice([["Linear", () => (state.log = false)], ["Logarithmic", () => (state.log = true)]]);
    tools.append(...spans, ...scales, reset);
    const plot = document.createElement("div");
    plot.className = "plot";
    plot.tabIndex = 0;
    plot.setAttribute("role", "group");
    plot.setAttribute("aria-label", `Chart of ${data.name}: arrow keys move from run to run, Enter opens the run`);
    const readout = document.createElement("p");
    readout.className = "readout";
    readout.setAttribute("aria-live", "polite");
    return { tools, plot, readout, reset };
  }

  const parts = controls();
  figure.classList.add("live");
  figure.prepend(parts.tools, parts.plot, parts.readout);
  say("Point at a run, or move by the arrow keys; drag to zoom.");
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
  for (const button of document.querySelectorAll("button.copy")) {
    button.hidden = false;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(button.dataset.copy);
      button.textContent = "Copied";
    });
  }
})();
