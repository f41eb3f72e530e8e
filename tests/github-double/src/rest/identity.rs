//! `/user` and `/rate_limit`: who the token is, and what it has left.

use serde_json::json;

use crate::clock;
use crate::rest::context::{Context, Handled};
use crate::rest::shapes;
use crate::wire::answer::Answer;

/// The user behind the token; apps have none.
pub fn user(c: &mut Context<'_>) -> Handled {
    let token = c.caller.token().ok_or_else(|| Answer::error(401, "Requires authentication"))?;
    if token.is_app() {
        return Err(Answer::error(403, "Resource not accessible by integration"));
    }
    let mut value = shapes::user(&c.world.urls, &token.login);
    let more = json!({
        "name": token.login, "company": null, "blog": "", "location": null, "email": null, "hireable": null,
        "bio": null, "twitter_username": null, "public_repos": 0, "public_gists": 0, "followers": 0, "following": 0,
        "created_at": "2011-01-25T18:44:36Z", "updated_at": "2026-01-02T03:04:05Z",
    });
    if let (Some(value), Some(more)) = (value.as_object_mut(), more.as_object()) {
        value.extend(more.clone());
    }
    Ok(Answer::ok(value))
}

/// What is left of the rate limit.
pub fn rate_limit(c: &mut Context<'_>) -> Handled {
    let used = c.world.used.min(5000);
    let reset = clock::now() + 3600;
    let rate = json!({"limit": 5000, "used": used, "remaining": 5000 - used, "reset": reset});
    let search = json!({"limit": 30, "used": 0, "remaining": 30, "reset": reset});
    Ok(Answer::ok(json!({"resources": {"core": rate, "graphql": rate, "search": search}, "rate": rate})))
}
