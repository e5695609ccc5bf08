//! Writes XML with the layout of rekordbox.

/// The column after which the next attribute starts a new line.
const WRAP_COLUMN: usize = 62;

/// Text under construction, with what the layout needs to know.
pub(crate) struct XmlWriter {
    text: String,
    line_start: usize,
    line_end: &'static str,
}

impl XmlWriter {
    pub(crate) fn new(line_end: &'static str, capacity: usize) -> Self {
        Self { text: String::with_capacity(capacity), line_start: 0, line_end }
    }

    /// Writes one whole line.
    pub(crate) fn line(&mut self, text: &str) {
        self.text.push_str(text);
        self.new_line();
    }

    /// Writes a start tag, its attributes wrapped below each other, and ends it with `end`.
    pub(crate) fn element(
        &mut self,
        indent: usize,
        name: &str,
        attributes: &[(&str, &str)],
        end: End,
    ) {
        self.spaces(indent);
        self.text.push('<');
        self.text.push_str(name);
        for (key, value) in attributes {
            self.attribute(indent + name.len() + 1, key, value);
        }
        self.text.push_str(end.text());
        self.new_line();
    }

    pub(crate) fn close(&mut self, indent: usize, name: &str) {
        self.spaces(indent);
        self.text.push_str("</");
        self.text.push_str(name);
        self.text.push('>');
        self.new_line();
    }

    pub(crate) fn finish(self) -> String {
        self.text
    }

    fn attribute(&mut self, indent: usize, key: &str, value: &str) {
        if self.text.len() - self.line_start > WRAP_COLUMN {
            self.new_line();
            self.spaces(indent);
        }
        self.text.push(' ');
        self.text.push_str(key);
        self.text.push_str("=\"");
        escape_attribute(&mut self.text, value);
        self.text.push('"');
    }

    fn spaces(&mut self, count: usize) {
        self.text.extend(std::iter::repeat_n(' ', count));
    }

    fn new_line(&mut self) {
        self.text.push_str(self.line_end);
        self.line_start = self.text.len();
    }
}

/// How a start tag ends.
#[derive(Clone, Copy)]
pub(crate) enum End {
    /// Children follow.
    Open,
    /// The element has none.
    Empty,
}

impl End {
    fn text(self) -> &'static str {
        match self {
            Self::Open => ">",
            Self::Empty => "/>",
        }
    }
}

/// Appends `value` to `out` so that a quoted attribute can hold it and it is read back unchanged.
///
/// Tabs and line ends become character references: raw ones are read back as spaces.
pub fn escape_attribute(out: &mut String, value: &str) {
    for letter in value.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            '\t' => out.push_str("&#9;"),
            '\n' => out.push_str("&#10;"),
            '\r' => out.push_str("&#13;"),
            other => out.push(other),
        }
    }
}
