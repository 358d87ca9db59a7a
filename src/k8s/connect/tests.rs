//! What a connection is made of: proxies, certificates, names, headers, and what each failure says. Servers are scripted, on loopback.

use super::*;
use crate::k8s::credential::Credentials;
use crate::k8s::entry::{ClusterEntry, Pem, UserEntry};
use crate::k8s::fault::of_transport;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig, ServerConnection, StreamOwned};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::thread::JoinHandle;

/// Made for these tests with openssl: an authority, a server `kubernetes.test` and a client that it has signed, another authority, and `self`,
/// which signed itself.
fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/tls").join(name)).unwrap()
}

fn pem(name: &str) -> Option<Pem> {
    Some(Pem::of_file(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/tls").join(name)).unwrap())
}

fn context(cluster: ClusterEntry, user: UserEntry) -> Context {
    Context { name: "c".into(), file: "f".into(), cluster: Arc::new(cluster), user: Arc::new(user), namespace: None, broken: None }
}

fn to(server: &str) -> Context {
    context(ClusterEntry { server: server.into(), ..ClusterEntry::default() }, UserEntry::default())
}

/// Sends one request and gives the answer's status, or the fault.
async fn ask(context: &Context, settings: &Settings, uri: &str) -> Result<u16, Fault> {
    let credential = Credentials::new(None).get(context).await?;
    let client = connect(context, &credential, settings).await?;
    let request = Request::get(uri).body(Body::empty()).unwrap();
    client.send(request).await.map(|answer| answer.status().as_u16()).map_err(|error| of_transport(&error))
}

fn listener() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

/// Reads a request's head and answers 200.
fn serve(stream: &mut (impl Read + Write)) -> String {
    let head = head(stream);
    // A client that has gone has what it wanted.
    let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
    let _ = stream.flush();
    head
}

fn head(stream: &mut impl Read) -> String {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|n| n > 0) {
        head.push(byte[0]);
    }
    String::from_utf8(head).unwrap()
}

/// Serves one plain connection and gives the head of its request.
fn plain_server() -> (SocketAddr, JoinHandle<String>) {
    let (listener, address) = listener();
    (address, std::thread::spawn(move || serve(&mut listener.accept().unwrap().0)))
}

/// What a TLS server saw of its one client.
#[derive(Debug)]
struct Seen {
    name: Option<String>,
    certificates: usize,
    head: String,
}

fn tls_server(alpn: &[&[u8]]) -> (SocketAddr, JoinHandle<Seen>) {
    tls_server_as("server", alpn)
}

fn tls_server_as(name: &str, alpn: &[&[u8]]) -> (SocketAddr, JoinHandle<Seen>) {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(&fixture("ca.crt")).unwrap()).unwrap();
    let verifier = WebPkiClientVerifier::builder(Arc::new(roots)).allow_unauthenticated().build().unwrap();
    let chain = vec![CertificateDer::from_pem_slice(&fixture(&format!("{name}.crt"))).unwrap()];
    let key = PrivateKeyDer::from_pem_slice(&fixture(&format!("{name}.key"))).unwrap();
    let mut config = ServerConfig::builder().with_client_cert_verifier(verifier).with_single_cert(chain, key).unwrap();
    config.alpn_protocols = alpn.iter().map(|name| name.to_vec()).collect();
    let (listener, address) = listener();
    let serving = std::thread::spawn(move || {
        let socket = listener.accept().unwrap().0;
        let mut stream = StreamOwned::new(ServerConnection::new(Arc::new(config)).unwrap(), socket);
        let head = serve(&mut stream);
        Seen {
            name: stream.conn.server_name().map(str::to_owned),
            certificates: stream.conn.peer_certificates().map_or(0, <[_]>::len),
            head,
        }
    });
    (address, serving)
}

