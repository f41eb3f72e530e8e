//! Goldens of the edit: each layout with the exact bytes that come out.

use super::super::{Request, RequestInputs};
use super::{EditError, Edited, edit};

fn request(images: &[&str], replicas: &[&str]) -> Request {
    let images: Vec<String> = images.iter().map(|line| (*line).to_owned()).collect();
    let replicas: Vec<String> = replicas.iter().map(|line| (*line).to_owned()).collect();
    Request::read(&RequestInputs { images: &images, replicas: &replicas, ..Default::default() }).expect("good lines")
}

fn try_images(text: &str, images: &[&str]) -> Result<Edited, EditError> {
    edit(text, &request(images, &[]), true)
}

/// Sets images and checks the bytes, and that the same edit again changes nothing.
fn golden(text: &str, images: &[&str], want: &str) {
    let edited = try_images(text, images).unwrap_or_else(|error| panic!("{error}\n{text}"));
    assert_eq!(edited.text, want);
    let again = try_images(want, images).expect("the result can be edited");
    assert_eq!(again.text, want);
    assert!(again.changes.is_empty(), "{:?}", again.changes);
}

fn tag(structured: &str, text: &str) -> Edited {
    let inputs = RequestInputs { image: "app", tag: structured, ..Default::default() };
    edit(text, &Request::read(&inputs).expect("good inputs"), true).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

const BLOCK: &str = "\
# top
resources:
- deployment.yaml
images:
# about app
- name: app # inline
  newTag: v1 # set by CI
# about db
- name: db
  newTag: \"9\"
";

#[test]
fn one_value_changes_and_no_other_byte() {
    golden(BLOCK, &["app:v2"], &BLOCK.replace("newTag: v1", "newTag: v2"));
    golden(BLOCK, &["db:10"], &BLOCK.replace("\"9\"", "\"10\""));
}

#[test]
fn a_plain_tag_gets_quotes_when_it_no_longer_reads_as_a_string() {
    golden(BLOCK, &["app:1.10"], &BLOCK.replace("newTag: v1", "newTag: \"1.10\""));
    golden("images:\n- name: app\n  newTag: '1'\n", &["app:2"], "images:\n- name: app\n  newTag: '2'\n");
}

#[test]
fn a_tag_that_breaks_the_build_is_quoted_even_when_its_text_stays() {
    for number in ["1.10", "0123", "1e3", "yes", "2024-01-01"] {
        let text = format!("images:\n- name: app\n  newTag: {number}\n");
        golden(&text, &[&format!("app:{number}")], &format!("images:\n- name: app\n  newTag: \"{number}\"\n"));
    }
}

#[test]
fn flow_mappings_and_lists_keep_their_shape() {
    golden(
        "images: [{name: app, newTag: \"1\", newName: r/app}, {name: b, newTag: x}]\n",
        &["app=*:2"],
        "images: [{name: app, newTag: \"2\", newName: r/app}, {name: b, newTag: x}]\n",
    );
    golden(
        "images:\n- {name: app, newName: r/app}\n",
        &["app=*:2"],
        "images:\n- {name: app, newName: r/app, newTag: \"2\"}\n",
    );
    golden(
        "images:\n- {name: app, newTag: \"1\",}\n",
        &["b:2"],
        "images:\n- {name: app, newTag: \"1\",}\n- {name: b, newTag: \"2\"}\n",
    );
    golden("images: [{name: app}]\n", &["b:2"], "images: [{name: app}, {name: b, newTag: \"2\"}]\n");
    golden(
        "images: [\n  {name: app}, # one\n  {name: c} # two\n]\n",
        &["b:2"],
        "images: [\n  {name: app}, # one\n  {name: c}, # two\n  {name: b, newTag: \"2\"}\n]\n",
    );
    golden("{resources: [a.yaml]}\n", &["b:2"], "{resources: [a.yaml], images: [{name: b, newTag: \"2\"}]}\n");
    golden("{}\n", &["b:2"], "{images: [{name: b, newTag: \"2\"}]}\n");
}

#[test]
fn raw_arguments_take_away_what_they_do_not_name() {
    let text = "images:\n- name: app\n  newName: r/app\n  digest: sha256:old # pinned\n  newTag: \"1\"\n";
    golden(text, &["app:2"], "images:\n- name: app\n  # pinned\n  newTag: \"2\"\n");
    golden(
        "images:\n- {digest: sha256:old, name: app, newTag: \"1\"}\n",
        &["app:2"],
        "images:\n- {name: app, newTag: \"2\"}\n",
    );
    golden(
        "images:\n- {name: app, newTag: \"1\", digest: sha256:old}\n",
        &["app:2"],
        "images:\n- {name: app, newTag: \"2\"}\n",
    );
    golden(
        "images:\n- {name: app, digest: sha256:old, newName: x}\n",
        &["app:2"],
        "images:\n- {name: app, newTag: \"2\"}\n",
    );
    golden(
        "images:\n- digest: sha256:old\n  newName: x\n  name: app\n",
        &["app:2"],
        "images:\n- name: app\n  newTag: \"2\"\n",
    );
    golden(
        "images:\n- digest: sha256:old # c\n  # d\n  name: app\n- name: b\n",
        &["app:2"],
        "images:\n- # c\n  # d\n  name: app\n  newTag: \"2\"\n- name: b\n",
    );
}

#[test]
fn a_digest_at_the_end_of_the_file_goes_while_an_entry_is_added() {
    for (ending, last) in [("\n", ""), ("", ""), ("\r\n", ""), ("\n", "# end\n")] {
        let eol = if ending == "\r\n" { "\r\n" } else { "\n" };
        let text = format!("images:{eol}- name: app{eol}  newTag: v1{eol}  digest: sha256:old{ending}{last}");
        let want = format!("images:{eol}- name: app{eol}  newTag: v2{eol}- name: b{eol}  newTag: \"2\"{ending}{last}");
        golden(&text, &["app:v2", "b:2"], &want);
    }
}

#[test]
fn structured_inputs_merge() {
    let text = "images:\n- name: app\n  newName: r/app\n  newTag: v1\n  digest: sha256:old\n";
    assert_eq!(tag("v2", text).text, "images:\n- name: app\n  newName: r/app\n  newTag: v2\n");
}

#[test]
fn a_list_that_says_nothing_is_filled() {
    let want = "resources:\n- a.yaml\nimages:\n- name: app\n  newTag: \"2\"\n";
    for images in ["images: []", "images:", "images: null", "images: ~", "images: [ ]"] {
        golden(&format!("resources:\n- a.yaml\n{images}\n"), &["app:2"], want);
    }
    golden(
        "images: # none yet\nresources: [a]\n",
        &["app:2"],
        "images: # none yet\n- name: app\n  newTag: \"2\"\nresources: [a]\n",
    );
    golden("images: [] # none yet\n", &["app:2"], "images: # none yet\n- name: app\n  newTag: \"2\"\n");
    golden("{images: , resources: [a]}\n", &["app:2"], "{images: [{name: app, newTag: \"2\"}] , resources: [a]}\n");
}

#[test]
fn a_missing_list_is_added_in_the_layout_of_the_others() {
    golden("resources:\n- a.yaml\n", &["app:2"], "resources:\n- a.yaml\nimages:\n- name: app\n  newTag: \"2\"\n");
    golden(
        "resources:\n  - a.yaml\n# end\n",
        &["app:2"],
        "resources:\n  - a.yaml\nimages:\n  - name: app\n    newTag: \"2\"\n# end\n",
    );
    golden("resources: [a]", &["app:2"], "resources: [a]\nimages:\n- name: app\n  newTag: \"2\"");
    golden("# nothing\n", &["app:2"], "# nothing\nimages:\n- name: app\n  newTag: \"2\"\n");
    golden("", &["app:2"], "images:\n- name: app\n  newTag: \"2\"\n");
    golden("---\n", &["app:2"], "---\nimages:\n- name: app\n  newTag: \"2\"\n");
}

#[test]
fn an_entry_is_added_in_the_indentation_of_its_siblings() {
    golden(
        "images:\n  -   name: app\n      newTag: v1\n\n  # tail\nresources: [a]\n",
        &["b=r/b:2"],
        "images:\n  -   name: app\n      newTag: v1\n  -   name: b\n      newName: r/b\n      newTag: \"2\"\n\n  # tail\nresources: [a]\n",
    );
    golden("images:\n-\n  name: app\n", &["b:2"], "images:\n-\n  name: app\n- name: b\n  newTag: \"2\"\n");
}

#[test]
fn line_endings_byte_order_mark_and_tabs_stay() {
    let text = "\u{feff}images:\r\n- name: app\r\n  newTag: v1\t# tab\r\n";
    golden(text, &["app:v2"], &text.replace("v1", "v2"));
    golden(text, &["b:2"], "\u{feff}images:\r\n- name: app\r\n  newTag: v1\t# tab\r\n- name: b\r\n  newTag: \"2\"\r\n");
    golden(
        "\u{feff}resources:\r\n- a",
        &["b:2"],
        "\u{feff}resources:\r\n- a\r\nimages:\r\n- name: b\r\n  newTag: \"2\"",
    );
}

#[test]
fn a_missing_final_newline_stays_missing() {
    golden("images:\n- name: app\n  newTag: v1", &["app:v2"], "images:\n- name: app\n  newTag: v2");
    golden("images:\n- name: app", &["app:2"], "images:\n- name: app\n  newTag: \"2\"");
}

#[test]
fn document_marks_and_a_second_document_stay() {
    let text = "---\nimages:\n- name: app\n  newTag: v1\n...\n";
    golden(text, &["app:v2"], &text.replace("v1", "v2"));
    golden(text, &["b:2"], "---\nimages:\n- name: app\n  newTag: v1\n- name: b\n  newTag: \"2\"\n...\n");
    let two = "images:\n- name: app\n  newTag: v1\n---\nimages:\n- name: app\n  newTag: v1\n";
    let edited = try_images(two, &["app:v2"]).expect("an edit");
    assert_eq!(edited.text, two.replacen("v1", "v2", 1));
    assert_eq!(edited.warnings.len(), 1);
}

#[test]
fn block_scalars_are_replaced_whole() {
    golden(
        "images:\n- name: app\n  newTag: |- # c\n    v1\n\n  newName: r/a\n",
        &["app=*:2"],
        "images:\n- name: app\n  newTag: \"2\"\n\n  newName: r/a\n",
    );
    golden(
        "images:\n- name: app\n  newTag: >-\n    v1\n",
        &["b:2"],
        "images:\n- name: app\n  newTag: >-\n    v1\n- name: b\n  newTag: \"2\"\n",
    );
    golden("images:\n- name: |-\n    app\n", &["app:2"], "images:\n- newTag: \"2\"\n  name: |-\n    app\n");
}

#[test]
fn an_empty_value_is_filled_behind_its_colon() {
    golden(
        "images:\n- name: app\n  newTag:\n  newName: r\n",
        &["app=*:2"],
        "images:\n- name: app\n  newTag: \"2\"\n  newName: r\n",
    );
    golden("images:\n- name: app\n  newTag: # c\n", &["app:2"], "images:\n- name: app\n  newTag: \"2\" # c\n");
    golden("images: [{name: app, newTag: }]\n", &["app:2"], "images: [{name: app, newTag: \"2\" }]\n");
    golden("images:\n- name: app\n  newTag: ~\n", &["app:2"], "images:\n- name: app\n  newTag: \"2\"\n");
}

#[test]
fn an_alias_that_changes_leaves_its_anchor_alone() {
    golden(
        "images:\n- name: a\n  newTag: &v \"1\"\n- name: b\n  newTag: *v\n",
        &["b:2"],
        "images:\n- name: a\n  newTag: &v \"1\"\n- name: b\n  newTag: \"2\"\n",
    );
}

#[test]
fn an_anchor_that_changes_is_handed_on_to_its_other_users() {
    golden(
        "images:\n- name: a\n  newTag: &v \"1\" # c\n- name: b\n  newTag: *v\n- {name: c, newTag: *v}\n",
        &["a:2"],
        "images:\n- name: a\n  newTag: \"2\" # c\n- name: b\n  newTag: &v \"1\"\n- {name: c, newTag: *v}\n",
    );
    golden(
        "images:\n- name: a\n  digest: &d sha256:old\n- name: b\n  digest: *d\n",
        &["a:2"],
        "images:\n- name: a\n  newTag: \"2\"\n- name: b\n  digest: &d sha256:old\n",
    );
}

#[test]
fn an_anchor_whose_users_all_change_alike_keeps_them() {
    golden(
        "images:\n- name: a\n  newTag: &v v1\n- name: b\n  newTag: *v\n",
        &["a:v2", "b:v2"],
        "images:\n- name: a\n  newTag: &v v2\n- name: b\n  newTag: *v\n",
    );
    golden("images:\n- name: a\n  newTag: &v v1\n", &["a:v2"], "images:\n- name: a\n  newTag: &v v2\n");
}

#[test]
fn a_merged_entry_gets_its_own_value_and_the_base_stays() {
    let text = "images:\n- &base\n  name: a\n  newTag: v1\n- <<: *base\n  name: b\n";
    golden(text, &["b:v2"], "images:\n- &base\n  name: a\n  newTag: v1\n- <<: *base\n  name: b\n  newTag: \"v2\"\n");
    golden(text, &["a:v2"], "images:\n- &base\n  name: a\n  newTag: v2\n- <<: *base\n  name: b\n  newTag: \"v1\"\n");
    golden(
        "images:\n- &base\n  name: a\n  digest: sha256:old\n- <<: *base\n  name: b\n",
        &["b:2"],
        "images:\n- &base\n  name: a\n  digest: sha256:old\n- <<: *base\n  name: b\n  newTag: \"2\"\n  digest: \"\"\n",
    );
}

#[test]
fn an_aliased_entry_is_written_out() {
    golden(
        "x: &e {name: a, newTag: \"1\"}\nimages:\n- *e\n",
        &["a:2"],
        "x: &e {name: a, newTag: \"1\"}\nimages:\n- {name: a, newTag: \"2\"}\n",
    );
}

#[test]
fn duplicates_are_all_set_and_warned_about() {
    let edited = try_images("images:\n- name: a\n  newTag: v1\n- name: a\n  newTag: v2\n", &["a:v3"]).expect("an edit");
    assert_eq!(edited.text, "images:\n- name: a\n  newTag: v3\n- name: a\n  newTag: v3\n");
    assert_eq!(edited.warnings.len(), 1);
    let edited =
        try_images("images:\n- name: a\n  newTag: v1\nimages:\n- name: a\n  newTag: v2\n", &["a:v3"]).expect("an edit");
    assert_eq!(edited.text, "images:\n- name: a\n  newTag: v1\nimages:\n- name: a\n  newTag: v3\n");
    assert_eq!(edited.warnings.len(), 1);
    golden(
        "images:\n- name: a\n  newTag: v1\n  newTag: v2\n",
        &["a:v3"],
        "images:\n- name: a\n  newTag: v1\n  newTag: v3\n",
    );
}

#[test]
fn keys_in_any_case_are_found_and_two_spellings_are_refused() {
    golden("Images:\n- Name: a\n  NewTag: v1\n", &["a:v2"], "Images:\n- Name: a\n  NewTag: v2\n");
    let error = try_images("images: []\nImages: []\n", &["a:1"]).expect_err("two spellings");
    assert_eq!((error.line, error.column), (2, 1));
}

#[test]
fn replicas_are_numbers() {
    let set = |text: &str, line: &str| edit(text, &request(&[], &[line]), true).expect("an edit").text;
    assert_eq!(set("replicas:\n- name: web\n  count: 1 # c\n", "web=3"), "replicas:\n- name: web\n  count: 3 # c\n");
    assert_eq!(set("replicas:\n- name: web\n  count: \"1\"\n", "web=1"), "replicas:\n- name: web\n  count: 1\n");
    assert_eq!(set("resources: [a]\n", "web=0"), "resources: [a]\nreplicas:\n- name: web\n  count: 0\n");
    let both = edit("replicas:\n- name: w\n  count: 1\n", &request(&["a:2"], &["w=2", "x=1"]), true).expect("an edit");
    assert_eq!(
        both.text,
        "replicas:\n- name: w\n  count: 2\n- name: x\n  count: 1\nimages:\n- name: a\n  newTag: \"2\"\n"
    );
}

#[test]
fn what_is_no_list_or_no_yaml_is_refused_with_its_place() {
    for (text, line) in [
        ("a: 1\nimages: x\n", 2),
        ("images:\n- name: a\n  newTag: [x]\n", 3),
        ("a: [\n", 1),
        ("x: &l [{name: a}]\nimages: *l\n", 2),
        ("- a\n", 1),
    ] {
        let error = try_images(text, &["a:2"]).expect_err(text);
        assert_eq!(error.line, line, "{text}: {error}");
    }
}

#[test]
fn an_entry_is_added_only_when_that_is_allowed_and_its_name_is_plain() {
    assert!(edit("images: []\n", &request(&["a:1"], &[]), false).is_err());
    let error = try_images("images: []\n", &["a+b:1"]).expect_err("a pattern");
    assert!(error.message.contains("pattern"), "{error}");
    golden("images:\n- name: a+b\n", &["a+b:1"], "images:\n- name: a+b\n  newTag: \"1\"\n");
}

#[test]
fn changes_say_before_after_and_line() {
    let edited = try_images(BLOCK, &["app:v2", "new:1"]).expect("an edit");
    let lines: Vec<(&str, u32)> = edited.changes.iter().map(|change| (change.name.as_str(), change.line)).collect();
    assert_eq!(lines, [("app", 6), ("new", 0)]);
}
