//! Reads a document as a type, and where it is none, finds out all that is wrong with it.
//!
//! A type that serde derives stops at the first fault. So what is at fault is read again: where a value can't be read, or is
//! missing, a [`Dummy`] takes its place, and what stands behind it is seen. Most types name their fields' types to a reader
//! (`next_value::<T>()`), so only the innermost field is read again. What no dummy can stand for is left out, and where that
//! makes its parent fail, the parent has a dummy, for what is inside was seen.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeSet, HashMap};

use serde::de::{Deserialize, Visitor};

use super::document::{Document, Kind};
use super::dummy::{Dummy, RAW_VALUE, raw_value};
use super::fault::{Fail, Fault, Wanted, Whole, Wrong, member};
use super::source::{Access, Inside, Source, Variant};

/// As deep as serde_json reads.
pub(super) const DEPTH: usize = 127;

/// A document, and what is known to be wrong with it.
pub(super) struct Reading<'de> {
    pub(super) document: Document<'de>,
    marks: RefCell<HashMap<usize, Mark>>,
    faults: RefCell<Vec<Fault>>,
    /// How often something was told. A key that is there a thousand times is one fault, and a thousand times work.
    told: Cell<usize>,
    /// So many values are still read. Every reading of one counts, so a hostile request has a bounded price.
    left: Cell<usize>,
    /// So many bytes of texts and numbers are: one can be as long as the request.
    bytes_left: Cell<usize>,
    /// How often something was put in a value's place.
    mends: Cell<usize>,
    /// How many values were read without saying as what, and which ones, while somebody wants to know.
    buffered: Cell<usize>,
    watched: RefCell<Option<BTreeSet<usize>>>,
}

/// What takes the place of a value.
#[derive(Debug, Default, Clone)]
struct Mark {
    dummy: bool,
    /// What the dummy is where nobody says what it is read as.
    shape: Option<Wanted>,
    left_out: bool,
    /// Fields that have a dummy, for they are missing.
    missing: Vec<(&'static str, Option<Wanted>)>,
}

impl<'de> Reading<'de> {
    pub(super) fn new(document: Document<'de>) -> Reading<'de> {
        let left = Cell::new(work(document.len()));
        let bytes_left = Cell::new(work_on_bytes(document.bytes()));
        Reading {
            document,
            marks: RefCell::default(),
            faults: RefCell::default(),
            told: Cell::default(),
            left,
            bytes_left,
            mends: Cell::default(),
            buffered: Cell::default(),
            watched: RefCell::default(),
        }
    }

    /// The whole document, or nothing: nobody asks why.
    pub(super) fn value<T: Deserialize<'de>>(&self) -> Option<T> {
        Source::There(self.at(0)).read().ok()
    }

    /// All that is wrong with the document.
    pub(super) fn faults<T: Deserialize<'de>>(self) -> Vec<Fault> {
        self.faults_from::<T>(0)
    }

