//! What people want to read of a deploy afterwards: images before and after, changed fields, where the time went. Pure, but for
//! the clock that dates the phases.

use std::collections::HashMap;

use k8s_openapi::jiff::Timestamp;
use serde_json::Value;
use smol_str::SmolStr;
use tokio::time::Instant;

use super::plan::{Action, Step};
use super::watched::Watched;
use crate::outcome::{ContainerImage, Detail, Form, ImageChange, ObjectOutcome, Outcome, Span, SpanEnd};
use crate::rollout::Settled;
use crate::tasks::diff;

/// Objects whose changed fields are shown; more than that nobody reads, and a large set would pay for it.
const SHOWN: usize = 100;
/// Where objects keep their pod template.
const TEMPLATES: [&str; 3] = ["/spec/template/spec", "/spec/jobTemplate/spec/template/spec", "/spec"];

/// Returns the images of an object's containers, beside what the live object has; none for what runs no containers.
pub(crate) fn images(live: Option<&Value>, rendered: &Value) -> Vec<ContainerImage> {
    containers(rendered)
        .map(|(container, image)| {
            let mut before = live.into_iter().flat_map(containers);
            let old = before.find(|(name, _)| *name == container).map(|(_, image)| image.to_owned());
            ContainerImage { container: container.to_owned(), old, new: image.to_owned() }
        })
        .collect()
}

/// Name and image of each container.
fn containers(object: &Value) -> impl Iterator<Item = (&str, &str)> {
    let spec = TEMPLATES
        .iter()
        .filter_map(|path| object.pointer(path))
        .find(|spec| spec.get("containers").is_some_and(Value::is_array));
    let lists = ["initContainers", "containers"].into_iter().filter_map(move |key| spec?.get(key)?.as_array());
    lists.flatten().filter_map(|container| Some((container.get("name")?.as_str()?, container.get("image")?.as_str()?)))
}

/// Returns each image that changed, with the containers that it changed in.
pub(super) fn changed_images(objects: &[ObjectOutcome]) -> Vec<ImageChange> {
    let mut changes: Vec<ImageChange> = Vec::new();
    let mut known: HashMap<SmolStr, usize> = HashMap::new();
    for object in objects.iter().filter(|object| object.change != "unchanged") {
        for image in object.images.iter().filter(|image| image.old.as_ref() != Some(&image.new)) {
            let workload = format!("{}: container {}", object.object, image.container);
            // No image holds a line break.
            let key = SmolStr::from(format!("{}\n{}", image.old.as_deref().unwrap_or_default(), image.new));
            let index = *known.entry(key).or_insert_with(|| {
                let (old, new) = (image.old.clone(), image.new.clone());
                changes.push(ImageChange { name: name(&new).to_owned(), old, new, ..ImageChange::default() });
                changes.len() - 1
            });
            changes[index].workloads.push(workload);
        }
    }
    changes
}

/// An image without tag and digest.
fn name(image: &str) -> &str {
    let image = image.split_once('@').map_or(image, |(image, _)| image);
    let slash = image.rfind('/').map_or(0, |at| at + 1);
    image[slash..].find(':').map_or(image, |colon| &image[..slash + colon])
}

/// Returns the fields that change in objects that are there already.
pub(super) fn differences(steps: &[Step]) -> Vec<Detail> {
    let changing = steps.iter().filter(|step| matches!(step.action, Action::Change | Action::Recreate));
    changing
        .take(SHOWN)
        .map(|step| Detail {
            title: step.target.manifest.reference.to_string(),
            text: diff::lines(step).join("\n"),
            form: Form::Diff,
        })
        .filter(|detail| !detail.text.is_empty())
        .collect()
}

/// Returns each changed object's way from its write to where it stood at the end.
pub(super) fn objects(watched: &[Watched]) -> Vec<Span> {
    let now = Timestamp::now();
    let spans = watched.iter().filter_map(|watched| {
        let end = match watched.settled() {
            Settled::Good | Settled::GoodWithWarning => SpanEnd::Good,
            Settled::Bad => SpanEnd::Bad,
            Settled::NotYet => SpanEnd::Open,
        };
        let from = watched.applied.at?;
        let until = if end == SpanEnd::Open { now } else { watched.since.unwrap_or(now) };
        let name = watched.verdict.as_ref()?.object.to_string();
        Some(Span { name, is_object: true, from: from.as_millisecond(), until: until.as_millisecond(), end })
    });
    spans.collect()
}

