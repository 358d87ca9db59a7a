//! The entries of a kubeconfig: clusters and users, with all that a connection needs. Reading them from the files and
//! putting them together is [`super::kubeconfig`]'s work.

use super::proxy;
use super::yaml::{Flaw, Node};
use base64::Engine;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use std::fmt;
use std::path::{Path, PathBuf};

/// A server, as an entry of `clusters` names it.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct ClusterEntry {
    /// The address: scheme, host, port, and the path of a gateway.
    pub server: String,
    /// The certificate authorities to trust, in PEM; none for those of the system.
    pub ca: Option<Pem>,
    /// The name to ask for and to find in the server's certificate, where it is not the address's.
    pub tls_server_name: Option<String>,
    /// Any certificate will do.
    pub insecure_skip_tls_verify: bool,
    /// The proxy to use, whatever the environment says.
    pub proxy_url: Option<String>,
    /// Answers are wanted uncompressed.
    pub disable_compression: bool,
    /// What a plugin is told of the cluster, as JSON: the extension `client.authentication.k8s.io/exec`.
    pub exec_config: Option<String>,
}

/// Who we are, as an entry of `users` says it.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct UserEntry {
    /// A bearer token.
    pub token: Option<String>,
    /// A file with a bearer token, which may change; goes before `token`.
    pub token_file: Option<PathBuf>,
    /// A client certificate in PEM.
    pub client_certificate: Option<Pem>,
    /// Its key in PEM.
    pub client_key: Option<Pem>,
    /// For basic authentication.
    pub username: Option<String>,
    /// For basic authentication.
    pub password: Option<String>,
    /// A plugin to ask.
    pub exec: Option<Exec>,
    /// Whom to act as.
    pub impersonate: Impersonate,
}

/// Whom to act as.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Impersonate {
    /// The user's name.
    pub user: Option<String>,
    /// The user's uid.
    pub uid: Option<String>,
    /// The user's groups.
    pub groups: Vec<String>,
    /// More about the user: key and value; a key may come more than once.
    pub extra: Vec<(String, String)>,
}

/// A credential plugin (`client.authentication.k8s.io`).
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Exec {
    /// The version of the contract.
    pub api_version: String,
    /// A bare name, for PATH, or an absolute path.
    pub command: String,
    /// Its arguments.
    pub args: Vec<String>,
    /// Added to its environment.
    pub env: Vec<(String, String)>,
    /// How to get the program.
    pub install_hint: Option<String>,
    /// It wants to know the cluster.
    pub provide_cluster_info: bool,
    /// Whether it needs a terminal.
    pub interactive: Interactive,
}

/// `interactiveMode`.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq, Hash)]
pub enum Interactive {
    /// Never reads from the terminal.
    Never,
    /// Uses a terminal where there is one; also where nothing is said.
    #[default]
    IfAvailable,
    /// Cannot work without one.
    Always,
}

/// PEM from the kubeconfig itself or from a file.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Pem {
    bytes: Vec<u8>,
    file: Option<PathBuf>,
}

/// The versions of the plugin contract. The oldest is gone from kubectl and still stands in many files of EKS; its answer looks the same.
const EXEC_VERSIONS: &[&str] =
    &["client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1", "client.authentication.k8s.io/v1alpha1"];

impl Pem {
    /// PEM that a file holds now.
    pub(super) fn of_file(path: PathBuf) -> std::io::Result<Self> {
        Ok(Self { bytes: std::fs::read(&path)?, file: Some(path) })
    }

    /// The PEM as it is now: of the file where there is one and it can be read, since certificates are rotated.
    pub fn current(&self) -> Vec<u8> {
        self.file.as_ref().and_then(|path| std::fs::read(path).ok()).unwrap_or_else(|| self.bytes.clone())
    }

    /// The PEM as it was when the kubeconfig was read. Reads no file.
    pub fn as_read(&self) -> &[u8] {
        &self.bytes
    }

    /// The file it comes from.
    pub fn file(&self) -> Option<&Path> {
        self.file.as_deref()
    }

