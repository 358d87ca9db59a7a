//! The programs of the toy shell: each a function from arguments and input to output.

use super::disk::bytes;
use super::{Ran, Shell};
use crate::demo::logs::count::Count;
use jiff::Timestamp;
use jiff::fmt::strtime;

/// A program: its arguments without its name, and what it can read; none where that is not known yet.
pub(super) type Program = fn(&mut Shell, &[String], Option<&str>) -> Ran;

const PROGRAMS: &[(&str, Program)] = &[
    ("cat", cat),
    ("cd", cd),
    ("clear", |_, _, _| Ran::out("\x1b[H\x1b[2J")),
    ("command", |shell, arguments, input| which(shell, arguments.get(1..).unwrap_or_default(), input)),
    ("date", date),
    ("df", |_, _, _| {
        Ran::out(
            "Filesystem     1K-blocks     Used Available Use% Mounted on\noverlay         98831908 41220944  57594580  42% /\ntmpfs              65536        0     65536   0% /dev\n",
        )
    }),
    ("echo", echo),
    ("env", env),
    ("exec", exec),
    ("exit", exit),
    ("export", export),
    ("false", |_, _, _| Ran { code: 1, ..Ran::default() }),
    ("free", |_, _, _| {
        Ran::out(
            "              total        used        free      shared  buff/cache   available\nMem:       16384256     7263816     4210388       10240     4910052     9120440\nSwap:             0           0           0\n",
        )
    }),
    ("grep", grep),
    ("hostname", |shell, _, _| Ran::out(format!("{}\n", shell.machine.host))),
    ("id", id),
    ("ls", ls),
    ("printenv", env),
    ("ps", ps),
    ("pwd", |shell, _, _| Ran::out(format!("{}\n", shell.folder))),
    ("seq", seq),
    ("sleep", sleep),
    ("sort", |shell, _, input| {
        let sorted = |text: String| {
            let mut lines: Vec<&str> = text.lines().collect();
            lines.sort_unstable();
            Ran::out(lines.iter().map(|l| format!("{l}\n")).collect::<String>())
        };
        texts(shell, "sort", &[], input).map_or_else(|failed| failed, sorted)
    }),
    ("stty", |shell, _, _| Ran::out(format!("{} {}\n", shell.size.0, shell.size.1))),
    ("true", |_, _, _| Ran::default()),
    ("uname", uname),
    ("uptime", uptime),
    ("wc", wc),
    ("which", which),
    ("whoami", |shell, _, _| Ran::out(if shell.machine.root { "root\n" } else { "nobody\n" })),
    ("wget", wget),
    ("curl", wget),
    ("nslookup", nslookup),
];

/// The program of this name or path.
pub(super) fn find(name: &str) -> Option<Program> {
    named(PROGRAMS, name)
}

/// The program of this name or path in a list.
pub(super) fn named(programs: &[(&str, Program)], name: &str) -> Option<Program> {
    let bare = ["/bin/", "/usr/bin/", "/sbin/", "/usr/sbin/", "/usr/local/bin/"]
        .iter()
        .find_map(|folder| name.strip_prefix(folder))
        .unwrap_or(name);
    programs.iter().find(|(known, _)| *known == bare).map(|(_, program)| *program)
}

/// The options among the arguments, joined, and the others.
pub(super) fn split(arguments: &[String]) -> (String, Vec<&str>) {
    let (options, rest): (Vec<&str>, Vec<&str>) = arguments.iter().map(String::as_str).partition(|a| a.len() > 1 && a.starts_with('-'));
    (options.concat(), rest)
}

/// The text of files, or the input.
pub(super) fn texts(shell: &Shell, program: &str, names: &[&str], input: Option<&str>) -> Result<String, Ran> {
    if names.is_empty() {
        return input.filter(|_| !shell.more).map(str::to_owned).ok_or(Ran { wants_input: true, ..Ran::default() });
    }
    let mut all = String::new();
    for name in names {
        let path = shell.path(name);
        match shell.machine.files.get(&path) {
            Some(text) => all += text,
            None if shell.machine.is_folder(&path) => {
                return Err(Ran { out: all, ..Ran::fail(1, format!("{program}: read error: Is a directory")) });
            }
            None => return Err(Ran { out: all, ..Ran::fail(1, format!("{program}: can't open '{name}': No such file or directory")) }),
        }
    }
    Ok(all)
}

