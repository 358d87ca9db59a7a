//! The one place that makes faults of what servers answer and of what connections die of: what failed, why, and what helps.

mod tls;

use crate::kinds::decode::Status;
use crate::model::fault::{Fault, FaultKind};
use http::{HeaderMap, StatusCode, header};
use std::error::Error;
use std::io::ErrorKind;
use std::time::Duration;

/// Long messages, such as a validation error with the whole object in it, are cut after so many characters.
const LONGEST: usize = 600;

/// The fault in an answer that is not 2xx, or that is no Kubernetes answer at all.
pub fn of_status(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Fault {
    let retry_after = headers.get(header::RETRY_AFTER).and_then(|value| value.to_str().ok()?.trim().parse().ok()).map(Duration::from_secs);
    let mut fault = match serde_json::from_slice::<Status>(body) {
        Ok(object) if object.kind.as_deref() == Some("Status") => of_object(&object, Some(status.as_u16())),
        _ => of_text(status, body),
    };
    fault.retry_after = retry_after.or(fault.retry_after);
    fault
}

/// The fault that a Status object tells of: the body of an answer (with the answer's HTTP status) or an ERROR event of a watch.
pub fn of_object(status: &Status, http: Option<u16>) -> Fault {
    let code = status.code.filter(|&code| code != 0).or(http).unwrap_or_default();
    let reason = status.reason.as_deref().unwrap_or_default();
    let details = status.details.as_ref();
    let causes = details.and_then(|d| d.causes.as_deref()).unwrap_or_default();
    let kind = if causes.iter().any(|cause| cause.reason.as_deref() == Some("ResourceVersionTooLarge")) {
        // The server lags behind what we have seen. It says 504, and means: list again without a version.
        FaultKind::Expired
    } else {
        kind_of(code, reason)
    };
    let mut what = status.message.clone().filter(|message| !message.is_empty()).unwrap_or_else(|| match (code, reason) {
        (0, "") => "the server says that it failed, and not why".to_owned(),
        (code, "") => format!("HTTP {code}"),
        (_, reason) => reason.to_owned(),
    });
    for cause in causes {
        let Some(message) = cause.message.as_deref().filter(|message| !message.is_empty() && !what.contains(*message)) else { continue };
        what.push_str("; ");
        if let Some(field) = cause.field.as_deref().filter(|field| !field.is_empty()) {
            what.push_str(field);
            what.push_str(": ");
        }
        what.push_str(message);
    }
    let retry_after = details.and_then(|d| d.retry_after_seconds).filter(|&seconds| seconds > 0).map(Duration::from_secs);
    let resume = status.metadata.as_ref().and_then(|m| m.r#continue.clone()).filter(|token| !token.is_empty());
    Fault { retry_after, resume, hint: hint_of(&kind).map(str::to_owned), ..Fault::new(kind, cut(&what)) }
}

/// By reason where it tells more than the code, else by code.
fn kind_of(code: u16, reason: &str) -> FaultKind {
    match (reason, code) {
        ("Unauthorized", _) => FaultKind::Unauthorised,
        ("Forbidden", _) => FaultKind::Forbidden,
        ("NotFound", _) => FaultKind::Gone,
        ("Expired" | "Gone", _) => FaultKind::Expired,
        ("TooManyRequests", _) => FaultKind::Throttled,
        ("Conflict" | "AlreadyExists", _) => FaultKind::Conflict,
        ("Invalid" | "BadRequest" | "MethodNotAllowed" | "NotAcceptable" | "UnsupportedMediaType" | "RequestEntityTooLarge", _) => {
            FaultKind::Invalid
        }
        ("InternalError" | "ServerTimeout" | "Timeout" | "ServiceUnavailable" | "StorageReadError", _) => FaultKind::Server,
        (_, 401) => FaultKind::Unauthorised,
        (_, 403) => FaultKind::Forbidden,
        (_, 404) => FaultKind::Gone,
        (_, 409) => FaultKind::Conflict,
        (_, 410) => FaultKind::Expired,
        (_, 429) => FaultKind::Throttled,
        (_, 400..=499) => FaultKind::Invalid,
        (_, 0 | 500..) => FaultKind::Server,
        _ => FaultKind::Garbled,
    }
}

fn hint_of(kind: &FaultKind) -> Option<&'static str> {
    match kind {
        FaultKind::Unauthorised => Some("the credential is wrong or has expired; log in again"),
        _ => None,
    }
}

/// An answer that is no Status: of a proxy, a login page, a load balancer, or a plain word such as `Unauthorized`.
fn of_text(status: StatusCode, body: &[u8]) -> Fault {
    let text = String::from_utf8_lossy(body.get(..16_384.min(body.len())).unwrap_or_default());
    let trimmed = text.trim_start();
    let html =
        ["<!doctype", "<html", "<head", "<body"].iter().any(|tag| trimmed.get(..tag.len()).is_some_and(|t| t.eq_ignore_ascii_case(tag)));
    if html {
        let title = title(trimmed).map(|title| format!(" titled {title:?}")).unwrap_or_default();
        let what = format!("a proxy or login page answered, not Kubernetes: HTTP {}{}", status.as_u16(), title);
        return Fault::new(FaultKind::Garbled, cut(&what))
            .hint("check the server's address and the proxy settings, or log in to the network");
    }
    if status.is_redirection() {
        let what = format!("the server redirects (HTTP {}), which a Kubernetes API does not", status.as_u16());
        return Fault::new(FaultKind::Garbled, what).hint("check the server's address");
    }
    if status == StatusCode::PROXY_AUTHENTICATION_REQUIRED {
        return Fault::new(FaultKind::Config, "the proxy wants a name and a password").hint("put them into the proxy's URL");
    }
    // What Go's servers answer.
    if text.contains("HTTP request to an HTTPS server") {
        return Fault::new(FaultKind::Config, "the server wants https, the kubeconfig says http").hint("put https:// into server");
    }
    let kind = if status.is_success() { FaultKind::Garbled } else { kind_of(status.as_u16(), "") };
    let line = trimmed.lines().next().unwrap_or_default().trim();
    let what = match line {
        // JSON of something that is no Status, or nothing: the code says all there is.
        "" => format!("HTTP {status}"),
        line if line.starts_with(['{', '[']) => format!("HTTP {status}"),
        line => format!("HTTP {}: {line}", status.as_u16()),
    };
    Fault { hint: hint_of(&kind).map(str::to_owned), ..Fault::new(kind, cut(&what)) }
}

/// The title of a page.
fn title(page: &str) -> Option<String> {
    let lower = page.to_ascii_lowercase();
    let open = lower.find("<title")?;
    let start = open + lower.get(open..)?.find('>')? + 1;
    let end = start + lower.get(start..)?.find("</title")?;
    let words: Vec<&str> = page.get(start..end)?.split_whitespace().collect();
    (!words.is_empty()).then(|| words.join(" "))
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// Something that did not happen in time.
#[derive(Debug, thiserror::Error)]
#[error("{step}: no answer within {} s", within.as_secs_f32())]
pub struct Stalled {
    /// What: `TLS handshake with HOST`.
    pub step: String,
    /// The deadline.
    pub within: Duration,
}

/// A connection that goes through a proxy, and why it does not.
#[derive(Debug, thiserror::Error)]
#[error("proxy {proxy}")]
pub struct ThroughProxy {
    /// The proxy without its password.
    pub proxy: String,
    /// What went wrong.
    #[source]
    pub source: Box<dyn Error + Send + Sync>,
}

/// The fault behind a failed request: `kube::Error`, an error of a body or of a connector.
pub fn of_transport(error: &(dyn Error + 'static)) -> Fault {
    let chain = chain(error);
    // What an io::Error wraps may tell more than its kind; the kind is what is left.
    let by_kind = || chain.iter().filter_map(|error| error.downcast_ref()).find_map(of_io);
    let mut fault = chain.iter().find_map(|error| known(*error)).or_else(by_kind).unwrap_or_else(|| {
        let last = chain.last().map(ToString::to_string).unwrap_or_default();
        Fault::new(FaultKind::Unreachable, cut(&last))
    });
    if let Some(through) = chain.iter().find_map(|error| error.downcast_ref::<ThroughProxy>()) {
        fault.what = format!("through the proxy {}: {}", through.proxy, fault.what);
    }
    fault
}

/// True where a request failed before there was a connection to send it over.
pub fn is_before_sending(error: &(dyn Error + 'static)) -> bool {
    let failed = |error: &&(dyn Error + 'static)| error.downcast_ref::<hyper_util::client::legacy::Error>().is_some_and(|e| e.is_connect());
    chain(error).iter().any(failed)
}

/// An error and its causes. What an `io::Error` wraps is not among its sources, so it is asked for.
fn chain<'a>(error: &'a (dyn Error + 'static)) -> Vec<&'a (dyn Error + 'static)> {
    let mut chain = Vec::new();
    let mut next = Some(error);
    while let Some(error) = next {
        chain.push(error);
        let inside = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        next = inside.map(|inner| inner as &(dyn Error + 'static)).or_else(|| error.source());
    }
    chain
}

/// The fault of one error of a chain, if we know it.
fn known(error: &(dyn Error + 'static)) -> Option<Fault> {
    let unreachable = |what: &str| Some(Fault::new(FaultKind::Unreachable, what));
    if let Some(fault) = error.downcast_ref::<Fault>() {
        return Some(fault.clone());
    }
    if let Some(kube::Error::Api(status)) = error.downcast_ref() {
        let object = Status {
            kind: Some("Status".to_owned()),
            code: Some(status.code),
            reason: Some(status.reason.clone()),
            message: Some(status.message.clone()),
            ..Status::default()
        };
        return Some(of_object(&object, None));
    }
    if let Some(kube::Error::SerdeError(error)) = error.downcast_ref() {
        return Some(Fault::new(FaultKind::Garbled, format!("the answer cannot be read: {error}")));
    }
    if let Some(stalled) = error.downcast_ref::<Stalled>() {
        return unreachable(&stalled.to_string());
    }
    if let Some(error) = error.downcast_ref::<rustls::Error>() {
        return Some(tls::of_tls(error));
    }
    if let Some(error) = error.downcast_ref::<hyper::Error>() {
        return match () {
            () if error.is_incomplete_message() => unreachable("connection closed before the answer was complete"),
            () if error.is_parse() => {
                Some(Fault::new(FaultKind::Garbled, "the server does not speak HTTP").hint("check the server's address: https, not http?"))
            }
            () if error.is_closed() || error.is_canceled() => unreachable("connection closed"),
            () if error.is_timeout() => unreachable("the connection hangs: no answer to a ping"),
            () => None,
        };
    }
    match error.to_string().as_str() {
        "dns error" => Some(Fault::new(FaultKind::Unreachable, of_name(error)).hint("check the address, the network and the VPN")),
        "tunnel error: proxy authorization required" => {
            Some(Fault::new(FaultKind::Config, "it wants a name and a password").hint("put them into the proxy's URL"))
        }
        "tunnel error: unsuccessful" => unreachable("it refuses to connect to the server"),
        _ => None,
    }
}

fn of_name(error: &dyn Error) -> String {
    let reason = error.source().map(ToString::to_string).unwrap_or_default();
    let reason = reason.trim_start_matches("failed to lookup address information: ");
    format!("the server's name cannot be resolved: {reason}")
}

fn of_io(error: &std::io::Error) -> Option<Fault> {
    let (what, hint) = match error.kind() {
        ErrorKind::ConnectionRefused => ("connection refused", Some("nothing listens there: is the cluster up, is the address right?")),
        ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted => ("connection reset", None),
        // Also what HTTP/2 says where a ping is not answered.
        ErrorKind::BrokenPipe => ("connection lost", None),
        ErrorKind::TimedOut => ("connection timed out", Some("check the network and the VPN")),
        ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable => ("no route to the server", Some("check the network and the VPN")),
        ErrorKind::NetworkDown => ("the network is down", None),
        ErrorKind::UnexpectedEof => ("connection closed", None),
        _ => return None,
    };
    Some(Fault { hint: hint.map(str::to_owned), ..Fault::new(FaultKind::Unreachable, what) })
}

#[cfg(test)]
mod tests;
