//! Opens an address in the person's browser: what BROWSER names, else the desktop's own tool. Over SSH there is none that the person would see.

use process_wrap::tokio::{CommandWrap, ProcessSession};
use std::process::Stdio;

/// Opens an address. Says with what; `None` where there is no browser to be had.
pub(super) fn open(url: &str) -> Option<String> {
    commands(url, |name| std::env::var(name).ok()).into_iter().find_map(|command| start(&command))
}

/// The commands that may open it, best first. No shell reads them: the address stays one word, whatever is in it.
fn commands(url: &str, env: impl Fn(&str) -> Option<String>) -> Vec<Vec<String>> {
    let has = |name: &str| env(name).is_some_and(|value| !value.is_empty());
    if has("SSH_CONNECTION") || has("SSH_TTY") {
        return Vec::new();
    }
    let own = env("BROWSER").unwrap_or_default();
    let mut commands: Vec<Vec<String>> = own.split(':').map(|command| filled(command, url)).filter(|words| words.len() > 1).collect();
    let tools =
        [("wslview", has("WSL_DISTRO_NAME")), ("xdg-open", has("DISPLAY") || has("WAYLAND_DISPLAY")), ("open", cfg!(target_os = "macos"))];
    commands.extend(tools.iter().filter(|(_, there)| *there).map(|(tool, _)| vec![(*tool).to_owned(), url.to_owned()]));
    commands
}

/// The words of a command with the address in the place of `%s`, or behind them.
fn filled(command: &str, url: &str) -> Vec<String> {
    let mut words: Vec<String> = command.split_whitespace().map(ToOwned::to_owned).collect();
    let Some((_, arguments)) = words.split_first_mut() else { return words };
    if arguments.iter().any(|a| a.contains("%s")) {
        arguments.iter_mut().for_each(|a| *a = a.replace("%s", url));
    } else {
        words.push(url.to_owned());
    }
    words
}

/// Starts a command in a session of its own: it gets no terminal and outlives us.
fn start(command: &[String]) -> Option<String> {
    let (tool, arguments) = command.split_first()?;
    let mut wrapped = CommandWrap::with_new(tool, |c| {
        c.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    });
    let mut child = wrapped.wrap(ProcessSession).spawn().ok()?;
    tokio::spawn(async move { tracing::debug!("the browser: {:?}", child.wait().await) });
    Some(tool.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(env: &[(&str, &str)]) -> Vec<String> {
        let look = |name: &str| env.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned());
        let commands = commands("https://x/?a=b;c d", look).into_iter().filter(|c| c[0] != "open");
        commands.map(|c| c.join("|")).collect()
    }

    #[test]
    fn browsers_are_looked_for_as_the_environment_says() {
        for (env, want) in [
            (vec![], vec![]),
            (vec![("BROWSER", "firefox")], vec!["firefox|https://x/?a=b;c d"]),
            (
                vec![("BROWSER", "a -n %s --x:b"), ("DISPLAY", ":0")],
                vec!["a|-n|https://x/?a=b;c d|--x", "b|https://x/?a=b;c d", "xdg-open|https://x/?a=b;c d"],
            ),
            (vec![("BROWSER", " : "), ("WAYLAND_DISPLAY", "w")], vec!["xdg-open|https://x/?a=b;c d"]),
            (vec![("WSL_DISTRO_NAME", "u"), ("DISPLAY", "")], vec!["wslview|https://x/?a=b;c d"]),
            (vec![("BROWSER", "firefox"), ("DISPLAY", ":0"), ("SSH_CONNECTION", "1 2 3 4")], vec![]),
            (vec![("DISPLAY", ":0"), ("SSH_TTY", "/dev/pts/0")], vec![]),
        ] {
            assert_eq!(found(&env), want, "{env:?}");
        }
    }

    #[tokio::test]
    async fn a_browser_gets_the_address_and_no_terminal() {
        let dir = tempfile::tempdir().unwrap();
        let told = dir.path().join("told");
        // The sixth word is the session, where the system says so.
        let script = r#"s=$(cut -d' ' -f6 /proc/$$/stat 2>/dev/null || echo $$); [ "$s" = $$ ] || s=ours; printf '%s' "$1 ${s#$$}" >"$0.new"; mv "$0.new" "$0""#;
        let command = ["sh", "-c", script, told.to_str().unwrap(), "https://x/$(id)"].map(String::from);
        assert_eq!(start(&command), Some("sh".into()));
        let written = async {
            while !told.exists() {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(std::time::Duration::from_secs(20), written).await.unwrap();
        assert_eq!(std::fs::read_to_string(told).unwrap(), "https://x/$(id) ");
        assert_eq!(start(&[dir.path().join("none").to_str().unwrap().to_owned(), "https://x/".to_owned()]), None);
    }
}
