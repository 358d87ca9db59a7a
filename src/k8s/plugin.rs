//! Runs a credential plugin (`client.authentication.k8s.io`): in a session of its own, without a terminal, with a deadline, and
//! never with a secret in a message. When to run one, and for whom, is [`super::credential`]'s business.

use super::entry::{Exec, Interactive};
use super::kubeconfig::Context;
use super::login::{Plugin, login};
use crate::model::fault::{Fault, FaultKind};
use crate::model::time::Timestamp;
use base64::Engine;
use process_wrap::tokio::{ChildWrapper, CommandWrap, KillOnDrop, ProcessSession};
use serde_json::{Value, json};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt};

/// More than this on stdout is no credential.
const STDOUT: u64 = 1 << 20;
/// So much of stderr is kept.
const STDERR: u64 = 64 << 10;
/// A plugin that has ended may have left somebody behind who holds its pipes: they are read for so long.
const DRAIN: Duration = Duration::from_millis(500);

/// How plugins are run.
#[derive(Clone, Debug)]
pub(super) struct Runner {
    /// A plugin that takes longer is killed, with all that it started.
    pub(super) deadline: Duration,
    /// PATH.
    pub(super) path: Option<OsString>,
}

/// What a plugin gave.
#[derive(PartialEq, Eq)]
pub(super) struct Grant {
    pub(super) token: Option<String>,
    pub(super) certificate: Option<(String, String)>,
    pub(super) expires: Option<Timestamp>,
}

impl Runner {
    /// Runs the context's plugin.
    pub(super) async fn run(&self, context: &Context, exec: &Exec, now: Timestamp) -> Result<Grant, Fault> {
        let program = self.find(exec)?;
        let wrapped = |command: &mut tokio::process::Command| prepare(command, context, exec);
        let mut command = CommandWrap::with_new(&program, wrapped);
        let child = command.wrap(KillOnDrop).wrap(ProcessSession).spawn();
        let child = child.map_err(|error| Fault::new(FaultKind::Config, format!("{} cannot be run: {error}", program.display())))?;
        let mut group = Group(Some(child));
        let Ok(ended) = tokio::time::timeout(self.deadline, group.output()).await else {
            drop(group);
            let what = format!("{} did not answer within {} s and was killed", exec.command, self.deadline.as_secs_f32());
            return Err(of_person(context, exec, what, true));
        };
        let Ended { status, stdout, stderr } =
            ended.map_err(|error| Fault::new(FaultKind::Config, format!("{} cannot be run: {error}", exec.command)))?;
        if stdout.len() as u64 > STDOUT {
            return Err(Fault::new(FaultKind::Config, format!("{} printed more than {} KiB", exec.command, STDOUT >> 10)));
        }
        if !status.success() {
            return Err(failed(context, exec, status, &stderr));
        }
        grant(&stdout, &exec.api_version, now).map_err(|what| Fault::new(FaultKind::Config, format!("{}: {what}", exec.command)))
    }

    /// The program's file: absolute, or found in PATH, never in the current directory.
    fn find(&self, exec: &Exec) -> Result<PathBuf, Fault> {
        let direct = PathBuf::from(&exec.command);
        let path = self.path.clone().unwrap_or_default();
        let found = if direct.is_absolute() {
            Some(direct).filter(|file| is_program(file))
        } else {
            let dirs = std::env::split_paths(&path).filter(|dir| dir.is_absolute());
            dirs.map(|dir| dir.join(&exec.command)).find(|file| is_program(file))
        };
        found.ok_or_else(|| {
            let place = if exec.command.contains('/') { String::new() } else { format!(" in PATH ({})", path.to_string_lossy()) };
            let fault = Fault::new(FaultKind::Config, format!("the credential plugin {} is not there{place}", exec.command));
            match &exec.install_hint {
                Some(hint) => fault.hint(hint.clone()),
                None => fault.hint("install it, or correct the kubeconfig"),
            }
        })
    }
}

