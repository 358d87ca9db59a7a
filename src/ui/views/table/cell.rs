//! One value in its place: what cannot be told by text alone gets its glyph, bar or course here.

use super::TableView;
use super::columns::Merged;
use crate::model::cell::{Health, Value};
use crate::model::time::Timestamp;
use crate::model::world::World;
use crate::ui::theme::{Role, Theme};
use crate::ui::widgets::bar::{BAR, COURSE, bar, course};
use crate::ui::widgets::text;
use crate::ui::words;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use std::borrow::Cow;

impl TableView {
    /// The columns that a value takes.
    pub(super) fn shown_width(&self, world: &World, value: &Value<'_>) -> u16 {
        match value {
            Value::None => 1,
            Value::Status(word, health) => text::width(word).saturating_add(if health.is_unhealthy() { 2 } else { 0 }),
            Value::Gauge(..) => text::width(&value.shown(world.now)).saturating_add(BAR + 1),
            Value::Trend(trend) => {
                let course = trend.samples.len().min(COURSE) as u16;
                text::width(&trend.text) + course + u16::from(course > 0 && !trend.text.is_empty())
            }
            other => text::width(&other.shown(world.now)),
        }
    }

    /// Draws a value. `base` is the style of its row, `own` that of what needs no other; what is stale has no colour of its own.
    #[allow(clippy::too_many_arguments)]
    pub(super) fn cell(
        &self,
        world: &World,
        theme: &Theme,
        column: &Merged,
        value: &Value<'_>,
        (base, own): (Style, Style),
        stale: bool,
        place: Rect,
        buf: &mut Buffer,
    ) {
        let told = |role: Role| if stale { base } else { theme.style(role) };
        let put = |buf: &mut Buffer, x: u16, what: &str, style: Style| {
            text::put(buf, x, place.y, place.right().saturating_sub(x), what, style).saturating_add(x)
        };
        match value {
            Value::None => drop(put(buf, place.x, "–", theme.style(Role::Dim))),
            Value::Status(word, health) => {
                let style = if *health == Health::Ok { base } else { told(Role::status(*health)) };
                let x = put(buf, place.x, glyph(*health), style);
                put(buf, x, word, style);
                self.mark_found(theme, column, word, Rect { x, width: place.right().saturating_sub(x), ..place }, buf);
            }
            // The numbers are worth more than the bar.
            Value::Gauge(have, want) if place.width >= self.shown_width(world, value) => {
                let (there, missing) = bar(*have, *want);
                let x = put(buf, place.x, &there, told(Role::status(Health::Done)));
                put(buf, x, &missing, told(Role::status(Health::Warn)));
                let style = if have < want { told(Role::status(Health::Warn)) } else { base };
                put(buf, place.x + BAR + 1, &value.shown(world.now), style);
            }
            Value::Trend(trend) => {
                let x = put(buf, place.x, &trend.text, base);
                let x = x + u16::from(x > place.x);
                // Where room is short, the newest of it.
                let room = usize::from(place.right().saturating_sub(x));
                let newest = trend.samples.get(trend.samples.len().saturating_sub(room)..).unwrap_or_default();
                put(buf, x, &course(newest), told(Role::Accent));
            }
            other => {
                let shown = fitting(other, world.now, place.width);
                put(buf, place.x, &shown, own);
                self.mark_found(theme, column, &shown, place, buf);
            }
        }
    }
}

/// What tells a state without its colour.
fn glyph(health: Health) -> &'static str {
    match health {
        Health::Bad => "✖ ",
        Health::Warn => "▲ ",
        Health::Ok | Health::Done | Health::Busy => "",
    }
}

/// The text of a value; what of it can be left out where room is short, is, before anything is cut.
fn fitting<'a>(value: &'a Value<'_>, now: Timestamp, room: u16) -> Cow<'a, str> {
    let shown = value.shown(now);
    match value {
        Value::Restarts(n, Some(last)) if text::width(&shown) > room => {
            let short = format!("{n} ({})", words::ago(*last, now));
            if text::width(&short) > room { n.to_string().into() } else { short.into() }
        }
        _ => shown,
    }
}
