// Layout, accessibility and links of the pages.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { posix } from "node:path";
import { describe } from "node:test";
import { tools } from "./browser.mjs";
import { CONCURRENCY, site, testPage, url } from "./fixture.mjs";

const AXE = readFileSync(tools.resolve("axe-core/axe.min.js"), "utf8");

const SIZE = { width: 1280, height: 900 };
const PHONE = 390;
const WIDTHS = [1440, 1160, 1040, 970, 840, 768, 600, 480, 360];

describe("how pages look", { concurrency: CONCURRENCY }, () => {
  // Every pair of width, colours and scripts: axe-core takes long, and no rule depends on all three.
  for (const [width, colorScheme, scripts] of [
    [SIZE.width, "light", true],
    [SIZE.width, "dark", false],
    [PHONE, "light", false],
    [PHONE, "dark", true],
  ]) {
    testLook({ viewport: { ...SIZE, width }, colorScheme }, scripts);
  }
  testPage("no text is cut between 360 and 1440 px", { viewport: SIZE }, async (page) => {
    for (const path of site.kinds) {
      await page.goto(url(path));
      for (const width of WIDTHS) {
        await page.setViewportSize({ ...SIZE, width });
        await settled(page);
        assert.deepEqual(await page.evaluate(overflow), [], `${path} at ${width} px`);
        assert.deepEqual(await page.evaluate(clipped), [], `${path} at ${width} px`);
      }
    }
  });

  testPage("whole without scripts", { javaScriptEnabled: false }, async (page) => {
    for (const path of site.kinds) {
      await page.goto(url(path));
      assert.deepEqual(await page.evaluate(problems), [], path);
      const drawings = await page.locator("figure > svg.trend").filter({ visible: true }).count();
      assert.equal(drawings, path.includes("benchmark/") ? 1 : 0, path);
    }
    await page.goto(url("index.html"));
    assert.equal(await page.locator("#all tr[data-name]").count(), 7);
  });

  testPage("links have targets on the site", {}, async (page) => {
    for (const path of site.kinds) {
      await page.goto(url(path));
      const links = await page.$$eval("a, link, script[src]", (all) =>
        all.map((one) => one.getAttribute("href") ?? one.getAttribute("src")),
      );
      assert.deepEqual(links.filter((link) => !leadsSomewhere(link, path)), [], path);
    }
  });
});

/** Tests that pages of every kind fit the window, hold no injected elements and are accessible. */
function testLook(options, scripts) {
  const name = `${options.viewport.width} px wide, ${options.colorScheme}, ${scripts ? "with" : "without"} scripts`;
  testPage(name, options, async (page) => {
    const session = await page.context().newCDPSession(page);
    // axe-core is a script: those of the page are off only while it loads.
    const allow = (allowed) => session.send("Emulation.setScriptExecutionDisabled", { value: !allowed });
    for (const path of site.kinds) {
      await allow(scripts);
      await page.goto(url(path));
      await allow(true);
      assert.deepEqual(await page.evaluate(problems), [], path);
      assert.deepEqual(await page.evaluate(overflow), [], path);
      assert.deepEqual(await page.evaluate(clipped), [], path);
      assert.deepEqual(await violations(page), [], path);
    }
  });
}

/** Whether a link's target is a commit's page, an anchor or a file of the site. */
function leadsSomewhere(link, from) {
  if (link === "data:," || link.startsWith("https://github.com/team/app") || link.startsWith("https://example.org/team/app") || link.startsWith("#")) return true;
  // Of the runs only some have been rendered here.
  if (link.includes("run/")) return true;
  return site.pages.includes(posix.join(posix.dirname(from), link.split("?")[0]));
}