    /// As [`value`](Self::value), where the one parameter of a path may be read as a single value.
    pub(super) fn path<T: Deserialize<'de>>(&self) -> Option<T> {
        Source::There(self.at(self.start_of_path::<T>())).read().ok()
    }

    /// All that is wrong with a path.
    pub(super) fn faults_of_path<T: Deserialize<'de>>(self) -> Vec<Fault> {
        let start = self.start_of_path::<T>();
        self.faults_from::<T>(start)
    }

    /// The value of the only key, unless a mapping or a tuple is asked for.
    fn start_of_path<T: Deserialize<'de>>(&self) -> usize {
        const ONLY: usize = 2;
        if self.document.len() != ONLY + 1 {
            return 0;
        }
        match Source::There(self.at(ONLY)).read::<T>() {
            Err(fail) if fail.value == Some(ONLY) => match fail.wrong {
                Wrong::Wanted(Wanted::Object | Wanted::Values(_)) => 0,
                _ => ONLY,
            },
            _ => ONLY,
        }
    }

    fn faults_from<T: Deserialize<'de>>(self, value: usize) -> Vec<Fault> {
        if let Err(first) = Source::There(self.at(value)).read::<T>() {
            // What could be read is nobody's business: it is made of dummies.
            let _ = Source::There(Reader { mending: true, ..self.at(value) }).read::<T>();
            // It was too much work.
            if self.faults.borrow().is_empty() {
                self.mend(&first, first.value.unwrap_or_default());
            }
        }
        self.faults.into_inner()
    }

    fn at(&self, value: usize) -> Reader<'_, 'de> {
        Reader { reading: self, value, depth: 0, role: Role::Value, mending: false }
    }

    /// Takes the price of reading a value once.
    pub(super) fn spend(&self) -> Result<(), Fail> {
        let left = self.left.get();
        self.left.set(left.saturating_sub(1));
        if left == 0 { Err(Fail::told()) } else { Ok(()) }
    }

    /// The same, and the price of what is written there, where it is read as a whole.
    fn spend_on(&self, value: usize) -> Result<(), Fail> {
        self.spend()?;
        match self.document.kind(value) {
            Kind::List | Kind::Map | Kind::Texts => Ok(()),
            _ => self.spend_bytes(value),
        }
    }

    fn spend_bytes(&self, value: usize) -> Result<(), Fail> {
        let left = self.bytes_left.get().checked_sub(self.document.raw(value).len());
        self.bytes_left.set(left.unwrap_or_default());
        // Then nothing else is read either.
        left.map(drop).ok_or_else(|| {
            self.left.set(0);
            Fail::told()
        })
    }

    fn is_over(&self) -> bool {
        self.left.get() == 0 || self.told.get() >= crate::issues::MOST
    }

    /// The next one that is not left out. To go past others is work, too.
    fn first_kept<I: Copy>(
        &self,
        items: &mut impl Iterator<Item = I>,
        value: impl Fn(I) -> usize,
    ) -> Result<Option<I>, Fail> {
        for item in items {
            if !self.is_left_out(value(item)) {
                return Ok(Some(item));
            }
            self.spend()?;
        }
        Ok(None)
    }

    fn is_left_out(&self, value: usize) -> bool {
        self.marks.borrow().get(&value).is_some_and(|mark| mark.left_out)
    }

    /// What its dummy is, where it has one.
    fn dummy(&self, value: usize) -> Option<Option<Wanted>> {
        self.marks.borrow().get(&value).filter(|mark| mark.dummy).map(|mark| mark.shape)
    }

    fn mark<R>(&self, value: usize, change: impl FnOnce(&mut Mark) -> R) -> R {
        change(self.marks.borrow_mut().entry(value).or_default())
    }

    /// Notes what is wrong, and puts something in its place. False where nothing is left to do: whoever reads the value
    /// gives up.
    fn mend(&self, fail: &Fail, value: usize) -> bool {
        let hint = fail.hint;
        match &fail.wrong {
            Wrong::Hopeless => self.give_up(value),
            Wrong::Missing(field) => {
                let named = |key: &usize| self.document.text(*key).as_deref() == Some(*field);
                let left_out = self.document.keys(value).filter(named).any(|key| self.is_left_out(key + 1));
                let known = |mark: &mut Mark| mark.missing.iter().any(|(known, _)| known == field);
                if left_out || self.mark(value, known) {
                    return self.give_up(value);
                }
                let path = member(&self.document.path(value), field);
                self.tell(Fault { path, wrong: fail.wrong.clone(), value, said: None });
                self.mark(value, |mark| mark.missing.push((field, None)));
                true
            }
            _ if fail.entry.is_some_and(|entry| !self.is_left_out(entry)) => {
                let entry = fail.entry.unwrap_or_default();
                let path = self.document.path(entry);
                self.tell(Fault { path, wrong: fail.wrong.clone(), value: entry, said: fail.said.clone() });
                self.mark(entry, |mark| mark.left_out = true);
                true
            }
            _ => {
                // A dummy may have another type than its reader wants.
                let shaped = |mark: &mut Mark| match mark.missing.last_mut() {
                    Some((_, shape @ None)) if hint.is_some() => {
                        *shape = hint;
                        true
                    }
                    _ => false,
                };
                if self.mark(value, shaped) {
                    return true;
                }
                let inside = value..self.document.after(value);
                if !self.faults.borrow().iter().any(|fault| inside.contains(&fault.value)) {
                    let path = self.document.path(value);
                    let wrong = match &fail.wrong {
                        // To whoever sends it, a member without a value.
                        Wrong::Wanted(_) if self.document.kind(value) == Kind::Null && is_member(&path) => {
                            Wrong::Null
                        }
                        // Of a member, and nobody knows which.
                        Wrong::Unknown(_) | Wrong::Twice(_) => Wrong::Value,
                        wrong => wrong.clone(),
                    };
                    let said = fail.said.clone();
                    self.tell(Fault { path, wrong, value, said });
                    self.mark(value, |mark| mark.shape = hint);
                }
                self.give_up(value)
            }
        }
    }

    /// A dummy for the value; if it has one already, the value is left out; after that there is nothing left.
    fn give_up(&self, value: usize) -> bool {
        self.mark(value, |mark| {
            let more = !mark.left_out;
            mark.left_out |= mark.dummy;
            mark.dummy = true;
            more
        })
    }

    fn tell(&self, fault: Fault) {
        self.told.set(self.told.get() + 1);
        let mut faults = self.faults.borrow_mut();
        if !faults.iter().any(|known| known.path == fault.path && known.wrong == fault.wrong) {
            faults.push(fault);
        }
    }
}

