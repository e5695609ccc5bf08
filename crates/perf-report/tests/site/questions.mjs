// The questions of docs/site.md, answered by the demonstration in at most two clicks from the overview.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe } from "node:test";
import { CONCURRENCY, testPage, url } from "./fixture.mjs";

const DOC = readFileSync(new URL("../../../../docs/site.md", import.meta.url), "utf8");

const SLOWER = "#changes a[href*='parse_large_xml']";

/** Each question with the links to its answer, the place of the answer there, and the answer. */
const QUESTIONS = [
  ["Which commit made `parse_large_xml` slower, by how much and why?", [], "#changes .commit", /Decode XML entities in attribute values[^]*parse_large_xml[^]*Cause: instructions \+20\.0 %[^]*\+18\.\d %/],
  ["Which of its functions execute more instructions?", [SLOWER], "#last-change", /entities::decode 0 → 891\.4 k[^]*core::str::<impl str>::find[^]*\+143\.3 %/],
  ["Is its memory growing?", [SLOWER], "main", /Allocated bytes per iteration[^]*rose 20\.0 % to 75\.89 kB[^]*Peak memory of the process 5\.000 MB equal in all runs/],
  ["Which budget has the least headroom?", [], "table.budgets tbody tr", /^\s*parse_50k[^]*\d\.\d % left/],
  ["Which implementation of an index is faster at 1,000 entries?", ["nav >> text=Alternatives"], "article:has-text('Argument 1000')", /Argument 1000[^]*HashMap\s*4\d\.\d\d µs\s*fastest[^]*BTreeMap[^]*2\.1\d ×/],
  ["How does the time of `SortedVec` grow with its size?", ["nav >> text=Alternatives"], "article:has(.scaling)", /SortedVec\s*1\.9\d/],
  ["Did the code get slower since the last release?", ["nav >> text=Releases"], "main", /latest run compared with v0\.9\.0[^]*2 of 30 benchmarks are slower, by up to 18\.\d %/],
  ["What does the branch `cache-entities` change?", ["nav >> text=Compare", "main a[href*='comparison/']"], "main", /fill_library[^]*\+4\.1 %[^]*parse_large_xml[^]*-13\.9 %[^]*Causes[^]*allocations 2728 → 3010/],
  ["How small a change would the latest run have found?", ["dl.facts a[href*='run/']"], "main", /lookup[^]*\d\.\d %[^]*unchanged/],
  ["What command measures `parse_large_xml` again?", [SLOWER], "main", /cargo xtask perf --filter app-core\/parse::parse_large_xml/],
];

describe("questions", { concurrency: CONCURRENCY }, () => {
  for (const [question, links, place, answer] of QUESTIONS) {
    testPage(question, { javaScriptEnabled: false }, async (page) => {
      assert.ok(DOC.includes(`| ${question} |`), "docs/site.md has this question");
      assert.ok(links.length <= 2);
      await page.goto(url("demo/index.html"));
      for (const link of links) {
        await page.locator(link).first().click();
      }
      assert.match(await page.locator(place).first().textContent(), answer);
    });
  }
});
