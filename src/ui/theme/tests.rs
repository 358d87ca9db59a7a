//! Every theme can be read and told apart, at every depth of colour; mistakes are explained.

use super::*;
use ratatui::style::Color;

fn load(name: &str) -> Theme {
    let text = THEMES.iter().find(|(n, _)| *n == name).unwrap().1;
    Theme::load(&[(name, text)]).0
}

fn problems(user: &str) -> Vec<String> {
    Theme::load(&[("dark.yaml", THEMES[0].1), ("mine.yaml", user)]).1.iter().map(ToString::to_string).collect()
}

/// The ratio of WCAG 2.2, section 1.4.3.
fn contrast(a: Color, b: Color) -> f64 {
    let luminance = |colour| {
        let Color::Rgb(r, g, b) = colour else { panic!("{colour:?}") };
        let [r, g, b] =
            [r, g, b].map(f64::from).map(|c| c / 255.0).map(|c| if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) });
        0.2126 * r + 0.7152 * g + 0.0722 * b
    };
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

#[test]
fn every_role_resolves_in_every_theme() {
    for (name, text) in THEMES {
        let (theme, problems) = Theme::load(&[(name, text)]);
        assert_eq!(problems, [], "{name}");
        for role in Role::ALL {
            let said = std::iter::successors(Some(role.name()), |n| n.rsplit_once('.').map(|(p, _)| p))
                .any(|n| text.contains(&format!("\n  {n}: ")));
            assert!(said, "{name} has nothing for {}", role.name());
        }
        assert_ne!(theme.style(Role::RowSelected), Style::default(), "{name}");
    }
}

#[test]
fn texts_can_be_read_on_the_backgrounds_that_terminals_have() {
    for (name, backgrounds) in [
        ("dark", [Color::Rgb(0, 0, 0), Color::Rgb(0x1e, 0x1e, 0x24)]),
        ("colour-blind", [Color::Rgb(0, 0, 0), Color::Rgb(0x1e, 0x1e, 0x24)]),
        ("high-contrast", [Color::Rgb(0, 0, 0), Color::Rgb(0x10, 0x10, 0x10)]),
        ("light", [Color::Rgb(255, 255, 255), Color::Rgb(0xfa, 0xf8, 0xf2)]),
    ] {
        let theme = load(name);
        for role in Role::ALL.iter().filter(|r| !matches!(r, Role::Border | Role::RowSelected)) {
            let selected = theme.selected(*role);
            let pairs = backgrounds.map(|b| (theme.style(*role).fg, Some(b))).into_iter().chain([(selected.fg, selected.bg)]);
            for (fg, bg) in pairs {
                let ratio = contrast(fg.unwrap(), bg.unwrap());
                let wanted = if name == "high-contrast" { 7.0 } else { 4.5 };
                assert!(ratio >= wanted, "{name}: {} on {bg:?} has {ratio:.2}", role.name());
            }
        }
    }
}

#[test]
fn states_and_clusters_can_be_told_apart() {
    let states = [Role::StatusOk, Role::StatusDone, Role::StatusBusy, Role::StatusWarn, Role::StatusBad];
    let clusters: Vec<Role> = (1..=9).map(Role::cluster).collect();
    assert_eq!(clusters.iter().map(|r| r.name()).collect::<Vec<_>>(), (1..=9).map(|n| format!("cluster.{n}")).collect::<Vec<_>>());
    assert_eq!(Role::cluster(10), Role::Cluster1);
    for (name, _) in THEMES {
        let theme = load(name);
        let indexed = theme.clone().at(Depth::Indexed256);
        let group = |roles: &[Role], what: &dyn Fn(Role) -> Style| {
            let mut seen = std::collections::HashSet::new();
            for role in roles {
                assert!(seen.insert(what(*role)), "{name}: {} looks like another: {:?}", role.name(), what(*role));
            }
        };
        group(&states, &|r| theme.style(r));
        group(&states, &|r| indexed.style(r));
        group(&states, &|r| theme.selected(r));
        if *name != "mono" {
            group(&clusters, &|r| theme.style(r));
            group(&clusters, &|r| indexed.style(r));
        }
    }
}

