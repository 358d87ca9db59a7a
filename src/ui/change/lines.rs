//! What the dialog of a change says, line by line.

use super::{moved, several};
use crate::model::cell::Health;
use crate::model::deed::{Edit, short, written};
use crate::model::facts::Facts;
use crate::model::finding::Finding;
use crate::model::line::Line;
use crate::model::world::World;
use crate::safety::change::{Change, Doubt, Focus, Phase};
use crate::safety::diff::lines;
use crate::safety::form::Field;
use crate::safety::guard::Demand;
use crate::safety::item::{End, Given, Item, Stage};
use crate::safety::owners;
use crate::safety::verb::{Check, Follow, Note, Undo};
use crate::ui::theme::{Role, Theme};
use crate::ui::widgets::{bar, input, text};
use crate::ui::words;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// So many choices of a field are listed.
const CHOICES: usize = 6;
/// Columns of what a line is about.
const ABOUT: usize = 11;

/// One line.
pub(super) type Row = Vec<Part>;

/// A part of a line.
#[derive(Clone, Debug)]
pub(super) enum Part {
    /// A text.
    Text(String, Role),
    /// A line that is typed into.
    Input(Line, bool),
}

impl Part {
    pub(super) fn text(text: impl Into<String>, role: Role) -> Self {
        Self::Text(text.into(), role)
    }

    pub(super) fn width(&self) -> u16 {
        match self {
            Self::Text(told, _) => text::width(told),
            Self::Input(line, _) => text::width(line.text()),
        }
    }

    pub(super) fn draw(&self, theme: &Theme, area: Rect, buf: &mut Buffer) -> u16 {
        match self {
            Self::Text(told, role) => text::put(buf, area.x, area.y, area.width, told, theme.style(*role)),
            Self::Input(line, true) => {
                let looks = input::Looks {
                    text: theme.style(Role::Prompt),
                    caret: theme.style(Role::RowSelected).patch(theme.style(Role::Accent)),
                };
                input::put(buf, area.x, area.y, area.width, line, looks)
            }
            Self::Input(line, false) => text::put(buf, area.x, area.y, area.width, line.text(), theme.style(Role::Text)) + 1,
        }
    }
}

/// What can be cut, and what has to be in sight.
pub(super) fn all(change: &Change, world: &World, width: u16) -> (Vec<Row>, Vec<Row>) {
    if change.phase == Phase::Asking {
        let mut body = fields(change, world);
        body.extend(unseen(change));
        // Before the fields, which may be more than are in sight.
        if let Undo::No(why) = change.verb.undo {
            body.extend(wrapped("undo", &format!("cannot be undone: {why}"), Role::StatusWarn, width));
        }
        if several::is_about(change) {
            body.extend(several::objects(change, world, width));
        } else {
            body.extend(change.items.iter().flat_map(|item| facts(change, item, world, width)));
        }
        (body, confirmation(change, world, width))
    } else {
        (course(change, world, width), said(change, width))
    }
}

/// What is to be filled in, and what the objects are now.
fn fields(change: &Change, world: &World) -> Vec<Row> {
    let Some(form) = &change.form else { return Vec::new() };
    let mut rows: Vec<Row> = Vec::new();
    // Names of containers may be longer than our own words.
    let width = form.fields.iter().map(|f| f.name.chars().count() + 1).fold(ABOUT, usize::max);
    for (n, field) in form.fields.iter().enumerate() {
        let focused = change.focus == Focus::Field(n);
        let help = if focused { format!("  {}", field.help) } else { String::new() };
        let name = Part::text(format!("{:width$}", field.name), Role::Dim);
        rows.push(vec![name, Part::Input(field.line.clone(), focused), Part::text(help, Role::Dim)]);
        if focused {
            rows.extend(choices(field, width));
        }
    }
    if !change.items.iter().all(Item::is_read) {
        rows.push(vec![Part::text("reading …", Role::Dim)]);
    } else if let [item] = change.asked_for().collect::<Vec<_>>().as_slice() {
        rows.extend(now(item, world));
    }
    rows
}

/// What may be chosen in a field, around what is.
fn choices(field: &Field, width: usize) -> Vec<Row> {
    let all = field.offers();
    let chosen = all.iter().position(|c| c == field.line.text().trim());
    let first = chosen.unwrap_or(0).saturating_sub(CHOICES / 2).min(all.len().saturating_sub(CHOICES));
    let row = |(n, choice): (usize, &String)| {
        let (mark, role) = if chosen == Some(n) { ("› ", Role::Accent) } else { ("  ", Role::Dim) };
        vec![Part::text(format!("{:width$}{mark}", ""), Role::Accent), Part::text(choice, role)]
    };
    all.iter().enumerate().skip(first).take(CHOICES).map(row).collect()
}

