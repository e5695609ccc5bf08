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

#[cfg(test)]
mod tests {
    use super::*;

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
}
