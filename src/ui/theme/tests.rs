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

/// Light of red, green and blue, each up to 1.
fn linear(colour: Color) -> [f64; 3] {
    let Color::Rgb(r, g, b) = colour else { panic!("{colour:?}") };
    [r, g, b].map(f64::from).map(|c| c / 255.0).map(|c| if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) })
}

/// The ratio of WCAG 2.2, section 1.4.3.
fn contrast(a: Color, b: Color) -> f64 {
    let luminance = |colour| {
        let [r, g, b] = linear(colour);
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

/// What a theme is looked at on: its own screen, or those that terminals have.
fn backgrounds(name: &str, theme: &Theme) -> Vec<Color> {
    match (theme.style(Role::Screen).bg, name) {
        (Some(own), _) => vec![own],
        (None, "light") => vec![Color::Rgb(255, 255, 255), Color::Rgb(0xfa, 0xf8, 0xf2)],
        (None, "high-contrast") => vec![Color::Rgb(0, 0, 0), Color::Rgb(0x10, 0x10, 0x10)],
        (None, _) => vec![Color::Rgb(0, 0, 0), Color::Rgb(0x1e, 0x1e, 0x24)],
    }
}

#[test]
fn texts_can_be_read_on_their_backgrounds() {
    let texts = || Role::ALL.iter().filter(|r| !matches!(r, Role::Screen | Role::Border | Role::BarEmpty | Role::RowSelected));
    for (name, _) in THEMES.iter().filter(|(name, _)| !["terminal-16", "mono"].contains(name)) {
        let theme = load(name);
        for role in texts() {
            let selected = theme.selected(*role);
            let pairs = backgrounds(name, &theme).into_iter().map(|b| (theme.style(*role).fg, Some(b))).chain([(selected.fg, selected.bg)]);
            for (fg, bg) in pairs {
                let ratio = contrast(fg.unwrap(), bg.unwrap());
                let wanted = if *name == "high-contrast" { 7.0 } else { 4.5 };
                assert!(ratio >= wanted, "{name}: {} on {bg:?} has {ratio:.2}", role.name());
            }
        }
    }
}

#[test]
fn a_screen_of_its_own_is_kept_where_there_are_colours_for_it() {
    let theme = load("nord");
    assert_eq!(theme.style(Role::Screen).bg, Some(Color::Rgb(0x2e, 0x34, 0x40)));
    assert!(matches!(theme.clone().at(Depth::Indexed256).style(Role::Screen).bg, Some(Color::Indexed(_))));
    for depth in [Depth::Ansi16, Depth::Mono] {
        assert_eq!(theme.clone().at(depth).style(Role::Screen), Style::default());
    }
    assert_eq!(load("dark").style(Role::Screen), Style::default(), "the terminal's own shows");
}

/// What eyes see that lack one kind of cone: in linear light, after Machado, Oliveira and Fernandes (2009), at full severity.
const DEFICIENCIES: [(&str, [[f64; 3]; 3]); 3] = [
    ("protanopia", [[0.152_286, 1.052_583, -0.204_868], [0.114_503, 0.786_281, 0.099_216], [-0.003_882, -0.048_116, 1.051_998]]),
    ("deuteranopia", [[0.367_322, 0.860_646, -0.227_968], [0.280_085, 0.672_501, 0.047_413], [-0.011_820, 0.042_940, 0.968_881]]),
    ("tritanopia", [[1.255_528, -0.076_749, -0.178_779], [-0.078_411, 0.930_809, 0.147_602], [0.004_733, 0.691_367, 0.303_900]]),
];

/// How different two colours look to such eyes: the distance in Oklab, in which about 0.02 can just be seen side by side.
fn distance(a: Color, b: Color, eyes: [[f64; 3]; 3]) -> f64 {
    let times = |m: [[f64; 3]; 3], v: [f64; 3]| m.map(|row| row[0] * v[0] + row[1] * v[1] + row[2] * v[2]);
    let oklab = |colour| {
        let seen = times(eyes, linear(colour)).map(|c| c.clamp(0.0, 1.0));
        let lms = [
            [0.412_221_470_8, 0.536_332_536_3, 0.051_445_992_9],
            [0.211_903_498_2, 0.680_699_545_1, 0.107_396_956_6],
            [0.088_302_461_9, 0.281_718_837_6, 0.629_978_700_5],
        ];
        let lab = [
            [0.210_454_255_3, 0.793_617_785_0, -0.004_072_046_8],
            [1.977_998_495_1, -2.428_592_205_0, 0.450_593_709_9],
            [0.025_904_037_1, 0.782_771_766_2, -0.808_675_766_0],
        ];
        times(lab, times(lms, seen).map(f64::cbrt))
    };
    let (a, b) = (oklab(a), oklab(b));
    (0..3).map(|i| (a[i] - b[i]).powi(2)).sum::<f64>().sqrt()
}

#[test]
fn colour_blind_eyes_tell_states_apart() {
    let theme = load("colour-blind");
    let groups = [
        vec![Role::StatusOk, Role::StatusDone, Role::StatusBusy, Role::StatusWarn, Role::StatusBad],
        vec![Role::NoticeInfo, Role::NoticeWarn, Role::NoticeBad],
        vec![Role::ClusterLive, Role::ClusterStale, Role::ClusterUnreachable, Role::ClusterClosed],
    ];
    for (eyes, matrix) in DEFICIENCIES {
        for group in &groups {
            for (i, a) in group.iter().enumerate() {
                for b in &group[..i] {
                    let apart = distance(theme.style(*a).fg.unwrap(), theme.style(*b).fg.unwrap(), matrix);
                    assert!(apart > 0.08, "{eyes}: {} and {} are {apart:.3} apart", a.name(), b.name());
                }
            }
        }
    }
    let (green, red) = (Color::Rgb(0x60, 0xa0, 0x40), Color::Rgb(0xd0, 0x70, 0x40));
    let whole = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
    assert!(distance(green, red, whole) > 0.2 && distance(green, red, DEFICIENCIES[1].1) < 0.08, "the measure sees what such eyes do not");
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