/// Of an object, and no element of a list.
fn is_member(path: &str) -> bool {
    !path.is_empty() && (!path.ends_with(']') || path.ends_with("\"]"))
}

/// How many values are read at most, of a document with so many.
fn work(values: usize) -> usize {
    10_000 + 8 * values
}

/// The same for the bytes of texts and numbers: those of a usual request as often as there may be faults.
fn work_on_bytes(bytes: usize) -> usize {
    (16 << 20) + 8 * bytes
}

/// One value of a document, to be read.
#[derive(Clone, Copy)]
pub(super) struct Reader<'r, 'de> {
    reading: &'r Reading<'de>,
    value: usize,
    depth: usize,
    role: Role,
    /// Is what can't be read told, and replaced?
    mending: bool,
}

#[derive(Clone, Copy)]
enum Role {
    Value,
    /// A key of JSON is a text, whatever it stands for.
    Key,
    /// A value of a form that is read as a list of pairs; the number of its key.
    Pair(usize),
}

impl<'r, 'de> Reader<'r, 'de> {
    /// Reads the value. What is wrong with it is told only when it is sure that somebody minds: a type may take anything.
    pub(super) fn attempt(
        self,
        read: &mut dyn FnMut(Source<'r, 'de>) -> Result<(), Fail>,
    ) -> Result<(), Fail> {
        let reading = self.reading;
        let strict = Reader { mending: false, ..self };
        let mut once = |reader: Reader<'r, 'de>| match reader.once()? {
            Source::Dummy(dummy) => dummy.attempt(read),
            value => read(value).map_err(|fail| reader.failed(fail)),
        };
        let first = once(strict);
        if first.is_ok() || !self.mending {
            return first;
        }
        loop {
            let (mends, buffered) = (reading.mends.get(), reading.buffered.get());
            let fail = match once(self) {
                Ok(()) => return Ok(()),
                Err(fail) if reading.buffered.get() == buffered => fail,
                Err(fail) => self.locate(fail, &mut || once(strict)),
            };
            let more = match fail.wrong {
                _ if reading.is_over() => false,
                // Inside of it something was mended, or there is no way to.
                Wrong::Told => reading.mends.get() > mends || reading.give_up(self.value),
                _ => reading.mend(&fail, fail.value.unwrap_or(self.value)),
            };
            if !more {
                return Err(Fail::told().of(self.value));
            }
            reading.mends.set(reading.mends.get() + 1);
            if reading.is_left_out(self.value) {
                return Err(Fail::told().of(self.value));
            }
        }
    }

