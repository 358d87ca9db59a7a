//! Certificates for servers on loopback, made anew at each start: an authority of the fleet's own, and one certificate that all its servers
//! show. Nothing of it is ever written to a disk but the authority's certificate, in the kubeconfig.

use rcgen::{BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, crypto};
use std::sync::Arc;
use tokio_rustls::TlsAcceptor;

/// The protocols that servers speak, the better first.
const PROTOCOLS: [&[u8]; 2] = [b"h2", b"http/1.1"];

/// What a fleet proves itself with.
pub struct Identity {
    /// The authority's certificate, in PEM, for the kubeconfig.
    pub authority: String,
    /// Shakes hands with clients.
    pub acceptor: TlsAcceptor,
}

/// Why there are no certificates.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Makes an authority, and a certificate for 127.0.0.1 and localhost (ECDSA on P-256: both keys take less than a millisecond).
///
/// # Errors
/// Where the system has no random numbers; nothing else can go wrong.
pub fn identity() -> Result<Identity, Failure> {
    let (authority, issuer) = authority()?;
    let mut params = CertificateParams::new(["localhost".to_owned(), "127.0.0.1".to_owned()])?;
    params.distinguished_name.push(DnType::CommonName, "kube-apiserver");
    params.extended_key_usages.push(ExtendedKeyUsagePurpose::ServerAuth);
    params.use_authority_key_identifier_extension = true;
    let key = KeyPair::generate()?;
    let certificate = params.signed_by(&key, &issuer)?;
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let provider = Arc::new(crypto::ring::default_provider());
    let builder = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    let mut config = builder.with_no_client_auth().with_single_cert(vec![certificate.der().clone()], key)?;
    config.alpn_protocols = PROTOCOLS.map(<[u8]>::to_vec).to_vec();
    Ok(Identity { authority, acceptor: TlsAcceptor::from(Arc::new(config)) })
}

fn authority() -> Result<(String, Issuer<'static, KeyPair>), Failure> {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, "kconsole demo");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let key = KeyPair::generate()?;
    let authority = params.self_signed(&key)?.pem();
    Ok((authority, Issuer::new(params, key)))
}
