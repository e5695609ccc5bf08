//! Blocks of prose with the lines that they come from.

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

/// What replaces code spans and placeholders: it counts as one word.
pub(super) const CODE: char = '\u{FFFC}';

/// A paragraph, heading, list item, table cell or string: no sentence crosses its end.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Block {
    pub(super) text: String,
    /// Offsets in `text` with the line, from 1, that the text comes from there.
    lines: Vec<(usize, usize)>,
}

impl Block {
    pub(super) fn push(&mut self, text: &str, line: usize) {
        if self.lines.last().is_none_or(|(_, last)| *last != line) {
            self.lines.push((self.text.len(), line));
        }
        self.text.push_str(text);
    }

    /// The line that the text at `offset` comes from.
    pub(super) fn line(&self, offset: usize) -> usize {
        let before = self.lines.iter().rev().find(|(start, _)| *start <= offset);
        before.map_or(1, |(_, line)| *line)
    }
}

/// The blocks of plain text that starts in `line`: a blank line ends a block.
pub(super) fn plain(text: &str, line: usize) -> Vec<Block> {
    let mut blocks = vec![Block::default()];
    for (index, content) in text.lines().enumerate() {
        match content.trim() {
            "" => blocks.push(Block::default()),
            content => {
                let block = blocks.last_mut().unwrap();
                block.push(&mask(content), line + index);
                block.push("\n", line + index);
            }
        }
    }
    with_text(blocks)
}

/// The blocks of Markdown that starts in `line`.
pub(super) fn markdown(text: &str, line: usize) -> Vec<Block> {
    let mut blocks = vec![Block::default()];
    let mut code_blocks = 0;
    for (event, range) in Parser::new_ext(text, Options::ENABLE_TABLES).into_offset_iter() {
        let line = line + text[..range.start].matches('\n').count();
        let block = blocks.last_mut().unwrap();
        match event {
            Event::Start(Tag::CodeBlock(_)) => code_blocks += 1,
            Event::End(TagEnd::CodeBlock) => code_blocks -= 1,
            Event::Text(text) if code_blocks == 0 => block.push(&text, line),
            Event::Code(_) => block.push(&CODE.to_string(), line),
            Event::SoftBreak => block.push("\n", line),
            Event::InlineHtml(_) => block.push(" ", line),
            Event::Start(ref tag) if is_inline(&tag.to_end()) => {}
            Event::End(ref tag) if is_inline(tag) => {}
            Event::Start(_) | Event::End(_) | Event::HardBreak => blocks.push(Block::default()),
            _ => {}
        }
    }
    with_text(blocks)
}

fn is_inline(tag: &TagEnd) -> bool {
    use TagEnd::{Emphasis, Image, Link, Strikethrough, Strong};
    matches!(tag, Emphasis | Image | Link | Strikethrough | Strong)
}

pub(super) fn with_text(mut blocks: Vec<Block>) -> Vec<Block> {
    blocks.retain(|block| !block.text.trim().is_empty());
    blocks
}

/// `text` with each code span in backticks and each placeholder in braces as one [`CODE`].
pub(super) fn mask(text: &str) -> String {
    let mut masked = String::new();
    let mut rest = text;
    while let Some(start) = rest.find(['`', '{']) {
        let (before, from) = rest.split_at(start);
        masked.push_str(before);
        let code = if from.starts_with('`') { span(from) } else { braces(from) };
        masked.push(CODE);
        rest = &from[code.unwrap_or(1)..];
    }
    masked + rest
}

/// The bytes of the code span that `text` starts with.
fn span(text: &str) -> Option<usize> {
    text[1..].find('`').map(|end| end + 2)
}

/// The bytes up to the brace that closes the first one.
fn braces(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, sign) in text.char_indices() {
        match sign {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some(at + 1);
        }
    }
    None
}

#[test]
fn markdown_is_read_without_its_code() {
    let text = "# A *title*\n\nOne `code`\ntwo [link](http://x.y).\n\n```\ncode\n```\n\n- item\n- other\n\n|a|b|\n|-|-|\n|c|`d` e|\n";
    let blocks = markdown(text, 10);
    let shown: Vec<_> = blocks.iter().map(|block| (block.text.as_str(), block.line(0))).collect();
    let code = format!("One {CODE}\ntwo link.");
    let cell = format!("{CODE} e");
    let expected = [
        ("A title", 10),
        (&code, 12),
        ("item", 19),
        ("other", 20),
        ("a", 22),
        ("b", 22),
        ("c", 24),
        (&cell, 24),
    ];
    assert_eq!(shown, expected);
    assert_eq!(blocks[1].line(code.find("two").unwrap()), 13);
}

#[test]
fn placeholders_and_code_spans_are_one_word() {
    assert_eq!(mask("a {x:>5} b `c d` {}"), format!("a {CODE} b {CODE} {CODE}"));
    assert_eq!(mask("a {{\"k\": {v}}} b"), format!("a {CODE} b"));
    assert_eq!(mask("open { and ` end"), format!("open {CODE} and {CODE} end"));
}

#[test]
fn a_blank_line_ends_a_block() {
    let blocks = plain("a\nb\n\nc", 3);
    assert_eq!(blocks.len(), 2);
    assert_eq!((blocks[0].text.as_str(), blocks[1].text.as_str()), ("a\nb\n", "c\n"));
    assert_eq!((blocks[0].line(2), blocks[1].line(0)), (4, 6));
}