    /// Finds the value that a fail is about where serde has buffered what is inside of one (flattened, untagged and
    /// internally tagged types): by what changes when something is added or left out.
    fn locate(self, mut fail: Fail, read: &mut dyn FnMut() -> Result<(), Fail>) -> Fail {
        let (reading, document) = (self.reading, &self.reading.document);
        let Some(outer) = fail.value.filter(|_| !matches!(fail.wrong, Wrong::Told | Wrong::Hopeless)) else {
            return fail;
        };
        *reading.watched.borrow_mut() = Some(BTreeSet::new());
        let mut same = |fail: &Fail| matches!(read(), Err(other) if *other == **fail);
        let again = same(&fail);
        let buffered = reading.watched.take().unwrap_or_default();
        let is_inside = |value: &usize| outer < *value && *value < document.after(outer);
        if !again || !buffered.iter().any(is_inside) {
            return fail;
        }
        if let Wrong::Missing(field) = fail.wrong {
            let maps = buffered
                .iter()
                .copied()
                .filter(|value| is_inside(value) && document.kind(*value) == Kind::Map);
            for map in [outer].into_iter().chain(maps) {
                reading.mark(map, |mark| mark.missing.push((field, None)));
                let here = !same(&fail);
                reading.mark(map, |mark| mark.missing.pop());
                if here {
                    fail.value = Some(map);
                    break;
                }
            }
            return fail;
        }
        let mut all = Vec::new();
        let mut at = outer;
        loop {
            let children: Vec<usize> = match document.kind(at) {
                Kind::Map => document.keys(at).map(|key| key + 1).collect(),
                _ => document.items(at).collect(),
            };
            let mut needed = Vec::new();
            for child in
                children.into_iter().filter(|child| buffered.contains(child) && !reading.is_left_out(*child))
            {
                reading.mark(child, |mark| mark.left_out = true);
                if same(&fail) {
                    all.push(child);
                } else {
                    reading.mark(child, |mark| mark.left_out = false);
                    needed.push(child);
                }
            }
            match needed[..] {
                [one] => at = one,
                _ => break,
            }
        }
        for value in all {
            reading.mark(value, |mark| mark.left_out = false);
        }
        if at != outer {
            fail.value = Some(at);
            match (&fail.wrong, fail.hint) {
                (Wrong::Value, Some(wanted)) => fail.wrong = Wrong::Wanted(wanted),
                (Wrong::Unknown(_) | Wrong::Twice(_), _) => fail.entry = Some(at),
                _ => {}
            }
        }
        fail
    }

    /// What is read in the value's place. It has a price.
    pub(super) fn once(self) -> Result<Source<'r, 'de>, Fail> {
        match self.reading.dummy(self.value) {
            Some(shape) => {
                self.reading.spend()?;
                Ok(Source::Dummy(Dummy::new(self.reading, shape, self.depth)))
            }
            None => {
                self.reading.spend_on(self.value)?;
                Ok(Source::There(self))
            }
        }
    }

    pub(super) fn failed(self, fail: Fail) -> Fail {
        fail.of(self.value)
    }

    fn child(self, value: usize, role: Role) -> Reader<'r, 'de> {
        Reader { value, depth: self.depth + 1, role, ..self }
    }

    fn kind(self) -> Kind {
        match self.reading.document.kind(self.value) {
            Kind::String if matches!(self.role, Role::Key) => Kind::Text,
            kind => kind,
        }
    }

    fn wants<T>(self, wanted: Wanted) -> Result<T, Fail> {
        let wrong = match self.kind() {
            Kind::Texts => Wrong::Several,
            _ => Wrong::Wanted(wanted),
        };
        Err(Fail::new(wrong).of(self.value))
    }

    /// What a visitor says of a value that was shown to it: not of that type, unless it `fits`.
    fn shown<T>(self, result: Result<T, Fail>, wanted: Wanted, fits: bool) -> Result<T, Fail> {
        result.map_err(|mut fail| {
            if fail.value.is_none() && matches!(fail.wrong, Wrong::Value | Wrong::Length) && !fits {
                fail.wrong = Wrong::Wanted(wanted);
            }
            fail.of(self.value)
        })
    }

    fn text<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fail> {
        match self.reading.document.text(self.value) {
            Some(std::borrow::Cow::Borrowed(text)) => visitor.visit_borrowed_str(text),
            Some(std::borrow::Cow::Owned(text)) => visitor.visit_string(text),
            None => Err(Fail::new(Wrong::Value)),
        }
        .map_err(|fail| fail.of(self.value))
    }

    /// As serde_json does.
    fn number<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fail> {
        let text = self.reading.document.raw(self.value);
        if text != "-0" {
            if let Ok(number) = text.parse() {
                return visitor.visit_u64(number);
            }
            if let Ok(number) = text.parse() {
                return visitor.visit_i64(number);
            }
        }
        match text.parse() {
            Ok(number) if f64::is_finite(number) => visitor.visit_f64(number),
            _ => Err(Fail::new(Wrong::Value).of(self.value)),
        }
    }

    /// A number in a form or a key.
    fn parsed<N: std::str::FromStr>(self) -> Option<N> {
        let text = self.reading.document.text(self.value)?;
        text.parse().ok().filter(|_| !text.starts_with('+'))
    }

