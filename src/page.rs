//! An answer as a page, for who opens an address of the API in a browser.

use std::fmt::Write as _;

use crate::answer::doc_url;
use crate::catalog::Api;
use crate::raise::Inner;
use crate::{Error, RequestId};

pub(crate) const CONTENT_TYPE: &str = "text/html; charset=utf-8";

/// No script, nothing from elsewhere: the page shows texts of the request, escaped.
pub(crate) const SECURITY_POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'";

const STYLE: &str = "\
:root{color-scheme:light dark;font:1rem/1.5 system-ui,sans-serif}\
main{max-width:40rem;margin:15vh auto;padding:0 1rem}\
dt{font-weight:600}dd{margin:0 0 .5rem;overflow-wrap:anywhere}";

pub(crate) fn html<A: Api>(error: &Error<A>, id: &RequestId, docs_origin: Option<&str>) -> String {
    let inner = error.inner();
    let row = inner.row();
    let (status, title) = (error.status(), Escaped(row.title));
    let mut page = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<title>{status} {title}</title>\n\
         <style>{STYLE}</style>\n</head>\n<body>\n<main>\n<h1>{title}</h1>\n"
    );
    // Writing to a String can't fail.
    let _ = write_rest::<A>(&mut page, inner, id, docs_origin);
    page
}

fn write_rest<A: Api>(
    page: &mut String,
    inner: &Inner,
    id: &RequestId,
    docs_origin: Option<&str>,
) -> std::fmt::Result {
    writeln!(page, "<p>{}</p>", Escaped(&inner.message()))?;
    if !inner.issues.is_empty() {
        page.push_str("<ul>\n");
        for issue in &inner.issues {
            writeln!(page, "<li>{}</li>", Escaped(&issue.message()))?;
        }
        page.push_str("</ul>\n");
    }
    page.push_str("<dl>\n");
    let code = Some(inner.row().code);
    for (name, value) in [("Code", code), ("Field", inner.param()), ("Request id", Some(id.as_str()))] {
        if let Some(value) = value {
            writeln!(page, "<dt>{name}</dt><dd><code>{}</code></dd>", Escaped(value))?;
        }
    }
    let url = doc_url::<A>(docs_origin, inner.code);
    writeln!(
        page,
        "</dl>\n<p><a href=\"{}\">What this means, and what to do</a></p>\n</main>\n</body>\n</html>",
        Escaped(&url)
    )
}

/// For an element's text and for an attribute in double quotes.
struct Escaped<'t>(&'t str);

impl std::fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for char in self.0.chars() {
            match char {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                '\'' => f.write_str("&#39;")?,
                char => f.write_char(char)?,
            }
        }
        Ok(())
    }
}