/// How many pods it has.
fn now(item: &Item, world: &World) -> Option<Row> {
    let target = &item.target;
    let row = world.tables_of(target.cluster, &target.kind.group, &target.kind.resource).find_map(|t| t.of_uid(target.uid))?;
    let Facts::Workload(workload) = &row.facts else { return None };
    let (full, empty) = bar::bar(workload.ready, workload.wanted);
    let told = format!(" {}/{} ready, {} of the newest revision", workload.ready, workload.wanted, workload.updated);
    Some(vec![about("now"), Part::text(full, Role::Bar), Part::text(empty, Role::BarEmpty), Part::text(told, Role::Text)])
}

/// What is left out of what was asked for.
fn unseen(change: &Change) -> impl Iterator<Item = Row> {
    let hidden = format!("{} marked objects are out of sight and are left out", change.hidden);
    let folders = match change.folders {
        1 => "1 folder within is left out: what is in it is applied by its own path".to_owned(),
        n => format!("{n} folders within are left out: what is in them is applied by their own paths"),
    };
    let all = [(change.hidden, hidden), (change.folders, folders)];
    all.into_iter().filter(|(n, _)| *n > 0).map(|(_, told)| vec![Part::text(told, Role::StatusWarn)])
}

pub(super) fn named(item: &Item, world: &World) -> String {
    let (cluster, target) = (world.name(item.target.cluster), &item.target);
    if matches!(item.given, Given::Manifest(_)) {
        // Several objects of one name are applied together often.
        return format!("{cluster}  {}", words::manifest(&item.resource.kind, target));
    }
    format!("{cluster}  {}", words::object(target))
}

/// Why an object cannot be changed.
pub(super) fn trouble(item: &Item) -> Option<String> {
    match (&item.right, &item.plan, &item.checked) {
        (Some(Err(missing)), ..) => Some(missing.clone()),
        (_, Some(Err(why)), _) => Some(why.clone()),
        (_, _, Some(Err(refusal))) if !refusal.untried => Some(refusal.why.clone()),
        _ => None,
    }
}

/// Owners, limits, what would be stored and what the server says of it.
fn facts(change: &Change, item: &Item, world: &World, width: u16) -> Vec<Row> {
    let mut rows = notes(change, item, "", world, width);
    rows.extend(item.told().iter().flat_map(|e| edit(e, width)));
    rows.extend(item.warnings.iter().flat_map(|w| wrapped("warning", w, Role::StatusWarn, width)));
    rows.extend(server(change, item, width));
    rows
}

/// What a person should know of an object before it is changed, set in like this.
pub(super) fn notes(change: &Change, item: &Item, indent: &str, world: &World, width: u16) -> Vec<Row> {
    let Some(form) = change.form.as_ref().filter(|_| item.is_read()) else { return Vec::new() };
    // No field is changed by what is opened, so that nobody puts one back.
    let owners = if change.verb.opens() { Vec::new() } else { owners::notes(item) };
    let all = owners.into_iter().chain((change.verb.notes)(item, form, world));
    let row = |note: Note| {
        let role = if note.health == Health::Ok { Role::Text } else { Role::StatusWarn };
        wrapped(&format!("{indent}{}", note.about), &note.text, role, width)
    };
    all.flat_map(row).collect()
}

/// What nobody has filled in yet is no mistake.
pub(super) fn is_unfilled(change: &Change, item: &Item) -> bool {
    let is_fresh = item.lost.is_none() && change.form.as_ref().is_some_and(|form| !form.fields.is_empty() && form.is_fresh());
    is_fresh && matches!((&item.right, &item.plan), (Some(Ok(())), Some(Err(_))))
}

/// What the server says to it.
fn server(change: &Change, item: &Item, width: u16) -> Vec<Row> {
    if let Some(why) = trouble(item) {
        let (mark, role) = if is_unfilled(change, item) { ("", Role::Dim) } else { ("✖", Role::StatusBad) };
        let mut rows = wrapped(mark, &why, role, width);
        let causes = item.checked.as_ref().and_then(|c| c.as_ref().err()).map(|r| r.causes.as_slice()).unwrap_or_default();
        rows.extend(causes.iter().flat_map(|c| wrapped("", &format!("{}: {}", c.field, c.message), Role::StatusBad, width)));
        rows.extend(moved::rows(item, width));
        return rows;
    }
    let told = match (change.verb_of(item).check, &item.checked) {
        (Check::None(why), _) => format!("not tried beforehand: {why}"),
        (_, Some(Ok(_))) => "accepted by the server".to_owned(),
        (_, Some(Err(refusal))) if item.is_removed() => format!("not now: {}", refusal.why),
        (_, Some(Err(refusal))) => format!("cannot be tried: {}; the differences were worked out here, without defaults", refusal.why),
        (_, None) if change.ruling.as_ref().is_some_and(|r| r.demand == Demand::Refused) => return Vec::new(),
        (_, None) => "…".to_owned(),
    };
    wrapped("dry run", &told, Role::Text, width)
}

