//! One GET over https with bounded size and hand-checked redirects. No retries, no cookies, no other method.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use http::{HeaderValue, StatusCode, Uri, header};
use http_body_util::{BodyExt as _, Empty, Limited};
use hyper::body::Bytes;
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::connect::dns::Name;
use hyper_util::rt::TokioExecutor;

use super::address::{self, Allowed};
use crate::failure::{Failure, FailureKind, Result};
use crate::proxy::Proxies;
use crate::proxy::connector::{self, Connector};
use crate::secret::Secret;

const REDIRECTS: usize = 5;
const ANSWER_WITHIN: Duration = Duration::from_secs(60);

type Inner = hyper_util::client::legacy::Client<HttpsConnector<Connector<GuardedResolver>>, Empty<Bytes>>;

/// What to get.
pub(super) struct Request<'a> {
    pub(super) url: &'a str,
    pub(super) accept: Option<&'a str>,
    /// Sent to the URL's own host only, never along a redirect to another.
    pub(super) token: Option<&'a Secret>,
    /// Most bytes of the answer.
    pub(super) limit: usize,
}

/// A client that reaches public hosts, and those private ones that were named.
pub(super) struct Client {
    public: Inner,
    any: Inner,
    allowed: Allowed,
    proxies: Proxies,
}

impl Client {
    pub(super) fn new(allowed: Allowed, proxies: Proxies) -> Result<Self> {
        Ok(Self { public: inner(true, &proxies)?, any: inner(false, &proxies)?, allowed, proxies })
    }

    pub(super) async fn get(&self, request: Request<'_>) -> Result<Vec<u8>> {
        let mut url = parse(request.url)?;
        let home = url.authority().cloned();
        for _ in 0..=REDIRECTS {
            self.check(&url)?;
            let token = request.token.filter(|_| url.authority() == home.as_ref());
            let work = self.once(&url, request.accept, token, request.limit);
            match tokio::time::timeout(ANSWER_WITHIN, work).await {
                Ok(Ok(Answer::Body(body))) => return Ok(body),
                Ok(Ok(Answer::Redirect(to))) => url = follow(&url, &to)?,
                Ok(Err(failure)) => return Err(failure),
                Err(_) => return Err(unreachable(&url, "no answer within 60 s")),
            }
        }
        Err(unreachable(&url, "too many redirects"))
    }

    /// https, but for the servers that the runner's own variables name.
    fn check(&self, url: &Uri) -> Result<()> {
        let (host, port) = (url.host().unwrap_or_default(), url.port_u16());
        let plain = url.scheme_str() == Some("http") && self.allowed.is_configured(host, port);
        if url.scheme_str() == Some("https") || plain {
            return Ok(());
        }
        Err(Failure::input(format!("{url}: remote resources are read by https only")))
    }

    async fn once(&self, url: &Uri, accept: Option<&str>, token: Option<&Secret>, limit: usize) -> Result<Answer> {
        let mut request = http::Request::get(url.clone()).header(header::USER_AGENT, "k8s-deploy-action");
        if let Some(accept) = accept {
            request = request.header(header::ACCEPT, accept);
        }
        if let Some(token) = token {
            let mut value = HeaderValue::try_from(format!("Bearer {}", token.expose()))
                .map_err(|_| Failure::input("token: holds characters that no token has"))?;
            value.set_sensitive(true);
            request = request.header(header::AUTHORIZATION, value);
        }
        let proxy = self.proxies.to(url).map_err(Failure::input)?;
        if let Some(value) = proxy.and_then(|proxy| proxy.authorization).filter(|_| url.scheme_str() == Some("http")) {
            request = request.header(header::PROXY_AUTHORIZATION, value);
        }
        let request = request.body(Empty::new()).map_err(|error| Failure::input(format!("{url}: {error}")))?;
        let named = self.allowed.is_named(url.host().unwrap_or_default(), url.port_u16());
        if !named && literal_address(url).is_some_and(|address| !address::is_public(address)) {
            return Err(private(url));
        }
        let client = if named { &self.any } else { &self.public };
        let answer = client.request(request).await.map_err(|error| explain(url, &error))?;
        read(url, answer, limit).await
    }
}

