//! Actions: what whoever got an error does next. Some are built in, a catalog may add its own.

use super::names::{Names, Of, Scope, rust_name, unnamed};
use super::reader::{Context, Map, Spanned, quote};
use super::urls::is_http_url;
use crate::catalog::Action;
use crate::report::{Diagnostic, Mistake};
use crate::syntax::Node;

const BUILT_IN: &[(&str, &str)] = &[
    ("fix_request", "Correct the request and send it again."),
    ("authenticate", "Send the request with valid credentials."),
    ("request_access", "Ask for the permission that the request needs."),
    ("top_up", "Top up the balance."),
    ("upgrade_plan", "Move to a larger plan."),
    ("wait", "Wait, then send the request again."),
    ("new_idempotency_key", "Use a new idempotency key."),
    ("contact_support", "Contact support and quote the request id."),
    ("retry", "Send the same request again."),
];

/// Built-in actions in their order, then a catalog's own.
#[derive(Debug)]
pub(super) struct Actions<'t> {
    pub(super) names: Names<'t>,
    actions: Vec<Action>,
    /// Which of them the catalog declares.
    declared: Vec<bool>,
}

impl Actions<'_> {
    /// The built-in action that goes with a status. With 402 goes none: what helps is money, or another plan.
    pub(super) fn by_status(&self, status: u16) -> usize {
        let name = match status {
            401 => "authenticate",
            403 => "request_access",
            408 | 425 | 429 | 502 | 503 | 504 => "wait",
            400..=499 => "fix_request",
            _ => "contact_support",
        };
        self.names.get(name).unwrap_or_default()
    }

    /// What a code with 402 may ask for; of very many own actions only the first.
    pub(super) fn of_payment(&self) -> String {
        const MOST: usize = 10;
        let own = self.actions.iter().skip(BUILT_IN.len()).take(MOST).map(|action| action.name.as_str());
        let all: Vec<_> = ["top_up", "upgrade_plan"]
            .into_iter()
            .chain(own)
            .map(|name| quote(&format!("action: {name}")))
            .collect();
        match all.as_slice() {
            [others @ .., last] if others.len() > 1 => format!("{} or {last}", others.join(", ")),
            _ => format!("{}, or declare another under `actions:`", all.join(" or ")),
        }
    }

    /// The actions that are declared or `used`, and what becomes of the indices of all.
    pub(super) fn into_used(self, used: impl IntoIterator<Item = usize>) -> (Vec<Action>, Vec<usize>) {
        let mut keep = self.declared;
        for index in used {
            if let Some(keep) = keep.get_mut(index) {
                *keep = true;
            }
        }
        let mut kept = Vec::new();
        let mut indices = Vec::new();
        for (action, keep) in self.actions.into_iter().zip(keep) {
            indices.push(kept.len());
            if keep {
                kept.push(action);
            }
        }
        (kept, indices)
    }
}

impl<'t> Context<'t> {
    pub(super) fn actions(&mut self, map: &Map<'t>) -> Actions<'t> {
        let section = self.section(map, "actions");
        let entries = section.entries;
        let built_in = |name: &str| BUILT_IN.iter().any(|(built_in, _)| *built_in == name);
        let own = entries.iter().filter(|entry| !built_in(&entry.key.text));
        let own_names = own.clone().map(|entry| entry.key.text.as_str());
        let names = Names::new(BUILT_IN.iter().map(|(name, _)| *name).chain(own_names), section.complete);

        let mut actions = Vec::new();
        let mut declared = Vec::new();
        for (name, text) in BUILT_IN {
            let mut action = Action {
                name: (*name).to_owned(),
                rust: rust_name(name, Of::Action).unwrap_or_else(unnamed),
                text: (*text).to_owned(),
                url: None,
            };
            let entry = entries.iter().find(|entry| entry.key.text == *name);
            if let Some(entry) = entry {
                let map = self.map(&entry.value, entry.key.span, "an action", &["text", "url"]);
                let (text, url) = self.action(map.as_ref(), false);
                action.text = text.unwrap_or(action.text);
                action.url = url;
            }
            declared.push(entry.is_some());
            actions.push(action);
        }
        let mut scope = Scope::default();
        for entry in own {
            let name = Spanned { value: entry.key.text.as_str(), span: entry.key.span };
            let map = self.map(&entry.value, name.span, "an action", &["text", "url", "rust"]);
            let explicit = map.and_then(|map| map.get("rust"));
            let rust = if self.name(name, "an action") {
                self.rust_names(name.value, name.span, Of::Action, explicit, &mut scope)
            } else {
                None
            };
            let rust = rust.unwrap_or_else(unnamed);
            if actions.iter().take(BUILT_IN.len()).any(|built_in| built_in.rust == rust) {
                self.report(
                    Diagnostic::new(
                        Mistake::ReservedName,
                        format!("{} is too near to a built-in action", quote(name.value)),
                    )
                    .at(name.span, format!("would be `{}` in Rust, as that one is", rust.upper))
                    .help("write the built-in one's name to change its text or url, or choose another"),
                );
            }
            let (text, url) = self.action(map.as_ref(), true);
            actions.push(Action { name: name.value.to_owned(), rust, text: text.unwrap_or_default(), url });
            declared.push(true);
        }
        Actions { names, actions, declared }
    }

    fn action(&mut self, map: Option<&Map<'t>>, needs_text: bool) -> (Option<String>, Option<String>) {
        let Some(map) = map else { return (None, None) };
        let text = match needs_text {
            true => self.required(map, "text", "an action", "What to do, in one sentence."),
            false => map.get("text"),
        };
        let text = text.and_then(|node| self.line_of_text(node, "`text`")).map(|text| text.value.to_owned());
        let url = map.get("url").and_then(|node| self.url(node, "`url`"));
        (text, url)
    }

    pub(super) fn url(&mut self, node: &'t Node, what: &str) -> Option<String> {
        let url = self.text(node, what)?;
        if !is_http_url(url.value) {
            self.bad_url(url, what);
            return None;
        }
        Some(url.value.to_owned())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::BUILT_IN;

    #[test]
    fn the_format_s_reference_has_every_action_with_its_text() {
        let reference = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/FORMAT.md");
        let reference = std::fs::read_to_string(reference).unwrap();
        for (name, text) in BUILT_IN {
            assert!(
                reference.contains(&format!("| `{name}` | {text} |")),
                "`{name}` is not in docs/FORMAT.md"
            );
        }
    }
}