/** The problems of the page. */
function problems() {
  const all = (selector) => [...document.querySelectorAll(selector)];
  const levels = all("h1, h2, h3, h4").filter((h) => h.offsetParent).map((h) => Number(h.tagName[1]));
  const content = (name) => document.querySelector(`meta[${name}]`)?.content ?? "";
  const injected = "img, iframe, object, style, script:not([src]):not([type='application/json'])";
  const isNested = (level, i) => (i ? level > 1 && level <= levels[i - 1] + 1 : level === 1);
  const isHandler = ({ name }) => name.startsWith("on");
  const found = {
    "a script ran": "ran" in window,
    "no style": getComputedStyle(document.body).maxWidth !== "1232px",
    "injected elements": all(injected).length > 0,
    "injected handlers": all("*").some((element) => [...element.attributes].some(isHandler)),
    [`headings ${levels}`]: !levels.every(isNested),
    "a drawing without words": all("svg[role=img]").some((svg) => !svg.getAttribute("aria-label")),
    "a bare table": all("th:not([scope]), table:not(.scroll[tabindex] > table)").length > 0,
    "no description": content("name=description").length < 12,
    "another title for previews": content("property='og:title'") !== document.title,
    "another description for previews": content("property='og:description'") !== content("name=description"),
    "no landmarks": all("main, header, nav").length < 3,
  };
  return Object.keys(found).filter((problem) => found[problem]);
}

/** Waits until the chart has the size of the window. A page that stays too wide is reported later. */
function settled(page) {
  const fits = ({ scrollWidth, clientWidth } = document.scrollingElement) => scrollWidth <= clientWidth;
  return page.waitForFunction(fits, undefined, { timeout: 2000 }).catch(() => {});
}

/**
 * The innermost elements that reach beyond the window, if the document is wider than it.
 *
 * Text counts for the element around it. The contents of an element that clips or scrolls do not
 * make the document wider.
 */
function overflow() {
  const root = document.scrollingElement;
  if (root.scrollWidth <= root.clientWidth) return [];
  const overflowX = (element) => getComputedStyle(element).overflowX;
  const edge = (element) => {
    const text = document.createRange();
    text.selectNodeContents(element);
    const boxes = overflowX(element) === "visible" ? [element, text] : [element];
    return Math.max(...boxes.map((box) => box.getBoundingClientRect().right)) + scrollX;
  };
  const isCut = ({ parentElement: around }) =>
    around !== document.body && (overflowX(around) !== "visible" || isCut(around));
  const out = [...document.body.querySelectorAll("*")].filter(
    (element) => edge(element) > root.clientWidth + 0.5 && !isCut(element),
  );
  const innermost = out.filter((element) => !out.some((other) => other !== element && element.contains(other)));
  const names = innermost.map((element) => `${element.cloneNode().outerHTML} to ${Math.ceil(edge(element))} px`);
  return [`${root.scrollWidth} px wide in a window of ${root.clientWidth} px`, ...names.slice(0, 5)];
}

/**
 * Texts that are cut: in an element that clips or scrolls across, or beyond the window.
 *
 * Commands may scroll, and texts for screen readers alone are clipped to a pixel.
 */
function clipped() {
  const isClipping = (element) => getComputedStyle(element).overflowX !== "visible" && element.clientWidth > 1;
  const cut = [...document.querySelectorAll("body *")].filter(
    (element) => isClipping(element) && !element.closest("svg, input, select") && element.scrollWidth > element.clientWidth + 1,
  );
  const width = document.scrollingElement.clientWidth;
  const isOutside = ({ left, right, width: own }) => own > 0 && (left < -0.5 || right > width + 0.5);
  const outside = [...document.querySelectorAll("svg text")].filter(
    (text) => text.checkVisibility() && isOutside(text.getBoundingClientRect()),
  );
  return [
    ...cut.map((element) => `${element.cloneNode().outerHTML.slice(0, 200)}: ${element.scrollWidth} in ${element.clientWidth} px`),
    ...outside.map((text) => `the text ${text.textContent} is outside of the window`),
  ].slice(0, 5);
}

/** The violations that axe-core finds: a line per rule and element. */
async function violations(page) {
  await page.evaluate(`${AXE}\n;0`);
  return page.evaluate(async () => {
    const found = await axe.run(document, { resultTypes: ["violations"], preload: false });
    return found.violations.flatMap(({ id, nodes }) =>
      nodes.map(({ target, failureSummary }) => `${id} at ${target.join(" ")}: ${failureSummary}`),
    );
  });
}