enum Answer {
    Body(Vec<u8>),
    Redirect(String),
}

async fn read(url: &Uri, answer: http::Response<hyper::body::Incoming>, limit: usize) -> Result<Answer> {
    let status = answer.status();
    if status.is_redirection()
        && let Some(to) = answer.headers().get(header::LOCATION).and_then(|value| value.to_str().ok())
    {
        return Ok(Answer::Redirect(to.to_owned()));
    }
    if status != StatusCode::OK {
        let kind = match status {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => FailureKind::Forbidden,
            status if status.is_client_error() => FailureKind::Input,
            _ => FailureKind::Network,
        };
        return Err(Failure::new(kind, format!("{url} answered {status}")));
    }
    match Limited::new(answer.into_body(), limit).collect().await {
        Ok(body) => Ok(Answer::Body(body.to_bytes().to_vec())),
        Err(error) if error.is::<http_body_util::LengthLimitError>() => {
            Err(Failure::input(format!("{url} is larger than {} MiB", limit.div_ceil(1024 * 1024))))
        }
        Err(error) => Err(unreachable(url, &error.to_string())),
    }
}

fn parse(url: &str) -> Result<Uri> {
    let uri: Uri = url.parse().map_err(|_| Failure::input(format!("`{url}` is no URL")))?;
    if uri.host().is_none() {
        return Err(Failure::input(format!("`{url}` names no host")));
    }
    if uri.authority().is_some_and(|authority| authority.as_str().contains('@')) {
        return Err(Failure::input("a remote resource's URL must not hold a user name or password"));
    }
    Ok(uri)
}

/// The address of a redirect, absolute or from the root of the same host.
fn follow(from: &Uri, to: &str) -> Result<Uri> {
    if to.starts_with('/') {
        let base =
            format!("{}://{}", from.scheme_str().unwrap_or("https"), from.authority().map_or("", |a| a.as_str()));
        return parse(&format!("{base}{to}"));
    }
    parse(to)
}

fn literal_address(url: &Uri) -> Option<std::net::IpAddr> {
    url.host()?.trim_matches(['[', ']']).parse().ok()
}

fn unreachable(url: &Uri, why: &str) -> Failure {
    Failure::new(FailureKind::Network, format!("cannot read {url}: {why}"))
}

fn private(url: &Uri) -> Failure {
    let host = url.host().unwrap_or_default();
    Failure::new(FailureKind::Forbidden, format!("{url}: `{host}` is a private address"))
        .hinted(format!("if that is meant, name it: `allow-hosts: {host}`"))
}

fn explain(url: &Uri, error: &hyper_util::client::legacy::Error) -> Failure {
    let mut source: Option<&dyn std::error::Error> = Some(error);
    let mut text = error.to_string();
    while let Some(cause) = source {
        if cause.downcast_ref::<io::Error>().is_some_and(|io| io.kind() == io::ErrorKind::PermissionDenied) {
            return private(url);
        }
        text = cause.to_string();
        source = cause.source();
    }
    unreachable(url, &text)
}

fn inner(guarded: bool, proxies: &Proxies) -> Result<Inner> {
    let connector = connector::to_servers(GuardedResolver { guarded }, proxies.clone())
        .map_err(|error| Failure::new(FailureKind::Other, format!("no CA certificates: {error}")))?;
    Ok(hyper_util::client::legacy::Client::builder(TokioExecutor::new()).build(connector))
}

/// Resolves names and, when guarded, gives out public addresses only: what is checked is what is connected to, so that a
/// name cannot change its mind in between. Where a proxy looks names up, what it reaches is for the proxy to limit.
#[derive(Clone)]
struct GuardedResolver {
    guarded: bool,
}

impl tower_service::Service<Name> for GuardedResolver {
    type Response = std::vec::IntoIter<SocketAddr>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Self::Response>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let guarded = self.guarded;
        Box::pin(async move {
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            let public: Vec<SocketAddr> =
                found.iter().filter(|at| !guarded || address::is_public(at.ip())).copied().collect();
            if public.is_empty() && !found.is_empty() {
                return Err(io::ErrorKind::PermissionDenied.into());
            }
            Ok(public.into_iter())
        })
    }
}
