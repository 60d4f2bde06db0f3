#![allow(clippy::unwrap_used)]

use proptest::prelude::*;
use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, Options, Parser, Tag, TagEnd};

use super::*;

fn link(name: &str) -> Option<String> {
    (name == "not_found").then(|| "[`not_found`](#not_found)".to_owned())
}

/// What a person writes comes out as it was written.
#[test]
fn simple_markdown_stays_as_it_is() {
    for text in [
        "plain *text* with `a < b`, _more_, **strong** and [a link](https://x.example/a?b=c&d)",
        "a snake_case word, 2 * 3 < 7, AT&T, C#, a -> b, -5, {braces}, \"quotes\", C:\\dir and a|b",
        "First line\nof a paragraph,  \nand another.\n\nA second one.",
        "* a\n* b\n  continued\n  * nested\n\nend",
        "- a\n\n  more of it\n\n- b",
        "3. three\n4. four\n\n1) one",
        "> a quote\n>\n> * with a list",
        "| a | b | c |\n|---|:-:|--:|\n| `x\\|y` | *z* |  |",
        "```json\n{\"a\": 1}\n\n    deep\n```",
        "- ```json\n  {\"a\": 1}\n  ```\n- b",
        "see <https://x.example/a?b> or <me@x.example>, ~~not~~ [here](#there) or [there](/page)",
        "- a `code span` ``with ` tick``\n- \\*escaped\\*",
    ] {
        assert_eq!(block(text, &link), text);
    }
}

#[test]
fn nothing_breaks_out_of_a_block() {
    for (text, expected) in [
        ("<script>alert(1)</script>", "&lt;script>alert(1)&lt;/script>"),
        ("a <b>c</b>\n\n<!-- d\n\n    e -->", "a &lt;b>c&lt;/b>\n\n&lt;!-- d\ne -->"),
        (
            "see https://x.example/a. or http://y.example/_b_c",
            "see <https://x.example/a>. or <http://y.example/_b_c>",
        ),
        ("# heading\ntext\n===\n*more*\n---", "**heading**\n\n**text**\n\n***more***"),
        ("# a **b** c", "**a b c**"),
        ("***\n- ***", "___\n\n- ___"),
        ("\\# text\n\\- a\n1\\. b\n\\=\n\\| a", "\\# text\n\\- a\n1\\. b\n\\=\n| a"),
        ("a\n\\|---|", "a\n\\|---|"),
        ("```\nopen\n# inside", "```\nopen\n# inside\n```"),
        ("~~~ json x\n```\n~~~", "````json\n```\n````"),
        ("text\n\n    indented", "text\n\n```\nindented\n```"),
        ("* a\n\n      indented\n\nb", "* a\n\n  ```\n  indented\n  ```\n\nb"),
        ("a ` stray tick\n\nand `code`", "a \\` stray tick\n\nand `code`"),
        (
            "see [`not_found`], [`other`], [x], ![`not_found`] and [1]: y",
            "see [`not_found`](#not_found), `other`, \\[x], [`not_found`](#not_found) and \\[1]: y",
        ),
        ("[see [`not_found`]](https://x.example)", "\\[see [`not_found`](#not_found)](<https://x.example>)"),
        ("[a]\n\n[a]: https://x.example/(b) \"title\"", "[a](https://x.example/%28b%29)"),
        ("- a\n  - <b>", "- a\n  - &lt;b>"),
        ("[x](javascript:alert(1)) <javascript:a> [y](page.md)", "x javascript:a y"),
        ("\\`<script>alert(1)</script>`", "\\`&lt;script>alert(1)&lt;/script>\\`"),
        ("- a `\n- <script>b</script> `", "- a \\`\n- &lt;script>b&lt;/script> \\`"),
        ("a\n    ```\n<b>c", "a\n\\`\\`\\`\n&lt;b>c"),
        ("[x\\](https://a)](javascript:alert(1))", "x](<https://a>)"),
        ("[`a`](https://`](javascript:alert(1))", "`a`(https\\://\\`](javascript:alert(1))"),
        ("[![b](https://x.example)](javascript:alert(1))", "[b](https://x.example)"),
        ("[![b](https://x.example/i)](https://x.example/l)", "[b](https://x.example/l)"),
        ("wow!![b](https://x.example) !![](/a)![c](/c)", "wow&#33;[b](https://x.example) &#33;[c](/c)"),
        ("- ```json\n  {\"a\": 1}\n\nb", "- ```json\n  {\"a\": 1}\n  ```\n\nb"),
        ("> ```\n> a\n\nb", "> ```\n> a\n> ```\n\nb"),
        ("a\u{202e}b `c\u{202e}d` \u{0}\u{7}e", "a&#x202E;b `c\u{fffd}d` e"),
        ("&#32;&#32;&#32;&#32;a &lt;b> &amp;amp; &#10;", "a &lt;b> &amp;amp;"),
        ("*[ a](x:)* `a`[](/b)`` <b>` ``", "*a* `a` `` <b>` ``"),
        ("~~![~a~](x:)~~", "~~a~~"),
        ("1[](/a)1. b &#35;&#1; c", "11\\. b #  c"),
        ("1[x](x:)[](/a). b\n1&#46; c\n&#35;&#1; d", "1x. b\n1\\. c\n\\#  d"),
        ("\\https://x.example a_https://x.example_", "\\\\<https://x.example> a\\_<https://x.example>\\_"),
        ("-\n  -\n\n>\n\na", "a"),
    ] {
        let written = block(text, &link);
        assert_eq!(written, expected, "{text}");
        assert_eq!(block(&written, &|_| None), written, "again");
    }
}

