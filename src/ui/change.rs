//! The dialog of a change: what it is about, what would be stored, what it takes to confirm it, and then how it goes on.

mod lines;
mod moved;
mod several;

use super::theme::{Role, Theme};
use super::widgets::frame::frame;
use super::widgets::text;
use super::words;
use crate::model::cell::Health;
use crate::model::step::Notice;
use crate::model::stream;
use crate::model::world::World;
use crate::safety::change::{Change, Phase};
use crate::safety::guard::Demand;
use crate::safety::item::{End, Item, Stage};
use crate::safety::verb::Undo;
use lines::{Part, Row};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use std::borrow::Cow;

/// Wider than this, lines are hard to follow.
const WIDEST: u16 = 100;

/// Draws the dialog over a screen, as high as what it has to say. Tells how many lines it can be scrolled by.
pub fn draw(change: &Change, world: &World, theme: &Theme, area: Rect, buf: &mut Buffer) -> usize {
    let width = area.width.min(WIDEST);
    let inner = width.saturating_sub(4);
    let (body, foot) = lines::all(change, world, inner);
    let height = (body.len() + foot.len() + 2).min(usize::from(area.height)) as u16;
    let place = Rect { x: area.x + (area.width - width) / 2, y: area.y + (area.height - height) / 2, width, height };
    for y in place.top()..place.bottom() {
        text::put(buf, place.x, y, place.width, &" ".repeat(usize::from(place.width)), theme.style(Role::Text));
    }
    text::paint(buf, place, theme.style(Role::Screen));
    let border = theme.style(if is_grave(change) { Role::StatusWarn } else { Role::BorderFocused });
    let inside = frame(buf, place, border, title(change, world, theme));
    let inside = Rect { x: inside.x + 1, width: inside.width.saturating_sub(2), ..inside };
    // What confirms is always in sight; what is before it is cut, and says so.
    let room = usize::from(inside.height).saturating_sub(foot.len());
    let (shown, most) = window(body, change.scroll, room);
    for (row, y) in shown.iter().chain(&foot).zip(inside.top()..inside.bottom()) {
        put(row, theme, Rect { y, height: 1, ..inside }, buf);
    }
    let hints = hints(change);
    let at = Rect { x: place.x + 2, y: place.bottom().saturating_sub(1), width: place.width.saturating_sub(4), height: 1 };
    text::line(buf, at, hints.iter().map(|(t, role)| (Cow::Borrowed(*t), theme.style(*role))));
    most
}

/// What of a text is in sight from a line on, with what stands for the rest of it; and the last line that it can begin with.
fn window(body: Vec<Row>, from: usize, room: usize) -> (Vec<Row>, usize) {
    let all = body.len();
    if all <= room {
        return (body, 0);
    }
    let most = all - room.saturating_sub(1);
    let from = from.min(most);
    let told = |n: usize, word: &str| (n > 0).then(|| vec![Part::text(format!("… {n} {word}"), Role::Dim)]);
    let left = room.saturating_sub(usize::from(from > 0) + usize::from(from < most));
    let rest = told(all - from - left.min(all - from), "more lines, pgdn");
    (told(from, "lines before, pgup").into_iter().chain(body.into_iter().skip(from).take(left)).chain(rest).collect(), most)
}

/// It is about something that is protected, or that goes away.
fn is_grave(change: &Change) -> bool {
    change.verb.removes || change.ruling.as_ref().is_some_and(|r| r.demand >= Demand::TwoKeys)
}

