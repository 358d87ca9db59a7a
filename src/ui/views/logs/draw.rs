//! Draws the lines that are in sight.

use super::strip::Strip;
use super::told::{Row, plain, short};
use super::{LogsView, Source};
use crate::model::log::{From, Seen};
use crate::model::world::World;
use crate::ui::theme::{Role, Theme};
use crate::ui::widgets::bar;
use crate::ui::widgets::frame::frame;
use crate::ui::widgets::text;
use crate::ui::words;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use std::borrow::Cow;

/// Rows from which on there is one for the strip.
const STRIP_FROM: u16 = 12;
/// Columns of the strip at most: five minutes.
const STRIP: usize = 60;

/// How wide the names before a line are, each with a blank; those that are the same everywhere are left away.
#[derive(Copy, Clone, Debug, Default)]
pub(super) struct Names {
    cluster: u16,
    pod: u16,
    container: u16,
}

impl LogsView {
    /// Fits into an area.
    pub(super) fn fit(&mut self, world: &World, area: Rect) {
        let inside = area.height.saturating_sub(2);
        self.height = usize::from(inside.saturating_sub(u16::from(inside >= STRIP_FROM)));
        self.names = self.names(world);
        self.width = area.width.saturating_sub(3 + self.prefix());
    }

    /// Columns that stand before what a line says.
    fn prefix(&self) -> u16 {
        self.names.cluster + self.names.pod + self.names.container + self.times.width()
    }

    pub(super) fn show(&self, world: &World, theme: &Theme, area: Rect, buf: &mut Buffer) {
        let mut inside = frame(buf, area, theme.style(Role::BorderFocused), self.titles(world, theme));
        if inside.height >= STRIP_FROM {
            self.strip(world, theme, Rect { height: 1, ..inside }, buf);
            inside = Rect { y: inside.y + 1, height: inside.height - 1, ..inside };
        }
        let (mut place, mut skip) = self.first_in_sight();
        let mut rows = inside.rows();
        if place == 0
            && let Some(told) = self.before_all()
            && let Some(row) = rows.next()
        {
            text::put(buf, row.x + 1, row.y, row.width.saturating_sub(1), &told, theme.style(Role::Dim));
        }
        'lines: while let Some(line) = self.line_at(place) {
            let mut told = self.rows(&line);
            if self.is_around(&line) {
                told.iter_mut().flatten().for_each(|(_, role)| *role = Role::Dim);
            }
            for (at, told) in told.iter().enumerate().skip(skip) {
                let Some(row) = rows.next() else { break 'lines };
                self.row(world, theme, &line, at == 0, row, buf);
                let before = 1 + self.prefix();
                self.told(theme, told, Rect { x: row.x + before.min(row.width), width: row.width.saturating_sub(before), ..row }, buf);
            }
            (place, skip) = (place + 1, 0);
        }
        if self.ring.is_empty() && inside.height > 0 {
            let told = if self.tails.is_empty() { "waiting for pods…" } else { "nothing was written yet" };
            text::put(buf, inside.x + 1, inside.y, inside.width.saturating_sub(1), told, theme.style(Role::Dim));
        }
    }

    /// What is said before the first line, where there are or were others before it.
    fn before_all(&self) -> Option<String> {
        match (self.ring.gone() as usize, self.from) {
            (0, From::Last(lines)) if self.stand.is_some() => {
                Some(format!("— the last {} lines of each container; :since reads further back —", words::grouped(lines as usize)))
            }
            (0, _) => None,
            (gone, _) => Some(format!("— {} older lines were let go —", words::grouped(gone))),
        }
    }

