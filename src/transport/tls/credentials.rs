//! Configurations of both ends, from what the options say in PEM.

use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, ClientConnection, ServerConfig, ServerConnection};

use super::Tls;
use super::trust::Trust;
use crate::error::{Errno, Result};
use crate::options::Options;
use crate::sync::Arc;

/// Most bytes of a record, with the five of its header. libzmq reads 8192 bytes at a time, and does not
/// look for the rest of a record until something more arrives.
const RECORD: usize = 8192 + 5;

/// What a listener needs for its connections.
#[derive(Clone, Debug)]
pub struct ServerTls(Arc<ServerConfig>);

impl ServerTls {
    /// From `ZMQ_WSS_CERT_PEM` and `ZMQ_WSS_KEY_PEM`. Errors: `EINVAL` if one is missing, cannot be
    /// read, or they do not belong together.
    pub fn new(o: &Options) -> Result<ServerTls> {
        let chain = certificates(&o.wss_cert_pem)?;
        let key = PrivateKeyDer::from_pem_slice(&o.wss_key_pem).map_err(|_| Errno::EINVAL)?;
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|_| Errno::EINVAL)?
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .map_err(|_| Errno::EINVAL)?;
        config.max_fragment_size = Some(RECORD);
        Ok(ServerTls(Arc::new(config)))
    }

    /// The server's end of a new connection. Errors: `ENOMEM`.
    pub fn accept(&self) -> Result<Tls> {
        let connection = ServerConnection::new(self.0.clone()).map_err(|_| Errno::ENOMEM)?;
        Ok(Tls::new(connection.into()))
    }
}

/// What connections to a server need.
#[derive(Clone, Debug)]
pub struct ClientTls {
    config: Arc<ClientConfig>,
    name: ServerName<'static>,
}

impl ClientTls {
    /// From `ZMQ_WSS_TRUST_PEM`, `ZMQ_WSS_TRUST_SYSTEM` and `ZMQ_WSS_HOSTNAME`; `host` is the
    /// endpoint's. As with libzmq, the certificate need not name the server if the last option is
    /// not set. Errors: `EINVAL` for what cannot be read.
    pub fn new(host: &str, o: &Options) -> Result<ClientTls> {
        let named = !o.wss_hostname.is_empty();
        let name = if named {
            let name = std::str::from_utf8(&o.wss_hostname).map_err(|_| Errno::EINVAL)?;
            ServerName::try_from(name.to_owned()).map_err(|_| Errno::EINVAL)?
        } else {
            let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
            let unnamed = || ServerName::from(std::net::Ipv4Addr::UNSPECIFIED);
            ServerName::try_from(host).unwrap_or_else(|_| unnamed())
        };
        let trusted = certificates_or_none(&o.wss_trust_pem)?;
        let provider = Arc::new(ring::default_provider());
        let trust = Trust::new(trusted, o.wss_trust_system, named, &provider)?;
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|_| Errno::EINVAL)?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(trust))
            .with_no_client_auth();
        config.enable_sni = named;
        config.max_fragment_size = Some(RECORD);
        Ok(ClientTls { config: Arc::new(config), name })
    }

    /// The client's end of a new connection. Errors: `ENOMEM`.
    pub fn connect(&self) -> Result<Tls> {
        let connection = ClientConnection::new(self.config.clone(), self.name.clone());
        Ok(Tls::new(connection.map_err(|_| Errno::ENOMEM)?.into()))
    }
}

/// The certificates in `pem`, at least one.
fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>> {
    let all = certificates_or_none(pem)?;
    if all.is_empty() { Err(Errno::EINVAL) } else { Ok(all) }
}

fn certificates_or_none(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>> {
    CertificateDer::pem_slice_iter(pem)
        .collect::<std::result::Result<_, _>>()
        .map_err(|_| Errno::EINVAL)
}