fn cat(shell: &mut Shell, arguments: &[String], input: Option<&str>) -> Ran {
    let (_, names) = split(arguments);
    if names.is_empty() && input.is_none() {
        return Ran { copy: true, ..Ran::default() };
    }
    texts(shell, "cat", &names, input).map_or_else(|failed| failed, Ran::out)
}

fn cd(shell: &mut Shell, arguments: &[String], _: Option<&str>) -> Ran {
    let name = arguments.first().map_or("/", String::as_str);
    let path = shell.path(name);
    if !shell.machine.is_folder(&path) {
        return Ran::fail(1, format!("sh: cd: can't cd to {name}: No such file or directory"));
    }
    shell.folder = path;
    Ran::default()
}

fn date(shell: &mut Shell, arguments: &[String], _: Option<&str>) -> Ran {
    let form = arguments.iter().find_map(|a| a.strip_prefix('+')).unwrap_or("%a %b %e %H:%M:%S UTC %Y");
    let at = Timestamp::from_millisecond(shell.now).unwrap_or_default();
    match strtime::format(form, at) {
        Ok(text) => Ran::out(text + "\n"),
        Err(_) => Ran::fail(1, format!("date: invalid format '{form}'")),
    }
}

fn echo(_: &mut Shell, arguments: &[String], _: Option<&str>) -> Ran {
    let mut words = arguments;
    let (mut end, mut escapes) = ("\n", false);
    while let Some((first, rest)) = words.split_first().filter(|(f, _)| matches!(f.as_str(), "-n" | "-e" | "-ne" | "-en")) {
        (end, escapes) = (if first.contains('n') { "" } else { end }, escapes || first.contains('e'));
        words = rest;
    }
    let text = words.join(" ");
    let text = if escapes { text.replace("\\n", "\n").replace("\\t", "\t").replace("\\033", "\x1b").replace("\\e", "\x1b") } else { text };
    Ran::out(text + end)
}

fn env(shell: &mut Shell, arguments: &[String], _: Option<&str>) -> Ran {
    match arguments.first() {
        Some(name) => shell.machine.variables.get(name).map_or(Ran { code: 1, ..Ran::default() }, |v| Ran::out(format!("{v}\n"))),
        None => Ran::out(shell.machine.variables.iter().map(|(k, v)| format!("{k}={v}\n")).collect::<String>()),
    }
}

fn exit(shell: &mut Shell, arguments: &[String], _: Option<&str>) -> Ran {
    let code = arguments.first().map_or(Some(shell.last), |a| a.parse().ok()).map(|c: i32| c & 0xff);
    code.map_or_else(|| Ran { exit: true, ..Ran::fail(2, "sh: exit: Illegal number") }, |code| Ran { code, exit: true, ..Ran::default() })
}

/// A shell in the place of this one.
fn exec(_: &mut Shell, arguments: &[String], _: Option<&str>) -> Ran {
    match arguments {
        [program] if super::is_shell(program) => Ran { prompts: true, ..Ran::default() },
        _ => Ran::fail(127, "sh: exec: only a shell is started so here"),
    }
}

fn export(shell: &mut Shell, arguments: &[String], _: Option<&str>) -> Ran {
    let given = arguments.iter().filter_map(|a| a.split_once('='));
    shell.machine.variables.extend(given.map(|(k, v)| (k.to_owned(), v.to_owned())));
    Ran::default()
}

