//! Pages and their `Link` header.

use crate::wire::request::{Request, encode_path};
use crate::world::Urls;

/// One page of a list, and the header that leads to the others.
pub struct Page<T> {
    /// The page's items.
    pub items: Vec<T>,
    /// `Link`, when there is more than one page.
    pub link: Option<String>,
}

/// Cuts the page that the request asks for (30 a page, at most 100).
pub fn page<T>(request: &Request, urls: &Urls, all: Vec<T>) -> Page<T> {
    let size = request.number("per_page", 30).clamp(1, 100);
    let current = request.number("page", 1).max(1);
    let last = all.len().div_ceil(size).max(1);
    let items = all.into_iter().skip((current - 1) * size).take(size).collect();
    let mut links = Vec::new();
    if current > 1 {
        links.push((current - 1, "prev"));
    }
    if current < last {
        links.push((current + 1, "next"));
        links.push((last, "last"));
    }
    if current > 1 {
        links.push((1, "first"));
    }
    let link = links.iter().map(|(number, rel)| format!("<{}>; rel=\"{rel}\"", url(request, urls, *number)));
    let link = link.collect::<Vec<_>>().join(", ");
    Page { items, link: Some(link).filter(|text| !text.is_empty()) }
}

fn url(request: &Request, urls: &Urls, number: usize) -> String {
    let mut parameters: Vec<String> = request
        .query
        .iter()
        .filter(|(name, _)| name != "page")
        .map(|(name, value)| format!("{name}={}", encode_path(value).replace('&', "%26").replace('+', "%2B")))
        .collect();
    parameters.push(format!("page={number}"));
    let path = request.path.strip_prefix("/api/v3").unwrap_or(&request.path);
    format!("{}{path}?{}", urls.api, parameters.join("&"))
}
