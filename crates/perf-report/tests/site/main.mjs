// Tests the site in a browser: `node main.mjs <facts.json>`, where the facts are what main.rs writes.
import { env } from "node:process";
import { missing } from "./browser.mjs";

const lack = missing();
if (lack) {
  console.log(`NOT TESTED: no page was opened: ${lack}. \`cargo xtask ci --setup\` installs it`);
  process.exitCode = env.CI === undefined ? 0 : 1;
} else {
  await import("./outlook.mjs");
  await import("./scripts.mjs");
  await import("./questions.mjs");
}
