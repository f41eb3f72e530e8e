//! Service: done when it has what its type promises: a LoadBalancer its address, all others nothing more.

use serde_json::Value;

use super::answer::Answer;
use super::case::Case;
use super::fields::{list, map, selects, text};
use super::hints;

pub(crate) fn judge(case: &mut Case<'_>) -> Answer {
    match text(case.object, "spec.type") {
        "ExternalName" => {
            return Answer::ready("ExternalName", format!("names {}", text(case.object, "spec.externalName")));
        }
        "LoadBalancer" if list(case.object, "status.loadBalancer.ingress").is_empty() => return without_address(case),
        _ => {}
    }
    let answer = match address(case.object) {
        Some(address) => Answer::ready("AddressAssigned", format!("Address: {address}")),
        None => Answer::ready("Exists", "is there"),
    };
    match without_endpoints(case) {
        Some(warning) => answer.warned(warning),
        None => answer,
    }
}

/// The address is what was asked for; addresses given by hand need nobody to assign them.
fn without_address(case: &Case<'_>) -> Answer {
    if !list(case.object, "spec.externalIPs").is_empty() {
        return Answer::ready("ExternalAddress", "uses the externalIPs of its spec");
    }
    let warnings = case.snapshot.events_about(case.object).filter(|event| text(event, "type") == "Warning");
    let told = warnings.last().map_or("", |event| text(event, "message"));
    Answer::in_progress("AddressPending", "type LoadBalancer, and no address assigned yet")
        .because(told)
        .hinted(hints::next_step("AddressPending", ""))
}

fn address(service: &Value) -> Option<&str> {
    let ingress = list(service, "status.loadBalancer.ingress").first()?;
    [text(ingress, "hostname"), text(ingress, "ip")].into_iter().find(|address| !address.is_empty())
}

/// Services are often applied before their pods; the workload has its own verdict.
fn without_endpoints(case: &Case<'_>) -> Option<String> {
    let selector = map(case.object, "spec.selector").filter(|selector| !selector.is_empty())?;
    let namespace = text(case.object, "metadata.namespace");
    let mut pods = case.snapshot.of_kind("Pod", namespace).peekable();
    pods.peek()?;
    (!pods.any(|pod| selects(Some(selector), pod))).then(|| "its selector matches none of the pods seen".to_owned())
}
