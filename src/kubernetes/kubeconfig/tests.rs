//! Reading, merging and choosing.

use serde_json::json;

use super::*;

fn sample() -> Value {
    json!({
        "apiVersion": "v1", "kind": "Config", "current-context": "prod",
        "clusters": [{"name": "c", "cluster": {"server": "https://k.example:6443"}}],
        "contexts": [{"name": "prod", "context": {"cluster": "c", "user": "u", "namespace": "shop"}}],
        "users": [{"name": "u", "user": {"token": "tok-secret-1", "exec": null}}]
    })
}

fn read(value: &Value) -> Kubeconfig {
    Kubeconfig::from_value(value, &Origin::Text).unwrap()
}

#[test]
fn current_context_leads_to_cluster_and_user() {
    let selected = read(&sample()).select(None).unwrap();
    assert_eq!(selected.cluster.server.as_deref(), Some("https://k.example:6443"));
    assert_eq!(selected.namespace.as_deref(), Some("shop"));
    assert_eq!(selected.user.token.unwrap().secret().expose(), "tok-secret-1");
}

#[test]
fn missing_current_context_names_those_there_are() {
    let mut value = sample();
    value["current-context"] = json!("");
    let failure = read(&value).select(None).unwrap_err();
    assert_eq!(failure.to_string(), "kubeconfig: it has no current-context");
    assert_eq!(failure.hints, ["set `context` to one of: prod"]);
}

#[test]
fn unknown_context_names_those_there_are() {
    let failure = read(&sample()).select(Some("stage")).unwrap_err();
    assert_eq!(failure.to_string(), "kubeconfig: it has no context `stage`; it has prod");
}

#[test]
fn first_file_wins_when_merged() {
    let mut first = read(&sample());
    let mut other = sample();
    other["clusters"][0]["cluster"]["server"] = json!("https://other");
    other["current-context"] = json!("second");
    other["contexts"] = json!([{"name": "second", "context": {"cluster": "c"}}]);
    first.merge(read(&other));
    assert_eq!(first.select(None).unwrap().cluster.server.as_deref(), Some("https://k.example:6443"));
    assert_eq!(first.select(Some("second")).unwrap().cluster.server.as_deref(), Some("https://k.example:6443"));
}

#[test]
fn wrong_type_is_named_without_its_value() {
    let mut value = sample();
    value["users"][0]["user"]["token"] = json!(["tok-secret-1"]);
    let failure = Kubeconfig::from_value(&value, &Origin::Text).unwrap_err();
    assert_eq!(failure.to_string(), "kubeconfig: users[0].user (`u`) has a field of the wrong type");
}

#[test]
fn another_kind_is_no_kubeconfig() {
    let failure = Kubeconfig::from_value(&json!({"kind": "Secret"}), &Origin::Text).unwrap_err();
    assert!(failure.to_string().contains("this is a Secret"));
}

#[test]
fn secrets_cover_token_key_and_decoded_key() {
    let mut value = sample();
    value["users"][0]["user"]["client-key-data"] = json!("cHJpdmF0ZSBrZXk=");
    let secrets: Vec<String> = read(&value).secrets().iter().map(|secret| secret.expose().to_owned()).collect();
    assert_eq!(secrets, ["tok-secret-1", "cHJpdmF0ZSBrZXk=", "private key"]);
}

#[test]
fn debug_shows_no_secret() {
    assert!(!format!("{:?}", read(&sample())).contains("tok-secret-1"));
}

#[test]
fn files_are_refused_in_a_text_and_resolved_beside_a_file() {
    assert!(Origin::Text.resolve("tokenFile", Path::new("/t")).is_err());
    let file = Origin::File(PathBuf::from("/home/x/config"));
    assert_eq!(file.resolve("tokenFile", Path::new("tok")).unwrap(), PathBuf::from("/home/x/tok"));
}
