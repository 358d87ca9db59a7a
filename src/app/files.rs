//! The user's own files: where they are and what they say, read at the start and again after each edit. What is wrong in one is told with
//! its place and costs only itself. Kubeconfigs are read in `k8s`.

use super::cli::Flags;
use super::config::Config;
use super::session;
use crate::actions;
use crate::keymap::{KEYMAPS, Keymap};
use crate::model::nearest::hint;
use crate::model::problem::Problem;
use crate::model::yaml;
use crate::ui::theme::{Depth, THEMES, Theme};
use directories::ProjectDirs;
use std::fs;
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

/// Where our files are.
#[derive(Clone, Debug, Default)]
pub struct Paths {
    /// The config file.
    pub config: PathBuf,
    /// Keymaps of the user's own.
    pub keymaps: PathBuf,
    /// Themes of the user's own.
    pub themes: PathBuf,
    /// What the last run left: which clusters were open.
    pub session: PathBuf,
    /// How panes were laid out.
    pub layouts: PathBuf,
    /// Forwards that are kept by name.
    pub forwards: PathBuf,
    /// Texts that were written and not stored.
    pub texts: PathBuf,
    /// Those of Secrets: in memory, and gone with the login; `None` where the system has no such folder.
    pub secret_texts: Option<PathBuf>,
    /// The log.
    pub log: PathBuf,
    /// The journal, where nobody says another place.
    pub journal: PathBuf,
    /// What has to be removed again from clusters.
    pub debugging: PathBuf,
    /// Where what a person asks to have in a file is kept.
    pub saves: PathBuf,
}

impl Paths {
    /// All of them in a folder.
    pub fn within(folder: &Path) -> Self {
        Self {
            keymaps: folder.join("keymaps"),
            themes: folder.join("themes"),
            config: folder.join("config.yaml"),
            session: folder.join("session.yaml"),
            layouts: folder.join("layouts.yaml"),
            forwards: folder.join("forwards.yaml"),
            texts: folder.join("texts"),
            secret_texts: Some(folder.join("run/texts")),
            log: folder.join("kconsole.log"),
            journal: folder.join("journal.jsonl"),
            debugging: folder.join("debugging"),
            saves: folder.to_owned(),
        }
    }

    /// By the conventions of the system; in the current directory where there is no home.
    pub fn find() -> Self {
        let dirs = ProjectDirs::from("", "", "kconsole");
        let config = dirs.as_ref().map(|d| d.config_dir().to_owned()).unwrap_or_default();
        let state = dirs.as_ref().map(|d| d.state_dir().unwrap_or_else(|| d.data_local_dir()).to_owned()).unwrap_or_default();
        Self {
            keymaps: config.join("keymaps"),
            themes: config.join("themes"),
            config: config.join("config.yaml"),
            session: state.join("session.yaml"),
            layouts: state.join("layouts.yaml"),
            forwards: state.join("forwards.yaml"),
            texts: state.join("texts"),
            secret_texts: dirs.as_ref().and_then(|d| d.runtime_dir()).map(|run| run.join("texts")),
            log: state.join("kconsole.log"),
            journal: state.join("journal.jsonl"),
            debugging: state.join("debugging"),
            // The current directory, as of other programs.
            saves: PathBuf::new(),
        }
    }
}

/// Makes the folder of a file of ours, where there is none, for its owner only.
///
/// # Errors
/// Why there is none.
pub(super) fn make_folder_of(path: &Path) -> io::Result<()> {
    match path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        Some(folder) => fs::DirBuilder::new().recursive(true).mode(0o700).create(folder),
        None => Ok(()),
    }
}

/// What the user's own files say, all together.
#[derive(Clone, Debug)]
pub struct Own {
    /// The config.
    pub config: Config,
    /// The keys.
    pub keymap: Keymap,
    /// The looks, as this terminal can show them.
    pub theme: Theme,
    /// What is wrong.
    pub problems: Vec<String>,
}

impl Own {
    /// Reads them all. Of a file that cannot be read as a whole, what `last` had of it holds on; without one, the defaults.
    pub fn read(paths: &Paths, flags: &Flags, last: Option<&Self>) -> Self {
        let mut problems = Vec::new();
        let config = config(&paths.config, last.map(|l| &l.config), &mut problems);
        let name = flags.keymap.clone().or(config.keymap.clone()).or_else(|| session::read(paths).keymap);
        let keymap = keymap(paths, name.as_deref().unwrap_or("default"), last.map(|l| &l.keymap), &mut problems);
        let asked = flags.theme.as_deref().unwrap_or(&config.theme);
        let depth = Depth::detect(|name| std::env::var(name).ok(), flags.color.into());
        let theme = theme(paths, asked, depth, last.map(|l| &l.theme), &mut problems);
        if depth > Depth::Mono {
            problems.extend(strange_colours(&config, &theme));
        }
        Self { config, keymap, theme, problems }
    }
}

