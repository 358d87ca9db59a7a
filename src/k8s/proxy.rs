//! Which proxy stands between us and a server: the cluster's own, else the environment's, with NO_PROXY held against the
//! server's host. How a connection goes through it stands in [`super::connect`].

use crate::model::fault::{Fault, FaultKind};
use http::Uri;
use std::fmt;
use std::net::IpAddr;

/// The environment's say on proxies, as curl and Go read it; both spellings count, the lower-case one first.
#[derive(Clone, Default)]
pub struct Environment {
    /// HTTPS_PROXY.
    pub https: Option<String>,
    /// HTTP_PROXY.
    pub http: Option<String>,
    /// ALL_PROXY.
    pub all: Option<String>,
    /// NO_PROXY.
    pub none: Option<String>,
}

/// A proxy.
#[derive(Clone, PartialEq, Eq)]
pub struct Proxy {
    /// How to speak with it.
    pub scheme: Scheme,
    /// Its host; an IPv6 address has brackets.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// Name and password.
    pub auth: Option<(String, String)>,
}

/// How to speak with a proxy.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// CONNECT over plain HTTP.
    Http,
    /// CONNECT over TLS.
    Https,
    /// SOCKS 5; the proxy resolves names, as with kubectl.
    Socks5,
}

impl Environment {
    /// Reads it by a function such as `|name| std::env::var(name).ok()`.
    pub fn read(var: impl Fn(&str) -> Option<String>) -> Self {
        let either = |name: &str| var(&name.to_lowercase()).or_else(|| var(name)).filter(|value| !value.trim().is_empty());
        Self { https: either("HTTPS_PROXY"), http: either("HTTP_PROXY"), all: either("ALL_PROXY"), none: either("NO_PROXY") }
    }
}

/// Without passwords.
impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [https, http, all] = [&self.https, &self.http, &self.all].map(|url| url.as_deref().map(shown));
        f.debug_struct("Environment").field("https", &https).field("http", &http).field("all", &all).field("none", &self.none).finish()
    }
}

/// The proxy for a server. The cluster's own proxy-url always counts; the environment's not for this machine and not where NO_PROXY says so.
///
/// # Errors
/// A fault of kind Config where the proxy's address cannot be used.
pub fn for_server(server: &Uri, proxy_url: Option<&str>, environment: &Environment) -> Result<Option<Proxy>, Fault> {
    if let Some(url) = proxy_url {
        return Proxy::parse(url).map(Some).ok_or_else(|| unusable("proxy-url", url));
    }
    let host = server.host().unwrap_or_default();
    let tls = server.scheme_str() != Some("http");
    let port = server.port_u16().unwrap_or(if tls { 443 } else { 80 });
    let name = if tls { "HTTPS_PROXY" } else { "HTTP_PROXY" };
    let own = if tls { &environment.https } else { &environment.http };
    let Some((name, url)) = own.as_deref().map(|url| (name, url)).or(environment.all.as_deref().map(|url| ("ALL_PROXY", url))) else {
        return Ok(None);
    };
    if is_loopback(host) || environment.none.as_deref().is_some_and(|list| excepted(list, host, port)) {
        return Ok(None);
    }
    Proxy::parse(url).map(Some).ok_or_else(|| unusable(name, url))
}

/// A proxy's address without what stands before an @, which may be a password.
pub(super) fn shown(url: &str) -> &str {
    url.rsplit('@').next().unwrap_or_default()
}

fn unusable(name: &str, url: &str) -> Fault {
    Fault::new(FaultKind::Config, format!("{name} is no proxy's address: {:?}", shown(url)))
        .hint("http://, https:// and socks5:// with host and port are understood")
}