fn grep(shell: &mut Shell, arguments: &[String], input: Option<&str>) -> Ran {
    let (options, rest) = split(arguments);
    let Some((word, names)) = rest.split_first() else { return Ran::fail(2, "Usage: grep [-ivc] PATTERN [FILE]...") };
    let text = match texts(shell, "grep", names, input) {
        Ok(text) => text,
        Err(failed) => return failed,
    };
    let fold = |t: &str| if options.contains('i') { t.to_lowercase() } else { t.to_owned() };
    let word = fold(word);
    let lines: Vec<&str> = text.lines().filter(|l| fold(l).contains(&word) != options.contains('v')).collect();
    let out = if options.contains('c') { format!("{}\n", lines.len()) } else { lines.iter().map(|l| format!("{l}\n")).collect() };
    Ran { out, code: i32::from(lines.is_empty()), ..Ran::default() }
}

/// How many lines are asked for (`-n 3`, `-3`), and the files.
fn count(arguments: &[String]) -> (usize, Vec<&str>) {
    let (mut lines, mut names) = (10, Vec::new());
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        match argument.strip_prefix('-') {
            Some("n") => lines = rest.next().and_then(|n| n.parse().ok()).unwrap_or(lines),
            Some(option) => lines = option.trim_start_matches('n').parse().unwrap_or(lines),
            None => names.push(argument.as_str()),
        }
    }
    (lines, names)
}

pub(super) fn head(shell: &mut Shell, arguments: &[String], input: Option<&str>) -> Ran {
    let (lines, names) = count(arguments);
    texts(shell, "head", &names, input)
        .map_or_else(|failed| failed, |text| Ran::out(text.split_inclusive('\n').take(lines).collect::<String>()))
}

pub(super) fn tail(shell: &mut Shell, arguments: &[String], input: Option<&str>) -> Ran {
    let (lines, names) = count(arguments);
    let last = |text: String| {
        let all: Vec<&str> = text.split_inclusive('\n').collect();
        Ran::out(all.iter().skip(all.len().saturating_sub(lines)).copied().collect::<String>())
    };
    texts(shell, "tail", &names, input).map_or_else(|failed| failed, last)
}

fn id(shell: &mut Shell, _: &[String], _: Option<&str>) -> Ran {
    Ran::out(if shell.machine.root {
        "uid=0(root) gid=0(root) groups=0(root)\n"
    } else {
        "uid=65534(nobody) gid=65534(nobody) groups=65534(nobody)\n"
    })
}

fn ls(shell: &mut Shell, arguments: &[String], _: Option<&str>) -> Ran {
    let (options, names) = split(arguments);
    let name = names.first().copied().unwrap_or(".");
    let path = shell.path(name);
    let long = |name: &str, folder: bool, size: usize| {
        let mode = if folder { "drwxr-xr-x" } else { "-rw-r--r--" };
        format!("{mode}    1 root     root     {size:>9} Nov 23 08:00 {name}\n")
    };
    if let Some(file) = shell.machine.files.get(&path) {
        return Ran::out(if options.contains('l') { long(name, false, file.len()) } else { format!("{name}\n") });
    }
    if !shell.machine.is_folder(&path) {
        return Ran::fail(1, format!("ls: {name}: No such file or directory"));
    }
    let mut out = String::new();
    for (name, folder) in shell.machine.names(&path).into_iter().filter(|(n, _)| options.contains('a') || !n.starts_with('.')) {
        let file = format!("{}/{name}", path.trim_end_matches('/'));
        let size = shell.machine.files.get(&file).map_or(4096, String::len);
        out += &if options.contains('l') { long(name, folder, size) } else { format!("{name}\n") };
    }
    Ran::out(out)
}

fn ps(shell: &mut Shell, _: &[String], _: Option<&str>) -> Ran {
    let minutes = (shell.now - shell.machine.started).max(0) / 60_000;
    let user = if shell.machine.root { "root" } else { "nobody" };
    let process = &shell.machine.process;
    Ran::out(format!(
        "PID   USER     TIME  COMMAND\n    1 {user:<8} {:>2}:{:02} {process}\n    7 {user:<8}  0:00 sh\n   12 {user:<8}  0:00 ps\n",
        minutes / 600,
        minutes / 10 % 60
    ))
}

