//! The comments and string literals of source code.
//!
//! A scanner reads them, as the tokens of `proc-macro2` lack plain comments, and lines by default.

use super::text::{Block, markdown, mask, plain};
use std::ops::Range;

#[derive(Clone, Copy, PartialEq)]
enum Language {
    Rust,
    JavaScript,
    Css,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    /// The lines of a comment that starts with this.
    Comment(&'static str),
    Literal {
        is_raw: bool,
    },
}

/// A comment or literal, with its bytes in the source and those of its content.
#[derive(Clone, Debug, PartialEq)]
struct Piece {
    kind: Kind,
    range: Range<usize>,
    content: Range<usize>,
}

/// The prose of Rust code: comments, documentation and literals, without tests.
pub(super) fn rust(source: &str) -> Vec<Block> {
    prose(source, Language::Rust)
}

pub(super) fn javascript(source: &str) -> Vec<Block> {
    prose(source, Language::JavaScript)
}

/// The comments of style sheets.
pub(super) fn css(source: &str) -> Vec<Block> {
    prose(source, Language::Css)
}

fn prose(source: &str, language: Language) -> Vec<Block> {
    let (pieces, code) = scan(source, language);
    let tests = test_items(&code);
    let is_tested = |piece: &Piece| tests.iter().any(|range| range.contains(&piece.range.start));
    let pieces: Vec<Piece> = pieces.into_iter().filter(|piece| !is_tested(piece)).collect();
    let groups = pieces.chunk_by(|one, next| {
        let between = &code[one.range.end..next.range.start];
        matches!(one.kind, Kind::Comment(start) if start != "/*")
            && one.kind == next.kind
            && between.trim().is_empty()
            && between.matches('\n').count() == 1
    });
    groups.flat_map(|group| blocks(source, group)).collect()
}

fn blocks(source: &str, group: &[Piece]) -> Vec<Block> {
    let line = 1 + source[..group[0].range.start].matches('\n').count();
    match group[0].kind {
        Kind::Comment("/*") => plain(&source[group[0].content.clone()], line),
        Kind::Comment(_) => {
            let lines: Vec<&str> = group.iter().map(|it| &source[it.content.clone()]).collect();
            markdown(&lines.join("\n"), line)
        }
        Kind::Literal { is_raw } => {
            let content = &source[group[0].content.clone()];
            let blocks = if is_raw { plain(content, line) } else { unescaped(content, line) };
            blocks.into_iter().filter(|block| looks_like_prose(&block.text)).collect()
        }
    }
}

/// Whether there are two words: names, keys and formats alone are no prose.
fn looks_like_prose(text: &str) -> bool {
    let is_word = |word: &&str| word.chars().filter(|sign| sign.is_alphabetic()).count() > 1;
    text.split_whitespace().filter(is_word).count() > 1
}

/// The lines of a literal's content, without the breaks that a backslash removes.
fn unescaped(content: &str, line: usize) -> Vec<Block> {
    let mut blocks = vec![Block::default()];
    let mut line = line;
    let mut signs = content.chars().peekable();
    let push = |blocks: &mut Vec<Block>, text: &str, line: usize| {
        blocks.last_mut().unwrap().push(text, line);
    };
    while let Some(sign) = signs.next() {
        match (sign, if sign == '\\' { signs.next() } else { None }) {
            (_, Some('\n')) => {
                line += 1;
                while let Some(space) = signs.next_if(|sign| sign.is_whitespace()) {
                    line += usize::from(space == '\n');
                }
            }
            (_, Some('n')) => blocks.push(Block::default()),
            (_, Some('t' | 'r' | 'u' | 'x' | '0')) => push(&mut blocks, " ", line),
            (_, Some(escaped)) => push(&mut blocks, &escaped.to_string(), line),
            ('\n', None) => {
                line += 1;
                blocks.push(Block::default());
            }
            (sign, None) => push(&mut blocks, &sign.to_string(), line),
        }
    }
    blocks.iter().map(masked).collect()
}

/// `block` without code. A placeholder stays in its line, so the lines stay right to a line.
fn masked(block: &Block) -> Block {
    let mut masked = Block::default();
    let mut lines: Vec<(usize, String)> = Vec::new();
    for (offset, sign) in block.text.char_indices() {
        let line = block.line(offset);
        match lines.last_mut() {
            Some((last, text)) if *last == line => text.push(sign),
            _ => lines.push((line, sign.to_string())),
        }
    }
    lines.iter().for_each(|(line, text)| masked.push(&mask(text), *line));
    masked
}

/// The comments and literals, and the source with spaces in their place.
fn scan(source: &str, language: Language) -> (Vec<Piece>, String) {
    let mut pieces = Vec::new();
    let mut code = String::with_capacity(source.len());
    let mut at = 0;
    while at < source.len() {
        let rest = &source[at..];
        let is_name = code.ends_with(|sign: char| sign.is_alphanumeric() || sign == '_');
        let (piece, length) = piece(rest, is_name, language);
        if let Some((kind, content)) = piece {
            let content = at + content.start..at + content.end;
            pieces.push(Piece { kind, range: at..at + length, content });
            code.extend(rest[..length].bytes().map(|it| if it == b'\n' { '\n' } else { ' ' }));
        } else {
            code.push_str(&rest[..length]);
        }
        at += length;
    }
    (pieces, code)
}

type Found = (Option<(Kind, Range<usize>)>, usize);

/// The comment or literal that `rest` starts with, and the bytes until the next place to look at.
fn piece(rest: &str, follows_name: bool, language: Language) -> Found {
    let first = rest.chars().next().unwrap();
    match first {
        '/' if rest.starts_with("/*") => block_comment(rest),
        '/' if rest.starts_with("//") && language != Language::Css => line_comment(rest, language),
        '"' => literal(rest, '"'),
        '\'' if language == Language::Rust => (None, character(rest)),
        '\'' | '`' if language == Language::JavaScript => literal(rest, first),
        'r' | 'b' | 'c' if language == Language::Rust && !follows_name => raw(rest),
        _ => (None, first.len_utf8()),
    }
}

fn line_comment(rest: &str, language: Language) -> Found {
    let end = rest.find('\n').unwrap_or(rest.len());
    let is_documentation = language == Language::Rust && !rest.starts_with("////");
    let starts = if is_documentation { &["///", "//!", "//"][..] } else { &["//"] };
    let start = *starts.iter().find(|start| rest.starts_with(**start)).unwrap();
    (Some((Kind::Comment(start), start.len()..end)), end)
}

fn block_comment(rest: &str) -> Found {
    let end = rest.find("*/").unwrap_or(rest.len() - 2);
    (Some((Kind::Comment("/*"), 2..end)), end + 2)
}

fn literal(rest: &str, quote: char) -> Found {
    let mut is_escaped = false;
    let end = rest.char_indices().skip(1).find(|(_, sign)| {
        let ends = *sign == quote && !is_escaped;
        is_escaped = *sign == '\\' && !is_escaped;
        ends
    });
    let end = end.map_or(rest.len(), |(end, _)| end);
    (Some((Kind::Literal { is_raw: false }, 1..end)), (end + 1).min(rest.len()))
}

/// A raw literal such as `br#"…"#`, or the first letter of a name.
fn raw(rest: &str) -> Found {
    let name = rest.len() - rest.trim_start_matches(['b', 'c', 'r']).len();
    let hashes = rest[name..].len() - rest[name..].trim_start_matches('#').len();
    let is_raw = rest[..name].ends_with('r') && rest[name + hashes..].starts_with('"');
    if !is_raw {
        return (None, 1);
    }
    let start = name + hashes + 1;
    let close = format!("\"{}", "#".repeat(hashes));
    let end = rest[start..].find(&close).map_or(rest.len(), |end| start + end);
    (Some((Kind::Literal { is_raw: true }, start..end)), (end + close.len()).min(rest.len()))
}

/// The bytes of the character that `rest` starts with; 1 if it is a lifetime.
fn character(rest: &str) -> usize {
    let mut signs = rest[1..].char_indices();
    let Some((_, first)) = signs.next() else { return 1 };
    if first == '\\' {
        signs.next();
        return signs.find(|(_, sign)| *sign == '\'').map_or(1, |(end, _)| end + 2);
    }
    signs.next().filter(|(_, sign)| *sign == '\'').map_or(1, |(end, _)| end + 2)
}

/// The ranges of `code` that only tests are compiled with.
fn test_items(code: &str) -> Vec<Range<usize>> {
    let starts = code.match_indices("#[cfg(test)]").map(|(start, it)| (start, start + it.len()));
    let items = starts.map(|(start, item)| start..item + item_length(&code[item..]));
    let file = code.contains("#![cfg(test)]").then_some(0..code.len());
    items.chain(file).collect()
}

/// The bytes of the item that `code` starts with.
fn item_length(code: &str) -> usize {
    let mut depth = 0_i32;
    let end = code.char_indices().find(|(_, sign)| {
        depth += match sign {
            '(' | '[' | '{' => 1,
            ')' | ']' | '}' => -1,
            _ => 0,
        };
        depth < 0 || depth == 0 && matches!(sign, ';' | '}' | ',')
    });
    end.map_or(code.len(), |(end, _)| end + 1)
}

fn shown(blocks: &[Block]) -> Vec<(&str, usize)> {
    blocks.iter().map(|block| (block.text.trim(), block.line(0))).collect()
}

#[test]
fn comments_and_literals_of_rust_are_read() {
    let source = r##"//! The crate's
//! purpose.

/// Of `f`.
///
/// More of it.
fn f<'a>(c: char) {
    // One comment
    // of two lines.
    let quote = ['"', '\'', '\\', 'ä'];
    bail!("cannot read {}: \"two\" words, \
           on one line\nnew line", x);
    let raw = r#"raw "text" here"#; /* block comment */
    let brand = b"bytes of text"; let key = "key"; let one = "a b";
}"##;
    let blocks = rust(source);
    let code = super::text::CODE;
    let documented = format!("Of {code}.");
    let failed = format!("cannot read {code}: \"two\" words, on one line");
    let expected = [
        ("The crate's\npurpose.", 1),
        (&documented, 4),
        ("More of it.", 6),
        ("One comment\nof two lines.", 8),
        (&failed, 11),
        ("new line", 12),
        ("raw \"text\" here", 13),
        ("block comment", 13),
        ("bytes of text", 14),
    ];
    assert_eq!(shown(&blocks), expected);
    assert_eq!(blocks[4].line(failed.find("on one").unwrap()), 12);
}

#[test]
fn tests_are_left_out_but_not_what_follows() {
    let source = "/// Kept item.\nfn a() {}\n#[cfg(test)]\n#[path = \"some path\"]\nmod tests;\n\
                  /// Also kept.\nfn b() {}\n#[cfg(test)]\nmod more {\n/// Left out.\n\
                  fn c() -> [u8; 2] { \"left out\" }\n}\n/// Kept again.\nconst D: u8 = 1;";
    let blocks = rust(source);
    assert_eq!(shown(&blocks), [("Kept item.", 1), ("Also kept.", 6), ("Kept again.", 13)]);
    assert!(rust("#![cfg(test)]\n/// Left out.\nfn f() {}").is_empty());
}

#[test]
fn comments_and_literals_of_javascript_are_read() {
    let source = "// A comment.\nconst a = 'it is'; const b = `in ${x} of ${y}`;\n/* Part */";
    let code = super::text::CODE;
    let template = format!("in ${code} of ${code}");
    let blocks = javascript(source);
    assert_eq!(shown(&blocks), [("A comment.", 1), ("it is", 2), (&template, 2), ("Part", 3)]);
}