/// Returns a phase that begins now; [`add_phases`] ends it.
pub(super) fn begun(name: &str) -> Span {
    let now = Timestamp::now().as_millisecond();
    Span { name: name.to_owned(), is_object: false, from: now, until: now, end: SpanEnd::Open }
}

/// Puts the phases of the run in front: checks, writes, and the rollout up to now.
pub(super) fn add_phases(outcome: &mut Outcome, started: Instant, writing: Instant, wrote: Instant) {
    let now = Timestamp::now().as_millisecond();
    let at = |instant: Instant| now - i64::try_from(instant.elapsed().as_millis()).unwrap_or(0);
    let end = if outcome.failure.is_none() { SpanEnd::Good } else { SpanEnd::Bad };
    let mut last = now;
    for span in outcome.timeline.iter_mut().filter(|span| !span.is_object) {
        (span.until, span.end) = (now, end);
        last = span.from;
    }
    let rolled_out = if last == now { end } else { SpanEnd::Good };
    let phase = |name: &str, from, until, end| Span { name: name.to_owned(), is_object: false, from, until, end };
    let followed = outcome.timeline.iter().any(|span| span.is_object);
    let mut phases = vec![
        phase("checks", at(started), at(writing), SpanEnd::Good),
        phase("writes", at(writing), at(wrote), if followed { SpanEnd::Good } else { end }),
    ];
    if followed {
        phases.push(phase("rollout", at(wrote), last, rolled_out));
    }
    outcome.timeline.splice(0..0, phases);
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{changed_images, images, name};
    use crate::outcome::ObjectOutcome;

    #[test]
    fn images_are_found_in_every_kind_that_runs_containers() {
        let spec = |image: &str| json!({"initContainers": [{"name": "i", "image": "init:1"}], "containers": [{"name": "a", "image": image}]});
        for wrapped in [
            |spec| json!({"spec": {"template": {"spec": spec}}}),
            |spec| json!({"spec": {"jobTemplate": {"spec": {"template": {"spec": spec}}}}}),
            |spec| json!({"spec": spec}),
        ] {
            let found = images(Some(&wrapped(spec("app:1"))), &wrapped(spec("app:2")));
            let found: Vec<_> = found.iter().map(|image| (image.old.as_deref(), image.new.as_str())).collect();
            assert_eq!(found, [(Some("init:1"), "init:1"), (Some("app:1"), "app:2")]);
        }
        assert!(images(None, &json!({"spec": {"ports": []}})).is_empty());
    }

    #[test]
    fn an_image_that_changes_in_two_places_is_listed_once() {
        let object = |name: &str| ObjectOutcome {
            object: name.to_owned(),
            change: "configured".to_owned(),
            images: images(
                Some(
                    &json!({"spec": {"containers": [{"name": "a", "image": "r:5000/x/app:1"}, {"name": "b", "image": "b:1"}]}}),
                ),
                &json!({"spec": {"containers": [{"name": "a", "image": "r:5000/x/app:2"}, {"name": "b", "image": "b:1"}]}}),
            ),
            ..ObjectOutcome::default()
        };
        let changes = changed_images(&[object("Pod/n/one"), object("Pod/n/two")]);
        assert_eq!(changes.len(), 1);
        assert_eq!(changes[0].name, "r:5000/x/app");
        assert_eq!(changes[0].workloads, ["Pod/n/one: container a", "Pod/n/two: container a"]);
    }

    #[test]
    fn a_port_is_no_tag() {
        for (image, want) in [("r:5000/a", "r:5000/a"), ("r:5000/a:1@sha256:b", "r:5000/a"), ("a:1", "a"), ("a", "a")] {
            assert_eq!(name(image), want);
        }
    }
}