fn seq(_: &mut Shell, arguments: &[String], _: Option<&str>) -> Ran {
    let words: Vec<&str> = ["seq"].into_iter().chain(arguments.iter().map(String::as_str)).collect();
    let printed = Count::of(&words).and_then(|count| count.print());
    printed.map_or_else(|| Ran::fail(1, format!("seq: cannot print '{}' here", arguments.join(" "))), Ran::out)
}

fn sleep(_: &mut Shell, arguments: &[String], _: Option<&str>) -> Ran {
    let seconds = arguments.first().map(|a| a.trim_end_matches('s')).and_then(|a| a.parse::<f64>().ok());
    match seconds.filter(|s| (0.0..=1e9).contains(s)) {
        Some(seconds) => Ran { sleep: (seconds * 1000.0) as u64, ..Ran::default() },
        None => Ran::fail(1, format!("sleep: invalid number '{}'", arguments.first().map_or("", String::as_str))),
    }
}

fn uname(shell: &mut Shell, arguments: &[String], _: Option<&str>) -> Ran {
    let host = &shell.machine.host;
    let all = arguments.iter().any(|a| a == "-a");
    Ran::out(if all { format!("Linux {host} 6.12.30 #1 SMP PREEMPT_DYNAMIC x86_64 Linux\n") } else { "Linux\n".to_owned() })
}

fn uptime(shell: &mut Shell, _: &[String], _: Option<&str>) -> Ran {
    let up = (shell.now - shell.machine.started).max(0) / 60_000;
    let time = Timestamp::from_millisecond(shell.now).ok().and_then(|t| strtime::format("%H:%M:%S", t).ok()).unwrap_or_default();
    Ran::out(format!(" {time} up {} days, {:2}:{:02},  0 users,  load average: 0.42, 0.37, 0.35\n", up / 1440, up / 60 % 24, up % 60))
}

fn wc(shell: &mut Shell, arguments: &[String], input: Option<&str>) -> Ran {
    let (options, names) = split(arguments);
    let text = match texts(shell, "wc", &names, input) {
        Ok(text) => text,
        Err(failed) => return failed,
    };
    let (lines, words, bytes) = (text.matches('\n').count(), text.split_whitespace().count(), bytes(&text).len());
    let name = names.first().map(|n| format!(" {n}")).unwrap_or_default();
    Ran::out(match options.as_str() {
        "-l" => format!("{lines}{name}\n"),
        "-w" => format!("{words}{name}\n"),
        "-c" => format!("{bytes}{name}\n"),
        _ => format!("{lines:>9} {words:>9} {bytes:>9}{name}\n"),
    })
}

fn which(_: &mut Shell, arguments: &[String], _: Option<&str>) -> Ran {
    let known = |n: &&String| super::is_shell(n) || super::files::find(n).or_else(|| find(n)).is_some();
    let out: String = arguments.iter().filter(known).map(|n| format!("/bin/{n}\n")).collect();
    Ran { code: i32::from(out.is_empty()), out, ..Ran::default() }
}

fn wget(shell: &mut Shell, arguments: &[String], _: Option<&str>) -> Ran {
    let (_, rest) = split(arguments);
    let Some(address) = rest.iter().find(|a| !a.starts_with('-')) else { return Ran::fail(1, "wget: missing URL") };
    let host = address.split("//").last().and_then(|h| h.split(['/', ':']).next()).unwrap_or_default();
    if host.starts_with("localhost") || host.starts_with("127.") || host == shell.machine.address {
        return Ran::out("ok\n");
    }
    Ran::fail(1, format!("wget: bad address '{host}'"))
}

fn nslookup(_: &mut Shell, arguments: &[String], _: Option<&str>) -> Ran {
    let Some(name) = arguments.first() else { return Ran::fail(1, "Usage: nslookup HOST") };
    if name.starts_with("kubernetes") {
        return Ran::out(
            "Server:\t\t10.96.0.10\nAddress:\t10.96.0.10:53\n\nName:\tkubernetes.default.svc.cluster.local\nAddress: 10.96.0.1\n\n",
        );
    }
    Ran::fail(1, format!("Server:\t\t10.96.0.10\nAddress:\t10.96.0.10:53\n\n** server can't find {name}: NXDOMAIN\n"))
}
