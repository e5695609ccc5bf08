//! Questions about a whole page: is it accessible, and does it fit?

use crate::page::Page;
use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

/// A violation each, of each rule by each node.
const RUN_AXE: &str = r#"axe.run(document, { resultTypes: ["violations"], preload: false }).then((results) =>
  results.violations.flatMap((rule) => rule.nodes.map((node) => ({
    rule: rule.id,
    impact: node.impact ?? rule.impact,
    selector: node.target.flat(Infinity).join(" "),
    summary: node.failureSummary ?? rule.help,
  }))))"#;

/// How wide the document is, and the innermost elements that reach beyond the window.
///
/// Text and what is not an element of its own count for the element around them; what lies in an
/// element that cuts it off or scrolls does not make the document wider.
const OVERFLOW: &str = r#"(() => {
  const root = document.scrollingElement ?? document.documentElement;
  if (root.scrollWidth <= root.clientWidth) return null;
  const edge = (element) => {
    const range = document.createRange();
    range.selectNodeContents(element);
    const boxes = getComputedStyle(element).overflowX === "visible" ? [element, range] : [element];
    return Math.max(...boxes.map((box) => box.getBoundingClientRect().right)) + scrollX;
  };
  const cut = (element) => {
    const around = element.parentElement;
    if (!around || around === document.body || around === document.documentElement) return false;
    return getComputedStyle(around).overflowX !== "visible" || cut(around);
  };
  const name = (element) => element.localName + (element.id && `#${element.id}`)
    + [...element.classList].map((name) => "." + name).join("");
  const out = [...document.body.querySelectorAll("*")]
    .filter((element) => edge(element) > root.clientWidth + 0.5 && !cut(element));
  const innermost = out.filter((element) => !out.some((e) => e !== element && element.contains(e)));
  const elements = innermost.map((element) => [name(element), Math.ceil(edge(element))]);
  return { width: root.scrollWidth, window: root.clientWidth, elements };
})()"#;

/// How many elements that stick out are named.
const NAMED: usize = 5;

/// Runs axe-core, given as its source, on a page that may run scripts.
///
/// Returns one line for each rule and each element that breaks it: the rule, how bad that is, the
/// element and what to do.
pub fn axe(page: &mut Page, axe_js: &str) -> Result<Vec<String>> {
    page.evaluate(&format!("{axe_js}\n;0")).context("cannot load axe-core into the page")?;
    let loaded = page.evaluate("typeof axe === 'object' && typeof axe.run === 'function'")?;
    ensure!(loaded == true, "the script given is not axe-core: it defines no axe.run");
    let violations = page.evaluate(RUN_AXE).context("axe-core failed")?;
    let violations = violations.as_array().context("axe-core returned no list")?;
    Ok(violations.iter().map(violation).collect())
}

fn violation(violation: &Value) -> String {
    let text = |name: &str| violation[name].as_str().unwrap_or("unknown");
    let lines = text("summary").lines().map(str::trim).filter(|line| !line.is_empty());
    let summary = lines.collect::<Vec<_>>().join("; ").replace(":; ", ": ");
    format!("{} ({}) at {}: {summary}", text("rule"), text("impact"), text("selector"))
}

/// None if the document fits into the window's width; otherwise which elements stick out.
pub fn overflow(page: &mut Page) -> Result<Option<String>> {
    let found = page.evaluate(OVERFLOW)?;
    Ok((!found.is_null()).then(|| excess(&found)))
}

fn excess(found: &Value) -> String {
    let elements = found["elements"].as_array().map_or(&[][..], Vec::as_slice);
    let mut names: Vec<String> = elements
        .iter()
        .take(NAMED)
        .map(|element| format!("{} to {} px", element[0].as_str().unwrap_or("?"), element[1]))
        .collect();
    if elements.is_empty() {
        names.push("nothing that has a name".to_owned());
    }
    if elements.len() > NAMED {
        names.push(format!("{} more", elements.len() - NAMED));
    }
    let (width, window) = (&found["width"], &found["window"]);
    format!("{width} px wide in a window of {window} px: {}", names.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_violation_is_one_line() {
        let found = json!({
            "rule": "image-alt", "impact": "critical", "selector": "#frame img",
            "summary": "Fix any of the following:\n  No alt\n  No title\n\nFix all of these:\n  x",
        });
        let expected = "image-alt (critical) at #frame img: \
                        Fix any of the following: No alt; No title; Fix all of these: x";
        assert_eq!(violation(&found), expected);
        assert_eq!(violation(&json!({})), "unknown (unknown) at unknown: unknown");
    }

    #[test]
    fn few_elements_are_named() {
        let of = |count| {
            let elements = vec![json!(["pre.code", 500]); count];
            excess(&json!({ "width": 500, "window": 360, "elements": elements }))
        };
        assert_eq!(of(0), "500 px wide in a window of 360 px: nothing that has a name");
        assert_eq!(of(1), "500 px wide in a window of 360 px: pre.code to 500 px");
        assert!(of(7).ends_with("pre.code to 500 px, 2 more"));
    }
}