    fn whole<N: Whole, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fail> {
        let wanted = Wanted::whole::<N>();
        let fits =
            |number: i128| matches!(wanted, Wanted::Whole(least, most) if (least..=most).contains(&number));
        match self.kind() {
            Kind::Number => {
                let number = self.reading.document.raw(self.value).parse();
                self.shown(self.number(visitor), wanted, number.is_ok_and(fits))
            }
            Kind::Text => match self.parsed().filter(|number| fits(*number)) {
                Some(number) => {
                    let visited = match u64::try_from(number) {
                        Ok(number) => visitor.visit_u64(number),
                        Err(_) => visitor.visit_i64(i64::try_from(number).unwrap_or_default()),
                    };
                    self.shown(visited, wanted, true)
                }
                None => self.wants(wanted),
            },
            _ => self.wants(wanted),
        }
    }

    fn float<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fail> {
        match (self.kind(), self.parsed()) {
            (Kind::Number, _) => self.shown(self.number(visitor), Wanted::Number, true),
            (Kind::Text, Some(number)) if f64::is_finite(number) => {
                self.shown(visitor.visit_f64(number), Wanted::Number, true)
            }
            _ => self.wants(Wanted::Number),
        }
    }

    fn enter(self) -> Result<(), Fail> {
        if self.depth < DEPTH { Ok(()) } else { Err(Fail::new(Wrong::TooDeep).of(self.value)) }
    }

    fn list<V: Visitor<'de>>(self, visitor: V, wanted: Wanted) -> Result<V::Value, Fail> {
        let mut items = self.items(wanted)?;
        let visited = visitor.visit_seq(Access(&mut items));
        // Serde's tuples take as many as they want.
        let visited = match visited {
            Ok(_) if items.next()?.is_some() => Err(Fail::new(Wrong::Length)),
            visited => visited,
        };
        self.shown(visited, wanted, matches!(wanted, Wanted::List))
    }

    fn items(self, wanted: Wanted) -> Result<Items<'r, 'de>, Fail> {
        self.enter()?;
        let document = &self.reading.document;
        let value = move |value| self.child(value, Role::Value);
        let items: Box<dyn Iterator<Item = Reader<'r, 'de>>> = match (self.kind(), self.role) {
            (Kind::List | Kind::Texts, _) => Box::new(document.items(self.value).map(value)),
            // A form as a list of pairs, a path as a tuple.
            (Kind::Map, _) if document.is_form() => {
                let values =
                    move |key| document.values(key + 1).map(move |value| self.child(value, Role::Pair(key)));
                Box::new(document.keys(self.value).flat_map(values))
            }
            (Kind::Text, Role::Pair(key)) if wanted == Wanted::Values(2) => {
                Box::new([self.child(key, Role::Key), value(self.value)].into_iter())
            }
            // A list of one is a key that is there once.
            (Kind::Text, Role::Value) => Box::new([value(self.value)].into_iter()),
            _ => return self.wants(wanted),
        };
        Ok(Items { of: self, items })
    }

    fn map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fail> {
        let mut members = self.members()?;
        visitor.visit_map(Access(&mut members)).map_err(|fail| members.failed(fail))
    }

    fn members(self) -> Result<Members<'r, 'de>, Fail> {
        self.enter()?;
        let missing = self.reading.marks.borrow().get(&self.value).map(|mark| mark.missing.clone());
        Ok(Members {
            of: self,
            keys: Box::new(self.reading.document.keys(self.value)),
            missing: missing.unwrap_or_default().into_iter(),
            value: None,
            last: None,
        })
    }

    /// The member that should not be there.
    fn to_blame(self, fail: &Fail, last: Option<usize>) -> Option<usize> {
        let document = &self.reading.document;
        let is = |value: &usize, name: &str| document.text(value - 1).as_deref() == Some(name);
        let of_name = |name: &str, nth: usize| {
            let values = document.keys(self.value).map(|key| key + 1);
            values.filter(|value| !self.reading.is_left_out(*value) && is(value, name)).nth(nth)
        };
        match &fail.wrong {
            Wrong::Unknown(name) | Wrong::Twice(name) if last.is_some_and(|last| is(&last, name)) => last,
            Wrong::Unknown(name) => of_name(name, 0).or(last),
            // It may be there by another name.
            Wrong::Twice(name) => of_name(name, 1).or(last),
            _ => None,
        }
    }
}

