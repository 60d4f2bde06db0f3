//! Reads the fields of a JSON body one by one, so that the caller learns of all that can't be read, not of the first.

use std::fmt::Display;

use errbook::mail::code;
use errbook::{Accumulated, Issues, prelude::*};
use serde_json::{Map, Value};

use crate::domain::attachment::{self, Attachment};

/// Collects what can't be read. A reading function returns `None` for what is absent as well as for what it complained
/// about; [`finish`](Reader::finish) tells them apart.
pub(crate) struct Reader {
    issues: Issues<code::InvalidParameter>,
}

/// A JSON object and where it stands in the body.
#[derive(Debug, Clone)]
pub(crate) struct Object<'v> {
    /// `None` for a body that is none, which reads like an empty one.
    map: Option<&'v Map<String, Value>>,
    path: String,
}

impl Reader {
    pub(crate) fn new() -> Reader {
        Reader { issues: Issues::of(code::InvalidParameter) }
    }

    /// Call it before anything that was read is used.
    pub(crate) fn finish(self) -> Result<(), Accumulated<code::InvalidParameter>> {
        self.issues.finish()
    }

    /// The body itself.
    pub(crate) fn body<'v>(&mut self, value: &'v Value) -> Object<'v> {
        let map = value.as_object();
        if map.is_none() {
            self.issues.push(code::InvalidParameter.message("The body must be a JSON object."));
        }
        Object { map, path: String::new() }
    }

    pub(crate) fn text(&mut self, object: &Object<'_>, name: &str) -> Option<String> {
        self.typed(object, name, "a string", |value| value.as_str().map(str::to_owned))
    }

    pub(crate) fn flag(&mut self, object: &Object<'_>, name: &str) -> Option<bool> {
        self.typed(object, name, "a boolean", Value::as_bool)
    }

    pub(crate) fn number(&mut self, object: &Object<'_>, name: &str) -> Option<u64> {
        self.typed(object, name, "a whole number that is not negative", Value::as_u64)
    }

    pub(crate) fn object<'v>(&mut self, object: &Object<'v>, name: &str) -> Option<Object<'v>> {
        let map = self.typed(object, name, "an object", Value::as_object)?;
        Some(Object { map: Some(map), path: object.path_of(name) })
    }

    /// A list of objects; empty when there is none.
    pub(crate) fn objects<'v>(&mut self, object: &Object<'v>, name: &str) -> Vec<Object<'v>> {
        self.list(object, name, "an object", |value, path| {
            Some(Object { map: Some(value.as_object()?), path })
        })
    }

    /// A list of strings; empty when there is none.
    pub(crate) fn texts(&mut self, object: &Object<'_>, name: &str) -> Vec<String> {
        self.list(object, name, "a string", |value, _| value.as_str().map(str::to_owned))
    }

    /// The files of an email or a message.
    pub(crate) fn attachments(&mut self, object: &Object<'_>) -> Vec<Attachment> {
        let files = self.objects(object, "attachments");
        files.iter().map(|file| self.attachment(file)).collect()
    }

    fn attachment(&mut self, file: &Object<'_>) -> Attachment {
        let filename = self.text(file, "filename");
        let filename = self.required(file, "filename", filename);
        let content = self.text(file, "content");
        let content = self.required(file, "content", content);
        let content = attachment::decode(&content).unwrap_or_else(|| {
            self.invalid(file.path_of("content"), "base64");
            Vec::new()
        });
        Attachment { filename, content }
    }

    /// The value of a field that has to be there.
    pub(crate) fn required<T: Default>(&mut self, object: &Object<'_>, name: &str, value: Option<T>) -> T {
        // Of a body that is no object it was said already.
        if object.map.is_some() && !object.has(name) {
            let path = object.path_of(name);
            let message = format!("`{path}` is missing.");
            self.issues.push(code::MissingParameter.at(path).message(message));
        }
        value.unwrap_or_default()
    }

    pub(crate) fn invalid(&mut self, path: String, expected: impl Display) {
        let message = format!("`{path}` must be {expected}.");
        self.issues.push(code::InvalidParameter.at(path).message(message));
    }

    fn typed<'v, T>(
        &mut self,
        object: &Object<'v>,
        name: &str,
        expected: &str,
        read: impl Fn(&'v Value) -> Option<T>,
    ) -> Option<T> {
        let value = object.get(name)?;
        let read = read(value);
        if read.is_none() {
            self.invalid(object.path_of(name), expected);
        }
        read
    }

    fn list<'v, T>(
        &mut self,
        object: &Object<'v>,
        name: &str,
        expected: &str,
        read: impl Fn(&'v Value, String) -> Option<T>,
    ) -> Vec<T> {
        let elements = self.typed(object, name, "a list", Value::as_array).map_or(&[][..], Vec::as_slice);
        let mut list = Vec::with_capacity(elements.len());
        for (place, value) in elements.iter().enumerate() {
            let path = format!("{}[{place}]", object.path_of(name));
            match read(value, path.clone()) {
                Some(element) => list.push(element),
                None => self.invalid(path, expected),
            }
        }
        list
    }
}

impl<'v> Object<'v> {
    /// Where one of its fields stands in the body: `to.email`, `messages[3].from`.
    pub(crate) fn path_of(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) }
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// Null counts as absent.
    fn get(&self, name: &str) -> Option<&'v Value> {
        self.map?.get(name).filter(|value| !value.is_null())
    }
}