#[test]
fn rustdoc_finds_no_tests_and_no_broken_links() {
    for (text, expected) in [
        ("```\ncode\n```", "```text\ncode\n```"),
        ("~~~ rust,ignore\ncode\n~~~", "```text\ncode\n```"),
        ("```should_panic\n```\n```E0425\n```", "```text\n```\n\n```text\n```"),
        ("```json\n{}\n```", "```json\n{}\n```"),
        ("text\n\n    code", "text\n\n```text\ncode\n```"),
        ("    code", "```text\ncode\n```"),
        ("- a\n\n    more of a", "- a\n\n  more of a"),
        ("- a\n\n      code\n\n> ```\n> code", "- a\n\n  ```text\n  code\n  ```\n\n> ```text\n> code\n> ```"),
        ("[a](#b) [c] [`d`] [`not_found`]", "a \\[c] `d` [`not_found`](#not_found)"),
        ("http://x.example [a](mailto:b@c) [d](mailto:e@f.g)", "<http://x.example> a [d](mailto:e@f.g)"),
    ] {
        assert_eq!(rustdoc(text, &link), expected);
    }
}

#[test]
fn nothing_breaks_out_of_a_line() {
    assert_eq!(plain("a|b <i>`c`</i>\n*d*"), "a|b &lt;i>\\`c\\`&lt;/i> \\*d\\*");
    for (text, expected) in [
        ("- a", "\\- a"),
        ("+ a", "\\+ a"),
        ("1. x", "1\\. x"),
        ("---", "\\---"),
        ("    a ", "a"),
        ("a #", "a \\#"),
        ("C#", "C#"),
        ("[a](b)", "\\[a\\](b)"),
        ("a\u{2067}\\", "a&#x2067;\\\\"),
        ("see https://x.example", "see https\\://x.example"),
    ] {
        assert_eq!(plain(text), expected);
    }
    assert_eq!(code("a`|``b"), "```a`|``b```");
    assert_eq!(code("`"), "`` ` ``");
    assert_eq!(code("a\u{202e}\n"), "`` a\u{fffd}  ``".replace("``", "`"));
    assert_eq!(cell("a | `b|c\\|` | d"), "a \\| `b\\|c\\\\|` \\| d");
    assert_eq!(
        url("https://x.example/a(b) c\"<&copy;&d;"),
        "https://x.example/a%28b%29%20c%22%3C&copy%3B&d%3B"
    );
    assert_eq!(
        line("one\ntwo  # three\n\n[`not_found`]", &link),
        "one two # three [`not_found`](#not_found)"
    );
    assert_eq!(line("~~~ open", &link), "\\~\\~\\~ open");
    assert_eq!(line("# a <b>", &link), "\\# a &lt;b>");
    assert_eq!(line(" \n\u{1}", &link), "");
}

