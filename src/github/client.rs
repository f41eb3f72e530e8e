//! The connection below everything that is asked of GitHub: TLS, proxies, the token, and redirects that stay on its host.
//! Retries nothing and reads no answer.

use http::header::{HeaderValue, LOCATION, PROXY_AUTHORIZATION, USER_AGENT};
use http::{Response, Uri};
use http_body_util::combinators::BoxBody;
use hyper::body::Bytes;
use hyper_util::client::legacy::Client as Pool;
use hyper_util::client::legacy::connect::dns::GaiResolver;
use hyper_util::rt::TokioExecutor;
use octocrab::service::middleware::auth_header::AuthHeaderLayer;
use octocrab::{AuthState, OctoBody, Octocrab, OctocrabBuilder};

use super::wire::Request;
use crate::failure::{Failure, FailureKind, Result};
use crate::inputs::Context;
use crate::proxy::{Proxies, Proxy, connector};
use crate::secret::Secret;

/// Redirects in a row that are followed; a renamed repository needs one.
const REDIRECTS: usize = 5;

const USER: &str = concat!("k8s-deploy-action/", env!("CARGO_PKG_VERSION"));

/// One of GitHub's APIs.
pub(super) struct Client {
    octocrab: Octocrab,
    base: Uri,
    /// For the proxy that plain http goes through.
    to_proxy: Option<HeaderValue>,
}

/// Both APIs over one pool of connections, and the name of what stands at the other end, for messages.
pub(super) struct Clients {
    pub(super) rest: Client,
    pub(super) graphql: Client,
    pub(super) host: String,
}

impl Clients {
    /// Prepares the connection; sends nothing.
    pub(super) fn new(context: &Context, graphql: &str, token: Option<&Secret>) -> Result<Self> {
        let base = address(&context.api_url, "GITHUB_API_URL")?;
        let graphql = address(graphql, "GITHUB_GRAPHQL_URL")?;
        let proxy = context.proxies.to(&base).map_err(Failure::input)?;
        let pool = pool(&context.proxies).map_err(|error| {
            let message = format!("cannot set up the connection to {}: {error}", context.api_url);
            Failure::new(FailureKind::Other, message)
                .hinted("the system's CA certificates must be readable; SSL_CERT_FILE names another file")
        })?;
        let token = token.map(bearer).transpose()?;
        Ok(Self {
            host: shown(&base, proxy.as_ref()),
            rest: Client::new(pool.clone(), base, token.clone(), proxy.as_ref()),
            graphql: Client::new(pool, graphql, token, proxy.as_ref()),
        })
    }
}

type Connections = Pool<hyper_rustls::HttpsConnector<connector::Connector<GaiResolver>>, OctoBody>;

fn pool(proxies: &Proxies) -> std::io::Result<Connections> {
    let connector = connector::to_servers(GaiResolver::new(), proxies.clone())?;
    Ok(Pool::builder(TokioExecutor::new()).build(connector))
}

fn address(text: &str, variable: &str) -> Result<Uri> {
    let uri: Option<Uri> = text.parse().ok();
    uri.filter(|uri| uri.scheme().is_some() && uri.host().is_some())
        .ok_or_else(|| Failure::input(format!("{variable}: {text:?} is no address")))
}

fn bearer(token: &Secret) -> Result<HeaderValue> {
    let mut value = HeaderValue::try_from(format!("Bearer {}", token.expose().trim()))
        .map_err(|_| Failure::input("token: it holds characters that no token has"))?;
    value.set_sensitive(true);
    Ok(value)
}

fn shown(base: &Uri, proxy: Option<&Proxy>) -> String {
    let host = base.authority().map_or_else(String::new, ToString::to_string);
    match proxy {
        Some(proxy) => format!("{host} through the proxy {}", proxy.shown()),
        None => host,
    }
}

impl Client {
    fn new(pool: Connections, base: Uri, token: Option<HeaderValue>, proxy: Option<&Proxy>) -> Self {
        let plain = base.scheme_str() == Some("http");
        let to_proxy = proxy.filter(|_| plain).and_then(|proxy| proxy.authorization.clone());
        let built = OctocrabBuilder::new_empty()
            .with_service(pool)
            .with_layer(&AuthHeaderLayer::new(token, base.clone(), base.clone()))
            .with_auth(AuthState::None)
            .build();
        Self { octocrab: built.unwrap_or_else(|never| match never {}), base, to_proxy }
    }

    /// Sends a request, and again to where it is redirected on the same host, as GitHub asks for ("repeat the request
    /// verbatim"); the answer's status, headers and text.
    pub(super) async fn send(&self, request: &Request) -> octocrab::Result<(http::response::Parts, String)> {
        let mut target = format!("{}{}", self.base.to_string().trim_end_matches('/'), request.path);
        for _ in 0..REDIRECTS {
            let response = self.once(request, &target).await?;
            match self.redirect(&response) {
                Some(next) => target = next,
                None => return self.whole(response).await,
            }
        }
        let response = self.once(request, &target).await?;
        self.whole(response).await
    }

    async fn whole(
        &self,
        response: Response<BoxBody<Bytes, octocrab::Error>>,
    ) -> octocrab::Result<(http::response::Parts, String)> {
        let (parts, body) = response.into_parts();
        let text = self.octocrab.body_to_string(Response::new(body)).await?;
        Ok((parts, text))
    }

    async fn once(
        &self,
        request: &Request,
        target: &str,
    ) -> octocrab::Result<Response<BoxBody<Bytes, octocrab::Error>>> {
        let mut builder = http::Request::builder()
            .method(request.method.clone())
            .uri(target)
            .header(USER_AGENT, USER)
            .header("accept", "application/vnd.github+json");
        if let Some(value) = &self.to_proxy {
            builder = builder.header(PROXY_AUTHORIZATION, value);
        }
        let built = self.octocrab.build_request(builder, request.body.as_ref())?;
        self.octocrab.execute(built).await
    }

    /// Where a redirect leads, when that is on the same host: the token and what is written go to no other.
    fn redirect<B>(&self, response: &Response<B>) -> Option<String> {
        if !matches!(response.status().as_u16(), 301 | 302 | 307 | 308) {
            return None;
        }
        let location = response.headers().get(LOCATION)?.to_str().ok()?;
        let to: Uri = location.parse().ok()?;
        let own = (self.base.scheme_str()?, self.base.authority()?);
        match (to.scheme_str(), to.authority()) {
            (None, None) if location.starts_with('/') => Some(format!("{}://{}{location}", own.0, own.1)),
            (Some(scheme), Some(authority)) if (scheme, authority) == own => Some(location.to_owned()),
            _ => None,
        }
    }
}
