//! TLS connections that fail: whose certificate is to blame, and what to do about it.

use crate::model::fault::{Fault, FaultKind};
use rustls::{AlertDescription, CertificateError};

/// What is wrong with a TLS connection, and whose certificate is to blame.
pub(super) fn of_tls(error: &rustls::Error) -> Fault {
    use rustls::Error as Tls;
    let fault = |kind, what: &str, hint: &str| Fault::new(kind, what).hint(hint);
    match error {
        Tls::InvalidCertificate(problem) => of_certificate(problem),
        Tls::AlertReceived(alert) => match alert {
            AlertDescription::CertificateExpired => {
                fault(FaultKind::Unauthorised, "the server says that our client certificate has expired", "renew the kubeconfig")
            }
            AlertDescription::CertificateRequired
            | AlertDescription::BadCertificate
            | AlertDescription::UnsupportedCertificate
            | AlertDescription::CertificateRevoked
            | AlertDescription::CertificateUnknown
            | AlertDescription::UnknownCA
            | AlertDescription::AccessDenied => {
                let what = format!("the server refuses our client certificate (TLS alert {alert:?})");
                fault(
                    FaultKind::Unauthorised,
                    &what,
                    "the user belongs to another cluster, or the cluster was made anew: renew the kubeconfig",
                )
            }
            AlertDescription::UnrecognisedName => {
                fault(FaultKind::Config, "the server does not know the name that we ask for", "check the address and tls-server-name")
            }
            alert => Fault::new(FaultKind::Unreachable, format!("the server ended the TLS handshake (alert {alert:?})")),
        },
        Tls::InvalidMessage(_) => {
            fault(FaultKind::Config, "the server answers TLS with something else", "is it plain http, or another port?")
        }
        Tls::InconsistentKeys(_) => {
            fault(FaultKind::Config, "client-certificate and client-key do not belong together", "renew the kubeconfig")
        }
        other => Fault::new(FaultKind::Unreachable, format!("TLS: {other}")),
    }
}

fn of_certificate(problem: &CertificateError) -> Fault {
    let clock = "ask the cluster's administrator to renew it, and check this machine's clock";
    let fault = |kind, what: &str, hint: &str| Fault::new(kind, what).hint(hint);
    match problem {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            fault(FaultKind::Unreachable, "the server's certificate has expired", clock)
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            fault(FaultKind::Unreachable, "the server's certificate is not valid yet", "check this machine's clock")
        }
        CertificateError::UnknownIssuer => fault(
            FaultKind::Config,
            "the server's certificate is signed by an unknown authority",
            "the cluster was made anew, another server or a proxy answers, or certificate-authority is wrong: renew the kubeconfig",
        ),
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            let what = format!("the server's certificate is for another name: {problem}");
            fault(FaultKind::Config, &what, "use one of its names in server, or set tls-server-name")
        }
        CertificateError::BadSignature => fault(
            FaultKind::Config,
            "the server's certificate is not signed by certificate-authority",
            "the cluster was made anew: renew the kubeconfig",
        ),
        // An error of webpki's own, which rustls passes on as text.
        CertificateError::Other(other) if other.to_string().contains("CaUsedAsEndEntity") => fault(
            FaultKind::Config,
            "the server's certificate is itself marked as an authority, which is not accepted",
            "name this very certificate as certificate-authority, or have it signed by an authority",
        ),
        other => Fault::new(FaultKind::Config, format!("the server's certificate is not acceptable: {other}")),
    }
}