fn trusted(address: SocketAddr, ca: &str) -> ClusterEntry {
    ClusterEntry {
        server: format!("https://{address}"),
        ca: pem(ca),
        tls_server_name: Some("kubernetes.test".into()),
        ..ClusterEntry::default()
    }
}

#[tokio::test]
async fn every_request_says_who_we_are_and_whom_we_act_as() {
    let (address, serving) = plain_server();
    let impersonate = Impersonate {
        user: Some("jane".into()),
        uid: Some("7".into()),
        groups: vec!["a".into(), "b".into()],
        extra: vec![("example.org/Scope".into(), "x".into()), ("example.org/Scope".into(), "y".into())],
    };
    let user = UserEntry { token: Some("SECRET".into()), impersonate, ..UserEntry::default() };
    let context = context(ClusterEntry { server: format!("http://{address}/k8s/clusters/c-1/"), ..ClusterEntry::default() }, user);
    // Wherever a request wants to go, it goes to this server.
    assert_eq!(ask(&context, &Settings::default(), "https://elsewhere.test/api/v1/pods?limit=1").await, Ok(200));
    let head = serving.join().unwrap().to_lowercase();
    for line in [
        "get /k8s/clusters/c-1/api/v1/pods?limit=1 http/1.1",
        &format!("host: {address}"),
        "authorization: bearer secret",
        concat!("user-agent: kconsole/", env!("CARGO_PKG_VERSION")),
        "impersonate-user: jane",
        "impersonate-uid: 7",
        "impersonate-group: a",
        "impersonate-group: b",
        "impersonate-extra-example.org%2fscope: x",
        "impersonate-extra-example.org%2fscope: y",
    ] {
        assert!(head.lines().any(|found| found == line), "{line}\n{head}");
    }
    let (address, serving) = plain_server();
    let flags = Settings { as_user: Some("root".into()), as_groups: vec!["c".into()], ..Settings::default() };
    let context = Context { cluster: Arc::new(ClusterEntry { server: format!("http://{address}"), ..ClusterEntry::default() }), ..context };
    assert_eq!(ask(&context, &flags, "/version").await, Ok(200));
    let head = serving.join().unwrap().to_lowercase();
    assert!(head.contains("impersonate-user: root") && head.contains("impersonate-group: c") && !head.contains("jane"), "{head}");
}

#[test]
fn b22_the_token_goes_only_to_its_server() {
    let server: Uri = "https://h:6443".parse().unwrap();
    let mut value = HeaderValue::from_static("Bearer SECRET");
    value.set_sensitive(true);
    let headers = HeaderMap::from_iter([(AUTHORIZATION, value)]);
    for (uri, ours) in [
        ("https://h:6443/api", true),
        ("https://h:6444/api", false),
        ("http://h:6443/api", false),
        ("https://evil.test:6443/api", false),
        ("https://h:6443@evil.test/", false),
    ] {
        let request = with_headers(Request::get(uri).body(Body::empty()).unwrap(), &server, &headers);
        assert_eq!(request.headers().contains_key(AUTHORIZATION), ours, "{uri}");
        assert!(!format!("{:?}", request.headers()).contains("SECRET"));
    }
}

#[tokio::test]
async fn fn6_a_server_that_accepts_and_never_speaks_tls_is_told_as_such() {
    let (listener, address) = listener();
    let settings = Settings { tls_timeout: Duration::from_millis(100), ..Settings::default() };
    let context = context(trusted(address, "ca.crt"), UserEntry::default());
    let fault = ask(&context, &settings, "/version").await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::Unreachable);
    assert_eq!(fault.what, format!("TLS handshake with {address}: no answer within 0.1 s"));
    // A port that nobody is given: one that was just closed may be somebody else's by now.
    let nobody = self::context(trusted(SocketAddr::from(([127, 0, 0, 1], 1)), "ca.crt"), UserEntry::default());
    let fault = ask(&nobody, &settings, "/version").await.unwrap_err();
    assert_eq!((fault.kind, fault.what.as_str()), (FaultKind::Unreachable, "connection refused"));
    drop(listener);
}