    /// The field `KEY-data` in base64, else the file that `KEY` names. What must be in it: a certificate or a key.
    fn read(entry: &Node, key: &str, dir: &Path, certificate: bool) -> Result<Option<Self>, Flaw> {
        let data = format!("{key}-data");
        let (pem, place, name) = if let Some(node) = entry.get(&data).filter(|n| n.text() != Ok("")) {
            let text: String = node.text().map_err(|flaw| flaw.of(&data))?.split_whitespace().collect();
            let bytes = FORGIVING.decode(text).map_err(|error| node.flaw(format!("is not base64: {error}")).of(&data))?;
            (Self { bytes, file: None }, node, data)
        } else if let Some(node) = entry.get(key).filter(|n| n.text() != Ok("")) {
            let path = dir.join(node.text().map_err(|flaw| flaw.of(key))?);
            let shown = path.display().to_string();
            let pem = Self::of_file(path).map_err(|error| node.flaw(format!("{shown} cannot be read: {error}")).of(key))?;
            (pem, node, key.to_owned())
        } else {
            return Ok(None);
        };
        let wanted: &[u8] = if certificate { b"-----BEGIN CERTIFICATE" } else { b"PRIVATE KEY-----" };
        let found = memchr::memmem::find(&pem.bytes, wanted).is_some();
        let readable = !certificate || CertificateDer::pem_slice_iter(&pem.bytes).all(|der| der.is_ok());
        if found && readable {
            return Ok(Some(pem));
        }
        Err(place.flaw(if certificate { "holds no readable PEM certificate" } else { "holds no PEM private key" }).of(&name))
    }
}

/// Base64 with or without padding.
const FORGIVING: GeneralPurpose =
    GeneralPurpose::new(&base64::alphabet::STANDARD, GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent));

impl ClusterEntry {
    /// Reads the `cluster` of an entry; relative paths are relative to `dir`.
    pub(super) fn read(entry: &Node, dir: &Path) -> Result<Self, Flaw> {
        let server = entry.opt("server")?.ok_or_else(|| entry.flaw("has no server"))?;
        let place = || entry.get("server").unwrap_or(entry);
        // As kubectl does: an address without a scheme is plain HTTP, and only there.
        let server = if server.contains("://") { server } else { format!("http://{server}") };
        let uri: http::Uri =
            server.trim().parse().map_err(|error| place().flaw(format!("{server:?} is no address: {error}")).of("server"))?;
        if !matches!(uri.scheme_str(), Some("http" | "https")) || uri.host().is_none_or(str::is_empty) {
            return Err(place().flaw(format!("{server:?} is no http or https address")).of("server"));
        }
        let insecure = entry.flag("insecure-skip-tls-verify")?;
        let exec_config = extension(entry, "client.authentication.k8s.io/exec")?;
        Ok(Self {
            server: server.trim().to_owned(),
            ca: if insecure { None } else { Pem::read(entry, "certificate-authority", dir, true)? },
            tls_server_name: entry.opt("tls-server-name")?,
            insecure_skip_tls_verify: insecure,
            proxy_url: entry.opt("proxy-url")?,
            disable_compression: entry.flag("disable-compression")?,
            exec_config,
        })
    }
}

/// One of an entry's `extensions`, as JSON.
fn extension(entry: &Node, name: &str) -> Result<Option<String>, Flaw> {
    let Some(list) = entry.get("extensions") else { return Ok(None) };
    let mine = list.items().map_err(|f| f.of("extensions"))?.iter().find(|e| e.opt("name").ok().flatten().as_deref() == Some(name));
    Ok(mine.and_then(|e| e.get("extension")).map(|e| e.json().to_string()))
}

impl UserEntry {
    /// Reads the `user` of an entry; relative paths are relative to `dir`.
    pub(super) fn read(entry: &Node, dir: &Path) -> Result<Self, Flaw> {
        let exec = entry.get("exec").map(|exec| Exec::read(exec, dir).map_err(|flaw| flaw.of("exec"))).transpose()?;
        if let Some(old) = entry.get("auth-provider").filter(|_| exec.is_none()) {
            let name = old.opt("name")?.unwrap_or_default();
            return Err(old.flaw(format!(
                "uses the auth-provider {name:?}, which Kubernetes has removed; use an exec plugin such as {}",
                successor(&name)
            )));
        }
        let user = Self {
            token: entry.opt("token")?.map(|token| token.trim().to_owned()),
            token_file: entry.opt("tokenFile")?.map(|path| dir.join(path)),
            client_certificate: Pem::read(entry, "client-certificate", dir, true)?,
            client_key: Pem::read(entry, "client-key", dir, false)?,
            username: entry.opt("username")?,
            password: entry.opt("password")?,
            exec,
            impersonate: Impersonate::read(entry)?,
        };
        match (&user.client_certificate, &user.client_key) {
            (Some(_), None) => Err(entry.flaw("has a client-certificate without a client-key")),
            (None, Some(_)) => Err(entry.flaw("has a client-key without a client-certificate")),
            _ => Ok(user),
        }
    }
}

