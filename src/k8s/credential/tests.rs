//! Which credential is used, when it is fetched again, and that a plugin runs once for all who share it.

use super::*;
use crate::k8s::contexts::ContextConnector;
use crate::k8s::entry::{ClusterEntry, Exec, Interactive, UserEntry};
use crate::k8s::slot::{REREAD, refresh_at};
use crate::k8s::supervisor::Connector;
use crate::model::time::Timestamp;
use futures::future::join_all;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

/// A directory of its own, gone at the end.
struct Dir(PathBuf);

impl Dir {
    fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let path =
            std::env::temp_dir().join(format!("kconsole-credential-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed)));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    /// A plugin that hands out t0, t1, and so on, and leaves a line in `runs` each time.
    fn counter(&self, more: &str) -> String {
        let runs = self.0.join("runs").display().to_string();
        format!("touch {runs}; n=$(($(wc -l <{runs}))); echo run >>{runs}; {more} {}", print(r#"{"token":"t'$n'"}"#))
    }

    fn runs(&self) -> usize {
        std::fs::read_to_string(self.0.join("runs")).unwrap_or_default().lines().count()
    }
}

impl Drop for Dir {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).unwrap();
    }
}

/// The shell command that prints a credential.
fn print(status: &str) -> String {
    format!(r#"echo '{{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{status}}}'"#)
}

fn exec(command: &str, args: &[&str]) -> Exec {
    Exec {
        api_version: "client.authentication.k8s.io/v1".into(),
        command: command.into(),
        args: args.iter().map(|&arg| arg.to_owned()).collect(),
        env: vec![("FROM_CONFIG".into(), "yes".into())],
        install_hint: Some("brew install it".into()),
        provide_cluster_info: false,
        interactive: Interactive::IfAvailable,
    }
}

/// A context of its own whose user is shared with none.
fn context(user: UserEntry) -> Context {
    Context { name: "c".into(), file: "config".into(), cluster: Arc::default(), user: Arc::new(user), namespace: None, broken: None }
}

fn plugin(exec: Exec) -> Context {
    context(UserEntry { exec: Some(exec), ..UserEntry::default() })
}

fn script(script: &str) -> Context {
    plugin(exec("sh", &["-c", script]))
}

fn credentials() -> Credentials {
    Credentials::with_deadline(Some("/usr/bin:/bin".into()), Duration::from_secs(20))
}

fn token(credential: &Credential) -> &str {
    credential.authorization.as_ref().unwrap().to_str().unwrap().strip_prefix("Bearer ").unwrap()
}

#[tokio::test]
async fn fa1_a_missing_plugin_is_named_with_its_hint_and_path() {
    let up = "../".repeat(std::env::current_dir().unwrap().components().count());
    for path in ["/nowhere:/neither".to_owned(), format!("{up}bin::.:{up}usr/bin")] {
        let fault = Credentials::new(Some(path.clone().into())).get(&script("true")).await.unwrap_err();
        assert_eq!(fault.kind, FaultKind::Config, "a program is never looked for where we happen to stand");
        assert!(fault.what.contains("plugin sh ") && fault.what.contains(&path), "{fault}");
        assert_eq!(fault.hint.as_deref(), Some("brew install it"));
    }
    let fault = credentials().get(&plugin(exec("/etc/passwd", &[]))).await.unwrap_err();
    assert!(fault.what.contains("/etc/passwd is not there"), "{fault}");
}

#[tokio::test]
async fn fa2_plugin_that_hangs_is_killed() {
    let dir = Dir::new();
    let pipe = dir.0.join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    // Whoever of the plugin's family lives holds the pipe open.
    let survivors = std::thread::spawn({
        let pipe = pipe.clone();
        move || std::fs::read(pipe).unwrap()
    });
    let hangs = script(&format!("exec 3>{}; sleep 60 & sleep 60", pipe.display()));
    let begun = Instant::now();
    let short = Credentials::with_deadline(Some("/usr/bin:/bin".into()), Duration::from_millis(300));
    let fault = short.get(&hangs).await.unwrap_err();
    assert!(fault.what.contains("did not answer within 0.3 s and was killed"), "{fault}");
    survivors.join().unwrap();
    assert!(begun.elapsed() < Duration::from_secs(30), "what the plugin started is killed with it");
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn fa3_plugin_cannot_reach_the_terminal() {
    let own_session = "read -r _ _ _ _ _ session _ </proc/$$/stat; test $session = $$ || { echo same session >&2; exit 3; }";
    let no_terminal = "if (: </dev/tty) 2>/dev/null; then echo has a tty >&2; exit 4; fi";
    let no_input = "if read -r key; then echo got a key >&2; exit 5; fi";
    let told =
        r#"case "$KUBERNETES_EXEC_INFO$FROM_CONFIG" in *'"interactive":false'*yes) ;; *) echo "$KUBERNETES_EXEC_INFO" >&2; exit 6;; esac"#;
    let granted =
        credentials().get(&script(&[own_session, no_terminal, no_input, told, &print(r#"{"token":"t"}"#)].join("\n"))).await.unwrap();
    assert_eq!(token(&granted), "t");
}

#[tokio::test]
async fn fa3_a_plugin_that_wants_a_person_says_which_login() {
    let fault = credentials().get(&script("echo 'Error: token has expired, please log in' >&2; exit 1")).await.unwrap_err();
    assert!(matches!(&fault.kind, FaultKind::Login(shown) if shown == "FROM_CONFIG=… sh -c …"), "{fault:?}");
    assert!(fault.what.contains("please log in"));
    let fault = credentials().get(&script("echo 'dial tcp: lookup x: no such host' >&2; exit 1")).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::Unreachable);
    let fault = credentials().get(&script("exit 7")).await.unwrap_err();
    assert!(fault.kind == FaultKind::Config && fault.what.contains("exit code 7"), "{fault}");
}

#[tokio::test]
async fn no_fault_holds_what_a_plugin_is_given() {
    let (credentials, dir) = (credentials(), Dir::new());
    let give = |script: String, interactive| {
        let mut exec = exec("sh", &["-c", &script, "--oidc-client-secret=hunter2", "hunter2"]);
        exec.env.push(("AWS_SECRET_ACCESS_KEY".into(), "hunter2".into()));
        plugin(Exec { interactive, ..exec })
    };
    let refused = give(dir.counter(""), Interactive::Never);
    let stale = credentials.get(&refused).await.unwrap();
    let stale = credentials.renew(&refused, &stale).await.unwrap();
    for fault in [
        credentials.get(&give("true".into(), Interactive::Always)).await.unwrap_err(),
        credentials.get(&give("echo expired >&2; exit 1".into(), Interactive::Never)).await.unwrap_err(),
        credentials.get(&give("exit 1".into(), Interactive::Never)).await.unwrap_err(),
        credentials.renew(&refused, &stale).await.unwrap_err(),
    ] {
        assert!(!format!("{fault} {fault:?}").contains("hunter2"), "{fault}");
    }
}

#[tokio::test]
async fn fa3_a_browser_opens_only_after_a_login() {
    let dir = Dir::new();
    let mut config = exec("sh", &["-c", &dir.counter("test \"$BROWSER\" = false &&")]);
    config.interactive = Interactive::Always;
    let (credentials, context) = (credentials(), plugin(config));
    assert!(matches!(credentials.get(&context).await.unwrap_err().kind, FaultKind::Login(_)));
    assert_eq!(dir.runs(), 0);
    credentials.logged_in(&context).await;
    assert_eq!(token(&credentials.get(&context).await.unwrap()), "t0");
    assert_eq!(dir.runs(), 1);
}

#[tokio::test]
async fn fa4_what_a_plugin_prints_is_bounded_and_never_repeated() {
    for (output, wanted) in [
        ("head -c 10000000 /dev/zero", "more than 1024 KiB"),
        ("printf '\\033[31mSECRET'", "no JSON"),
        ("true", "printed nothing"),
        (&print(r#"{"token":"SECRET","expirationTimestamp":"2001-01-01T00:00:00Z"}"#), "expired"),
        ("head -c 3000000 /dev/zero >&2; exit 1", "failed with exit code 1"),
    ] {
        let fault = credentials().get(&script(output)).await.unwrap_err();
        assert!(fault.what.contains(wanted) && !fault.what.contains("SECRET"), "{output}: {fault}");
    }
    let granted =
        credentials().get(&script(&print(r#"{"token":"SECRET","clientCertificateData":"C","clientKeyData":"K"}"#))).await.unwrap();
    assert!(granted.authorization.as_ref().unwrap().is_sensitive() && !format!("{granted:?}").contains("SECRET"));
    assert_eq!(granted.client_identity.unwrap().key, b"K");
}

#[tokio::test]
async fn a_helper_that_stays_behind_does_not_hold_the_answer_back() {
    let begun = Instant::now();
    let granted = credentials().get(&script(&format!("sleep 15 & {}", print(r#"{"token":"t"}"#)))).await.unwrap();
    assert_eq!(token(&granted), "t");
    assert!(begun.elapsed() < Duration::from_secs(10));
}

#[tokio::test]
async fn fa5_a_401_renews_once_for_all_and_a_second_one_gives_up() {
    let dir = Dir::new();
    let (credentials, context) = (credentials(), script(&dir.counter("")));
    let first = credentials.get(&context).await.unwrap();
    let renewed = join_all((0..10).map(|_| credentials.renew(&context, &first))).await;
    assert!(renewed.iter().all(|r| r.as_ref().is_ok_and(|r| token(r) == "t1" && r.generation > first.generation)));
    assert_eq!(dir.runs(), 2);
    let second = credentials.get(&context).await.unwrap();
    assert_eq!(credentials.renew(&context, &second).await.unwrap_err().kind, FaultKind::Unauthorised);
    assert_eq!(dir.runs(), 2, "no third run");

    let fixed = context_with_token("same");
    let stale = credentials.get(&fixed).await.unwrap();
    let fault = credentials.renew(&fixed, &stale).await.unwrap_err();
    assert!(fault.kind == FaultKind::Unauthorised && fault.hint.unwrap().contains("config"));
}

fn context_with_token(token: &str) -> Context {
    context(UserEntry { token: Some(token.into()), ..UserEntry::default() })
}

#[tokio::test]
async fn fa5_a_plugin_that_fails_is_not_run_at_once_again() {
    let dir = Dir::new();
    let (credentials, context) = (credentials(), script(&dir.counter("exit 1;")));
    let faults = join_all((0..20).map(|_| credentials.get(&context))).await;
    assert!(faults.iter().all(|fault| fault.as_ref().is_err_and(|f| f.kind == FaultKind::Config)));
    assert_eq!(dir.runs(), 1);
}

#[tokio::test]
async fn fa6_fifty_contexts_with_one_plugin_run_it_once() {
    let dir = Dir::new();
    let credentials = credentials();
    let contexts: Vec<Context> = (0..50).map(|_| script(&dir.counter(""))).collect();
    let granted = join_all(contexts.iter().map(|context| credentials.get(context))).await;
    assert!(granted.iter().all(|granted| granted.as_ref().is_ok_and(|granted| token(granted) == "t0")));
    assert_eq!(dir.runs(), 1);
}

#[tokio::test]
async fn token_files_are_read_again_and_an_unreadable_one_keeps_the_old_token() {
    let dir = Dir::new();
    let file = dir.0.join("token");
    let user = UserEntry { token_file: Some(file.clone()), ..UserEntry::default() };
    let (credentials, context) = (credentials(), context(user));
    let minute_later = || {
        let slot = credentials.slot(&context);
        let mut state = slot.state();
        state.failure = None;
        let held = state.held.as_mut().unwrap();
        held.fetched = held.fetched.checked_sub(REREAD).unwrap();
    };
    std::fs::write(&file, " a\n").unwrap();
    let first = credentials.get(&context).await.unwrap();
    assert_eq!(token(&first), "a");
    std::fs::write(&file, "b\n").unwrap();
    assert_eq!(token(&credentials.get(&context).await.unwrap()), "a");
    minute_later();
    let second = credentials.get(&context).await.unwrap();
    assert!(token(&second) == "b" && second.generation > first.generation);
    minute_later();
    assert_eq!(credentials.get(&context).await.unwrap().generation, second.generation, "the same token is the same credential");
    std::fs::remove_file(&file).unwrap();
    minute_later();
    assert_eq!(token(&credentials.get(&context).await.unwrap()), "b");
    let fault = self::credentials().get(&context).await.unwrap_err();
    assert!(fault.what.contains("token cannot be read"), "{fault}");
}

#[tokio::test]
async fn a_connection_is_made_anew_when_its_credential_is_another() {
    let dir = Dir::new();
    let file = dir.0.join("token");
    std::fs::write(&file, "a").unwrap();
    let cluster = ClusterEntry { server: "http://127.0.0.1:1".into(), ..ClusterEntry::default() };
    let context = context(UserEntry { token_file: Some(file.clone()), ..UserEntry::default() });
    let (credentials, context) = (credentials(), Arc::new(Context { cluster: Arc::new(cluster), ..context }));
    let connector = ContextConnector::new(Arc::clone(&context), credentials.clone(), Arc::default());
    assert!(connector.refresh().await.is_none(), "nothing was connected yet");
    connector.connect(false).await.unwrap();
    assert!(connector.refresh().await.is_none());
    std::fs::write(&file, "b").unwrap();
    let slot = credentials.slot(&context);
    let held = slot.state().held.as_ref().unwrap().fetched.checked_sub(REREAD).unwrap();
    slot.state().held.as_mut().unwrap().fetched = held;
    assert!(connector.refresh().await.is_some());
    assert!(connector.refresh().await.is_none());
}

#[tokio::test]
async fn before_a_credential_expires_the_next_is_fetched_and_nobody_waits() {
    let dir = Dir::new();
    let status = r#"{"token":"t'$n'","expirationTimestamp":"2999-01-01T00:00:00Z"}"#;
    let (credentials, context) = (credentials(), script(&dir.counter("").replace(r#"{"token":"t'$n'"}"#, status)));
    let first = credentials.get(&context).await.unwrap();
    assert_eq!(first.expires, Timestamp::parse("2999-01-01T00:00:00Z"));
    credentials.slot(&context).state().held.as_mut().unwrap().refresh = Some(Timestamp(0));
    assert_eq!(token(&credentials.get(&context).await.unwrap()), "t0", "the old one is still good");
    let next = tokio::time::timeout(Duration::from_secs(20), async {
        loop {
            let now = credentials.get(&context).await.unwrap();
            if now.generation != first.generation {
                return now;
            }
            tokio::task::yield_now().await;
        }
    });
    assert_eq!(token(&next.await.unwrap()), "t1");
    assert_eq!(dir.runs(), 2);
}

#[tokio::test]
async fn a_plugin_that_asks_is_told_the_cluster() {
    let mut config = exec(
        "sh",
        &[
            "-c",
            &format!(
                "echo \"$KUBERNETES_EXEC_INFO\" | grep -q '\"server\":\"https://h\".*\"config\":{{\"a\":\"b\"}}' && {}",
                print(r#"{"token":"t"}"#)
            ),
        ],
    );
    config.provide_cluster_info = true;
    let cluster = ClusterEntry { server: "https://h".into(), exec_config: Some(r#"{"a":"b"}"#.into()), ..ClusterEntry::default() };
    let context = Context { cluster: Arc::new(cluster), ..plugin(config) };
    assert_eq!(token(&credentials().get(&context).await.unwrap()), "t");
}

#[test]
fn the_next_credential_is_fetched_in_time() {
    for (life, at) in [(12 * 3600, 12 * 3600 - 60), (900, 840), (300, 240), (100, 80), (5, 10)] {
        assert_eq!(refresh_at(Timestamp(0), Timestamp(life)), Timestamp(at), "{life}");
    }
}