#[tokio::test]
async fn certificates_are_checked_and_shown_as_the_kubeconfig_says() {
    let plain = Settings { http2: false, ..Settings::default() };
    let me = || UserEntry { client_certificate: pem("client.crt"), client_key: pem("client.key"), ..UserEntry::default() };
    let (address, serving) = tls_server(&[]);
    assert_eq!(ask(&context(trusted(address, "ca.crt"), me()), &plain, "/version").await, Ok(200));
    let seen = serving.join().unwrap();
    assert_eq!((seen.name.as_deref(), seen.certificates), (Some("kubernetes.test"), 1));
    assert!(seen.head.starts_with("GET /version"));

    let insecure = |address: SocketAddr| ClusterEntry {
        server: format!("https://{address}"),
        insecure_skip_tls_verify: true,
        ..ClusterEntry::default()
    };
    let (address, serving) = tls_server(&[]);
    assert_eq!(ask(&context(insecure(address), UserEntry::default()), &plain, "/version").await, Ok(200));
    assert_eq!(serving.join().unwrap().certificates, 0);

    for (cluster, wanted) in [
        (&(|a| trusted(a, "other-ca.crt")) as &dyn Fn(SocketAddr) -> ClusterEntry, "unknown authority"),
        (&|a| ClusterEntry { tls_server_name: None, ..trusted(a, "ca.crt") }, "another name"),
        (&|a| ClusterEntry { ca: None, ..trusted(a, "ca.crt") }, "unknown authority"),
    ] {
        let (address, serving) = tls_server(&[]);
        let fault = ask(&context(cluster(address), UserEntry::default()), &plain, "/version").await.unwrap_err();
        assert!(fault.kind == FaultKind::Config && fault.what.contains(wanted) && fault.hint.is_some(), "{wanted}: {fault}");
        assert_eq!(serving.join().unwrap().head, "");
    }
    let mixed = UserEntry { client_certificate: pem("client.crt"), client_key: pem("server.key"), ..UserEntry::default() };
    let fault = ask(&context(trusted(address, "ca.crt"), mixed), &plain, "/version").await.unwrap_err();
    assert!(fault.what.contains("do not belong together"), "{fault}");
}

#[tokio::test]
async fn a_certificate_that_signed_itself_is_taken_where_the_kubeconfig_holds_it() {
    for (ca, name, taken) in
        [("self.crt", "kubernetes.test", true), ("self.crt", "other.test", false), ("ca.crt", "kubernetes.test", false)]
    {
        let (address, serving) = tls_server_as("self", &[]);
        let cluster = ClusterEntry { tls_server_name: Some(name.into()), ..trusted(address, ca) };
        let answer = ask(&context(cluster, UserEntry::default()), &Settings::default(), "/version").await;
        assert_eq!(answer.is_ok(), taken, "{ca} {name}: {answer:?}");
        serving.join().unwrap();
    }
}

#[tokio::test]
async fn tls_with_a_plain_server_is_told_as_such() {
    let (listener, address) = listener();
    let serving = std::thread::spawn(move || {
        let mut socket = listener.accept().unwrap().0;
        let _ = socket.read(&mut [0; 4096]);
        let _ = socket.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
    });
    let fault = ask(&context(trusted(address, "ca.crt"), UserEntry::default()), &Settings::default(), "/version").await.unwrap_err();
    serving.join().unwrap();
    assert!(fault.kind == FaultKind::Config && fault.what.contains("answers TLS with something else"), "{fault}");
}

