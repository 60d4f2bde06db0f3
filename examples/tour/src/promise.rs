//! What the reference promises.

use std::path::{Path, PathBuf};
use std::{fs, io};

use errbook::mail::{inbox, management, sending};

/// A cause that the page of an API names for a code.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Promise {
    pub(crate) api: &'static str,
    pub(crate) code: String,
    pub(crate) cause: String,
}

const PAGES: [(&str, &str); 3] =
    [("management", management::DOCS), ("sending", sending::DOCS), ("inbox", inbox::DOCS)];

/// In the order of the pages.
pub(crate) fn all() -> Vec<Promise> {
    PAGES.iter().flat_map(|(api, page)| of_page(api, page)).collect()
}

/// Writes the pages into a folder beside the database's place; returns it.
pub(crate) fn write_reference(folder: &Path) -> io::Result<PathBuf> {
    let reference = folder.join("reference");
    fs::create_dir_all(&reference)?;
    for (api, page) in PAGES {
        fs::write(reference.join(format!("{api}.md")), page)?;
    }
    Ok(reference)
}

/// A section begins with the code as its heading; its causes are a list.
fn of_page(api: &'static str, page: &str) -> Vec<Promise> {
    let mut promises = Vec::new();
    let mut code = None;
    let mut in_causes = false;
    for line in page.lines() {
        if let Some(heading) = line.strip_prefix("### `") {
            code = heading.strip_suffix('`');
            in_causes = false;
        } else if line == "Causes:" {
            in_causes = true;
        } else if let (true, Some(code), Some(cause)) = (in_causes, code, line.strip_prefix("- ")) {
            promises.push(Promise { api, code: code.to_owned(), cause: plain(cause) });
        } else if !line.is_empty() {
            in_causes = false;
        }
    }
    promises
}

/// Without the escapes of Markdown.
fn plain(markdown: &str) -> String {
    let mut text = String::new();
    let mut chars = markdown.chars();
    while let Some(char) = chars.next() {
        match char {
            '\\' => text.extend(chars.next()),
            char => text.push(char),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn causes_are_read_from_a_page() {
        let page = "- no cause\n\n### `gone`\n\nCauses:\n\n- It went\\_away.\n- It `left`.\n\n**What to do.** Wait.\n\n- no cause\n";
        let promise = |cause: &str| Promise { api: "shop", code: "gone".to_owned(), cause: cause.to_owned() };
        assert_eq!(of_page("shop", page), [promise("It went_away."), promise("It `left`.")]);
    }

    #[test]
    fn the_pages_name_causes() {
        let promises = all();
        for (api, _) in PAGES {
            assert!(promises.iter().any(|promise| promise.api == api), "{api}");
        }
    }
}