macro_rules! whole {
    ($($method:ident $number:ident),*) => {
        $(pub(super) fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fail> {
            self.whole::<$number, V>(visitor)
        })*
    };
}

/// What serde asks for.
impl<'de> Reader<'_, 'de> {
    whole! {
        deserialize_i8 i8, deserialize_i16 i16, deserialize_i32 i32, deserialize_i64 i64,
        deserialize_u8 u8, deserialize_u16 u16, deserialize_u32 u32, deserialize_u64 u64
    }

    pub(super) fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fail> {
        self.reading.buffered.set(self.reading.buffered.get() + 1);
        if let Some(watched) = self.reading.watched.borrow_mut().as_mut() {
            watched.insert(self.value);
        }
        let visited = match self.kind() {
            Kind::Null => visitor.visit_unit(),
            Kind::Bool(value) => visitor.visit_bool(value),
            Kind::Number => self.number(visitor),
            Kind::String | Kind::Text => self.text(visitor),
            Kind::List | Kind::Texts => self.list(visitor, Wanted::List),
            Kind::Map => self.map(visitor),
        };
        visited.map_err(|fail| fail.of(self.value))
    }

    pub(super) fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fail> {
        let value = match self.kind() {
            Kind::Bool(value) => Some(value),
            Kind::Text => self.parsed(),
            _ => None,
        };
        match value {
            Some(value) => self.shown(visitor.visit_bool(value), Wanted::Bool, true),
            None => self.wants(Wanted::Bool),
        }
    }

    pub(super) fn deserialize_i128<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fail> {
        match (self.kind(), self.parsed()) {
            (Kind::Number | Kind::Text, Some(number)) => {
                self.shown(visitor.visit_i128(number), Wanted::Whole128, true)
            }
            _ => self.wants(Wanted::Whole128),
        }
    }

    pub(super) fn deserialize_u128<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fail> {
        match (self.kind(), self.parsed()) {
            (Kind::Number | Kind::Text, Some(number)) => {
                self.shown(visitor.visit_u128(number), Wanted::Whole128, true)
            }
            _ => self.wants(Wanted::Whole128),
        }
    }

    pub(super) fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fail> {
        self.float(visitor)
    }

    pub(super) fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fail> {
        self.float(visitor)
    }

    pub(super) fn deserialize_char<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fail> {
        match self.kind() {
            Kind::String | Kind::Text => {
                let one =
                    self.reading.document.text(self.value).is_some_and(|text| text.chars().nth(1).is_none());
                match one {
                    true => self.text(visitor),
                    false => self.wants(Wanted::Character),
                }
            }
            _ => self.wants(Wanted::Character),
        }
    }

    pub(super) fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fail> {
        match self.kind() {
            Kind::String | Kind::Text => self.text(visitor),
            _ => self.wants(Wanted::Text),
        }
    }

    pub(super) fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fail> {
        self.deserialize_str(visitor)
    }

    pub(super) fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fail> {
        match self.kind() {
            Kind::List => self.list(visitor, Wanted::List),
            _ => self.deserialize_str(visitor),
        }
    }

    pub(super) fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fail> {
        self.deserialize_bytes(visitor)
    }

    pub(super) fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fail> {
        match self.kind() {
            Kind::Null => visitor.visit_none(),
            _ => visitor.visit_some(Source::There(self)),
        }
        .map_err(|fail| fail.of(self.value))
    }

    pub(super) fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fail> {
        match self.kind() {
            Kind::Null => self.shown(visitor.visit_unit(), Wanted::Null, true),
            _ => self.wants(Wanted::Null),
        }
    }

    pub(super) fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Fail> {
        self.deserialize_unit(visitor)
    }

    pub(super) fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Fail> {
        let visited = match name {
            RAW_VALUE => {
                self.reading.spend_bytes(self.value)?;
                raw_value(self.reading.document.raw(self.value), visitor)
            }
            _ => visitor.visit_newtype_struct(Source::There(self)),
        };
        visited.map_err(|fail| fail.of(self.value))
    }

    pub(super) fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fail> {
        self.list(visitor, Wanted::List)
    }

    pub(super) fn deserialize_tuple<V: Visitor<'de>>(
        self,
        length: usize,
        visitor: V,
    ) -> Result<V::Value, Fail> {
        self.list(visitor, Wanted::Values(length))
    }

    pub(super) fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        length: usize,
        visitor: V,
    ) -> Result<V::Value, Fail> {
        self.list(visitor, Wanted::Values(length))
    }

    pub(super) fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fail> {
        match self.kind() {
            Kind::Map => self.map(visitor),
            _ => self.wants(Wanted::Object),
        }
    }

    pub(super) fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fail> {
        match self.kind() {
            Kind::Map => self.map(visitor),
            // Serde takes one by its fields' order; who sends one that can't be read is not told of that.
            Kind::List if !self.mending => self.list(visitor, Wanted::Object),
            _ => self.wants(Wanted::Object),
        }
    }

    pub(super) fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fail> {
        let document = &self.reading.document;
        let mut keys = document.keys(self.value);
        let (name, data) = match (self.kind(), keys.next(), keys.next()) {
            (Kind::String | Kind::Text, ..) => (self.value, None),
            (Kind::Map, Some(key), None) => {
                self.enter()?;
                (key, Some(self.child(key + 1, Role::Value)))
            }
            _ => return self.wants(Wanted::OneOf(variants)),
        };
        let name = Reader { value: name, role: Role::Key, ..self };
        let variant =
            Variant { of: Some(self.value), name: Source::There(name), data: data.map(Source::There) };
        visitor.visit_enum(variant).map_err(|fail| fail.of(self.value))
    }

    pub(super) fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fail> {
        self.deserialize_str(visitor)
    }

    pub(super) fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fail> {
        visitor.visit_unit()
    }
}

