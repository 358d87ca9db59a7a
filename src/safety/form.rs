//! What a person fills in for a change: a few fields of text.

use crate::model::line::{Edit, Line, Typed};
use std::borrow::Cow;

/// The fields of a change, and which one has the keys.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Form {
    /// The fields, in their order.
    pub fields: Vec<Field>,
}

/// One thing to fill in.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// What it is called on the screen.
    pub name: Cow<'static, str>,
    /// What it is about: its name, where no two fields can have the same.
    pub key: Cow<'static, str>,
    /// What may be written, in half a line.
    pub help: &'static str,
    /// What stands in it.
    pub line: Line,
    /// What may stand in it, to go through with the arrows; free where there are none.
    pub choices: Vec<String>,
    /// What may be meant, to go through with the arrows; anything else may be written.
    pub hints: Vec<String>,
    /// The arrows count up and down.
    pub counts: bool,
    /// A number is written here and nothing else: letters are keys of the dialog.
    pub digits: bool,
    /// Nobody has touched it: what is typed first replaces what stands in it.
    pub fresh: bool,
}

impl Field {
    /// A field with a text in it.
    pub fn new(name: impl Into<Cow<'static, str>>, help: &'static str, text: &str) -> Self {
        let name = name.into();
        let (key, line) = (name.clone(), Line::new(text));
        Self { name, key, help, line, choices: Vec::new(), hints: Vec::new(), counts: false, digits: false, fresh: true }
    }

    /// The same, of which something else than its name says what it is about.
    pub fn about(mut self, key: impl Into<Cow<'static, str>>) -> Self {
        self.key = key.into();
        self
    }

    /// The same, where the arrows count.
    pub fn counting(mut self) -> Self {
        self.counts = true;
        self
    }

    /// The same, where nothing but a number is written.
    pub fn numbering(mut self) -> Self {
        self.digits = true;
        self
    }

    /// The same, with texts to choose from.
    pub fn choosing(mut self, choices: Vec<String>) -> Self {
        self.choices = choices;
        self
    }

    /// The same, with texts that may be meant.
    pub fn hinting(mut self, hints: Vec<String>) -> Self {
        self.hints = hints;
        self
    }

    /// What the arrows go through.
    pub fn offers(&self) -> &[String] {
        if self.choices.is_empty() { &self.hints } else { &self.choices }
    }

    /// Goes one up or down: in what may be chosen, or in counting. True where the text is another.
    pub fn step(&mut self, up: bool) -> bool {
        self.fresh = false;
        let text = self.line.text().trim();
        let next = if self.counts {
            let Ok(n) = text.parse::<i64>() else { return false };
            (n + if up { 1 } else { -1 }).max(0).to_string()
        } else {
            let all = self.offers();
            let at = all.iter().position(|c| c == text);
            let to = match (at, up) {
                (Some(i), true) => i.saturating_sub(1),
                (Some(i), false) => (i + 1).min(all.len().saturating_sub(1)),
                (None, _) => 0,
            };
            let Some(choice) = all.get(to) else { return false };
            choice.clone()
        };
        let changed = next != text;
        self.line.set(&next);
        changed
    }

    /// A key writes into it, or changes what is written.
    pub fn takes(&self, edit: Edit) -> bool {
        !self.digits || !matches!(edit, Edit::Type(c) if !c.is_ascii_digit())
    }

    /// Typing chooses by the first letter, and goes on to the next with the same. True where the text is another.
    fn choose(&mut self, edit: Edit) -> bool {
        let Edit::Type(letter) = edit else { return false };
        self.fresh = false;
        let fits: Vec<&String> = self.choices.iter().filter(|c| c.starts_with(letter)).collect();
        let at = fits.iter().position(|c| *c == self.line.text());
        let next = fits.get(at.map_or(0, |at| (at + 1) % fits.len())).map(|c| (*c).clone());
        let changed = next.as_deref().is_some_and(|next| next != self.line.text());
        if let Some(next) = next {
            self.line.set(&next);
        }
        changed
    }
}

impl Form {
    /// A form of these fields.
    pub fn of(fields: impl IntoIterator<Item = Field>) -> Self {
        Self { fields: fields.into_iter().collect() }
    }

    /// What stands in the field of a key, without blanks around it; nothing where there is no such field.
    pub fn text(&self, key: &str) -> &str {
        self.fields.iter().find(|f| f.key == key).map_or("", |f| f.line.text().trim())
    }

    /// Types into a field. True where its text is another.
    pub fn edit(&mut self, at: usize, edit: Edit) -> bool {
        let Some(field) = self.fields.get_mut(at) else { return false };
        if !field.choices.is_empty() {
            return field.choose(edit);
        }
        if std::mem::take(&mut field.fresh) && matches!(edit, Edit::Type(_)) {
            field.line.set("");
        }
        field.line.edit(edit) == Typed::Changed
    }

    /// Nobody has filled anything in yet.
    pub fn is_fresh(&self) -> bool {
        self.fields.iter().all(|f| f.fresh)
    }
}
