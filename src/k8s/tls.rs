//! What TLS trusts and shows: the kubeconfig's certificate authorities or the system's, the client certificate, the server's name.

use super::connect::config;
use super::credential::Identity;
use super::entry::ClusterEntry;
use super::fault::of_transport;
use crate::model::fault::{Fault, FaultKind};
use http::Uri;
use hyper_rustls::{DefaultServerNameResolver, FixedServerNameResolver, ResolveServerName};
use kube::client::ConfigExt;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{WebPkiServerVerifier, verify_server_name};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use std::error::Error;
use std::sync::Arc;

/// The name to ask for and to look for in the certificate.
pub(super) fn names(cluster: &ClusterEntry) -> Result<Arc<dyn ResolveServerName + Send + Sync>, Fault> {
    let Some(name) = &cluster.tls_server_name else { return Ok(Arc::new(DefaultServerNameResolver::default())) };
    let fixed = ServerName::try_from(name.clone()).map_err(|error| config(format!("tls-server-name {name:?}: {error}")))?;
    Ok(Arc::new(FixedServerNameResolver::new(fixed)))
}

/// TLS that trusts what the system trusts.
pub(super) fn of_system() -> Result<ClientConfig, Fault> {
    trusting(kube::Config::new(Uri::from_static("https://proxy")))
}

fn trusting(trust: kube::Config) -> Result<ClientConfig, Fault> {
    // Fails where it has been done before, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    trust.rustls_client_config().map_err(|error| match error {
        kube::Error::RustlsTls(error) => config(format!("TLS: {error}")),
        error => config(format!("TLS: {error}")),
    })
}

/// TLS as the kubeconfig wants it.
pub(super) fn of_cluster(cluster: &ClusterEntry, identity: Option<&Identity>, http2: bool) -> Result<ClientConfig, Fault> {
    let mut trust = kube::Config::new(Uri::from_static("https://cluster"));
    trust.accept_invalid_certs = cluster.insecure_skip_tls_verify;
    let mut authorities = Vec::new();
    if let Some(ca) = &cluster.ca {
        let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&ca.current()).collect();
        authorities = read.map_err(|error| config(format!("certificate-authority: {error}")))?;
        trust.root_cert = Some(authorities.iter().map(|der| der.to_vec()).collect());
    }
    let mut tls = trusting(trust)?;
    if !authorities.is_empty() {
        tls.dangerous().set_certificate_verifier(Arc::new(Pinned::new(authorities)?));
    }
    if let Some(identity) = identity {
        let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&identity.certificate).collect();
        let chain = chain.map_err(|error| config(format!("client-certificate: {error}")))?;
        let key = PrivateKeyDer::from_pem_slice(&identity.key).map_err(|error| config(format!("client-key: {error}")))?;
        let own = CertifiedKey::from_der(chain, key, tls.crypto_provider()).map_err(|error| match of_transport(&error) {
            fault if fault.kind == FaultKind::Config => fault,
            _ => config(format!("client-certificate and client-key: {error}")),
        })?;
        tls.client_auth_cert_resolver = Arc::new(SingleCertAndKey::from(own));
    }
    if http2 {
        tls.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    }
    Ok(tls)
}

/// TLS that nothing uses: the connector wants one also where the proxy speaks plain HTTP.
pub(super) fn unused() -> Result<ClientConfig, Fault> {
    let mut trust = kube::Config::new(Uri::from_static("https://proxy"));
    trust.root_cert = Some(Vec::new());
    trusting(trust)
}

/// Checks a server's certificate against the cluster's authorities. A certificate that signed itself is an authority too, and many
/// who made one by hand named it as the cluster's: kubectl takes it, webpki does not, since an authority is no server. So the very
/// certificate that the kubeconfig holds is accepted where its name is right. Its dates are then not checked.
#[derive(Debug)]
struct Pinned {
    signed: Arc<WebPkiServerVerifier>,
    authorities: Vec<CertificateDer<'static>>,
}

impl Pinned {
    fn new(authorities: Vec<CertificateDer<'static>>) -> Result<Self, Fault> {
        let mut roots = RootCertStore::empty();
        let bad = |error: &dyn Error| config(format!("certificate-authority: {error}"));
        for authority in &authorities {
            roots.add(authority.clone()).map_err(|error| bad(&error))?;
        }
        let signed = WebPkiServerVerifier::builder(Arc::new(roots)).build().map_err(|error| bad(&error))?;
        Ok(Self { signed, authorities })
    }
}

impl ServerCertVerifier for Pinned {
    fn verify_server_cert(
        &self,
        server: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        match self.signed.verify_server_cert(server, others, name, ocsp, now) {
            Err(rustls::Error::InvalidCertificate(CertificateError::Other(_))) if self.authorities.contains(server) => {
                verify_server_name(&ParsedCertificate::try_from(server)?, name)?;
                Ok(ServerCertVerified::assertion())
            }
            checked => checked,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        server: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.signed.verify_tls12_signature(message, server, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        server: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.signed.verify_tls13_signature(message, server, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.signed.supported_verify_schemes()
    }
}