/// The values of a list that are not left out.
struct Items<'r, 'de> {
    of: Reader<'r, 'de>,
    items: Box<dyn Iterator<Item = Reader<'r, 'de>> + 'r>,
}

impl<'r, 'de> Items<'r, 'de> {
    fn next(&mut self) -> Result<Option<Reader<'r, 'de>>, Fail> {
        self.of.reading.first_kept(&mut self.items, |item| item.value)
    }
}

impl<'r, 'de> Inside<'r, 'de> for Items<'r, 'de> {
    fn next_key(&mut self) -> Result<Option<Source<'r, 'de>>, Fail> {
        Ok(None)
    }

    fn next_value(&mut self) -> Result<Option<Source<'r, 'de>>, Fail> {
        Ok(self.next()?.map(Source::There))
    }

    fn key_failed(&self, fail: Fail) -> Fail {
        fail
    }
}

/// The members of a mapping that are not left out, then dummies for those that are missing.
struct Members<'r, 'de> {
    of: Reader<'r, 'de>,
    keys: Box<dyn Iterator<Item = usize> + 'r>,
    missing: std::vec::IntoIter<(&'static str, Option<Wanted>)>,
    /// What comes behind the key.
    value: Option<Source<'r, 'de>>,
    /// The member that was asked for last, while there are more.
    last: Option<usize>,
}

impl Members<'_, '_> {
    fn failed(&self, mut fail: Fail) -> Fail {
        if fail.value.is_none() {
            fail.entry = self.of.to_blame(&fail, self.last);
        }
        self.of.failed(fail)
    }
}

impl<'r, 'de> Inside<'r, 'de> for Members<'r, 'de> {
    fn next_key(&mut self) -> Result<Option<Source<'r, 'de>>, Fail> {
        let reading = self.of.reading;
        if let Some(key) = reading.first_kept(&mut self.keys, |key| key + 1)? {
            self.value = Some(Source::There(self.of.child(key + 1, Role::Value)));
            self.last = Some(key + 1);
            reading.spend_bytes(key)?;
            return Ok(Some(Source::There(self.of.child(key, Role::Key))));
        }
        self.last = None;
        let Some((field, shape)) = self.missing.next() else { return Ok(None) };
        self.value = Some(Source::Dummy(Dummy::new(reading, shape, self.of.depth)));
        Ok(Some(Source::Dummy(Dummy::named(reading, field))))
    }

    fn next_value(&mut self) -> Result<Option<Source<'r, 'de>>, Fail> {
        Ok(self.value)
    }

    fn key_failed(&self, mut fail: Fail) -> Fail {
        // Whatever it isn't, it is none of the keys.
        if self.last.is_some() {
            fail.wrong = Wrong::Unknown(String::new());
            (fail.value, fail.entry) = (Some(self.of.value), self.last);
        }
        fail
    }
}
