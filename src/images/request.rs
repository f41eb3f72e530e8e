//! The inputs `images`, `image`, `tag`, `digest`, `new-name` and `replicas` as one request, with every error at once.
//! Judges the inputs alone; what a file says about them is `edit.rs`.

use super::{Field, ImageEdit, ReplicaEdit, argument, check};

/// The inputs as they were given; an empty text is an absent one.
#[derive(Clone, Copy, Debug, Default)]
pub struct RequestInputs<'input> {
    /// Lines in the grammar of `kustomize edit set image`.
    pub images: &'input [String],
    /// One image to change by merging.
    pub image: &'input str,
    /// Its new tag.
    pub tag: &'input str,
    /// Its new digest.
    pub digest: &'input str,
    /// Its new name.
    pub new_name: &'input str,
    /// Lines `name=count`.
    pub replicas: &'input [String],
}

/// What a kustomization shall say afterwards.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Request {
    /// One edit for each image name, in the order given.
    pub images: Vec<ImageEdit>,
    /// One edit for each workload name, in the order given.
    pub replicas: Vec<ReplicaEdit>,
    /// What is allowed and yet worth a word.
    pub warnings: Vec<String>,
}

impl Request {
    /// Reads the inputs.
    ///
    /// # Errors
    /// Every error of every input, each naming its input.
    pub fn read(inputs: &RequestInputs<'_>) -> Result<Self, Vec<String>> {
        let mut request = Self::default();
        let mut errors = Vec::new();
        for line in inputs.images {
            match read_line(line, &mut request.warnings) {
                Ok(edit) => request.put(edit),
                Err(problems) => errors.extend(problems.iter().map(|text| format!("images: {line:?}: {text}"))),
            }
        }
        request.read_one(inputs, &mut errors);
        for line in inputs.replicas {
            match read_replicas(line) {
                Ok(edit) => request.put_replicas(edit),
                Err(problem) => errors.push(format!("replicas: {line:?}: {problem}")),
            }
        }
        if errors.is_empty() { Ok(request) } else { Err(errors) }
    }

    /// Tells whether nothing is asked for.
    pub fn is_empty(&self) -> bool {
        self.images.is_empty() && self.replicas.is_empty()
    }

    /// Takes a line's edit; of one name's lines the last counts, as in kustomize.
    fn put(&mut self, edit: ImageEdit) {
        if let Some(earlier) = self.images.iter_mut().find(|earlier| earlier.name == edit.name) {
            self.warnings.push(format!("images: {:?} is named more than once; the last line counts", edit.name));
            *earlier = edit;
        } else {
            self.images.push(edit);
        }
    }

    fn put_replicas(&mut self, edit: ReplicaEdit) {
        if let Some(earlier) = self.replicas.iter_mut().find(|earlier| earlier.name == edit.name) {
            self.warnings.push(format!("replicas: {:?} is named more than once; the last line counts", edit.name));
            *earlier = edit;
        } else {
            self.replicas.push(edit);
        }
    }

    fn read_one(&mut self, inputs: &RequestInputs<'_>, errors: &mut Vec<String>) {
        let parts = [("tag", inputs.tag), ("digest", inputs.digest), ("new-name", inputs.new_name)];
        let given: Vec<&str> = parts.iter().filter(|(_, text)| !text.is_empty()).map(|(name, _)| *name).collect();
        if inputs.image.is_empty() {
            if let Some(first) = given.first() {
                errors.push(format!("image: it is missing, and {first} needs it; name the image to change"));
            }
            return;
        }
        if given.is_empty() {
            errors.push("image: give a tag, digest or new-name to set".into());
        }
        let mut check = |input: &str, result: Result<(), String>| {
            if let Err(problem) = result {
                errors.push(format!("{input}: {problem}"));
            }
        };
        check("image", check::check_name(inputs.image));
        check("tag", optional(inputs.tag, check::check_tag));
        check("digest", optional(inputs.digest, check::check_digest));
        check("new-name", optional(inputs.new_name, check_new_name));
        if self.images.iter().any(|edit| edit.name == inputs.image) {
            errors.push(format!("image: {:?} is also set by images; keep one of the two", inputs.image));
        }
        self.images.push(merging(inputs));
    }
}

