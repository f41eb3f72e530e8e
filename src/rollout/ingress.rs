//! Ingress: there is nothing that all controllers report; an address, when there is one, is shown.

use super::answer::Answer;
use super::case::Case;
use super::fields::{list, text};

pub(crate) fn judge(case: &mut Case<'_>) -> Answer {
    let first = list(case.object, "status.loadBalancer.ingress").first();
    let address = first
        .map(|ingress| if text(ingress, "ip").is_empty() { text(ingress, "hostname") } else { text(ingress, "ip") });
    match address {
        Some(address) => Answer::ready("AddressAssigned", format!("Address: {address}")),
        None => Answer::ready("Exists", "is there; no address reported (many controllers never report one)"),
    }
}