impl Proxy {
    fn parse(url: &str) -> Option<Self> {
        let url = url.trim();
        let (scheme, rest) = url.split_once("://").unwrap_or(("http", url));
        let (scheme, default) = match scheme.to_ascii_lowercase().as_str() {
            "http" => (Scheme::Http, 80),
            "https" => (Scheme::Https, 443),
            "socks5" | "socks5h" => (Scheme::Socks5, 1080),
            _ => return None,
        };
        let authority = rest.split(['/', '?', '#']).next()?;
        let (auth, place) = match authority.rsplit_once('@') {
            Some((auth, place)) => (Some(auth.split_once(':').unwrap_or((auth, ""))), place),
            None => (None, authority),
        };
        let place: http::uri::Authority = place.parse().ok()?;
        if place.host().is_empty() {
            return None;
        }
        let auth = auth.map(|(name, password)| (unescape(name), unescape(password)));
        Some(Self { scheme, host: place.host().to_owned(), port: place.port_u16().unwrap_or(default), auth })
    }

    /// Where to connect to, as an address that a connector understands.
    pub(super) fn uri(&self) -> Result<Uri, http::Error> {
        let scheme = if self.scheme == Scheme::Https { "https" } else { "http" };
        Uri::builder().scheme(scheme).authority(format!("{}:{}", self.host, self.port)).path_and_query("/").build()
    }
}

