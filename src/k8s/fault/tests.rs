//! What answers and failures of the transport mean to a person.

use super::*;
use rustls::{AlertDescription, CertificateError};
use std::io;

fn status(code: u16, body: &str) -> Fault {
    of_status(StatusCode::from_u16(code).unwrap(), &HeaderMap::new(), body.as_bytes())
}

#[test]
fn answers_become_faults_by_reason_then_by_code() {
    let object = |code: u16, reason: &str| format!(r#"{{"kind":"Status","code":{code},"reason":"{reason}","message":"m"}}"#);
    for (code, body, kind) in [
        (401, object(401, "Unauthorized"), FaultKind::Unauthorised),
        (403, object(403, "Forbidden"), FaultKind::Forbidden),
        (404, object(404, "NotFound"), FaultKind::Gone),
        (404, "404 page not found".into(), FaultKind::Gone),
        (409, object(409, "AlreadyExists"), FaultKind::Conflict),
        (410, object(410, "Expired"), FaultKind::Expired),
        (500, object(410, "Gone"), FaultKind::Expired),
        (422, object(422, "Invalid"), FaultKind::Invalid),
        (405, object(0, ""), FaultKind::Invalid),
        (429, "".into(), FaultKind::Throttled),
        (500, object(500, "InternalError"), FaultKind::Server),
        (503, "upstream connect error".into(), FaultKind::Server),
        (504, object(504, "Timeout"), FaultKind::Server),
        (401, "Unauthorized".into(), FaultKind::Unauthorised),
        (200, "\n<!DOCTYPE html><html><head><TITLE lang=en>Sign  in\nto Corp</TITLE>".into(), FaultKind::Garbled),
        (403, "<html><body>blocked".into(), FaultKind::Garbled),
        (302, "".into(), FaultKind::Garbled),
        (407, "".into(), FaultKind::Config),
        (400, "Client sent an HTTP request to an HTTPS server.\n".into(), FaultKind::Config),
        (200, "hello".into(), FaultKind::Garbled),
    ] {
        let fault = status(code, &body);
        assert_eq!(fault.kind, kind, "{code} {body}");
        assert!(!fault.what.is_empty());
    }
    assert!(status(200, "<html><title>Sign  in\nto Corp</title>").what.contains("\"Sign in to Corp\""));
    assert_eq!(status(503, "busy\nmore").what, "HTTP 503: busy");
}

#[test]
fn causes_are_told_and_the_time_to_wait_is_kept() {
    let body = r#"{"kind":"Status","code":422,"reason":"Invalid","message":"Pod is invalid: spec.x: required",
        "details":{"retryAfterSeconds":3,"causes":[{"message":"required","field":"spec.x"},{"message":"too long","field":"spec.y"}]}}"#;
    let fault = status(422, body);
    assert_eq!(fault.what, "Pod is invalid: spec.x: required; spec.y: too long");
    assert_eq!(fault.retry_after, Some(Duration::from_secs(3)));
    let headers = HeaderMap::from_iter([(header::RETRY_AFTER, "7".parse().unwrap())]);
    assert_eq!(of_status(StatusCode::TOO_MANY_REQUESTS, &headers, body.as_bytes()).retry_after, Some(Duration::from_secs(7)));
    let lagging = r#"{"kind":"Status","code":504,"reason":"Timeout","details":{"causes":[{"reason":"ResourceVersionTooLarge"}]}}"#;
    assert_eq!(status(504, lagging).kind, FaultKind::Expired);
    assert!(status(500, &"x".repeat(5000)).what.chars().count() <= LONGEST + 1);
}

#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Outer(&'static str, #[source] io::Error);

#[test]
fn dead_connections_are_explained() {
    let tls = |error: rustls::Error| Outer("client error (Connect)", io::Error::other(io::Error::new(ErrorKind::InvalidData, error)));
    let certificate = |problem| tls(rustls::Error::InvalidCertificate(problem));
    for (error, kind, what) in [
        (Outer("x", ErrorKind::ConnectionRefused.into()), FaultKind::Unreachable, "refused"),
        (Outer("x", ErrorKind::ConnectionReset.into()), FaultKind::Unreachable, "reset"),
        (Outer("x", ErrorKind::TimedOut.into()), FaultKind::Unreachable, "timed out"),
        (Outer("x", ErrorKind::UnexpectedEof.into()), FaultKind::Unreachable, "closed"),
        (Outer("x", io::Error::from_raw_os_error(113)), FaultKind::Unreachable, "no route"),
        (
            Outer("dns error", io::Error::other("failed to lookup address information: Name or service not known")),
            FaultKind::Unreachable,
            "resolved: Name",
        ),
        (Outer("x", io::Error::other("something else")), FaultKind::Unreachable, "something else"),
        (certificate(CertificateError::Expired), FaultKind::Unreachable, "has expired"),
        (certificate(CertificateError::UnknownIssuer), FaultKind::Config, "unknown authority"),
        (certificate(CertificateError::NotValidForName), FaultKind::Config, "another name"),
        (tls(rustls::Error::AlertReceived(AlertDescription::CertificateRequired)), FaultKind::Unauthorised, "client certificate"),
        (tls(rustls::Error::AlertReceived(AlertDescription::CertificateExpired)), FaultKind::Unauthorised, "has expired"),
        (tls(rustls::Error::InvalidMessage(rustls::InvalidMessage::InvalidContentType)), FaultKind::Config, "something else"),
    ] {
        let fault = of_transport(&error);
        assert!(fault.kind == kind && fault.what.contains(what), "{error:?}: {fault:?}");
    }
    let through = ThroughProxy { proxy: "http://p:1".into(), source: Box::new(io::Error::from(ErrorKind::ConnectionRefused)) };
    assert_eq!(of_transport(&through).what, "through the proxy http://p:1: connection refused");
}
