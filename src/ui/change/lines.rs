//! What the dialog of a change says, line by line.

use super::{applied, moved};
use crate::model::cell::Health;
use crate::model::deed::{Edit, short, written};
use crate::model::facts::Facts;
use crate::model::line::Line;
use crate::model::world::World;
use crate::safety::change::{Change, Focus, Phase};
use crate::safety::diff::lines;
use crate::safety::form::Field;
use crate::safety::guard::Demand;
use crate::safety::item::{End, Given, Item, Stage};
use crate::safety::owners;
use crate::safety::verb::{Check, Follow, Undo};
use crate::ui::theme::{Role, Theme};
use crate::ui::widgets::{bar, input, text};
use crate::ui::words;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// So many objects are listed.
const LISTED: usize = 12;
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

    fn width(&self) -> u16 {
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
        if applied::is_about(change) {
            body.extend(applied::objects(change, world, width));
        } else {
            body.extend(objects(change, world));
            body.extend(facts(change, world, width));
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

/// The objects by name, where there are several.
fn objects(change: &Change, world: &World) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    if change.items.len() > 1 {
        for item in change.items.iter().take(LISTED) {
            let mut row = vec![Part::text(named(item, world), Role::Text)];
            row.extend(trouble(item).map(|why| Part::text(format!("  ✖ left out: {why}"), Role::StatusBad)));
            row.extend(held(item).map(|why| Part::text(format!("  not now: {why}"), Role::StatusWarn)));
            row.extend(item.told().first().map(|e| Part::text(format!("  {}", one(e)), Role::Dim)));
            rows.push(row);
        }
        let more = change.items.len().saturating_sub(LISTED);
        rows.extend((more > 0).then(|| vec![Part::text(format!("and {more} more"), Role::Dim)]));
    }
    if change.hidden > 0 {
        let told = format!("{} marked objects are out of sight and are left out", change.hidden);
        rows.push(vec![Part::text(told, Role::StatusWarn)]);
    }
    rows
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

/// Why it may not be done just now.
fn held(item: &Item) -> Option<String> {
    let refusal = item.checked.as_ref().and_then(|c| c.as_ref().err()).filter(|r| r.untried);
    refusal.filter(|_| item.is_removed()).map(|r| r.why.clone())
}

/// Owners, limits, what would be stored and what the server says of it.
fn facts(change: &Change, world: &World, width: u16) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    let Some(form) = &change.form else { return rows };
    for item in change.asked_for().filter(|i| i.is_read()) {
        for note in owners::notes(item).into_iter().chain((change.verb.notes)(item, form, world)) {
            let role = if note.health == Health::Ok { Role::Text } else { Role::StatusWarn };
            rows.extend(wrapped(&note.about, &note.text, role, width));
        }
    }
    if let [item] = change.items.as_slice() {
        rows.extend(item.told().iter().flat_map(|e| edit(e, width)));
        rows.extend(item.warnings.iter().flat_map(|w| wrapped("warning", w, Role::StatusWarn, width)));
        rows.extend(server(change, item, width));
    }
    if let Undo::No(why) = change.verb.undo {
        rows.extend(wrapped("undo", &format!("cannot be undone: {why}"), Role::StatusWarn, width));
    }
    rows
}

/// What the server says to it.
fn server(change: &Change, item: &Item, width: u16) -> Vec<Row> {
    if let Some(why) = trouble(item) {
        // What nobody has filled in yet is no mistake.
        let is_fresh = item.lost.is_none() && change.form.as_ref().is_some_and(|form| !form.fields.is_empty() && form.is_fresh());
        let (mark, role) = if is_fresh && matches!((&item.right, &item.plan), (Some(Ok(())), Some(Err(_)))) {
            ("", Role::Dim)
        } else {
            ("✖", Role::StatusBad)
        };
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

fn one(edit: &Edit) -> String {
    format!("{} {} → {}", written(&edit.path), short(edit.before.as_ref()), short(edit.after.as_ref()))
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
        Stage::Intent | Stage::Sent => ("◐", "on its way to the server".to_owned(), Role::StatusBusy),
        Stage::Conflict => ("◐", "it has just changed: read again".to_owned(), Role::StatusBusy),
        Stage::Doubt => ("◐", "the answer was lost: read back".to_owned(), Role::StatusWarn),
        Stage::Waiting(_, why) => ("◌", format!("{why}; it is tried again"), Role::StatusWarn),
        Stage::Following => ("◐", following(change, item, world), Role::StatusBusy),
        Stage::Ended(End::Done) => ("✔", "done".to_owned(), Role::StatusOk),
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
    let stuck = world.findings.of(target.cluster, target.uid).first().map(|f| format!(" · {}", f.what)).unwrap_or_default();
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