    fn titles(&self, world: &World, theme: &Theme) -> Vec<(Cow<'static, str>, Style)> {
        let (title, dim) = (theme.style(Role::Title), theme.style(Role::Dim));
        let (warn, accent) = (theme.style(Role::StatusWarn), theme.style(Role::Accent));
        let badge = theme.style(Role::Badge);
        let mut parts = vec![(Cow::from("Logs"), title)];
        let first = self.of.first().and_then(|only| words::only(world, only, true));
        let more = self.of.len().saturating_sub(1);
        let (of, first_of) = if more > 0 { (None, first.map(|of| format!("{of} +{more}"))) } else { (first, None) };
        parts.extend(of.map(|of| (of.into(), dim)));
        parts.push(match (self.left_out, self.tails.len()) {
            (0, all) => (format!("{} pod{}", words::grouped(all), if all == 1 { "" } else { "s" }).into(), dim),
            (less, all) => (format!("{} of {} pods", words::grouped(all - less), words::grouped(all)).into(), warn),
        });
        parts.push(match self.stand {
            None => ("following".into(), theme.style(Role::StatusOk)),
            Some(_) => (format!("stopped, {} new", words::grouped(self.missed as usize)).into(), accent),
        });
        parts.extend(self.reads_from(world).map(|from| (Cow::from(from), badge)));
        parts.extend(self.narrowed(theme));
        let folds = self.lens.folds.then_some("folded");
        parts.extend(self.form.word().into_iter().chain(folds).map(|word| (Cow::from(word), badge)));
        if !self.lens.muted.is_empty() {
            parts.push((format!("{} muted", self.lens.muted.len()).into(), warn));
        }
        if let Some((tail, seconds)) = self.ahead {
            let pod = self.tails.get(tail).map_or("", |tail| &tail.pod);
            parts.push((format!("the clock of {pod} is {} ahead", words::span(seconds)).into(), warn));
        }
        parts.extend(self.tee.as_ref().map(|tee| (tee.told().into(), if tee.lost > 0 { warn } else { badge })));
        if self.ring.gone() > 0 {
            parts.push((format!("{} older lines let go", words::grouped(self.ring.gone() as usize)).into(), warn));
        }
        parts.push((format!("{} l/s", words::grouped(self.strip.rate as usize)).into(), dim));
        // What keys act on; and of several that are followed the first, which says little.
        parts.extend(self.stands_by(world).map(|of| format!("on {of}")).or(first_of).map(|of| (of.into(), dim)));
        parts
    }

    /// What is looked for.
    fn narrowed(&self, theme: &Theme) -> Vec<(Cow<'static, str>, Style)> {
        let (badge, dim) = (theme.style(Role::Badge), theme.style(Role::Dim));
        let chip = |(term, is_off)| if is_off { (format!("({term})").into(), dim) } else { (format!("[{term}]").into(), badge) };
        let mut parts: Vec<_> = self.lens.sieve.terms().map(chip).collect();
        if self.lens.around > 0 {
            parts.push((format!("±{}", self.lens.around).into(), badge));
        }
        if !self.search.is_empty() {
            parts.push((format!("/{}", self.search).into(), theme.style(Role::Accent)));
        }
        parts.extend(self.lacks.map(|lacks| (lacks.into(), theme.style(Role::StatusWarn))));
        parts
    }

    /// Who wrote the line that is stood on: what keys act on.
    fn stands_by(&self, world: &World) -> Option<String> {
        let line = self.ring.line(self.stand?.on)?;
        let source = self.sources.get(line.source as usize)?;
        let cluster = if self.names.cluster > 0 { format!("{} ", world.name(source.cluster)) } else { String::new() };
        Some(format!("{cluster}{} {}", self.pod_name(source), source.container))
    }

