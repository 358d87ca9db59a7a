//! The cluster that needs a login: a credential plugin that fails until a person has logged in, and what logs in. Both are this program
//! again, and talk through files in the fleet's folder, which only its owner can open.
//!
//! The fleet offers a token there. Logging in takes the offer; the fleet sees that, knows the token from then on for an hour, and makes
//! the next offer.

use super::cluster::{Cluster, User};
use super::fleet::token;
use super::json::stamp;
use serde_json::{Value, json};
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tokio::time::sleep;

/// The token of the next login.
const OFFER: &str = "offer";
/// The token of the last one; its time of change is when it was taken.
const TAKEN: &str = "taken";
/// How long a login lasts.
const LIFE: Duration = Duration::from_secs(3600);
/// How long the fleet needs at most to see a login.
const GLANCE: Duration = Duration::from_millis(200);

/// The `user` of a kubeconfig that asks this plugin. The folder is that of one cluster.
///
/// # Errors
/// Where the system does not tell which file this program is.
pub(super) fn user(folder: &Path) -> io::Result<Value> {
    Ok(json!({"exec": {
        "apiVersion": "client.authentication.k8s.io/v1",
        "command": std::env::current_exe()?,
        "args": ["demo-token", folder],
        "interactiveMode": "IfAvailable",
    }}))
}

/// Takes logins, for as long as it is polled.
///
/// # Errors
/// Where the folder cannot be written, or there are no random numbers.
pub(super) async fn serve(folder: Arc<Path>, cluster: Arc<Cluster>) -> Result<(), super::tls::Failure> {
    loop {
        let next = token()?;
        // Known before it is offered: whoever takes it may come at once.
        cluster.allow(&next, User::new("demo@shop.example", &["system:masters"]));
        write(&folder.join(OFFER), &next)?;
        while folder.join(OFFER).exists() {
            sleep(GLANCE).await;
        }
        let cluster = Arc::clone(&cluster);
        tokio::spawn(async move {
            sleep(LIFE).await;
            cluster.revoke(&next);
        });
    }
}

fn write(path: &Path, text: &str) -> io::Result<()> {
    let half = path.with_extension("new");
    OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&half)?.write_all(text.as_bytes())?;
    fs::rename(half, path)
}

/// Logs in.
///
/// # Errors
/// In a sentence, where the fleet is gone.
pub fn log_in(folder: &Path) -> Result<(), String> {
    let told = |error: io::Error| format!("{}: {error}; is the demo fleet still there?", folder.display());
    let token = fs::read_to_string(folder.join(OFFER)).map_err(told)?;
    write(&folder.join(TAKEN), &token).map_err(told)?;
    fs::remove_file(folder.join(OFFER)).map_err(told)
}

/// True once somebody has logged in.
pub(super) fn is_in(folder: &Path) -> bool {
    folder.join(TAKEN).exists()
}

/// What the plugin prints for whoever has logged in: an `ExecCredential`.
///
/// # Errors
/// In a sentence, where nobody has, or too long ago.
pub fn credential(folder: &Path) -> Result<String, String> {
    let path = folder.join(TAKEN);
    let token = fs::read_to_string(&path).map_err(|_| "nobody is logged in")?;
    let taken = fs::metadata(&path).and_then(|m| m.modified()).map_err(|error| error.to_string())?;
    let until = taken + LIFE;
    let left = until.duration_since(SystemTime::now()).map_err(|_| "the login has expired")?;
    let until = super::cluster::now() + i64::try_from(left.as_millis()).unwrap_or_default();
    let status = json!({"token": token, "expirationTimestamp": stamp(until)});
    Ok(json!({"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": status}).to_string())
}
