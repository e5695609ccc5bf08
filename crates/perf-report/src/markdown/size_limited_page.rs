//! A page of limited size. Rows that do not fit are counted, and no row is cut.

use super::page::Page;

/// A page under construction.
#[derive(Debug)]
pub(super) struct SizeLimitedPage<'a> {
    text: String,
    page: Page<'a>,
    /// The end of the page, for which room is kept.
    end: String,
}

/// Lines of one kind, and the text before and after them.
#[derive(Debug)]
pub(super) struct Section<'a> {
    pub(super) before: String,
    pub(super) lines: Vec<String>,
    pub(super) after: &'static str,
    /// The name of a line, singular and plural.
    pub(super) called: [&'a str; 2],
}

/// The length of the longest remark about omitted lines, without its address, in bytes.
const REMARK: usize = 120;

impl<'a> SizeLimitedPage<'a> {
    /// A page with a fixed beginning and end.
    pub(super) fn new(page: Page<'a>, beginning: String, end: String) -> Self {
        Self { text: beginning, page, end }
    }

    /// Adds as many lines as fit, and the number of the others.
    pub(super) fn add(&mut self, part: &Section<'_>) {
        if part.lines.is_empty() {
            return;
        }
        let around = part.before.len() + part.after.len();
        let mut room = self.room().saturating_sub(around);
        let fits = |line: &&String| {
            let taken = room.checked_sub(line.len());
            room = taken.unwrap_or_default();
            taken.is_some()
        };
        let lines: Vec<&String> = part.lines.iter().take_while(fits).collect();
        let left_out = part.lines.len() - lines.len();
        if !lines.is_empty() {
            self.text += &part.before;
            self.text.extend(lines.iter().map(|line| line.as_str()));
            self.text += part.after;
        }
        if left_out > 0 {
            self.leave_out(left_out, !lines.is_empty(), part.called);
        }
    }

    /// The page.
    pub(super) fn finish(self) -> String {
        self.text + &self.end
    }

    /// The bytes that lines may still take: a remark must fit after them.
    fn room(&self) -> usize {
        let more = self.page.more.map_or(0, str::len);
        let taken = self.text.len() + self.end.len() + REMARK + more;
        self.page.bytes.saturating_sub(taken)
    }

    fn leave_out(&mut self, count: usize, some_are_there: bool, called: [&str; 2]) {
        let more = if some_are_there { " more" } else { "" };
        let called = called[usize::from(count > 1)];
        let place =
            self.page.more.map_or_else(String::new, |place| format!(": [see all]({place})"));
        let remark = format!("\n{count}{more} {called} left out here{place}\n");
        if self.text.len() + remark.len() + self.end.len() <= self.page.bytes {
            self.text += &remark;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(count: usize) -> Section<'static> {
        Section {
            before: "\n| a |\n|---|\n".to_owned(),
            lines: (0..count).map(|i| format!("| {i:04} |\n")).collect(),
            after: "",
            called: ["row", "rows"],
        }
    }

    #[test]
    fn whole_rows_are_left_out_and_counted() {
        let page = Page { bytes: 0, more: Some("https://e.example/1") };
        let cases =
            [(0, 0, ""), (100, 0, "20 rows left"), (345, 20, "\n1 row left"), (1_000, 21, "")];
        for (bytes, rows, remark) in cases {
            let page = Page { bytes, ..page };
            let mut text = SizeLimitedPage::new(page, "# T\n".to_owned(), "\nend\n".to_owned());
            text.add(&part(20));
            text.add(&part(1));
            let text = text.finish();
            assert!(text.len() <= bytes || text == "# T\n\nend\n", "{bytes}: {text}");
            assert_eq!(text.matches("| 0").count(), rows, "{bytes}: {text}");
            assert!(text.contains(remark), "{bytes}: {text}");
            assert!(text.lines().all(|line| !line.starts_with('|') || line.ends_with('|')));
        }
        let mut text =
            SizeLimitedPage::new(Page { bytes: 300, ..page }, String::new(), String::new());
        text.add(&part(20));
        let text = text.finish();
        let rows = text.matches("| 0").count();
        assert!(text.contains(&format!("\n{} more rows left out here: [see all](", 20 - rows)));
        assert!(rows > 0 && text.len() <= 300, "{text}");
    }
}
