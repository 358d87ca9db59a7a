//! What is typed into: the line with a filter that takes force while it is typed, or with where to go; and texts that are edited.

use super::goto;
use super::state::State;
use crate::keymap::{Key, Scope};
use crate::model::line::Edit;
use crate::model::step::{Notice, Prompt};
use crate::model::stroke::Stroke;
use crate::ui::prompt::Line;

impl State {
    pub(super) fn ask(&mut self, prompt: Prompt) {
        let text = match prompt {
            Prompt::Filter => self.views.last().map(|v| v.filter().to_owned()).unwrap_or_default(),
            Prompt::Sieve => match self.views.last().and_then(|v| v.sieve()) {
                Some(sieve) => sieve.to_owned(),
                None => return self.say(Notice::info("there are no lines to filter here")),
            },
            Prompt::Goto => String::new(),
        };
        self.prompt = Some(Line::new(prompt, &text));
        self.typed();
    }

    /// Gives the filter back that was there before the prompt was opened.
    pub(super) fn close_prompt(&mut self) {
        let (Some(line), Some(view)) = (self.prompt.take(), self.views.last_mut()) else { return };
        // It was in force before.
        let _ = match line.prompt {
            Prompt::Filter => view.set_filter(&self.world, &line.before),
            Prompt::Sieve => view.set_sieve(&self.world, &line.before),
            Prompt::Goto => Ok(()),
        };
    }

    /// A key in the prompt. False where it is none of the prompt's.
    pub(super) fn type_key(&mut self, key: Key) -> bool {
        let Some(line) = &mut self.prompt else { return false };
        if let Some(edit) = edit_of(key) {
            if line.edit(edit) {
                self.typed();
            }
            return true;
        }
        match key.to_string().as_str() {
            "enter" => self.enter_prompt(),
            "tab" => self.complete(),
            "down" => line.choose(1),
            "up" | "shift-tab" => line.choose(-1),
            "esc" | "ctrl-c" => self.close_prompt(),
            _ => return false,
        }
        true
    }

    /// The text of the prompt is another: a filter takes force while it is typed.
    fn typed(&mut self) {
        let Some(line) = &mut self.prompt else { return };
        line.error = None;
        line.chosen = None;
        match line.prompt {
            Prompt::Goto => line.completions = goto::complete(&self.world, &self.config.aliases, line.text()),
            Prompt::Filter | Prompt::Sieve => {
                let Some(view) = self.views.last_mut() else { return };
                let set = if line.prompt == Prompt::Filter {
                    view.set_filter(&self.world, line.text())
                } else {
                    view.set_sieve(&self.world, line.text())
                };
                line.error = set.err().map(|bad| bad.why);
            }
        }
    }

    fn complete(&mut self) {
        if let Some(line) = &mut self.prompt
            && let Some(completion) = line.completion().map(str::to_owned)
        {
            line.set(&completion);
            self.typed();
        }
    }

    /// Enter. What nobody knows may be new: the clusters are asked again.
    fn enter_prompt(&mut self) {
        self.take_line();
        if self.prompt.as_ref().is_some_and(|line| line.prompt == Prompt::Goto && line.error.is_some()) {
            self.rediscover_all();
        }
    }

    /// Clusters have told what they serve: a line that meant nothing may mean something now.
    pub(super) fn reread_prompt(&mut self) {
        if self.prompt.as_ref().is_some_and(|line| line.prompt == Prompt::Goto && line.error.is_some()) {
            self.take_line();
        }
    }

    fn take_line(&mut self) {
        let Some(line) = &mut self.prompt else { return };
        match line.prompt {
            Prompt::Filter | Prompt::Sieve if line.error.is_some() => {}
            Prompt::Filter | Prompt::Sieve => self.prompt = None,
            Prompt::Goto => {
                let aliases = &self.config.aliases;
                let chosen = line.chosen.and_then(|_| line.completion()).unwrap_or(line.text());
                // What means nothing as it stands means what it would complete to.
                let read = goto::read(&self.world, aliases, chosen);
                let read = read
                    .or_else(|why| line.completion().map_or(Err(why.clone()), |c| goto::read(&self.world, aliases, c).map_err(|_| why)));
                match read {
                    Ok(goto::Go::Steps(steps)) => {
                        self.prompt = None;
                        self.steps(steps);
                    }
                    Ok(goto::Go::Action(name, argument)) => {
                        self.prompt = None;
                        self.act(&name, &argument);
                    }
                    Err(why) => line.error = Some(why),
                }
            }
        }
    }

    /// Something happens to the text that is edited in the top screen.
    pub(super) fn stroke(&mut self, stroke: Stroke) {
        let steps = self.views.last_mut().map(|view| view.stroke(&self.world, stroke)).unwrap_or_default();
        self.steps(steps);
    }

    /// Keys that are bound to nothing type into a text. False where they are none that type.
    pub(super) fn type_into(&mut self, pressed: &[Key]) -> bool {
        let [key] = pressed else { return false };
        key.typed().map(|c| self.stroke(Stroke::Type(c))).is_some()
    }

    /// Text was pasted: it is text, never keys.
    pub fn paste(&mut self, text: &str) {
        // What is under a dialog gets nothing of it.
        let is_edited = self.scope() == Scope::Editor && !self.is_changing();
        match &mut self.prompt {
            Some(line) => {
                let whole = line.paste(text);
                self.typed();
                if let Some(line) = self.prompt.as_mut().filter(|_| !whole) {
                    line.overflow();
                }
            }
            None if is_edited => {
                if let Some(view) = self.views.last_mut() {
                    view.paste(&self.world, text);
                }
            }
            None => self.say(Notice::info("pasted text goes into a filter (/) or the : line; here it does nothing")),
        }
        self.dirty = true;
    }
}

/// What a key does to a line that is typed.
pub(super) fn edit_of(key: Key) -> Option<Edit> {
    if let Some(c) = key.typed() {
        return Some(Edit::Type(c));
    }
    Some(match key.to_string().as_str() {
        "space" => Edit::Type(' '),
        "backspace" | "ctrl-h" => Edit::Backspace,
        "delete" | "ctrl-d" => Edit::Delete,
        "ctrl-w" | "alt-backspace" => Edit::Word,
        "ctrl-u" => Edit::Clear,
        "left" | "ctrl-b" => Edit::Left,
        "right" | "ctrl-f" => Edit::Right,
        "home" | "ctrl-a" => Edit::Home,
        "end" | "ctrl-e" => Edit::End,
        _ => return None,
    })
}

#[cfg(test)]
mod tests;
