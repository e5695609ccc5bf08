//! Links to a repository's commits on the web.

/// The address of a repository's commit pages, from the address of its remote:
/// `https://example.org/team/app/commit/`. `None` for a file and for an invalid address.
///
/// A user and a password in the remote's address are left out.
pub fn commits_at(remote: &str) -> Option<String> {
    let remote = remote.trim();
    let (scheme, rest) = match remote.split_once("://") {
        Some((scheme @ ("https" | "http"), rest)) => (scheme, rest.to_owned()),
        Some(("ssh" | "git+ssh", rest)) => ("https", without_port(rest)),
        Some(_) => return None,
        None => ("https", scp_like(remote)?),
    };
    let (authority, path) = rest.split_once('/')?;
    let host = authority.rsplit('@').next()?;
    let path = path.trim_end_matches('/');
    let path = path.strip_suffix(".git").unwrap_or(path);
    let is_host = |b: u8| b.is_ascii_alphanumeric() || b".-:".contains(&b);
    let is_path = |b: u8| b.is_ascii_alphanumeric() || b"._-/~+".contains(&b);
    let is_plain = !host.is_empty()
        && !path.is_empty()
        && host.bytes().all(is_host)
        && path.bytes().all(is_path)
        && !path.split('/').any(|part| part.is_empty() || part == "..");
    is_plain.then(|| format!("{scheme}://{host}/{path}/commit/"))
}

/// `git@example.org:team/app.git` as `example.org/team/app.git`
fn scp_like(remote: &str) -> Option<String> {
    let (host, path) = remote.split_once(':')?;
    // A drive of Windows, or a path with a colon in it.
    let is_host = host.len() > 1 && !host.contains(['/', '\\']);
    is_host.then(|| format!("{host}/{}", path.trim_start_matches('/')))
}

/// The port of ssh is not the port of the web.
fn without_port(rest: &str) -> String {
    let Some((authority, path)) = rest.split_once('/') else { return rest.to_owned() };
    let host = authority.rsplit_once(':').map_or(authority, |(host, _)| host);
    format!("{host}/{path}")
}

/// A commit's page below `commits_at`, if the hash is one.
pub(super) fn commit_page(commits_at: Option<&str>, hash: &str) -> Option<String> {
    let is_hash = (7..=64).contains(&hash.len()) && hash.bytes().all(|b| b.is_ascii_hexdigit());
    commits_at.filter(|_| is_hash).map(|base| format!("{base}{hash}"))
}

/// The page with the commits from `base` to `head` on a host that is known to have one.
pub(super) fn range_page(commits_at: Option<&str>, base: &str, head: &str) -> Option<String> {
    let page = |hash| commit_page(commits_at, hash);
    page(base).and(page(head))?;
    let repository = repository_page(commits_at?);
    match host(repository)? {
        "github.com" | "codeberg.org" => Some(format!("{repository}/compare/{base}...{head}")),
        "gitlab.com" => Some(format!("{repository}/-/compare/{base}...{head}")),
        _ => None,
    }
}

/// The page of a line of a file at a commit, on a host that is known to have one.
///
/// `path` is below the root of the repository, with `/` between its parts.
pub(super) fn source_page(
    commits_at: Option<&str>,
    commit: &str,
    path: &str,
    line: u32,
) -> Option<String> {
    commit_page(commits_at, commit)?;
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || b"._-+/".contains(&b);
    let is_safe =
        path.bytes().all(is_plain) && !path.split('/').any(|part| matches!(part, "" | "." | ".."));
    let repository = repository_page(commits_at.filter(|_| is_safe)?);
    let files = match host(repository)? {
        "github.com" => "blob",
        "gitlab.com" => "-/blob",
        "codeberg.org" => "src/commit",
        _ => return None,
    };
    Some(format!("{repository}/{files}/{commit}/{path}#L{line}"))
}

/// The host of an address.
fn host(page: &str) -> Option<&str> {
    page.split("://").nth(1)?.split('/').next()
}

