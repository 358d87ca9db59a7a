//! A screen as a picture: SVG of nothing but rectangles and text, so that no other tool is needed and a change of a colour is a change of a line.

use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier};
use std::fmt::Write;

/// Pixels of a cell.
const CELL: (usize, usize) = (8, 17);
/// Pixels around the screen.
const MARGIN: usize = 8;
/// What terminals commonly show for their own sixteen colours.
const SIXTEEN: [&str; 16] = [
    "#1e1e24", "#d1504a", "#4fa65b", "#c79b3b", "#4f86d0", "#b067c0", "#3fa5a8", "#c8ccd4", "#747c8a", "#ee7a72", "#7cc985", "#e6c069",
    "#7fb0ee", "#d295e0", "#6fcdcf", "#ffffff",
];

/// How a run of cells looks.
#[derive(Clone, PartialEq)]
struct Look {
    fill: String,
    ground: String,
    modifier: Modifier,
}

/// The screen on a terminal whose own colours are these, of text and of what is under it.
pub fn svg(screen: &Buffer, own: (&str, &str)) -> String {
    let (width, height) = (usize::from(screen.area.width), usize::from(screen.area.height));
    let (across, down) = (width * CELL.0 + 2 * MARGIN, height * CELL.1 + 2 * MARGIN);
    let mut looks: Vec<Look> = Vec::new();
    let mut body = String::new();
    let ground = look(&screen[(0, 0)], own).ground;
    for y in 0..screen.area.height {
        let line: Vec<(Look, &str)> = (0..screen.area.width).map(|x| &screen[(x, y)]).map(|c| (look(c, own), c.symbol())).collect();
        let mut x = 0;
        for run in line.chunk_by(|a, b| a.0 == b.0) {
            draw(&mut body, &mut looks, run, (MARGIN + x * CELL.0, MARGIN + usize::from(y) * CELL.1), &ground);
            x += run.len();
        }
    }
    let classes: String = looks.iter().enumerate().map(|(i, look)| format!(".c{i}{{{}}}", css(look))).collect();
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {across} {down}\" width=\"{across}\" height=\"{down}\">\n\
         <style>text{{font:13px ui-monospace,Menlo,Consolas,monospace}}{classes}</style>\n\
         <rect width=\"{across}\" height=\"{down}\" rx=\"6\" fill=\"{ground}\"/>\n{body}</svg>\n"
    )
}

fn draw(out: &mut String, looks: &mut Vec<Look>, run: &[(Look, &str)], (x, y): (usize, usize), ground: &str) {
    let (look, width) = (&run[0].0, run.len() * CELL.0);
    if look.ground != ground {
        writeln!(out, "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{}\" fill=\"{}\"/>", CELL.1, look.ground).unwrap();
    }
    let text: String = run.iter().map(|(_, s)| *s).collect();
    // Each word or phrase at its own place, so that columns are straight in any font.
    let mut at = 0;
    for piece in text.split("  ") {
        let shown = piece.trim();
        if !shown.is_empty() {
            let class = looks.iter().position(|l| l == look).unwrap_or_else(|| {
                looks.push(look.clone());
                looks.len() - 1
            });
            let (x, y) = (x + (at + piece.len() - piece.trim_start().len()) * CELL.0, y + 13);
            let (width, shown) = (shown.chars().count() * CELL.0, shown.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;"));
            writeln!(
                out,
                "<text class=\"c{class}\" x=\"{x}\" y=\"{y}\" textLength=\"{width}\" lengthAdjust=\"spacingAndGlyphs\">{shown}</text>"
            )
            .unwrap();
        }
        at += piece.chars().count() + 2;
    }
}

fn look(cell: &Cell, own: (&str, &str)) -> Look {
    let (mut fill, mut ground) = (hex(cell.fg, own.0), hex(cell.bg, own.1));
    if cell.modifier.contains(Modifier::REVERSED) {
        std::mem::swap(&mut fill, &mut ground);
    }
    Look { fill, ground, modifier: cell.modifier }
}

fn css(look: &Look) -> String {
    let mut css = format!("fill:{}", look.fill);
    for (modifier, rule) in [
        (Modifier::BOLD, ";font-weight:bold"),
        (Modifier::ITALIC, ";font-style:italic"),
        (Modifier::UNDERLINED, ";text-decoration:underline"),
        (Modifier::DIM, ";opacity:.6"),
    ] {
        if look.modifier.contains(modifier) {
            css.push_str(rule);
        }
    }
    css
}

fn hex(colour: Color, own: &str) -> String {
    let names = [
        Color::Black,
        Color::Red,
        Color::Green,
        Color::Yellow,
        Color::Blue,
        Color::Magenta,
        Color::Cyan,
        Color::Gray,
        Color::DarkGray,
        Color::LightRed,
        Color::LightGreen,
        Color::LightYellow,
        Color::LightBlue,
        Color::LightMagenta,
        Color::LightCyan,
        Color::White,
    ];
    match colour {
        Color::Reset => own.to_owned(),
        Color::Rgb(r, g, b) => format!("#{r:02x}{g:02x}{b:02x}"),
        other => SIXTEEN[names.iter().position(|n| *n == other).unwrap_or_else(|| panic!("{other:?}"))].to_owned(),
    }
}
