// The scripts: search, zoom, the text below the chart, and comparison.
import assert from "node:assert/strict";
import { describe } from "node:test";
import { CONCURRENCY, site, testPage, url } from "./fixture.mjs";

const text = (page, selector) => page.textContent(selector);

/** The names of the visible benchmarks, in order. */
const visible = (page) =>
  page.$$eval("#all tr[data-name]", (rows) =>
    rows.filter((row) => row.checkVisibility()).map((row) => row.dataset.name),
  );

const pressed = (page) => page.locator(".tools [aria-pressed=true]").allTextContents();

const tool = (page, name) => page.getByRole("group", { name: "Chart" }).getByRole("button", { name, exact: true });

describe("the scripts", { concurrency: CONCURRENCY }, () => {
  testPage("find and sort benchmarks", {}, async (page) => {
    await page.goto(url("index.html"));
    assert.equal(await text(page, "#found"), "7 of 7 benchmarks");
    await page.keyboard.press("/");
    await page.keyboard.type("FILTER core");
    assert.equal(await text(page, "#found"), "2 of 7 benchmarks");
    const found = await visible(page);
    assert.ok(found.every((name) => name.startsWith("core/filter")), found);
    await page.keyboard.press("Escape");
    assert.equal((await visible(page)).length, 7);
    await page.click("#only-changed");
    assert.deepEqual(await visible(page), [site.changed]);
    await page.click("#only-changed");
    await page.selectOption("#sort", "time");
    assert.equal((await visible(page))[0], site.plain.name);
    assert.equal(new URL(page.url()).search, "?sort=time");
  });

  testPage("find benchmarks without a baseline", {}, async (page) => {
    await page.goto(`${url("first/index.html")}?sort=change`);
    assert.equal(await text(page, "#found"), "7 of 7 benchmarks");
    assert.equal(await page.locator("#only-changed").isVisible(), false);
    assert.match(await text(page, "h1"), /7 benchmarks measured, .* per iteration; no baseline yet/);
    assert.match(await text(page, "main"), /No baseline yet: 1 of 3 comparable runs/);
  });

  testPage("find one of many benchmarks by its name", {}, async (page) => {
    await page.goto(url("many/index.html"));
    assert.equal(await page.locator("#all tr[data-name]").count(), 0);
    await page.fill("#search", "benchmark_27 module");
    await page.waitForSelector("#results a");
    assert.match(await text(page, "#found"), /^11 of 310 benchmarks$/);
    await page.click("#results a");
    await page.waitForURL("**/many/benchmark/**");
    assert.match(await text(page, "h1"), /benchmark_27/);
  });

  testPage("show which commit changed what, and what is still slower", {}, async (page) => {
    await page.goto(url("demo/index.html"));
    assert.match(await text(page, "h1"), /2 of 30 benchmarks are 14\.\d to 18\.\d % slower since \d{4}-\d\d-\d\d; the latest run found nothing new/);
    const changes = await page.locator(".commit").allTextContents();
    assert.equal(changes.length, 2);
    assert.match(changes[0], /Decode XML entities in attribute values[^]*2 slower[^]*parse_large_xml[^]*Cause: instructions \+20\.0 %[^]*open/);
    assert.match(changes[1], /Look up candidates by their rarest word[^]*2 faster[^]*holds/);
    const trend = await page.locator(".overall").boundingBox();
    assert.ok(trend.y + trend.height < 800, "the overall trend is on the first screen");
  });

  testPage("show which implementation is faster and how it scales", {}, async (page) => {
    await page.goto(url("demo/alternatives.html"));
    const main = await text(page, "main");
    assert.match(main, /HashMap is the fastest at 100000: BTreeMap takes 2\.\d+ × as long/);
    const rows = await page.locator("article:has(.scaling) table.benchmarks tbody tr").allTextContents();
    assert.match(rows[2], /SortedVec\s*1\.9\d/);
    await page.goto(url("demo/releases.html"));
    assert.match(await text(page, "main"), /latest run compared with v0\.9\.0[^]*2 of 30 benchmarks are slower, by up to 18\.\d %/);
  });

  testPage("take a search from the address", {}, async (page) => {
    await page.goto(`${url("index.html")}?q=javascript&changed=`);
    assert.deepEqual(await visible(page), [site.changed]);
  });

  testPage("describe runs of a trend by keys", {}, async (page) => {
    await page.goto(url(site.plain.page));
    assert.equal(await page.locator(".uplot canvas").count(), 1);
    await page.focus(".plot");
    await page.keyboard.press("End");
    const last = await text(page, ".readout");
    assert.match(last, /^2026-11-14 20:45 UTC.*median 1\.3/);
    await page.keyboard.press("ArrowLeft");
    assert.match(await text(page, ".readout"), /^2026-11-14 14:45 UTC/);
    await page.keyboard.press("Enter");
    await page.waitForURL("**/run/**");
    await page.waitForSelector("h1");
  });

  testPage("describe a change point at its run", {}, async (page) => {
    await page.goto(url(site.plain.page));
    await page.focus(".plot");
    await page.keyboard.press("End");
    for (let run = site.runs - 1; run > site.changePoint.run; run -= 1) await page.keyboard.press("ArrowLeft");
    assert.match(await text(page, ".readout"), /median rose 33/);
    const caption = await text(page, "figcaption");
    assert.ok(caption.includes(`at ${site.changePoint.commit.slice(0, 12)} on 2026-11-10`), caption);
  });

  testPage("show counts with change points of their own", {}, async (page) => {
    await page.goto(url(site.plain.page));
    const figures = await page.locator("figure:has(svg.count)").allTextContents();
    assert.match(figures[0], /Instructions per iteration 1\.259 M 1\.235 M to 1\.259 M/);
    assert.match(figures[0], /target of budget near: instructions 1\.300 M/);
    assert.equal(await page.locator("svg.count path.target").count(), 2);
    assert.match(figures[0], new RegExp(`rose 2\\.0 % to 1\\.259 M at ${site.countChange.slice(0, 12)} on 2026-10-21`));
    assert.equal(figures.filter((figure) => figure.includes("Change point")).length, 1);
  });

  testPage("zoom a trend and change its scale", {}, async (page) => {
    await page.goto(url(site.plain.page));
    const reset = tool(page, "Reset zoom");
    assert.equal(await reset.isDisabled(), true);
    await dragAcross(page, await page.locator(".u-over").boundingBox());
    // A click waits until its button is enabled.
    await reset.click();
    assert.equal(await reset.isDisabled(), true);
    await tool(page, "Logarithmic").click();
    assert.deepEqual(await pressed(page), ["Last 200", "Logarithmic"]);
    await tool(page, "Last 50").click();
    assert.deepEqual(await pressed(page), ["Last 50", "Logarithmic"]);
  });

  testPage("load older runs on demand", {}, async (page) => {
    const requests = [];
    page.on("request", (request) => requests.push(request.url()));
    await page.goto(url(site.plain.page));
    assert.deepEqual(requests.filter((one) => one.includes("/data/")), []);
    await tool(page, "All").click();
    await page.waitForFunction(() => document.querySelector(".readout").textContent === "300 runs.");
    await page.focus(".plot");
    await page.keyboard.press("Home");
    assert.match(await text(page, ".readout"), /^2026-09-01 02:45 UTC/);
  });

  testPage("compare two runs by the address", {}, async (page) => {
    const [early, late] = site.commits;
    const commits = await compare(page, early.slice(0, 8), late);
    for (const commit of site.commits) assert.ok(commits.status.includes(commit.slice(0, 12)), commits.status);
    assert.equal(commits.rows.length, 7);
    assert.ok(commits.rows[0].startsWith("▲ +33"), commits.rows[0]);
    assert.ok(commits.rows[0].includes(site.plain.name), commits.rows[0]);
    for (const row of commits.rows) assertFiguresAgree(row);
    assert.deepEqual(commits.counts.slice(0, 2), [
      "▲ instructions +1.9 % (1.235 M → 1.259 M)▲ allocations 12, above the target 8 of budget <script>top.ran = 1</script>",
      "unchanged",
    ]);
    const runs = await compare(page, ...site.lastRuns);
    assert.ok(runs.status.includes("2026-11-14 14:45 UTC"), runs.status);
    assert.equal(runs.rows.length, 7);
  });

  // Chromium logs that there is no file of a commit or a day without runs.
  const expected = /console error: Failed to load resource: net::ERR_FILE_NOT_FOUND$/;
  testPage("report what cannot be compared", { expected }, async (page) => {
    const [known, [, id]] = [site.commits[0], site.lastRuns];
    const hostile = "%3Cimg%20src%3Dx%20onerror%3D%22top.ran%3D1%22%3E";
    for (const [a, b, reason] of [
      [hostile, known, "is neither a run ID nor a commit: enter at least four digits"],
      ["ffffffffffff", known, "no run of commit ffffffffffff is recorded"],
      ["20260101T000000Z-000000000000-00000000", id, "run 20260101T000000Z-000000000000-00000000 is not recorded"],
      [id, id, "base and head are the same run"],
      ["", id, "Enter a base and a head"],
    ]) {
      const { status, rows } = await compare(page, a, b);
      assert.ok(status.includes(reason), `${a} and ${b}: ${status}`);
      assert.deepEqual(rows, []);
      assert.equal(await page.locator("#status *").count(), 0, `${a} and ${b}: elements in the reason`);
    }
  });
});

