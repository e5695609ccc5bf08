// Takes the pictures of the site in docs/pictures:
//
//   cargo run -p perf-report --example demo_site -- target/demo
//   cargo run -p perf-report --example demo_site -- target/demo/first 1
//   node crates/perf-report/tests/site/pictures.mjs target/demo docs/pictures
import { readFileSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { launch, missing } from "./browser.mjs";

const [site, pictures] = process.argv.slice(2);
if (!pictures) throw new Error("name the site's folder and the folder for the pictures");
const lack = missing();
if (lack) throw new Error(`${lack}: \`cargo xtask ci --setup\` installs it`);

const DESKTOP = { width: 1280, height: 800 };
const PHONE = { width: 390, height: 844 };
const benchmark = join("benchmark", benchmarkWithChangePoint());
const newest = (folder) => join(folder, readdirSync(join(site, folder)).sort().at(-1));
const run = newest("run");
const comparison = newest("comparison");

const browser = await launch();
await take("overview", "index.html", DESKTOP, "light");
await take("overview-dark", "index.html", DESKTOP, "dark");
await take("overview-phone", "index.html", PHONE, "light");
await take("changes", "index.html#changes", DESKTOP, "light");
await take("benchmark", benchmark, DESKTOP, "light");
await take("benchmark-dark", benchmark, DESKTOP, "dark");
await take("benchmark-phone", benchmark, PHONE, "dark");
await take("causes", `${benchmark}#last-change`, DESKTOP, "light");
await take("comparison", comparison, DESKTOP, "dark");
await take("comparison-phone", comparison, PHONE, "light");
await take("run", run, DESKTOP, "light");
await take("alternatives", "alternatives.html", DESKTOP, "light");
await take("scaling", "alternatives.html#scaling", DESKTOP, "dark");
await take("releases", "releases.html", DESKTOP, "light");
await take("first-run", "first/index.html", DESKTOP, "light");
await take("first-run-phone", "first/index.html", PHONE, "dark");
await browser.close();

/** A picture of a page; a chart for scripts shows its last run. */
async function take(name, path, viewport, colorScheme) {
  const page = await browser.newPage({ viewport, colorScheme });
  const [file, anchor = ""] = path.split("#");
  await page.goto(`${pathToFileURL(resolve(site, file)).href}${anchor && `#${anchor}`}`);
  if (await page.locator(".plot[tabindex]").count()) {
    await page.focus(".plot[tabindex]");
    await page.keyboard.press("End");
    await page.evaluate((id) => (id ? document.getElementById(id).scrollIntoView() : scrollTo(0, 0)), anchor);
  }
  await page.screenshot({ path: join(pictures, `${name}.png`) });
  await page.close();
}

/** The page of the first benchmark with a change point, or of the first one. */
function benchmarkWithChangePoint() {
  const folder = join(site, "benchmark");
  const pages = readdirSync(folder).filter((name) => name.endsWith(".html")).sort();
  const isChanged = (name) => readFileSync(join(folder, name), "utf8").includes('class="change-point"');
  return pages.find((name) => name.includes("parse_large") && isChanged(name)) ?? pages.find(isChanged) ?? pages[0];
}
