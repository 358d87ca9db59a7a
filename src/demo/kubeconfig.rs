//! The kubeconfig of a fleet: a context for each cluster, called like it; the first is current.

use super::fleet::Member;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// Writes it into a folder, for its owner alone. Returns its path.
///
/// # Errors
/// Where it cannot be written.
pub(super) fn write(folder: &Path, authority: &str, members: &[Member], users: &[Value]) -> io::Result<PathBuf> {
    let path = folder.join("kubeconfig");
    let text = serde_yaml::to_string(&config(authority, members, users)).map_err(io::Error::other)?;
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
    file.write_all(text.as_bytes())?;
    Ok(path)
}

fn config(authority: &str, members: &[Member], users: &[Value]) -> Value {
    let authority = STANDARD.encode(authority);
    let names = || members.iter().map(|m| (m.cluster.name.as_str(), m));
    let cluster = |(name, member): (&str, &Member)| json!({"name": name, "cluster": {"server": member.server, "certificate-authority-data": authority}});
    let user = |((name, _), user): ((&str, &Member), &Value)| json!({"name": name, "user": user});
    let context = |(name, _): (&str, &Member)| json!({"name": name, "context": {"cluster": name, "user": name, "namespace": "default"}});
    json!({
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": names().map(cluster).collect::<Vec<_>>(),
        "users": names().zip(users).map(user).collect::<Vec<_>>(),
        "contexts": names().map(context).collect::<Vec<_>>(),
        "current-context": members.first().map_or("", |m| &m.cluster.name),
    })
}