/** Tests that the printed change of a row is its printed head divided by its printed base, minus 1. */
function assertFiguresAgree(row) {
  const cells = row.split("|");
  const [base, head] = cells.slice(-2).map((cell) => {
    const [digits, unit] = cell.split(" ");
    return Number(digits) * { ns: 1, "µs": 1e3, ms: 1e6, s: 1e9 }[unit];
  });
  const percent = (head / base - 1) * 100;
  assert.equal(Number(/[+-]?[\d.]+/.exec(cells[0])[0]).toFixed(1), percent.toFixed(1).replace("-0.0", "0.0"), row);
}

/** Drags the mouse over the middle fifth of a box. */
async function dragAcross(page, { x, y, width, height }) {
  await page.mouse.move(x + width * 0.4, y + height / 2);
  await page.mouse.down();
  await page.mouse.move(x + width * 0.6, y + height / 2, { steps: 10 });
  await page.mouse.up();
}

/** The status of the compare page for two runs or commits, and its rows. */
async function compare(page, a, b) {
  await page.goto(`${url("compare.html")}?a=${a}&b=${b}`);
  await page.waitForFunction(() => {
    const status = document.getElementById("status").textContent;
    return status !== "" && !status.startsWith("Loading");
  });
  const rows = await page.$$eval("#compared tr", (all) =>
    all.map((row) => [...row.children].slice(0, 4).map((cell) => cell.textContent).join("|")),
  );
  const counts = await page.$$eval("#compared tr", (all) => all.map((row) => row.children[4].textContent));
  return { status: await text(page, "#status"), rows, counts };
}