#[test]
fn without_colours_the_selection_is_visible_and_nothing_has_a_colour() {
    for (name, _) in THEMES {
        let theme = load(name).at(Depth::Mono);
        for role in Role::ALL {
            for style in [theme.style(*role), theme.selected(*role)] {
                assert_eq!((style.fg, style.bg), (None, None), "{name} {}", role.name());
            }
            assert!(theme.selected(*role).add_modifier.contains(Modifier::REVERSED), "{name} {}", role.name());
        }
    }
    let mono = load("mono").at(Depth::Mono);
    assert_ne!(mono.style(Role::StatusBad), mono.style(Role::StatusOk));
}

#[test]
fn sixteen_colours_are_all_that_such_a_terminal_gets() {
    for (name, _) in THEMES {
        let theme = load(name).at(Depth::Ansi16);
        for role in Role::ALL {
            let style = theme.selected(*role);
            for colour in [style.fg, style.bg].into_iter().flatten() {
                assert!(!matches!(colour, Color::Rgb(..) | Color::Indexed(_)), "{name} {} {colour:?}", role.name());
            }
        }
    }
}

#[test]
fn layers_change_colours_and_roles_and_fall_back_along_dots() {
    let user =
        "palette:\n  coral: \"#ff0000\"\nroles:\n  cluster: on 17\n  status.bad.selected: coral reverse\n  text: 244 dim underline\n";
    let (theme, problems) = Theme::load(&[("mono", THEMES[5].1), ("mine.yaml", user)]);
    assert_eq!(problems, []);
    assert_eq!(theme.style(Role::Cluster3), Style::new().bg(Color::Indexed(17)));
    assert_eq!(theme.style(Role::ClusterLive), Style::new());
    assert_eq!(theme.style(Role::Text), Style::new().fg(Color::Indexed(244)).add_modifier(Modifier::DIM | Modifier::UNDERLINED));
    assert_eq!(theme.selected(Role::StatusBad), Style::new().fg(Color::Rgb(255, 0, 0)).add_modifier(Modifier::REVERSED));
    assert_eq!(theme.selected(Role::StatusWarn), Style::new().add_modifier(Modifier::REVERSED | Modifier::UNDERLINED));
    let (theme, _) = Theme::load(&[("dark", THEMES[0].1), ("mine.yaml", "palette: {coral: red}")]);
    assert_eq!(theme.style(Role::StatusBad).fg, Some(Color::Red), "a palette may be changed without its roles");
}

#[test]
fn the_config_may_name_colours() {
    let theme = load("dark");
    assert_eq!(theme.colour("coral").and_then(|s| s.fg), theme.style(Role::StatusBad).fg);
    assert_eq!(theme.colour("#102030"), Some(Style::new().fg(Color::Rgb(16, 32, 48))));
    assert_eq!(theme.colour("nothing"), None);
    assert_eq!(theme.at(Depth::Mono).colour("red"), Some(Style::new()));
}

#[test]
fn problems_have_file_line_and_advice() {
    for (user, want) in [
        ("roles:\n  status.bda: red\n", "mine.yaml:2: unknown role status.bda; did you mean status.bad?"),
        ("roles:\n  row.select: red\n", "mine.yaml:2: unknown role row.select; did you mean row.selected?"),
        ("roles:\n  text: corall\n", "mine.yaml:2: unknown colour or modifier corall; did you mean coral?"),
        ("roles:\n  text: ink blod\n", "mine.yaml:2: unknown colour or modifier blod; did you mean bold?"),
        ("roles:\n  text: ink on\n", "mine.yaml:2: unknown colour or modifier on"),
        ("palette:\n  x: gren\n", "mine.yaml:2: unknown colour gren; did you mean green?"),
        ("pallete: {}\n", "mine.yaml:1: unknown key pallete; did you mean palette?"),
        ("roles:\n  text: [ink]\n", "mine.yaml:2: text should be a text, not a list"),
        ("roles:\n  text: #ffffff\n", "mine.yaml:2: text should be a text, not nothing"),
    ] {
        assert_eq!(problems(user), [want]);
    }
    assert_eq!(problems("roles: {\n").len(), 1);
}
