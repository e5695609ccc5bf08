//! The prose of HTML templates and of configuration files.

use super::text::{Block, CODE, plain, with_text};

/// Attributes whose value a person reads.
const READ: [&str; 6] = ["alt", "aria-label", "content", "label", "placeholder", "title"];

/// The text between tags, in attributes that are read, and in strings of template expressions.
pub(super) fn html(source: &str) -> Vec<Block> {
    let mut blocks = vec![Block::default()];
    let text = without_expressions(source, &mut blocks);
    blocks.push(Block::default());
    let mut rest = text.as_str();
    while let Some(start) = rest.find('<') {
        let line = 1 + text[..text.len() - rest.len()].matches('\n').count();
        push_lines(blocks.last_mut().unwrap(), &rest[..start], line);
        let line = line + rest[..start].matches('\n').count();
        let length = rest[start..].find('>').map_or(rest.len() - start, |end| end + 1);
        let tag = &rest[start..start + length];
        blocks.extend(attributes(tag).flat_map(|value| plain(value, line)));
        if !is_inline(tag) {
            blocks.push(Block::default());
        }
        rest = &rest[start + length..];
    }
    let line = 1 + text[..text.len() - rest.len()].matches('\n').count();
    push_lines(blocks.last_mut().unwrap(), rest, line);
    with_text(blocks)
}

/// `source` with each template expression replaced; its strings and comments go to `blocks`.
fn without_expressions(source: &str, blocks: &mut Vec<Block>) -> String {
    let mut text = String::new();
    let mut rest = source;
    while let Some(start) = ["{{", "{%", "{#"].iter().filter_map(|open| rest.find(open)).min() {
        text.push_str(&rest[..start]);
        let line = 1 + text.matches('\n').count();
        let close = match rest[start..].chars().nth(1) {
            Some('{') => "}}",
            Some('%') => "%}",
            _ => "#}",
        };
        let end = rest[start..].find(close).map_or(rest.len(), |end| start + end + 2);
        let expression = &rest[start..end];
        match close {
            "#}" => blocks.extend(plain(expression.trim_matches(['{', '#', '}']), line)),
            _ => blocks.extend(strings(expression).flat_map(|string| plain(string, line))),
        }
        if close == "}}" {
            text.push(CODE);
        }
        text.extend(expression.matches('\n'));
        rest = &rest[end..];
    }
    text + rest
}

/// The strings in an expression that have several words.
fn strings(expression: &str) -> impl Iterator<Item = &str> {
    expression.split('"').skip(1).step_by(2).filter(|string| string.trim().contains(' '))
}

fn attributes(tag: &str) -> impl Iterator<Item = &str> {
    let mut parts = tag.split('"');
    let mut pairs = Vec::new();
    while let (Some(name), Some(value)) = (parts.next(), parts.next()) {
        let name = name.trim_end_matches('=').split_whitespace().next_back();
        pairs.extend(name.filter(|name| READ.contains(name)).map(|_| value));
    }
    pairs.into_iter()
}

fn is_inline(tag: &str) -> bool {
    let name: String = tag
        .chars()
        .skip_while(|sign| "</".contains(*sign))
        .take_while(|it| it.is_alphanumeric())
        .collect();
    let inline = ["a", "abbr", "b", "bdi", "code", "em", "kbd", "small", "span", "strong", "wbr"];
    inline.contains(&name.as_str())
}

fn push_lines(block: &mut Block, text: &str, line: usize) {
    let text = text.replace("&nbsp;", " ");
    for (index, content) in text.split_inclusive('\n').enumerate() {
        block.push(content, line + index);
    }
}

/// The comments of a YAML or TOML file, and its names and descriptions.
pub(super) fn configuration(source: &str) -> Vec<Block> {
    let mut blocks = vec![Block::default()];
    for (index, content) in source.lines().enumerate() {
        let line = index + 1;
        let content = content.trim();
        if let Some(comment) = content.strip_prefix('#') {
            let block = blocks.last_mut().unwrap();
            match comment.trim() {
                "" => blocks.push(Block::default()),
                _ => plain(comment, line).iter().for_each(|it| block.push(&it.text, line)),
            }
            continue;
        }
        let comment = content.split_once(" # ").map(|(_, comment)| comment);
        let named = described(content);
        blocks.extend(comment.into_iter().chain(named).flat_map(|text| plain(text, line)));
        blocks.push(Block::default());
    }
    with_text(blocks)
}

/// The value of `name` or `description`.
fn described(line: &str) -> Option<&str> {
    let (key, value) = line.trim_start_matches("- ").split_once([':', '='])?;
    let value = value.split(" # ").next().unwrap_or_default().trim();
    ["name", "description"].contains(&key.trim()).then(|| value.trim_matches('"'))
}

#[test]
fn text_attributes_and_strings_of_templates_are_read() {
    let source = "{# A comment. #}\n<p class=\"not read\" title=\"read this\">Some <b>bold</b> text {{ x }}</p>\n\
                  {% if a %}<h1>Other</h1>{% endif %}{{ f(\"a string\", \"key\") }}";
    let blocks = html(source);
    let shown: Vec<_> = blocks.iter().map(|block| (block.text.trim(), block.line(0))).collect();
    let text = format!("Some bold text {CODE}");
    let code = CODE.to_string();
    let expected = [
        ("A comment.", 1),
        ("a string", 3),
        ("read this", 2),
        (&text, 2),
        ("Other", 3),
        (&code, 3),
    ];
    assert_eq!(shown, expected);
}

#[test]
fn comments_and_names_of_configuration_are_read() {
    let source = "# One\n# two.\n#\n# Three.\nname: what it does\non: push # when pushed\n- name: a step # why";
    let blocks = configuration(source);
    let shown: Vec<_> = blocks.iter().map(|block| (block.text.trim(), block.line(0))).collect();
    let expected = [
        ("One\ntwo.", 1),
        ("Three.", 4),
        ("what it does", 5),
        ("when pushed", 6),
        ("why", 7),
        ("a step", 7),
    ];
    assert_eq!(shown, expected);
}