/// The address of the repository's site on GitHub Pages. A domain of its own is redirected to.
pub(super) fn pages_address(commits_at: &str) -> Option<String> {
    let path = repository_page(commits_at).strip_prefix("https://github.com/")?;
    let (owner, name) = path.split_once('/')?;
    let domain = format!("{}.github.io", owner.to_lowercase());
    let folder = if name.eq_ignore_ascii_case(&domain) { "" } else { &format!("{name}/") };
    (!name.contains('/')).then(|| format!("https://{domain}/{folder}"))
}

/// The page of the repository, from the address of its commit pages.
pub(super) fn repository_page(commits_at: &str) -> &str {
    commits_at.trim_end_matches('/').trim_end_matches("commit").trim_end_matches('/')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repositories_of_github_have_a_site() {
        let address = |path: &str| pages_address(&format!("https://{path}/commit/"));
        let cases = [
            ("github.com/Team/app", Some("https://team.github.io/app/")),
            ("github.com/team/Team.github.io", Some("https://team.github.io/")),
            ("github.com/team/app/more", None),
            ("example.org/team/app", None),
        ];
        for (path, expected) in cases {
            assert_eq!(address(path).as_deref(), expected, "{path}");
        }
    }

    #[test]
    fn remotes_have_pages() {
        let page = Some("https://example.org/team/app/commit/");
        let cases = [
            ("https://example.org/team/app.git", page),
            ("https://example.org/team/app/\n", page),
            ("https://user:secret@example.org/team/app.git", page),
            ("git@example.org:team/app.git", page),
            ("ssh://git@example.org:2222/team/app.git", page),
            ("http://localhost:8080/app", Some("http://localhost:8080/app/commit/")),
            ("/srv/git/app.git", None),
            ("../app", None),
            ("C:\\repos\\app", None),
            ("file:///srv/git/app.git", None),
            ("javascript:alert(1)//x", None),
            ("https://example.org/a\"onclick=b", None),
            ("https://example.org/../x", None),
            ("https://example.org", None),
            ("", None),
        ];
        for (remote, expected) in cases {
            assert_eq!(commits_at(remote).as_deref(), expected, "{remote}");
        }
    }

    #[test]
    fn only_hashes_have_pages() {
        let base = Some("https://example.org/a/commit/");
        assert_eq!(
            commit_page(base, "1a2b3c4d").as_deref(),
            Some("https://example.org/a/commit/1a2b3c4d")
        );
        assert_eq!(commit_page(base, "<b>1a2b3c"), None);
        assert_eq!(commit_page(None, "1a2b3c4d"), None);
    }

    #[test]
    fn known_hosts_show_the_commits_between_two() {
        let range = |at| range_page(Some(at), "1a2b3c4d", "5e6f7a8b");
        let expected = "https://github.com/team/app/compare/1a2b3c4d...5e6f7a8b";
        assert_eq!(range("https://github.com/team/app/commit/").as_deref(), Some(expected));
        let expected = "https://gitlab.com/team/app/-/compare/1a2b3c4d...5e6f7a8b";
        assert_eq!(range("https://gitlab.com/team/app/commit/").as_deref(), Some(expected));
        assert_eq!(range("https://example.org/team/app/commit/"), None);
        assert_eq!(range_page(Some("https://github.com/a/b/commit/"), "<b>", "5e6f7a8b"), None);
        assert_eq!(range_page(None, "1a2b3c4d", "5e6f7a8b"), None);
    }

    #[test]
    fn known_hosts_show_a_line_of_a_source() {
        let page = |path| source_page(Some("https://github.com/a/b/commit/"), "1a2b3c4d", path, 7);
        let expected = "https://github.com/a/b/blob/1a2b3c4d/benches/x.rs#L7";
        assert_eq!(page("benches/x.rs").as_deref(), Some(expected));
        for path in ["../x.rs", "a//x.rs", "<b>.rs", "", "a b.rs"] {
            assert_eq!(page(path), None, "{path}");
        }
        let unknown = Some("https://example.org/a/b/commit/");
        assert_eq!(source_page(unknown, "1a2b3c4d", "x.rs", 7), None);
    }
}