    /// How much was written in the last minutes, and how much of it was errors.
    fn strip(&self, world: &World, theme: &Theme, area: Rect, buf: &mut Buffer) {
        let bars = STRIP.min(usize::from(area.width / 3));
        let last = self.strip.last(bars, world.now);
        let lines: Vec<u32> = last.iter().map(|(lines, _)| *lines).collect();
        let errors: u32 = last.iter().map(|(_, errors)| errors).sum();
        let (good, bad) = (theme.style(Role::Sparkline), theme.style(Role::StatusBad));
        let heights = bar::heights(&lines);
        let parts =
            heights.chars().zip(&last).map(|(height, (_, errors))| (height.to_string().into(), if *errors > 0 { bad } else { good }));
        let area = Rect { x: area.x + 1, width: area.width.saturating_sub(2), ..area };
        let x = text::line(buf, area, parts);
        let told = format!(
            " {} lines, {} errors in {}",
            words::grouped(lines.iter().sum::<u32>() as usize),
            words::grouped(errors as usize),
            words::span(Strip::span(bars))
        );
        text::put(buf, x, area.y, area.right().saturating_sub(x), &told, if errors > 0 { bad } else { theme.style(Role::Dim) });
    }

    fn names(&self, world: &World) -> Names {
        let sources = || self.sources.iter().filter(|source| source.is_container());
        let Some(first) = sources().next() else { return Names::default() };
        let width = |differs: bool, name: &dyn Fn(&Source) -> u16| {
            if differs { sources().map(name).max().unwrap_or_default() + 1 } else { 0 }
        };
        Names {
            cluster: width(sources().any(|s| s.cluster != first.cluster), &|s| text::width(world.name(s.cluster))),
            pod: width(sources().any(|s| s.tail != first.tail), &|s| text::width(short(self.pod_name(s)))),
            container: width(sources().any(|s| s.container != first.container), &|s| text::width(&s.container)),
        }
    }

    fn pod_name(&self, source: &Source) -> &str {
        self.tails.get(source.tail).map_or("", |tail| &tail.pod)
    }

    /// What stands before a row of a line: the names before the first one.
    fn row(&self, world: &World, theme: &Theme, line: &Seen<'_>, is_first: bool, area: Rect, buf: &mut Buffer) {
        let Some(source) = self.sources.get(line.source as usize) else { return };
        let (dim, names) = (theme.style(Role::Dim), self.names);
        if self.stand.is_some_and(|stand| stand.on == line.spot) {
            text::put(buf, area.x, area.y, 1, "▌", theme.style(Role::Accent));
        } else if self.late.contains(&line.spot) {
            text::put(buf, area.x, area.y, 1, "~", theme.style(Role::StatusWarn));
        } else if self.marked.contains(&line.spot) {
            text::put(buf, area.x, area.y, 1, "◆", theme.style(Role::RowMarked));
        }
        if !is_first {
            return;
        }
        let mut x = area.x + 1;
        let mut put = |width: u16, told: &str, style: Style| {
            text::put(buf, x, area.y, area.right().saturating_sub(x).min(width.saturating_sub(1)), told, style);
            x = (x + width).min(area.right());
        };
        put(self.times.width(), &self.times.told(line.spot.at, world.now, world.utc_offset), dim);
        put(names.cluster, world.name(source.cluster), words::cluster_style(world, theme, source.cluster));
        // Colours come again after nine pods, in the order in which these came.
        put(names.pod, short(self.pod_name(source)), theme.style(Role::cluster(source.tail + 1)));
        put(names.container, if source.is_container() { &source.container } else { "" }, dim);
    }

    /// What a row says, and in it what is searched for.
    fn told(&self, theme: &Theme, row: &Row, area: Rect, buf: &mut Buffer) {
        let left = if self.wraps { 0 } else { self.left };
        let (mut x, mut before) = (area.x, left);
        for (part, role) in row {
            let shown = text::after(part, before);
            before = before.saturating_sub(text::width(part));
            x += text::put(buf, x, area.y, area.right().saturating_sub(x), &shown, theme.style(*role));
        }
        if self.needle.is_empty() {
            return;
        }
        let whole = plain(row);
        let shown = text::after(&whole, left);
        for from in self.needle.places([&*shown]) {
            let before: String = shown.chars().take(from).collect();
            let part: String = shown.chars().skip(from).take(self.needle.len()).collect();
            let x = area.x.saturating_add(text::width(&before)).min(area.right());
            text::put(buf, x, area.y, area.right().saturating_sub(x), &part, theme.style(Role::Match));
        }
    }
}