/// The lines of a text of several that change.
fn lines_of(edit: &Edit) -> Option<Vec<Row>> {
    let text = |value: &Option<serde_json::Value>| match value {
        None => Some(String::new()),
        Some(value) => value.as_str().map(str::to_owned),
    };
    let (before, after) = (text(&edit.before)?, text(&edit.after)?);
    let row = |(sign, line): (char, String)| {
        let role = match sign {
            '-' => Role::StatusBad,
            '+' => Role::StatusOk,
            _ => Role::Dim,
        };
        vec![Part::text(format!("    {sign} "), Role::Dim), Part::text(line, role)]
    };
    (before.contains('\n') || after.contains('\n')).then(|| lines(&before, &after).into_iter().map(row).collect())
}

/// A field that changes: in one line, or before above after.
pub(super) fn edit(edit: &Edit, width: u16) -> Vec<Row> {
    let value = |value: &Option<serde_json::Value>, role| match value {
        Some(_) => Part::text(short(value.as_ref()), role),
        None => Part::text("nothing", Role::Dim),
    };
    let path = Part::text(format!("  {}  ", written(&edit.path)), Role::YamlKey);
    if let Some(lines) = lines_of(edit) {
        return [vec![path]].into_iter().chain(lines).collect();
    }
    let (before, after) = (value(&edit.before, Role::StatusBad), value(&edit.after, Role::StatusOk));
    if path.width() + before.width() + after.width() + 3 <= width {
        return vec![vec![path, before, Part::text(" → ", Role::Dim), after]];
    }
    let line = |sign: &str, value| vec![Part::text(format!("    {sign} "), Role::Dim), value];
    vec![vec![path], line("-", before), line("+", after)]
}

/// What it takes to confirm.
fn confirmation(change: &Change, world: &World, width: u16) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    let Some(ruling) = &change.ruling else { return said(change, width) };
    if ruling.demand != Demand::Refused && change.is_previewed() && change.accepted().next().is_none() {
        return said(change, width);
    }
    // What confirms is named once it would.
    if ruling.demand != Demand::Refused && !change.is_previewed() {
        return [vec![vec![Part::text("the server is still trying it …", Role::Dim)]], said(change, width)].concat();
    }
    if ruling.reason {
        let focused = change.focus == Focus::Reason;
        rows.push(vec![about("reason"), Part::Input(change.reason.clone(), focused)]);
    }
    let told = match ruling.demand {
        Demand::Nothing | Demand::Enter => return [rows, said(change, width)].concat(),
        Demand::Yes => format!("{}: y confirms", ruling.why),
        Demand::TwoKeys if change.is_half_confirmed() => "now a confirms; anything else does not".to_owned(),
        Demand::TwoKeys => format!("{}: y, then a confirms", ruling.why),
        Demand::Name => format!("{}: type {} to confirm", ruling.why, change.names(world)),
        Demand::Refused => ruling.why.clone(),
    };
    let role = if ruling.demand == Demand::Refused { Role::StatusBad } else { Role::Badge };
    let mut asked: Vec<Row> = text::wrapped(&told, width).into_iter().map(|line| vec![Part::text(line, role)]).collect();
    if ruling.demand == Demand::Name {
        asked.push(vec![about("name"), Part::Input(change.typed.clone(), change.focus == Focus::Confirm)]);
    }
    rows.extend(asked);
    [rows, said(change, width)].concat()
}

/// Why a key was not taken, or what changed underneath.
fn said(change: &Change, width: u16) -> Vec<Row> {
    let told = change.told.as_deref().map(|t| text::wrapped(t, width)).unwrap_or_default();
    told.into_iter().map(|line| vec![Part::text(line, Role::NoticeWarn)]).collect()
}