#[cfg(unix)]
fn is_program(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(file).is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_program(file: &Path) -> bool {
    file.is_file()
}

fn prepare(command: &mut tokio::process::Command, context: &Context, exec: &Exec) {
    command.args(&exec.args).envs(exec.env.iter().map(|(name, value)| (name, value)));
    command.env("KUBERNETES_EXEC_INFO", exec_info(context, exec).to_string());
    if context.needs_person() {
        // It may use what it has stored, but not open a browser behind the person's back.
        command.env_remove("DISPLAY").env_remove("WAYLAND_DISPLAY").env("BROWSER", "false");
    }
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
}

/// What a plugin is told.
fn exec_info(context: &Context, exec: &Exec) -> Value {
    let mut spec = json!({ "interactive": false });
    if exec.provide_cluster_info
        && let Some(spec) = spec.as_object_mut()
    {
        let cluster = &context.cluster;
        let mut info = serde_json::Map::new();
        let mut tell = |key: &str, value: Option<Value>| value.map(|value| info.insert(key.to_owned(), value));
        tell("server", Some(cluster.server.as_str().into()));
        tell("tls-server-name", cluster.tls_server_name.as_deref().map(Value::from));
        tell("insecure-skip-tls-verify", cluster.insecure_skip_tls_verify.then_some(Value::Bool(true)));
        let ca = cluster.ca.as_ref().map(|ca| base64::engine::general_purpose::STANDARD.encode(ca.current()));
        tell("certificate-authority-data", ca.map(Value::from));
        tell("proxy-url", cluster.proxy_url.as_deref().map(Value::from));
        tell("disable-compression", cluster.disable_compression.then_some(Value::Bool(true)));
        tell("config", cluster.exec_config.as_deref().and_then(|config| serde_json::from_str(config).ok()));
        spec.insert("cluster".to_owned(), Value::Object(info));
    }
    json!({ "apiVersion": exec.api_version, "kind": "ExecCredential", "spec": spec })
}

/// A running plugin; all that it started dies with this.
struct Group(Option<Box<dyn ChildWrapper>>);

struct Ended {
    status: ExitStatus,
    stdout: Vec<u8>,
    stderr: Vec<u8>,
}

impl Group {
    async fn output(&mut self) -> std::io::Result<Ended> {
        let gone = || std::io::Error::other("it has ended");
        let child = self.0.as_mut().ok_or_else(gone)?;
        let (out, err) = (child.stdout().take(), child.stderr().take());
        let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
        let status = {
            let drained = async { tokio::join!(keep(out, STDOUT + 1, &mut stdout, false), keep(err, STDERR, &mut stderr, true)) };
            tokio::pin!(drained);
            tokio::select! {
                _ = &mut drained => child.wait().await?,
                status = child.wait() => {
                    // What is there by then is what counts.
                    let _ = tokio::time::timeout(DRAIN, &mut drained).await;
                    status?
                }
            }
        };
        self.0 = None;
        Ok(Ended { status, stdout, stderr })
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(child) = &mut self.0 {
            // Fails where nobody is left.
            let _ = child.start_kill();
        }
    }
}

/// Keeps so much of what a pipe gives; the rest is read and forgotten, or the pipe is closed.
async fn keep(pipe: Option<impl AsyncRead + Unpin>, most: u64, kept: &mut Vec<u8>, read_on: bool) {
    let Some(mut pipe) = pipe else { return };
    // A pipe that breaks is a pipe that has ended.
    let _ = (&mut pipe).take(most).read_to_end(kept).await;
    if read_on {
        let _ = tokio::io::copy(&mut pipe, &mut tokio::io::sink()).await;
    }
}

/// The credential in what a plugin printed, or what is wrong with it; never with the text itself.
fn grant(stdout: &[u8], version: &str, now: Timestamp) -> Result<Grant, String> {
    let answer: Value = serde_json::from_slice(stdout).map_err(|error| {
        let what = if stdout.iter().all(u8::is_ascii_whitespace) { "nothing" } else { "no JSON" };
        format!("printed {what} instead of an ExecCredential (line {}, column {})", error.line(), error.column())
    })?;
    let text = |value: &Value, key: &str| value.get(key).and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned);
    if text(&answer, "kind").as_deref() != Some("ExecCredential") {
        return Err("printed JSON that is no ExecCredential".to_owned());
    }
    if text(&answer, "apiVersion").as_deref() != Some(version) {
        let found = text(&answer, "apiVersion").unwrap_or_default();
        let found = if found.starts_with("client.authentication.k8s.io/") { found } else { "something else".to_owned() };
        return Err(format!("answered in {found}, asked for was {version}; correct apiVersion in the kubeconfig or update the plugin"));
    }
    let status = answer.get("status").filter(|status| status.is_object()).ok_or("gave no status: it did not log in")?;
    let expires = match text(status, "expirationTimestamp") {
        Some(time) => Some(Timestamp::parse(&time).ok_or("gave an expirationTimestamp that is no time")?),
        None => None,
    };
    if let Some(late) = expires.map(|expires| now.0 - expires.0).filter(|&late| late >= 0) {
        return Err(format!("gave a credential that expired {late} s ago; log in again, and check this machine's clock"));
    }
    let certificate = match (text(status, "clientCertificateData"), text(status, "clientKeyData")) {
        (Some(certificate), Some(key)) => Some((certificate, key)),
        (None, None) => None,
        _ => return Err("gave only one of clientCertificateData and clientKeyData".to_owned()),
    };
    let token = text(status, "token").map(|token| token.trim().to_owned());
    if token.is_none() && certificate.is_none() {
        return Err("gave neither a token nor a certificate".to_owned());
    }
    Ok(Grant { token, certificate, expires })
}

/// Words in stderr that speak of the network, and of somebody who has to log in.
const NETWORK: &[&str] = &[
    "no such host",
    "connection refused",
    "network is unreachable",
    "name resolution",
    "could not resolve",
    "could not connect",
    "i/o timeout",
    "timed out",
    "no route to host",
];
const PERSON: &[&str] = &[
    "login",
    "log in",
    "logged in",
    "sso",
    "expired",
    "reauth",
    "authenticat",
    "interactive",
    "browser",
    "/dev/tty",
    "terminal",
    "password",
    "prompt",
    "credentials",
    "mfa",
];