#[tokio::test]
async fn http2_is_spoken_where_both_sides_can_and_wanted() {
    for (http2, offered, wanted) in [
        (true, &[&b"h2"[..], b"http/1.1"][..], "PRI * HTTP/2.0"),
        (true, &[b"http/1.1"], "GET /version HTTP/1.1"),
        (true, &[], "GET /version HTTP/1.1"),
        (false, &[b"h2", b"http/1.1"], "GET /version HTTP/1.1"),
    ] {
        let (address, serving) = tls_server(offered);
        let settings = Settings { http2, ..Settings::default() };
        let answer = ask(&context(trusted(address, "ca.crt"), UserEntry::default()), &settings, "/version").await;
        assert_eq!(answer.is_ok(), !wanted.starts_with("PRI"), "{answer:?}");
        let head = serving.join().unwrap().head;
        assert!(head.starts_with(wanted), "{head}");
    }
}

#[tokio::test]
async fn a_proxy_is_asked_for_a_tunnel_and_blamed_where_it_refuses() {
    let (listener, proxy) = listener();
    let serving = std::thread::spawn(move || {
        let mut socket = listener.accept().unwrap().0;
        let asked = head(&mut socket);
        socket.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").unwrap();
        (asked, serve(&mut socket))
    });
    let through = |url: String| Context {
        cluster: Arc::new(ClusterEntry { proxy_url: Some(url), ..(*to("http://api.test:6443").cluster).clone() }),
        ..to("")
    };
    assert_eq!(ask(&through(format!("http://me:p%40ss@{proxy}")), &Settings::default(), "/version").await, Ok(200));
    let (asked, request) = serving.join().unwrap();
    assert!(
        asked.starts_with("CONNECT api.test:6443 HTTP/1.1\r\n") && asked.contains("Proxy-Authorization: Basic bWU6cEBzcw=="),
        "{asked}"
    );
    assert!(request.starts_with("GET /version") && !request.to_lowercase().contains("proxy-authorization"));

    for (answer, kind, what) in [
        ("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", FaultKind::Config, "wants a name and a password"),
        ("HTTP/1.1 403 Forbidden\r\n\r\n", FaultKind::Unreachable, "refuses to connect"),
    ] {
        let (listener, proxy) = self::listener();
        let serving = std::thread::spawn(move || {
            let mut socket = listener.accept().unwrap().0;
            head(&mut socket);
            socket.write_all(answer.as_bytes()).unwrap();
        });
        let fault = ask(&through(format!("http://me:SECRET@{proxy}")), &Settings::default(), "/version").await.unwrap_err();
        serving.join().unwrap();
        assert!(
            fault.kind == kind && fault.what.contains(what) && fault.what.contains(&format!("through the proxy http://{proxy}")),
            "{fault}"
        );
        assert!(!fault.to_string().contains("SECRET"));
    }
}

#[tokio::test]
async fn a_socks_proxy_is_given_the_servers_name() {
    let (listener, proxy) = listener();
    let serving = std::thread::spawn(move || {
        let mut socket = listener.accept().unwrap().0;
        let mut greeting = [0; 3];
        socket.read_exact(&mut greeting).unwrap();
        socket.write_all(&[5, 0]).unwrap();
        let mut wish = [0; 4 + 1 + 8 + 2];
        socket.read_exact(&mut wish).unwrap();
        socket.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0]).unwrap();
        (wish, serve(&mut socket))
    });
    let environment = Environment { all: Some(format!("socks5h://{proxy}")), ..Environment::default() };
    assert_eq!(ask(&to("http://api.test:6443"), &Settings { environment, ..Settings::default() }, "/version").await, Ok(200));
    let (wish, request) = serving.join().unwrap();
    assert_eq!((&wish[5..13], &wish[13..]), (&b"api.test"[..], &6443u16.to_be_bytes()[..]));
    assert!(request.starts_with("GET /version"));
}

#[tokio::test]
async fn a_broken_context_connects_nowhere() {
    let broken = Fault::new(FaultKind::Config, "why");
    let context = Context { broken: Some(broken.clone()), ..to("https://h") };
    assert_eq!(ask(&context, &Settings::default(), "/version").await, Err(broken));
}
