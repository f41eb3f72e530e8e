//! Opens connections, directly or through a proxy: a tunnel for https, a proxy that is asked in full for plain http.
//! Carries bytes; knows neither requests nor credentials but the proxy's own.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use http::Uri;
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_rustls::{ConfigBuilderExt as _, HttpsConnector, HttpsConnectorBuilder, MaybeHttpsStream};
use hyper_util::client::legacy::connect::dns::Name;
use hyper_util::client::legacy::connect::proxy::Tunnel;
use hyper_util::client::legacy::connect::{Connected, Connection, HttpConnector};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tower_service::Service;

use super::Proxies;

/// Bound on opening a connection, the tunnel included.
const WITHIN: Duration = Duration::from_secs(15);

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Returns the connector for servers that speak https, or http where their address says so. Their names are looked up by
/// `resolver` where no proxy does it.
///
/// # Errors
/// The system's CA certificates cannot be read.
pub(crate) fn to_servers<R>(resolver: R, proxies: Proxies) -> io::Result<HttpsConnector<Connector<R>>> {
    let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?
        .with_native_roots()?
        .with_no_client_auth();
    let mut direct = HttpConnector::new_with_resolver(resolver);
    direct.enforce_http(false);
    let mut plain = HttpConnector::new();
    plain.enforce_http(false);
    let to_proxy =
        HttpsConnectorBuilder::new().with_tls_config(tls.clone()).https_or_http().enable_http1().wrap_connector(plain);
    let connector = Connector { direct, to_proxy, proxies };
    Ok(HttpsConnectorBuilder::new().with_tls_config(tls).https_or_http().enable_http1().wrap_connector(connector))
}

/// The connector below TLS.
#[derive(Clone, Debug)]
pub(crate) struct Connector<R> {
    direct: HttpConnector<R>,
    to_proxy: HttpsConnector<HttpConnector>,
    proxies: Proxies,
}

impl<R> Service<Uri> for Connector<R>
where
    R: Service<Name> + Clone + Send + Sync + 'static,
    R::Response: Iterator<Item = std::net::SocketAddr> + Send,
    R::Future: Send,
    R::Error: Into<BoxError>,
{
    type Response = Stream;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Stream, BoxError>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.direct.poll_ready(context).map_err(Into::into)
    }

    fn call(&mut self, server: Uri) -> Self::Future {
        let (mut direct, mut to_proxy) = (self.direct.clone(), self.to_proxy.clone());
        let proxy = self.proxies.to(&server);
        let open = async move {
            let Some(proxy) = proxy? else {
                let stream = MaybeHttpsStream::Http(direct.call(server).await?);
                return Ok(Stream { stream, asked_in_full: false });
            };
            if server.scheme_str() == Some("http") {
                return Ok(Stream { stream: to_proxy.call(proxy.address).await?, asked_in_full: true });
            }
            let mut tunnel = Tunnel::new(proxy.address, to_proxy);
            if let Some(authorization) = proxy.authorization {
                tunnel = tunnel.with_auth(authorization);
            }
            Ok(Stream { stream: tunnel.call(server).await?, asked_in_full: false })
        };
        Box::pin(async move { tokio::time::timeout(WITHIN, open).await? })
    }
}

/// A connection to a server or to the proxy before it.
pub(crate) struct Stream {
    stream: MaybeHttpsStream<TokioIo<TcpStream>>,
    /// The proxy wants to know the whole address.
    asked_in_full: bool,
}

impl Connection for Stream {
    fn connected(&self) -> Connected {
        self.stream.connected().proxy(self.asked_in_full)
    }
}

impl Read for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl Write for Stream {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
