//! Which servers a client trusts: those whose certificate an authority signed that is trusted, and
//! those whose certificate is trusted itself.
//!
//! The second is what users of libzmq rely on who make a certificate that signs itself, often with
//! the server's name in its subject only. The web's rules, which rustls keeps, know neither.

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{verify_server_cert_signed_by_trust_anchor, verify_server_name};
use rustls::crypto::{CryptoProvider, WebPkiSupportedAlgorithms};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{DigitallySignedStruct, Error, RootCertStore, SignatureScheme};

use crate::error::{Errno, Result};
use crate::sync::Arc;

/// OBJECT IDENTIFIER 2.5.4.3, the common name.
const COMMON_NAME: &[u8] = &[0x55, 0x04, 0x03];

const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const OBJECT_IDENTIFIER: u8 = 0x06;
const CONTEXT_0: u8 = 0xA0;

/// A client's trust.
#[derive(Debug)]
pub struct Trust {
    /// Certificates that are trusted themselves.
    trusted: Vec<CertificateDer<'static>>,
    authorities: RootCertStore,
    /// The certificate has to name the server.
    named: bool,
    algorithms: WebPkiSupportedAlgorithms,
}

impl Trust {
    /// Trust in certificates, and in the system's authorities with `system`. Errors: `EINVAL` if
    /// one of the certificates cannot be read.
    pub fn new(
        trusted: Vec<CertificateDer<'static>>,
        system: bool,
        named: bool,
        provider: &Arc<CryptoProvider>,
    ) -> Result<Trust> {
        let mut authorities = RootCertStore::empty();
        for certificate in &trusted {
            authorities.add(certificate.clone()).map_err(|_| Errno::EINVAL)?;
        }
        if system {
            authorities.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        }
        let algorithms = provider.signature_verification_algorithms;
        Ok(Trust { trusted, authorities, named, algorithms })
    }
}

impl ServerCertVerifier for Trust {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> std::result::Result<ServerCertVerified, Error> {
        let certificate = ParsedCertificate::try_from(end_entity)?;
        let is_trusted = self.trusted.iter().any(|trusted| trusted == end_entity);
        if !is_trusted {
            let algorithms = self.algorithms.all;
            verify_server_cert_signed_by_trust_anchor(
                &certificate,
                &self.authorities,
                intermediates,
                now,
                algorithms,
            )?;
        }
        if self.named
            && let Err(error) = verify_server_name(&certificate, server_name)
            && !(is_trusted && subject_names(end_entity, server_name))
        {
            return Err(error);
        }
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> std::result::Result<HandshakeSignatureValid, Error> {
        rustls::crypto::verify_tls12_signature(message, cert, dss, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> std::result::Result<HandshakeSignatureValid, Error> {
        rustls::crypto::verify_tls13_signature(message, cert, dss, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

/// Whether the common name in the certificate's subject is the server's name.
fn subject_names(certificate: &CertificateDer<'_>, server: &ServerName<'_>) -> bool {
    let ServerName::DnsName(name) = server else { return false };
    let common_name = common_name(certificate).unwrap_or_default();
    common_name.eq_ignore_ascii_case(name.as_ref().as_bytes())
}

/// The common name in a certificate's subject (RFC 5280, section 4.1).
fn common_name(certificate: &[u8]) -> Option<&[u8]> {
    let (_, certificate, _) = element(certificate).filter(|(tag, ..)| *tag == SEQUENCE)?;
    let (_, mut fields, _) = element(certificate).filter(|(tag, ..)| *tag == SEQUENCE)?;
    if let Some((CONTEXT_0, _, rest)) = element(fields) {
        // The version.
        fields = rest;
    }
    // Serial number, algorithm, issuer, validity.
    for _ in 0..4 {
        fields = element(fields)?.2;
    }
    let (_, mut subject, _) = element(fields)?;
    let mut found = None;
    while let Some((SET, attributes, rest)) = element(subject) {
        subject = rest;
        let (_, attribute, _) = element(attributes)?;
        let (tag, kind, value) = element(attribute)?;
        if tag == OBJECT_IDENTIFIER && kind == COMMON_NAME {
            found = element(value).map(|(_, text, _)| text);
        }
    }
    found
}

/// The first element of DER data: its tag, its content, and what follows it.
fn element(data: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = data.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (len, rest) = if first < 0x80 {
        (usize::from(first), rest)
    } else {
        let (bytes, rest) = rest.split_at_checked(usize::from(first & 0x7F))?;
        let len = bytes.iter().try_fold(0usize, |len, &byte| {
            len.checked_mul(256).map(|len| len | usize::from(byte))
        })?;
        (len, rest)
    };
    let (content, rest) = rest.split_at_checked(len)?;
    Some((tag, content, rest))
}