/// Without the password.
impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = match self.scheme {
            Scheme::Http => "http",
            Scheme::Https => "https",
            Scheme::Socks5 => "socks5",
        };
        write!(f, "{scheme}://{}:{}", self.host, self.port)
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Undoes %41.
fn unescape(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        let digits = tail.get(..2).filter(|_| first == b'%').and_then(|d| std::str::from_utf8(d).ok());
        match digits.and_then(|d| u8::from_str_radix(d, 16).ok()) {
            Some(byte) => {
                out.push(byte);
                rest = tail.get(2..).unwrap_or_default();
            }
            None => {
                out.push(first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

fn bare(host: &str) -> &str {
    host.strip_prefix('[').and_then(|h| h.strip_suffix(']')).unwrap_or(host)
}

fn is_loopback(host: &str) -> bool {
    let host = bare(host);
    host.eq_ignore_ascii_case("localhost") || host.parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
}

/// True where an entry of a NO_PROXY list is this host (golang.org/x/net/http/httpproxy has the rules that kubectl follows).
fn excepted(list: &str, host: &str, port: u16) -> bool {
    let host = bare(host).trim_end_matches('.').to_ascii_lowercase();
    let ip: Option<IpAddr> = host.parse().ok();
    list.split([',', ' ']).map(|entry| entry.trim().to_ascii_lowercase()).filter(|entry| !entry.is_empty()).any(|entry| {
        if entry == "*" {
            return true;
        }
        let (name, wanted) = with_port(&entry);
        if wanted.is_some_and(|wanted| wanted != port) {
            return false;
        }
        match (ip, network(name)) {
            (Some(ip), Some((network, bits))) => within(ip, network, bits),
            (_, Some(_)) => false,
            (_, None) => {
                let name = name.trim_start_matches('*');
                let dotted = name.strip_prefix('.');
                host.strip_suffix(dotted.unwrap_or(name)).is_some_and(|head| head.ends_with('.') || (head.is_empty() && dotted.is_none()))
            }
        }
    })
}

/// Splits `host:port`; a bare IPv6 address has none.
fn with_port(entry: &str) -> (&str, Option<u16>) {
    if let Some((host, port)) = entry.rsplit_once(':')
        && (!host.contains(':') || host.ends_with(']'))
        && let Ok(port) = port.parse()
    {
        return (bare(host), Some(port));
    }
    (bare(entry), None)
}

/// An address or a network in CIDR notation.
fn network(entry: &str) -> Option<(IpAddr, u8)> {
    match entry.split_once('/') {
        Some((ip, bits)) => Some((bare(ip).parse().ok()?, bits.parse().ok()?)),
        None => entry.parse().ok().map(|ip: IpAddr| (ip, 128)),
    }
}

fn within(ip: IpAddr, network: IpAddr, bits: u8) -> bool {
    let same = |a: u128, b: u128, width: u8| {
        let rest = u32::from(width - bits.min(width));
        a.checked_shr(rest).unwrap_or(0) == b.checked_shr(rest).unwrap_or(0)
    };
    match (ip, network) {
        (IpAddr::V4(a), IpAddr::V4(b)) => same(u32::from(a).into(), u32::from(b).into(), 32),
        (IpAddr::V6(a), IpAddr::V6(b)) => same(a.into(), b.into(), 128),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::k8s::connect::Settings;
    use crate::k8s::entry::ClusterEntry;

    #[test]
    fn no_proxy_is_held_against_the_servers_host() {
        for (list, server, direct) in [
            ("api.internal", "https://api.internal:6443", true),
            ("API.internal", "https://api.INTERNAL", true),
            ("internal", "https://api.internal", true),
            ("ternal", "https://api.internal", false),
            (".internal", "https://api.internal", true),
            (".internal", "https://internal", false),
            ("*.internal", "https://api.internal", true),
            ("a.b, .corp ,c", "https://x.y.corp", true),
            ("a.b .corp", "https://x.y.corp", true),
            ("*", "https://anything", true),
            ("10.0.0.1", "https://10.0.0.1:6443", true),
            ("10.0.0.1", "https://10.0.0.11:6443", false),
            ("10.0.0.0/8", "https://10.200.0.1:6443", true),
            ("10.0.0.0/8", "https://11.0.0.1:6443", false),
            ("0.0.0.0/0", "https://11.0.0.1", true),
            ("10.0.0.0/8", "https://ten.example", false),
            ("fd00::/8", "https://[fd12::1]:6443", true),
            ("fd12::1", "https://[fd12::1]:6443", true),
            ("[fd12::1]:6443", "https://[fd12::1]:6443", true),
            ("h:6443", "https://h:6443", true),
            ("h:6443", "https://h:443", false),
            ("h:443", "https://h", true),
            ("proxy.corp", "https://h", false),
            ("", "https://h", false),
            ("", "https://localhost:6443", true),
            ("", "https://127.0.0.1:6443", true),
            ("", "https://[::1]:6443", true),
        ] {
            let environment = Environment { https: Some("proxy.corp:3128".into()), none: Some(list.into()), ..Environment::default() };
            let proxy = for_server(&server.parse().unwrap(), None, &environment).unwrap();
            assert_eq!(proxy.is_none(), direct, "{list:?} {server}");
        }
    }

    #[test]
    fn the_clusters_proxy_goes_before_the_environments() {
        let environment = Environment::read(|name| match name {
            "HTTPS_PROXY" => Some("http://upper".into()),
            "https_proxy" => Some("http://u:p%40ss@lower:8080/".into()),
            "ALL_PROXY" => Some("socks5h://all".into()),
            "NO_PROXY" => Some("*".into()),
            "no_proxy" => Some("none".into()),
            _ => None,
        });
        let find = |server: &str, own: Option<&str>| for_server(&server.parse().unwrap(), own, &environment).unwrap().unwrap();
        let https = find("https://h", None);
        assert_eq!((https.to_string().as_str(), https.auth), ("http://lower:8080", Some(("u".to_owned(), "p@ss".to_owned()))));
        assert_eq!(find("http://h", None).to_string(), "socks5://all:1080");
        assert_eq!(find("https://none", Some("https://own")).to_string(), "https://own:443");
        assert_eq!(find("https://localhost", Some("socks5://[::1]:9")).to_string(), "socks5://[::1]:9");
        let cluster = ClusterEntry { proxy_url: Some("http://u:p%40ss@lower:8080".into()), ..ClusterEntry::default() };
        let settings = Settings { environment: environment.clone(), ..Settings::default() };
        let debug = format!("{settings:?} {cluster:?}");
        assert!(debug.contains("lower:8080") && !debug.contains("p%40ss"), "{debug}");
        let fault = for_server(&"https://h".parse().unwrap(), Some("ftp://me:secret@h"), &environment).unwrap_err();
        assert!(fault.kind == FaultKind::Config && !fault.to_string().contains("secret"), "{fault}");
    }
}