#[test]
fn deep_and_long_texts_take_little_time() {
    for piece in
        ["> ", "- ", "1. ", "*a ", "**a _", "[", "![", "`", "``` ", "[`", "<a ", "&", "|", "~~a", "![*"]
    {
        let text = piece.repeat(20_000);
        block(&text, &link);
        block(&format!("{text}\n{}", "a\n".repeat(1000)), &link);
        line(&text, &link);
        plain(&text);
    }
}

fn events(text: &str) -> Vec<Event<'_>> {
    Parser::new_ext(text, Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_FOOTNOTES)
        .collect()
}

/// The events, after a look that there is nothing among them that a text may not bring.
fn harmless(page: &str) -> Vec<Event<'_>> {
    let events = events(page);
    for event in &events {
        match event {
            Event::Html(_) | Event::InlineHtml(_) | Event::Start(Tag::Image { .. } | Tag::HtmlBlock) => {
                panic!("{event:?} in {page:?}")
            }
            Event::Start(Tag::Link { dest_url, .. }) => {
                let known = ["https://", "http://", "mailto:", "#", "/"];
                let lower = dest_url.to_lowercase();
                assert!(
                    known.iter().any(|start| lower.starts_with(start)) || dest_url.contains('@'),
                    "{event:?} in {page:?}"
                );
            }
            _ => {}
        }
    }
    assert!(!page.contains(is_bidi), "{page:?}");
    assert!(!page.contains(|char: char| char.is_control() && !matches!(char, '\n' | '\t')), "{page:?}");
    events
}

fn is_rust(event: &Event<'_>) -> bool {
    match event {
        Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(info))) => {
            info.is_empty() || info.starts_with("rust")
        }
        Event::Start(Tag::CodeBlock(CodeBlockKind::Indented)) => true,
        _ => false,
    }
}

/// It comes between what is before and after it on a page, which stays what it is.
fn check_block(text: &str) {
    for (written, rustdoc) in [(block(text, &link), false), (rustdoc(text, &link), true)] {
        let page = format!("before\n\n{written}\n\n### after\n\nend");
        let events = harmless(&page);
        let paragraph = |text: &'static str| {
            [Event::Start(Tag::Paragraph), Event::Text(text.into()), Event::End(TagEnd::Paragraph)]
        };
        let heading =
            Tag::Heading { level: HeadingLevel::H3, id: None, classes: Vec::new(), attrs: Vec::new() };
        let mut tail = vec![Event::Start(heading), Event::Text("after".into())];
        tail.push(Event::End(TagEnd::Heading(HeadingLevel::H3)));
        tail.extend(paragraph("end"));
        assert!(events.starts_with(&paragraph("before")) && events.ends_with(&tail), "{page:?}");
        let headings =
            events.iter().filter(|event| matches!(event, Event::Start(Tag::Heading { .. }))).count();
        assert_eq!(headings, 1, "{page:?}");
        assert!(!rustdoc || !events.iter().any(is_rust), "{page:?}");
    }
}

fn check_line(text: &str) {
    let line = line(text, &link);
    assert!(!line.contains('\n'));
    let page = format!("- {line}\n- next\n\nend");
    let events = harmless(&page);
    let blocks: Vec<&Event<'_>> = events
        .iter()
        .filter(|event| matches!(event, Event::Start(tag) if !matches!(tag, Tag::Link { .. } | Tag::Emphasis | Tag::Strong | Tag::Strikethrough)))
        .collect();
    let expected = [Tag::List(None), Tag::Item, Tag::Item, Tag::Paragraph].map(Event::Start);
    assert_eq!(blocks, expected.iter().collect::<Vec<_>>(), "{page:?}");

    let page = format!("| a | b |\n|---|---|\n| {} | end |", cell(&line));
    let events = harmless(&page);
    let cells = events.iter().filter(|event| matches!(event, Event::Start(Tag::TableCell))).count();
    let end = [Event::Start(Tag::TableCell), Event::Text("end".into()), Event::End(TagEnd::TableCell)];
    assert!(cells == 4 && events[events.len() - 5..].starts_with(&end), "{page:?}");
}