/// The plugin that took over from a removed auth-provider.
fn successor(provider: &str) -> &'static str {
    match provider {
        "gcp" => "gke-gcloud-auth-plugin (gcloud container clusters get-credentials writes it)",
        "azure" => "kubelogin (kubelogin convert-kubeconfig writes it)",
        _ => "kubelogin (kubectl oidc-login setup)",
    }
}

impl Impersonate {
    fn read(entry: &Node) -> Result<Self, Flaw> {
        let mut extra = Vec::new();
        if let Some(map) = entry.get("as-user-extra") {
            for (key, values) in map.fields().map_err(|flaw| flaw.of("as-user-extra"))? {
                for value in values.items().map_err(|flaw| flaw.of(key))? {
                    extra.push((key.clone(), value.text().map_err(|flaw| flaw.of(key))?.to_owned()));
                }
            }
        }
        Ok(Self { user: entry.opt("as")?, uid: entry.opt("as-uid")?, groups: entry.texts("as-groups")?, extra })
    }
}

impl Exec {
    fn read(entry: &Node, dir: &Path) -> Result<Self, Flaw> {
        let command = entry.opt("command")?.ok_or_else(|| entry.flaw("has no command"))?;
        let api_version = entry.opt("apiVersion")?.ok_or_else(|| entry.flaw("has no apiVersion"))?;
        if !EXEC_VERSIONS.contains(&api_version.as_str()) {
            return Err(entry.get("apiVersion").unwrap_or(entry).flaw(format!("{api_version:?} is not known")).of("apiVersion"));
        }
        let mut env = Vec::new();
        for pair in entry.get("env").map_or(Ok(&[][..]), Node::items).map_err(|flaw| flaw.of("env"))? {
            let name = pair.opt("name")?.ok_or_else(|| pair.flaw("env has an entry without a name"))?;
            env.push((name, pair.opt("value")?.unwrap_or_default()));
        }
        Ok(Self {
            api_version,
            command: if command.contains('/') { dir.join(&command).to_string_lossy().into_owned() } else { command },
            args: entry.texts("args")?,
            env,
            install_hint: entry.opt("installHint")?.map(|hint| hint.trim().to_owned()),
            provide_cluster_info: entry.flag("provideClusterInfo")?,
            interactive: match entry.opt("interactiveMode")?.as_deref() {
                None | Some("IfAvailable") => Interactive::IfAvailable,
                Some("Never") => Interactive::Never,
                Some("Always") => Interactive::Always,
                Some(other) => return Err(entry.flaw(format!("has an unknown interactiveMode {other:?}"))),
            },
        })
    }
}

/// Without the bytes, which may be a key.
impl fmt::Debug for Pem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pem({} bytes, {:?})", self.bytes.len(), self.file)
    }
}

/// Without what a plugin is told, and without the proxy's password.
impl fmt::Debug for ClusterEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClusterEntry")
            .field("server", &self.server)
            .field("ca", &self.ca)
            .field("tls_server_name", &self.tls_server_name)
            .field("insecure_skip_tls_verify", &self.insecure_skip_tls_verify)
            .field("proxy_url", &self.proxy_url.as_deref().map(proxy::shown))
            .finish_non_exhaustive()
    }
}

/// Without secrets.
impl fmt::Debug for UserEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UserEntry")
            .field("token", &self.token.is_some())
            .field("token_file", &self.token_file)
            .field("client_certificate", &self.client_certificate)
            .field("username", &self.username)
            .field("exec", &self.exec)
            .field("impersonate", &self.impersonate)
            .finish_non_exhaustive()
    }
}

/// Without arguments and environment, which may hold secrets.
impl fmt::Debug for Exec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exec").field("command", &self.command).field("api_version", &self.api_version).finish_non_exhaustive()
    }
}