/// The edit of the structured inputs: what is not named is kept, but a tag without a digest drops a digest, which
/// would go on deciding what runs.
fn merging(inputs: &RequestInputs<'_>) -> ImageEdit {
    let set = |text: &str| if text.is_empty() { Field::Keep } else { Field::Set(text.to_owned()) };
    let stale = !inputs.tag.is_empty() && inputs.digest.is_empty();
    ImageEdit {
        name: inputs.image.to_owned(),
        new_name: set(inputs.new_name),
        tag: set(inputs.tag),
        digest: if stale { Field::Remove } else { set(inputs.digest) },
    }
}

fn optional(text: &str, check: impl Fn(&str) -> Result<(), String>) -> Result<(), String> {
    if text.is_empty() { Ok(()) } else { check(text) }
}

fn check_new_name(name: &str) -> Result<(), String> {
    check::check_name(name)?;
    let path = name.find('/').unwrap_or(0);
    if name[path..].contains(['@', ':']) {
        return Err(format!("{name:?} holds a tag or a digest; give those as tag and digest"));
    }
    Ok(())
}

/// Reads one line and refuses what kustomize would take to the user's harm.
fn read_line(line: &str, warnings: &mut Vec<String>) -> Result<ImageEdit, Vec<String>> {
    let Some(argument) = argument::parse(line) else {
        return Err(vec![
            "it names neither a new name, nor a tag, nor a digest; \
             write NAME:TAG, NAME=NEWNAME:TAG, NAME@DIGEST or NAME=*:TAG"
                .into(),
        ]);
    };
    let edit = argument.edit;
    let mut problems = Vec::new();
    problems.extend(check::check_name(&edit.name).err());
    if let Field::Set(name) = &edit.new_name {
        problems.extend(check::check_name(name).err());
    }
    if argument.has_tag && edit.tag != Field::Keep {
        problems.extend(check::check_tag(text_of(&edit.tag)).err());
    }
    if argument.has_digest && edit.digest != Field::Keep {
        problems.extend(check::check_digest(text_of(&edit.digest)).err());
    }
    if matches!(edit.tag, Field::Set(_)) && edit.digest == Field::Keep {
        problems
            .push("a new tag on the old digest (\"@*\") would go on running the old image; leave \"@*\" away".into());
    }
    if problems.is_empty() && argument.has_new_name && edit.new_name == Field::Remove && !argument.has_tag {
        warnings.push(format!("images: {line:?} takes everything away from the entry but its name"));
    }
    if edit.tag == Field::Keep && matches!(edit.digest, Field::Set(_)) {
        warnings.push(format!("images: {line:?} keeps the old tag beside a new digest; the digest decides what runs"));
    }
    if problems.is_empty() { Ok(edit) } else { Err(problems) }
}

fn text_of(field: &Field) -> &str {
    if let Field::Set(text) = field { text } else { "" }
}