fn title(change: &Change, world: &World, theme: &Theme) -> Vec<(Cow<'static, str>, Style)> {
    let named = theme.style(Role::Title);
    let mut parts: Vec<(Cow<'static, str>, Style)> = vec![(words::capital(change.verb.does).into(), named)];
    match change.asked_for().collect::<Vec<_>>().as_slice() {
        [item] => {
            let cluster = item.target.cluster;
            parts.push((world.name(cluster).to_owned().into(), named.patch(words::cluster_style(world, theme, cluster))));
            parts.push((words::object(&item.target).into(), named));
        }
        items => {
            let clusters = change.clusters().len();
            let of = if clusters == 1 { items.first().map(|i| world.name(i.target.cluster).to_owned()) } else { None };
            let of = of.unwrap_or_else(|| format!("{clusters} clusters"));
            parts.push((format!("{} objects", items.len()).into(), named));
            parts.push((of.into(), named));
        }
    }
    parts
}

fn put(row: &Row, theme: &Theme, area: Rect, buf: &mut Buffer) {
    let mut x = area.x;
    for part in row {
        let room = area.right().saturating_sub(x);
        x += part.draw(theme, Rect { x, width: room, ..area }, buf);
    }
}

/// What the keys do, at the lower border.
fn hints(change: &Change) -> Vec<(&'static str, Role)> {
    let key = |text| (text, Role::Key);
    let word = |text| (text, Role::Dim);
    let leave = [key(" esc"), word(" leave ")];
    let confirm: Vec<(&str, Role)> = match (change.phase, change.ruling.as_ref().map(|r| r.demand)) {
        (Phase::Over, _) if change.has_left() => vec![key(" A"), word(" try again what is not done ·"), key(" esc"), word(" close ")],
        (Phase::Over, _) => vec![key(" any key"), word(" close ")],
        (Phase::Running, _) => {
            vec![key(" s"), word(" stop what has not begun ·"), key(" esc"), word(" close, it goes on and is in"), key(" :changes ")]
        }
        (Phase::Stopping, _) => vec![key(" esc"), word(" close, what has begun goes on ")],
        (_, None | Some(Demand::Refused)) => Vec::new(),
        (_, Some(Demand::Nothing | Demand::Enter | Demand::Name)) => vec![key(" enter"), word(" apply ·")],
        (_, Some(Demand::Yes)) => vec![key(" y"), word(" apply ·")],
        (_, Some(Demand::TwoKeys)) => vec![key(" y"), word(" then"), key(" a"), word(" apply ·")],
    };
    let fields = change.form.as_ref().is_some_and(|f| !f.fields.is_empty());
    let tab = [key(" tab"), word(" next field ·")];
    match change.phase {
        Phase::Asking => confirm.into_iter().chain(tab.into_iter().filter(|_| fields)).chain(leave).collect(),
        _ => confirm,
    }
}

/// What became of a change, in a line.
pub fn told(change: &Change, world: &World) -> Notice {
    let ended = |is: fn(&End) -> bool| change.items.iter().filter(|i| matches!(&i.stage, Stage::Ended(end) if is(end))).count();
    let failed = ended(|e| matches!(e, End::Failed(_) | End::Unknown(_)));
    let done = ended(|e| matches!(e, End::Done | End::Unchanged));
    let what = match change.asked_for().collect::<Vec<_>>().as_slice() {
        [item] => format!("{} {} {}", change.verb.does, world.name(item.target.cluster), words::object(&item.target)),
        items => format!("{}: {done} of {} done", change.verb.does, items.len()),
    };
    let why = change.items.iter().find_map(|i| match &i.stage {
        Stage::Ended(End::Failed(why) | End::Unknown(why)) => Some(why.as_str()),
        _ => None,
    });
    if let Some(ended) = change.items.iter().find_map(|i| i.ended.as_ref()) {
        let told = format!("{what}: {ended}");
        return if matches!(ended.end, stream::End::Broken(_) | stream::End::Failed(_)) { Notice::warn(told) } else { Notice::info(told) };
    }
    match (why, change.verb.undo) {
        (Some(why), _) => Notice { health: if failed > 0 { Health::Bad } else { Health::Warn }, ..Notice::warn(format!("{what}: {why}")) },
        // What is new goes by being deleted.
        (None, Undo::Fields) if change.items.iter().any(Item::is_new) => Notice::info(format!("{what}: done")),
        (None, Undo::Fields) => Notice::info(words::keyed(world, &format!("{what}: done; {{undo}} takes it back"))),
        (None, Undo::No(_)) => Notice::info(format!("{what}: done")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_can_be_scrolled_into_sight_and_no_more() {
        for (all, room) in [(3, 5), (5, 5), (6, 5), (40, 5), (40, 2)] {
            let body: Vec<Row> = (0..all).map(|n| vec![Part::text(format!("line {n}."), Role::Text)]).collect();
            let most = window(body.clone(), 0, room).1;
            let mut seen = String::new();
            for from in 0..=most + 1 {
                let (shown, _) = window(body.clone(), from, room);
                assert_eq!(shown.len(), all.min(room), "{all} {room} {from}");
                seen.push_str(&format!("{shown:?}"));
            }
            assert!((0..all).all(|n| room == 2 && n < all - 1 && n > 0 || seen.contains(&format!("line {n}."))), "{all} {room}");
            assert!(format!("{:?}", window(body, most, room).0).contains(&format!("line {}.", all - 1)), "{all} {room}");
        }
    }
}
