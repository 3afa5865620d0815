//! What the command does, prints and ends with.

use std::fs;

use super::*;
use crate::generate::samples;

/// Gives a command; its end, what it printed, and what it complained of.
fn given(document: &Document, line: &[&str]) -> (Exit, String, String) {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let arguments = line.iter().map(|&word| word.to_owned());
    let exit = run(document, arguments, &mut out, &mut err);
    let text = |bytes| String::from_utf8(bytes).expect("it writes text");
    (exit, text(out), text(err))
}

#[test]
fn types_are_printed_of_the_namespace_and_by_the_name_that_are_asked_for() {
    let line = ["ts", "--namespace=/admin", "--name", "Keeper", "--module", "./client.js"];
    let (exit, out, _) = given(&samples::chat(), &line);
    assert_eq!(exit, Exit::Success);
    assert!(out.contains("export interface Keeper extends Contract {"), "{out}");
    assert!(out.contains(r#"from "./client.js";"#), "{out}");
    assert!(out.starts_with(
        "// generated: `cargo run --bin contract -- ts --namespace /admin --name Keeper --module ./client.js`"
    ));
    // The only one need not be named.
    let mut document = samples::chat();
    document.namespaces.remove("/");
    assert!(given(&document, &["ts"]).1.contains("export interface Admin extends Contract {"));
}

#[test]
fn a_file_is_written_once_and_checked_by_what_is_in_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("my chat.ts");
    let name = file.display().to_string();
    let document = samples::chat();

    let (exit, _, err) = given(&document, &["ts", &name, "--check"]);
    assert_eq!(exit, Exit::Failure);
    assert!(
        err.contains(&format!("is not there; make it: cargo run --bin contract -- ts '{name}'")),
        "{err}"
    );

    assert!(given(&document, &["ts", &name]).1.ends_with("is written\n"));
    assert!(given(&document, &["ts", &name]).1.ends_with("is current\n"));
    assert_eq!(given(&document, &["ts", &name, "--check"]).0, Exit::Success);

    let text = fs::read_to_string(&file).expect("it was written");
    fs::write(&file, text.replace("edited: boolean", "edited: string")).expect("it can be written");
    let (exit, out, err) = given(&document, &["ts", "--check", &name]);
    assert_eq!((exit, &*out), (Exit::Failure, ""));
    assert!(err.contains("is not current: line"), "{err}");
    assert!(
        err.contains("edited: string }\" and would be") && err.contains("edited: boolean }\""),
        "{err}"
    );
    assert!(fs::read_to_string(&file).is_ok_and(|text| text.contains("edited: string")));
}

#[test]
fn for_a_page_without_a_build_there_are_two_files() {
    let folder = tempfile::tempdir().expect("a folder");
    let name = folder.path().join("chat.js").display().to_string();
    let document = samples::chat();
    assert_eq!(given(&document, &["ts", &name]).1.lines().count(), 2);
    fs::remove_file(folder.path().join("chat.d.ts")).expect("the declarations are beside it");
    let (exit, _, err) = given(&document, &["ts", &name, "--check"]);
    assert_eq!(exit, Exit::Failure);
    assert!(err.contains("chat.d.ts is not there"), "{err}");
    let (exit, _, err) = given(&document, &["ts", "web/chat.d.ts"]);
    assert_eq!(exit, Exit::Trouble);
    assert!(err.contains("name the module, as web/chat.ts"), "{err}");
}

#[test]
fn the_contract_is_printed_as_what_is_read_again() {
    let document = samples::chat();
    let (exit, out, err) = given(&document, &["json"]);
    assert_eq!((exit, &*err), (Exit::Success, ""));
    assert_eq!(serde_json::from_str::<Document>(&out).expect("it is a contract"), document);
    assert!(given(&samples::shapes(), &["json"]).2.contains("warning: Special.large has an"));
}

#[test]
fn what_is_not_understood_is_said_with_what_would_be() {
    for (line, words) in [
        (&[][..], "no command is given"),
        (&["jsn"], "\"jsn\" is no command"),
        (&["--check"], "invalid option '--check'"),
        (&["json", "--name", "x"], "invalid option '--name'"),
        (&["json", "a", "b"], "unexpected argument \"b\""),
        (&["ts", "--name"], "missing argument for option '--name'"),
        (&["json", "--check"], "--check compares a file: name it"),
    ] {
        let (exit, out, err) = given(&samples::chat(), line);
        assert_eq!((exit, &*out), (Exit::Trouble, ""), "{line:?}");
        assert!(err.starts_with(words) && err.contains("\nusage: contract COMMAND"), "{err}");
    }
    let (exit, _, err) = given(&samples::chat(), &["ts", "--namespace", "/no"]);
    assert_eq!(exit, Exit::Trouble);
    assert!(err.contains(r#"there is no namespace "/no" in the contract; it has "/", "/admin""#));
    let (_, _, err) = given(&samples::chat(), &["ts", "--name", "a b"]);
    assert!(err.starts_with(r#""a b" is no name for a type"#), "{err}");
    let (_, _, err) = given(&samples::chat(), &["json", "/no/such/folder/x.json"]);
    assert!(err.starts_with("cannot write /no/such/folder/x.json: "), "{err}");
    assert_eq!(given(&samples::chat(), &["--help"]).0, Exit::Success);
}

#[test]
fn a_contract_is_compared_with_one_that_was_written() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("old.json").display().to_string();
    let document = samples::chat();
    assert_eq!(given(&document, &["json", &file]).0, Exit::Success);
    let (exit, out, _) = given(&document, &["diff", &file]);
    assert_eq!((exit, &*out), (Exit::Success, "nothing has changed\n"));

    let mut changed = document.clone();
    let main = main_of(&mut changed);
    main.down.remove("notice");
    let more = main.up["count"].clone();
    main.up.insert("more".to_owned(), more);
    let (exit, out, _) = given(&changed, &["diff", &file]);
    assert_eq!(exit, Exit::Failure);
    assert_eq!(
        out.lines().collect::<Vec<_>>(),
        [
            "breaking: \"notice\", which the server sends: it is gone: clients that exist wait for it",
            "harmless: \"more\", which clients send: it is new",
            "changes: 2, of which 1 break clients",
        ]
    );
    main_of(&mut changed).down.clone_from(&document.namespaces["/"].down);
    assert_eq!(given(&changed, &["diff", &file]).0, Exit::Success);
}

fn main_of(document: &mut Document) -> &mut crate::document::NamespaceContract {
    document.namespaces.get_mut("/").expect("it is there")
}

#[test]
fn what_cannot_be_compared_is_trouble() {
    let folder = tempfile::tempdir().expect("a folder");
    let written = |name: &str, text: &str| {
        let file = folder.path().join(name);
        fs::write(&file, text).expect("it can be written");
        file.display().to_string()
    };
    for (file, words) in [
        (folder.path().join("none").display().to_string(), "cannot read "),
        (written("text", "no JSON"), "is no contract: expected ident"),
        (written("list", "[]"), "is no contract: "),
        (
            written("other", r#"{"asyncapi":"3.1.0"}"#),
            "is no contract: missing field `salon_contract`",
        ),
        (written("later", r#"{"salon_contract":2}"#), "of the form 2, and this is of the form 1"),
    ] {
        let (exit, _, err) = given(&samples::chat(), &["diff", &file]);
        assert_eq!(exit, Exit::Trouble);
        assert!(err.contains(words), "{err}");
    }
    assert_eq!(given(&samples::chat(), &["diff"]).0, Exit::Trouble);
}
