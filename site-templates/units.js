// Number formats, run IDs and scales of the charts.
"use strict";

const perfUnits = (() => {
  const TIMES = [[1e9, "s"], [1e6, "ms"], [1e3, "µs"], [1, "ns"]];
  const SIZES = [[1e9, "GB"], [1e6, "MB"], [1e3, "kB"], [1, "B"]];
  const COUNTS = [[1e9, "G"], [1e6, "M"], [1e3, "k"], [1, ""]];

  function fourDigits(value) {
    const size = Math.abs(value);
    const whole = size < 1 ? 1 : Math.floor(Math.log10(size)) + 1;
    return value.toFixed(Math.min(Math.max(4 - whole, 0), 3));
  }

  const plain = (value) => (Number.isInteger(value) ? value.toFixed(0) : fourDigits(value));

  /** The size and the name of the unit that a value is printed in. */
  function unitOf(value, units) {
    // 999.96 ns would be printed as 1000 ns, so the unit is chosen for the rounded value.
    return units.find(([size]) => Math.abs(value) / size >= 0.99995) ?? units.at(-1);
  }

  function scaled(value, units) {
    const [size, unit] = unitOf(value, units);
    return `${fourDigits(value / size)} ${unit}`.trimEnd();
  }

  const bytes = (value) => (value < 1e3 ? `${plain(value)} B` : scaled(value, SIZES));
  const count = (value) => (value < 1e4 ? plain(value) : scaled(value, COUNTS));

  /** A value in its unit; times are in ns. */
  function value(value, unit) {
    if (value === null || value === undefined) return "–";
    if (unit === "ns") return scaled(value, TIMES);
    if (unit === "bytes") return bytes(value);
    return unit ? `${count(value)} ${unit}` : count(value);
  }

  /** A time in ns as it is printed. */
  function printed(ns) {
    const [size] = unitOf(ns, TIMES);
    return Number(fourDigits(ns / size)) * size;
  }

  /** The change between two printed times: in percent, or as a factor from 1,000 % upwards. */
  function change(head, base) {
    const ratio = printed(head) / printed(base);
    const percent = (ratio - 1) * 100;
    if (percent >= 1000) return `${ratio.toFixed(1)} ×`;
    const size = Math.abs(percent).toFixed(1);
    return `${percent < 0 && size !== "0.0" ? "-" : "+"}${size} %`;
  }

  /** The parts of a run ID: its start and its commit. */
  function run(id) {
    const parts = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)\d\dZ-([0-9a-z]+)-/.exec(id);
    if (!parts) return { day: id, time: "", minute: id, commit: "" };
    const [, year, month, date, hour, minute, commit] = parts;
    const [day, time] = [`${year}-${month}-${date}`, `${hour}:${minute}`];
    const isNone = /^0+$/.test(commit);
    return { day, time, minute: `${day} ${time} UTC`, commit: isNone ? "" : commit };
  }

  /** Loads a script that passes data to a function of the page. */
  function load(path) {
    return new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = path;
      const settle = (settled) => () => {
        script.remove();
        settled();
      };
      script.addEventListener("load", settle(resolve));
      script.addEventListener("error", settle(() => reject(new Error(`${path} cannot be loaded`))));
      document.head.append(script);
    });
  }

  // The most characters of a name in a table.
  const CELL = 48;

  /** A benchmark's name for a table's cell: a long one loses its middle. */
  function shortened(name) {
    const characters = [...name];
    if (characters.length <= CELL) return name;
    return `${characters.slice(0, CELL / 2).join("")}…${characters.slice(-CELL / 2).join("")}`;
  }

  return { value, change, run, load, shortened };
})();

/** Scales like those of the static drawings. */
const perfScale = (() => {
  // Values of more than this ratio need a logarithmic scale.
  const LINEAR_RATIO = 20;
  // The least span of a linear scale, relative to the highest value: low noise stays flat.
  const LEAST_SPAN = 0.15;
  const MARGIN = 0.08;
  // The highest valid time or size: 30 years in ns.
  const GREATEST = 1e18;

  function extent(values) {
    let [low, high] = [Infinity, -Infinity];
    for (const value of values) {
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
    return [low, high];
  }

  const drawable = (value) => Number.isFinite(value) && value >= 0 && value <= GREATEST;

  /** Whether the range of the values needs a logarithmic scale. */
  function isWide(values) {
    const [low, high] = extent(values);
    return low > 0 && high / low > LINEAR_RATIO;
  }

  /** The ends of a scale with all of the values. */
  function fitting(values, isLog) {
    const [low, high] = extent(isLog ? values.filter((value) => value > 0) : values);
    if (low > high) return [0.1, 1];
    if (isLog) {
      const margin = Math.max((high / low) ** MARGIN, 1 + MARGIN);
      return [low / margin, high * margin];
    }
    const half = Math.max(high - low, high * LEAST_SPAN || 1) * (0.5 + MARGIN);
    const middle = (low + high) / 2;
    return [Math.max(0, middle - half), middle + half];
  }

  function decades(low, high, about) {
    const steps = Math.log10(high / low) > 2.5 ? [1] : [1, 2, 5];
    const all = [];
    for (let e = Math.floor(Math.log10(low)); e <= Math.log10(high); e += 1) {
      for (const step of steps) all.push(step * 10 ** e);
    }
    const shown = all.filter((tick) => tick >= low && tick <= high);
    const every = Math.ceil(shown.length / (about + 1));
    return shown.filter((_, i) => i % every === 0);
  }

  /** About `about` round values between the ends. */
  function ticks(low, high, isLog, about) {
    if (isLog && high / low > LINEAR_RATIO) return decades(low, high, about);
    const rough = (high - low) / about;
    const decade = 10 ** Math.floor(Math.log10(rough));
    const step = ([1, 2, 5].find((m) => m * decade >= rough) ?? 10) * decade;
    const first = Math.ceil(low / step);
    const count = Math.floor(high / step) - first + 1;
    return Array.from({ length: count }, (_, i) => (first + i) * step);
  }

  return { drawable, extent, fitting, isWide, ticks };
})();