/// A file that need not be there; `Err` where it is there and cannot be read.
fn text(path: &Path, problems: &mut Vec<String>) -> Result<Option<String>, ()> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => Ok(None),
        Err(error) => {
            problems.push(format!("{}: {error}", path.display()));
            Err(())
        }
    }
}

fn told(problems: &mut Vec<String>, found: Vec<Problem>) {
    problems.extend(found.iter().map(ToString::to_string));
}

/// Says that a file is no YAML, and what holds instead.
fn unreadable(problems: &mut Vec<String>, problem: &Problem, is_again: bool) {
    let holds = if is_again { "; what was read before holds" } else { "" };
    problems.push(format!("{problem}{holds}"));
}

fn config(path: &Path, last: Option<&Config>, problems: &mut Vec<String>) -> Config {
    // What a file that cannot be read says of what guards is not known, so nothing may be changed.
    let kept = |problems: &[String]| {
        let mut config = last.cloned().unwrap_or_default();
        config.broken = problems.last().cloned();
        config
    };
    let text = match text(path, problems) {
        Ok(Some(text)) => text,
        Ok(None) => return Config::default(),
        Err(()) => return kept(problems),
    };
    match Config::load(&path.display().to_string(), &text) {
        Ok((config, found)) => {
            told(problems, found);
            config
        }
        Err(problem) => {
            unreadable(problems, &problem, last.is_some());
            kept(problems)
        }
    }
}

/// A keymap or theme of the user's own: file name and text, or none. `Err` where the file cannot be read as a whole.
fn own(file: &Path, is_again: bool, problems: &mut Vec<String>) -> Result<Option<(String, String)>, ()> {
    let Some(text) = text(file, problems)? else { return Ok(None) };
    let name = file.display().to_string();
    match yaml::read(&name, &text) {
        Ok(_) => Ok(Some((name, text))),
        Err(problem) => {
            unreadable(problems, &problem, is_again);
            Err(())
        }
    }
}

/// A list of what comes with the program: name and text.
type Ours = &'static [(&'static str, &'static str)];

/// The one of ours with this name, or the default where only the user has one; where nobody has one, that is told.
fn base(kind: &str, name: &str, ours: Ours, file: &Path, problems: &mut Vec<String>) -> (&'static str, &'static str) {
    let base = ours.iter().find(|(n, _)| *n == name);
    if base.is_none() && !file.exists() {
        let near = hint(name, ours.iter().map(|(n, _)| *n));
        problems.push(format!("there is no {kind} called {name}, neither in kconsole nor as {}{near}", file.display()));
    }
    base.or(ours.first()).copied().unwrap_or_default()
}

/// The keys of this name: ours, and the user's own of this name over them.
fn keymap(paths: &Paths, name: &str, last: Option<&Keymap>, problems: &mut Vec<String>) -> Keymap {
    let known: Vec<&str> = actions::all().map(|a| a.name).collect();
    let file = paths.keymaps.join(format!("{name}.yaml"));
    let base = base("keymap", name, KEYMAPS, &file, problems);
    let user = own(&file, last.is_some(), problems);
    if let (Err(()), Some(last)) = (&user, last) {
        return last.clone();
    }
    let user = user.ok().flatten();
    let over = user.as_ref().map(|(file, text)| (file.as_str(), text.as_str()));
    let (keymap, found) = Keymap::load(&[base].into_iter().chain(over).collect::<Vec<_>>(), &known);
    told(problems, found);
    keymap
}

/// The looks of this name, as a terminal of so many colours can show them.
fn theme(paths: &Paths, name: &str, depth: Depth, last: Option<&Theme>, problems: &mut Vec<String>) -> Theme {
    let file = paths.themes.join(format!("{name}.yaml"));
    let asked = base("theme", name, THEMES, &file, problems);
    // Without colours only a theme that was made for that tells states apart.
    let mono = THEMES.iter().find(|(n, _)| *n == "mono" && depth == Depth::Mono).copied();
    let user = if mono.is_some() { Ok(None) } else { own(&file, last.is_some(), problems) };
    if let (Err(()), Some(last)) = (&user, last) {
        return last.clone();
    }
    let user = user.ok().flatten();
    let over = user.as_ref().map(|(file, text)| (file.as_str(), text.as_str()));
    let (theme, found) = Theme::load(&[mono.unwrap_or(asked)].into_iter().chain(over).collect::<Vec<_>>());
    told(problems, found);
    theme.at(depth)
}

/// Colours of clusters that neither the theme nor a terminal has.
fn strange_colours(config: &Config, theme: &Theme) -> Vec<String> {
    let strange = config.colours().filter(|(colour, _)| theme.colour(colour).is_none());
    strange.map(|(colour, place)| format!("{place}: unknown colour {colour}{}", hint(colour, theme.colours()))).collect()
}