/// The fault of a plugin that failed.
fn failed(context: &Context, exec: &Exec, status: ExitStatus, stderr: &[u8]) -> Fault {
    let said = said(stderr);
    let lower = said.to_lowercase();
    let what = match (status.code(), said.as_str()) {
        (Some(code), "") => format!("{} failed with exit code {code}", exec.program()),
        (None, "") => format!("{} was killed", exec.program()),
        (_, said) => format!("{} failed: {said}", exec.program()),
    };
    if NETWORK.iter().any(|word| lower.contains(word)) {
        return Fault::new(FaultKind::Unreachable, what);
    }
    of_person(context, exec, what, PERSON.iter().any(|word| lower.contains(word)))
}

/// Login where a person can help, else a plugin that does not work.
fn of_person(context: &Context, exec: &Exec, what: String, likely: bool) -> Fault {
    let known = !matches!(Plugin::of(exec), Plugin::Unknown);
    let kind = login(context, None).filter(|_| likely || known || exec.interactive == Interactive::Always);
    Fault::new(kind.map_or(FaultKind::Config, |login| FaultKind::Login(login.shown)), what)
}

/// The last lines of stderr on one line, without escape sequences and without what may be a token.
fn said(stderr: &[u8]) -> String {
    let text = plain(&String::from_utf8_lossy(stderr));
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let last = lines.get(lines.len().saturating_sub(3)..).unwrap_or_default();
    let words: Vec<&str> =
        last.iter().flat_map(|line| line.split_whitespace()).map(|word| if is_secret(word) { "…" } else { word }).collect();
    words.join(" ").chars().take(400).collect()
}

/// Long words of base64, hexadecimal or JWT; a path has a slash early, a sentence has short words.
fn is_secret(word: &str) -> bool {
    let inner = word.trim_matches(|c: char| !c.is_ascii_alphanumeric());
    let run = |c: char| c.is_ascii_alphanumeric() || "-_+=".contains(c);
    inner.split(|c| !run(c)).any(|part| part.len() >= 32 && part.chars().any(|c| c.is_ascii_digit()))
}

/// Without escape sequences and control characters.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\x1b' if chars.next_if_eq(&'[').is_some() => while chars.next().is_some_and(|c| !('@'..='~').contains(&c)) {},
            '\n' | '\r' => out.push('\n'),
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const V1: &str = "client.authentication.k8s.io/v1";

    #[test]
    fn fa4_answers_that_are_none_are_told_without_their_text() {
        let answer = |status: &str| format!(r#"{{"kind":"ExecCredential","apiVersion":"{V1}","status":{status}}}"#);
        for (stdout, wanted) in [
            (String::new(), "printed nothing"),
            ("hello SECRET".into(), "printed no JSON"),
            ("kind: ExecCredential\nstatus: {token: SECRET}".into(), "printed no JSON"),
            ("\x1b[31mSECRET".into(), "printed no JSON"),
            (r#"{"token":"SECRET"}"#.into(), "no ExecCredential"),
            (answer(r#"{"token":"SECRET"}"#).replace("/v1", "/v1beta1"), "answered in client.authentication.k8s.io/v1beta1"),
            (answer("null"), "gave no status"),
            (answer("\"SECRET\""), "gave no status"),
            (answer("{}"), "neither a token nor a certificate"),
            (answer(r#"{"token":7}"#), "neither"),
            (answer(r#"{"clientKeyData":"SECRET"}"#), "only one of"),
            (answer(r#"{"token":"SECRET","expirationTimestamp":"soon"}"#), "no time"),
            (answer(r#"{"token":"SECRET","expirationTimestamp":"1970-01-01T00:00:10Z"}"#), "expired 90 s ago"),
        ] {
            let error = grant(stdout.as_bytes(), V1, Timestamp(100)).err().unwrap_or_default();
            assert!(error.contains(wanted) && !error.contains("SECRET"), "{stdout}: {error}");
        }
        let good =
            grant(answer(r#"{"token":" t\n","expirationTimestamp":"1970-01-01T00:03:20Z"}"#).as_bytes(), V1, Timestamp(100)).unwrap();
        assert_eq!((good.token.as_deref(), good.expires), (Some("t"), Some(Timestamp(200))));
    }

    #[test]
    fn stderr_is_shortened_and_loses_tokens_and_colours() {
        let token = "eyJhbGciOiJSUzI1NiIsImtpZCI6IjEyMyJ9.eyJpc3MiOiJrdWJlIn0.c2lnbmF0dXJlMTIzNDU2Nzg5MDEyMzQ1Njc4OTA";
        let stderr = format!(
            "first\n\n\x1b[31merror:\x1b[0m got token={token} from\r\n/usr/local/share/some-very-long-directory-name/without-digits/file\nlast\x07\n"
        );
        let said = said(stderr.as_bytes());
        assert_eq!(said, "error: got … from /usr/local/share/some-very-long-directory-name/without-digits/file last");
    }
}
