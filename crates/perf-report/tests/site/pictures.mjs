// Takes the pictures of the site that the README shows:
//
//   cargo xtask stress --short --site target/made-up
//   node crates/perf-report/tests/site/pictures.mjs target/made-up/site docs/pictures
import { readFileSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { launch, missing } from "./browser.mjs";

const [site, pictures] = process.argv.slice(2);
if (!pictures) throw new Error("name the site's folder and the folder for the pictures");
const lack = missing();
if (lack) throw new Error(`${lack}: \`cargo xtask ci --setup\` installs it`);

const browser = await launch();
const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
await open("index.html");
await take("overview.png");
await open(join("benchmark", benchmarkWithChangePoint()));
await page.focus(".plot");
await page.keyboard.press("End");
await take("benchmark.png");
await browser.close();

function open(path) {
  return page.goto(pathToFileURL(resolve(site, path)).href);
}

function take(name) {
  return page.screenshot({ path: join(pictures, name) });
}

/** The page of the first benchmark with a change point, or of the first one. */
function benchmarkWithChangePoint() {
  const folder = join(site, "benchmark");
  const pages = readdirSync(folder).filter((name) => name.endsWith(".html")).sort();
  return pages.find((name) => readFileSync(join(folder, name), "utf8").includes('class="change-point"')) ?? pages[0];
}