/// The text of inline events, if there is no markup among them.
fn text_of(events: &[Event<'_>]) -> Option<String> {
    events
        .iter()
        .map(|event| match event {
            Event::Text(text) => Some(text.as_ref()),
            _ => None,
        })
        .collect()
}

fn check_plain(text: &str) {
    let written = plain(text);
    let spaced: String = text.chars().map(|char| if char.is_control() { ' ' } else { char }).collect();
    for (page, around) in [
        (format!("> {written}\n\nend"), 2..),
        (format!("- {written}\n\nend"), 2..),
        (format!("## {written}\n\nend"), 1..),
        (format!("[{written}](/x)\n\nend"), 2..),
        (format!("{written}\n\nend"), 1..),
        (format!("| a | b |\n|---|---|\n| {} | end |", cell(&written)), 11..),
    ] {
        if spaced.trim().is_empty() {
            continue;
        }
        let events = events(&page);
        let inside = &events[around];
        let end = inside.iter().position(|event| matches!(event, Event::End(_))).unwrap();
        assert_eq!(text_of(&inside[..end]).as_deref(), Some(spaced.trim()), "{page:?}");
    }
}

fn check_code(text: &str) {
    let written = code(text);
    let page = format!("| a | b |\n|---|---|\n| {} | end |", cell(&written));
    let cell = &events(&page)[11..];
    let [Event::Code(shown), Event::End(TagEnd::TableCell), ..] = cell else { panic!("{page:?}") };
    if !text.contains(|char: char| char.is_control() || is_bidi(char)) && !text.is_empty() {
        assert_eq!(shown.as_ref(), text, "{page:?}");
    }
}

fn check_all(text: &str) {
    check_block(text);
    check_line(text);
    check_plain(text);
    check_code(text);
}

/// Strings of what means something to Markdown.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "`",
        "``",
        "```",
        "~~~",
        "~",
        "~~",
        "<script>",
        "</script>",
        "<b",
        "<!--",
        "<a@b.c>",
        "](",
        "[",
        "]",
        "![",
        ")",
        "[`a`]",
        "[`not_found`]",
        "[a]: /b",
        "[a]",
        "\\",
        "\n",
        "\n\n",
        "\r\n",
        "- ",
        "* ",
        "+ ",
        "1. ",
        "9)",
        "> ",
        "    ",
        "\t",
        " ",
        "  \n",
        "|",
        "\n|---|---|\n",
        "| a | b |",
        ":-",
        "#",
        "# ",
        "===",
        "---",
        "___",
        "*",
        "**",
        "_",
        "__",
        "javascript:",
        "https://x.example",
        "http://",
        "(/a)",
        "(x:)",
        "[](/a)",
        "&",
        "&lt;",
        "&#32;",
        "&#10;",
        "&#1;",
        "&#11;",
        "&#42;",
        "&copy;",
        ";",
        "!",
        "\u{202e}",
        "\u{2067}",
        "\u{0}",
        "\u{a0}",
        "\u{2028}",
        "a",
        "b c",
        "é",
        "rust",
        "json",
        "\"",
        "'",
        "(",
        "<",
        ">",
        "=",
        "1",
        "[^1]",
        "[^1]: ",
        "[ ] ",
        "{",
        "}",
    ]);
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_stays_in_its_place(text in any::<String>()) {
        check_all(&text);
    }

    #[test]
    fn any_markup_stays_in_its_place(text in pieces()) {
        check_all(&text);
    }
}