fn read_replicas(line: &str) -> Result<ReplicaEdit, String> {
    let Some((name, count)) = line.rsplit_once('=') else {
        return Err("write it as name=count".into());
    };
    let (name, count) = (name.trim(), count.trim());
    if name.is_empty() || name.contains(|c: char| c.is_whitespace() || c.is_control()) {
        return Err("the workload's name is missing or holds a space".into());
    }
    // Kubernetes holds replica counts as int32.
    let digits = !count.is_empty() && count.bytes().all(|b| b.is_ascii_digit());
    match count.parse::<u32>() {
        Ok(number) if digits && i32::try_from(number).is_ok() => {
            Ok(ReplicaEdit { name: name.to_owned(), count: number })
        }
        _ => Err(format!("{count:?} is no count; write a whole number from 0 on")),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Field, ImageEdit, ImageValues, ReplicaEdit};
    use super::{Request, RequestInputs};

    const D: &str = "sha256:24a0c4b4a4c0eb97a1aabb8e29f18e917d05abfe1b7a7c07857230879ce7d3d3";

    fn lines(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    fn refused(line: &str) -> String {
        let images = lines(&[line]);
        let errors = Request::read(&RequestInputs { images: &images, ..Default::default() }).expect_err(line);
        errors.join("\n")
    }

    fn one(image: &str, tag: &str, digest: &str, new_name: &str) -> ImageValues {
        let request =
            Request::read(&RequestInputs { image, tag, digest, new_name, ..Default::default() }).expect("good inputs");
        request.images[0].apply(&ImageValues {
            new_name: Some("reg/app".into()),
            new_tag: Some("1".into()),
            digest: Some("sha256:old".into()),
        })
    }

    #[test]
    fn a_new_tag_on_the_old_digest_is_refused() {
        for line in ["app:2@*", "app=*:2@*", "app=reg/app:2@*"] {
            assert!(refused(line).contains("old digest"), "{line}");
        }
    }

    #[test]
    fn empty_and_impossible_parts_are_refused_by_name() {
        assert!(refused("app:").contains("tag is empty"));
        assert!(refused("app@").contains("digest is empty"));
        assert!(refused("app:2@").contains("digest is empty"));
        assert!(refused(":2").contains("name is empty"));
        assert!(refused("app:a b").contains("\"a b\""));
        assert!(refused("app@sha256:abc").contains("64"));
        assert!(refused("app").contains("NAME:TAG"));
        assert!(refused("app:a\nSource-Run: x").starts_with("images: "));
    }

    #[test]
    fn all_errors_are_reported_at_once_each_with_its_input() {
        let images = lines(&["app", "b:."]);
        let replicas = lines(&["x", "y=-1", "z=1"]);
        let inputs = RequestInputs { images: &images, tag: "-", replicas: &replicas, ..Default::default() };
        let errors = Request::read(&inputs).expect_err("five errors");
        let starts: Vec<&str> = errors.iter().map(|text| text.split(':').next().unwrap_or("")).collect();
        assert_eq!(starts, ["images", "images", "image", "replicas", "replicas"], "{errors:#?}");
    }

    #[test]
    fn structured_inputs_keep_what_is_not_named() {
        let values = one("app", "", "", "reg2/app");
        assert_eq!(values.reference("app"), "reg2/app:1@sha256:old");
        assert_eq!(one("app", "", D, "").reference("app"), format!("reg/app:1@{D}"));
        assert_eq!(one("app", "2", D, "").reference("app"), format!("reg/app:2@{D}"));
    }

    #[test]
    fn a_tag_without_a_digest_drops_the_digest() {
        assert_eq!(one("app", "2", "", "").reference("app"), "reg/app:2");
    }

    #[test]
    fn structured_inputs_are_checked() {
        let cases = [
            (RequestInputs { image: "app", ..Default::default() }, "give a tag"),
            (RequestInputs { tag: "1", ..Default::default() }, "name the image"),
            (RequestInputs { image: "app", tag: "a b", ..Default::default() }, "tag: "),
            (RequestInputs { image: "app", digest: "x", ..Default::default() }, "digest: "),
            (RequestInputs { image: "app", new_name: "r/app:1", ..Default::default() }, "new-name: "),
        ];
        for (inputs, want) in cases {
            let errors = Request::read(&inputs).expect_err(want).join("\n");
            assert!(errors.contains(want), "{errors}");
        }
        let images = lines(&["app:1"]);
        let both = RequestInputs { images: &images, image: "app", tag: "2", ..Default::default() };
        assert!(Request::read(&both).expect_err("twice").join("").contains("also set by images"));
    }

    #[test]
    fn the_last_line_of_a_name_counts_and_is_warned_about() {
        let images = lines(&["app:1", "b:1", "app:2"]);
        let request = Request::read(&RequestInputs { images: &images, ..Default::default() }).expect("good lines");
        let tags: Vec<(&str, &Field)> = request.images.iter().map(|edit| (edit.name.as_str(), &edit.tag)).collect();
        assert_eq!(tags, [("app", &Field::Set("2".into())), ("b", &Field::Set("1".into()))]);
        assert_eq!(request.warnings.len(), 1);
    }

    #[test]
    fn an_entry_reduced_to_its_name_is_warned_about() {
        let images = lines(&["app="]);
        let request = Request::read(&RequestInputs { images: &images, ..Default::default() }).expect("good line");
        let want = ImageEdit { name: "app".into(), new_name: Field::Remove, tag: Field::Remove, digest: Field::Remove };
        assert_eq!(request.images, [want]);
        assert_eq!(request.warnings.len(), 1);
    }

    #[test]
    fn replicas_are_whole_numbers_of_int32() {
        let replicas = lines(&["web=3", " db = 0 "]);
        let request = Request::read(&RequestInputs { replicas: &replicas, ..Default::default() }).expect("good lines");
        let want = [ReplicaEdit { name: "web".into(), count: 3 }, ReplicaEdit { name: "db".into(), count: 0 }];
        assert_eq!(request.replicas, want);
        for line in ["web", "web=", "=3", "web=1.5", "web=+1", "web=2147483648", "web=-1", "a b=1"] {
            let replicas = lines(&[line]);
            assert!(Request::read(&RequestInputs { replicas: &replicas, ..Default::default() }).is_err(), "{line}");
        }
    }
}
