// Shared by all tests: the site, one browser, and pages whose messages are collected.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, test } from "node:test";
import { pathToFileURL } from "node:url";
import { launch } from "./browser.mjs";

/** The facts about the site from main.rs. */
export const site = JSON.parse(readFileSync(process.argv[2], "utf8"));

/** Two pages are open at a time: a renderer uses one core. */
export const CONCURRENCY = 2;

const TIMEOUT_MS = 30_000;

// Scrollbars are visible, as they reduce the width of the page.
const browser = await launch({ ignoreDefaultArgs: ["--hide-scrollbars"] });
after(() => browser.close());

export const url = (path) => pathToFileURL(`${site.folder}/${path}`).href;

/**
 * A test of a page in a window of its own.
 *
 * Every message, error and dialog of the page and every request beyond the site fails it, except
 * those that match `expected`. The other options are those of a browser context in Playwright.
 */
export function testPage(name, { expected, ...options }, body) {
  test(name, { timeout: 4 * TIMEOUT_MS }, async () => {
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
    try {
      context.setDefaultTimeout(TIMEOUT_MS);
      const page = await context.newPage();
      const complaints = listen(page);
      await body(page);
      assert.equal(await page.evaluate(() => "ran" in window), false, "a hostile name ran as a script");
      assert.deepEqual(complaints.filter((complaint) => !expected?.test(complaint)), []);
    } finally {
      await context.close();
    }
  });
}

/** The list that every complaint of the page goes to. */
function listen(page) {
  const complaints = [];
  const add = (text) => complaints.push(`${page.url()}: ${text}`);
  const root = url("");
  page.on("console", (message) => add(`console ${message.type()}: ${message.text()}`));
  page.on("pageerror", (error) => add(`exception: ${error}`));
  page.on("dialog", (dialog) => {
    add(`dialog: ${dialog.message()}`);
    return dialog.accept();
  });
  page.on("request", (request) => request.url().startsWith(root) || add(`request of ${request.url()}`));
  return complaints;
}
