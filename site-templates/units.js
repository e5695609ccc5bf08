// Numbers as the pages write them: four significant digits and a unit.
"use strict";

const perfUnits = (() => {
  const TIMES = [[1e9, "s"], [1e6, "ms"], [1e3, "µs"], [1, "ns"]];
  const SIZES = [[1e9, "GB"], [1e6, "MB"], [1e3, "kB"], [1, "B"]];

  function digits(value) {
    if (value === 0) return "0";
    const whole = Math.floor(Math.log10(Math.abs(value))) + 1;
    return value.toFixed(Math.min(Math.max(4 - whole, 0), 6));
  }

  function scaled(value, steps) {
    const [size, unit] = steps.find(([size]) => Math.abs(value) >= size * 0.99995) ?? steps.at(-1);
    return `${digits(value / size)} ${unit}`;
  }

  /** A value in its unit; times are in ns. */
  function value(value, unit) {
    if (value === null || value === undefined) return "–";
    if (unit === "ns") return scaled(value, TIMES);
    if (unit === "bytes") return scaled(value, SIZES);
    return unit ? `${digits(value)} ${unit}` : digits(value);
  }

  /** How `now` differs from `before`, in percent. */
  function change(now, before) {
    const percent = (now / before - 1) * 100;
    return `${percent < 0 ? "-" : "+"}${Math.abs(percent).toFixed(1)} %`;
  }

  /** The parts of a run's identity: when it began, and of which commit it is. */
  function run(id) {
    const parts = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)\d\dZ-([0-9a-z]+)-/.exec(id);
    if (!parts) return { day: id, minute: id, commit: "" };
    const [, year, month, day, hour, minute, commit] = parts;
    const date = `${year}-${month}-${day}`;
    const isNone = /^0+$/.test(commit);
    return { day: date, minute: `${date} ${hour}:${minute} UTC`, commit: isNone ? "" : commit };
  }

  /** Runs a file that hands its data to a function of the page. */
  function load(path) {
    return new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = path;
      script.addEventListener("load", () => resolve());
      script.addEventListener("error", () => reject(new Error(`${path} cannot be loaded`)));
      document.head.append(script);
      script.addEventListener("load", () => script.remove());
    });
  }

  return { value, change, run, load };
})();