/// How it goes on: what is in trouble first, then what is under way.
fn course(change: &Change, world: &World, width: u16) -> Vec<Row> {
    let rank = |item: &Item| match &item.stage {
        Stage::Ended(End::Failed(_) | End::Unknown(_)) => 0,
        Stage::Waiting(..) => 1,
        Stage::Ended(End::Done | End::Unchanged) => 4,
        Stage::Asking | Stage::Queued | Stage::Ended(End::Cancelled) => 3,
        _ => 2,
    };
    let mut items: Vec<&Item> = change.items.iter().collect();
    items.sort_by_key(|i| rank(i));
    let ended = items.iter().filter(|i| matches!(i.stage, Stage::Ended(_))).count();
    let (full, empty) = bar::bar(ended as u32, items.len() as u32);
    let told = format!(" {ended} of {}", items.len());
    let sum = vec![Part::text(full, Role::Bar), Part::text(empty, Role::BarEmpty), Part::text(told, Role::Text)];
    let rows = items.iter().flat_map(|item| progress(change, item, world, width));
    if items.len() > 1 { [sum].into_iter().chain(rows).collect() } else { rows.collect() }
}

/// How far an object has come.
fn progress(change: &Change, item: &Item, world: &World, width: u16) -> Vec<Row> {
    let (glyph, told, role) = match &item.stage {
        Stage::Asking | Stage::Queued => ("·", "waits for its turn".to_owned(), Role::Dim),
        Stage::Intent | Stage::Sent => {
            let told = item.progress.as_ref().map_or_else(|| "on its way to the server".to_owned(), words::progress);
            ("◐", told, Role::StatusBusy)
        }
        Stage::Conflict => ("◐", "it has just changed: read again".to_owned(), Role::StatusBusy),
        Stage::Doubt(Doubt { since: None, .. }) => ("◐", "the answer was lost: read back".to_owned(), Role::StatusWarn),
        Stage::Doubt(_) => {
            let cluster = world.name(item.target.cluster);
            ("◌", format!("the answer was lost: it is read back once {cluster} can be reached; s gives up on it"), Role::StatusWarn)
        }
        Stage::Waiting(_, why) => ("◌", format!("{why}; it is tried again"), Role::StatusWarn),
        Stage::Following => ("◐", following(change, item, world), Role::StatusBusy),
        Stage::Ended(End::Done) => ("✔", item.ended.as_ref().map_or_else(|| "done".to_owned(), ToString::to_string), Role::StatusOk),
        Stage::Ended(End::Unchanged) => ("=", "as it was already".to_owned(), Role::Dim),
        Stage::Ended(End::Failed(why)) => ("✖", why.clone(), Role::StatusBad),
        Stage::Ended(End::Unknown(why)) => ("?", why.clone(), Role::StatusWarn),
        Stage::Ended(End::Cancelled) => ("·", "not begun".to_owned(), Role::Dim),
    };
    let mut head = vec![Part::text(format!("{glyph} "), role), Part::text(format!("{}  ", named(item, world)), Role::Text)];
    let taken: u16 = head.iter().map(Part::width).sum();
    if taken + text::width(&told) <= width {
        head.push(Part::text(told, role));
        return vec![head];
    }
    // What went wrong is read whole.
    [vec![head], wrapped("", &told, role, width)].concat()
}

/// How far what was stored has taken effect, or why it does not.
fn following(change: &Change, item: &Item, world: &World) -> String {
    let target = &item.target;
    let table = world.tables_of(target.cluster, &target.kind.group, &target.kind.resource).find(|t| t.of_uid(target.uid).is_some());
    let row = table.and_then(|t| t.of_uid(target.uid));
    if change.verb_of(item).follow == Follow::Gone {
        let held = table.zip(row.and_then(|r| r.going.as_ref()));
        let held: Vec<&str> = held.map(|(t, going)| going.finalizers.iter().map(|f| t.words().get(*f)).collect()).unwrap_or_default();
        return if held.is_empty() { "going".to_owned() } else { format!("going; it waits for {}", held.join(", ")) };
    }
    let Some(Facts::Workload(workload)) = row.map(|r| &r.facts) else { return "stored".to_owned() };
    // What comes from its pods says why; that pods are missing is said already.
    let why = |f: &Finding| if f.evidence.is_empty() { f.what.clone() } else { f.evidence.clone() };
    let stuck = world.findings.of(target.cluster, target.uid).first().map(|f| format!(" · {}", why(f))).unwrap_or_default();
    format!("{}/{} ready, {} of the newest revision{stuck}", workload.ready, workload.wanted, workload.updated)
}

pub(super) fn about(word: &str) -> Part {
    Part::text(format!("{word:ABOUT$}"), Role::Dim)
}

pub(super) fn wrapped(word: &str, told: &str, role: Role, width: u16) -> Vec<Row> {
    let lines = text::wrapped(told, width.saturating_sub(ABOUT as u16));
    let first = |n: usize| if n == 0 { about(word) } else { about("") };
    lines.into_iter().enumerate().map(|(n, line)| vec![first(n), Part::text(line, role)]).collect()
}
