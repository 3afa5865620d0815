//! Files that import each other in a circle: whoever reads one of them has to read them all.
//!
//! It must never let one in, however small.

use std::collections::{BTreeMap, BTreeSet};

use super::LIBRARIES;

/// A path of names, from the root of the crate.
type Names = Vec<String>;

/// The sources as modules.
struct Modules {
    /// The file of each module.
    files: BTreeMap<Names, String>,
    /// What faces name again: the face, the name, and where that comes from.
    named_again: BTreeMap<(Names, String), Names>,
}

/// The module that a file is.
fn module(file: &str) -> Names {
    let mut names: Names = file.trim_end_matches(".rs").split('/').map(str::to_owned).collect();
    if is_face(file) {
        names.pop();
    }
    names
}

fn is_face(file: &str) -> bool {
    file.ends_with("mod.rs") || file == "lib.rs"
}

/// What a file says before its tests.
pub(super) fn before_tests(code: &str) -> &str {
    let tests =
        code.find("mod tests {").map_or(code.len(), |at| code[..at].rfind("#[cfg(").unwrap_or(at));
    &code[..tests]
}

/// The paths in a tree of imports.
fn leaves(prefix: &str, tree: &str, found: &mut Vec<String>) {
    let tree = tree.trim();
    match tree.split_once('{') {
        Some((before, list)) => {
            let prefix = format!("{prefix}{}", before.trim());
            let list = list.trim_end().strip_suffix('}').unwrap_or(list);
            let (mut depth, mut begun) = (0, 0);
            for (at, character) in list.char_indices().chain([(list.len(), ',')]) {
                match character {
                    '{' => depth += 1,
                    '}' => depth -= 1,
                    ',' if depth == 0 => {
                        leaves(&prefix, &list[begun.min(at)..at], found);
                        begun = at + 1;
                    }
                    _ => {}
                }
            }
        }
        None if tree.is_empty() => {}
        None => found.push(format!("{prefix}{}", tree.split(" as ").next().unwrap_or(tree).trim())),
    }
}

/// The paths that a file imports, or names where it uses them.
fn paths(code: &str) -> Vec<String> {
    let mut found = Vec::new();
    for statement in code.split(';') {
        let begin = statement.rfind("use ").filter(|at| {
            statement[..*at].trim_end().is_empty() || statement[..*at].ends_with(['\n', ' '])
        });
        if let Some(at) = begin {
            leaves("", &statement[at + "use ".len()..].replace('\n', " "), &mut found);
        }
    }
    for root in ["crate::", "super::", "self::"] {
        for (at, _) in code.match_indices(root) {
            let is_path = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
            // For whom something is visible, it does not need.
            if !code[..at].ends_with(is_path) && !code[..at].ends_with("pub(in ") {
                let path: String = code[at..].chars().take_while(|c| is_path(*c)).collect();
                // What stands before a list is found as part of it.
                if !path.ends_with(':') {
                    found.push(path);
                }
            }
        }
    }
    found
}

impl Modules {
    fn read(sources: &[(String, String)]) -> Self {
        let files: BTreeMap<_, _> =
            sources.iter().map(|(file, _)| (module(file), file.clone())).collect();
        let mut modules = Self { files, named_again: BTreeMap::new() };
        for (file, code) in sources.iter().filter(|(file, _)| is_face(file)) {
            for path in paths(before_tests(code)) {
                if let Some(names) = modules.path_from_root(file, &path)
                    && let Some(last) = names.last().cloned()
                {
                    modules.named_again.insert((module(file), last), names);
                }
            }
        }
        modules
    }

    /// A path from the root, if it is one of this crate.
    fn path_from_root(&self, file: &str, path: &str) -> Option<Names> {
        let mut names = path.split("::").map(str::to_owned).peekable();
        let mut base = module(file);
        match names.peek()?.as_str() {
            "crate" => base.clear(),
            "self" => {}
            "super" => {
                while names.next_if(|name| name == "super").is_some() {
                    base.pop();
                }
                base.extend(names);
                return Some(base);
            }
            first => {
                base.push(first.to_owned());
                let is_child = self.files.contains_key(&base);
                base.pop();
                if !is_child {
                    return None;
                }
                base.extend(names);
                return Some(base);
            }
        }
        base.extend(names.skip(1));
        Some(base)
    }

    /// The file that has what a path names.
    fn file(&self, names: &[String], steps: usize) -> Option<&String> {
        let length = (0..=names.len()).rev().find(|n| self.files.contains_key(&names[..*n]))?;
        let (own, rest) = names.split_at(length);
        if let Some(first) = rest.first()
            && steps > 0
            && let Some(there) = self.named_again.get(&(own.to_vec(), first.clone()))
            && there != names
        {
            let names: Names = there.iter().chain(&rest[1..]).cloned().collect();
            return self.file(&names, steps - 1);
        }
        self.files.get(own)
    }
}

/// Which files each file needs, on whatever way.
fn needs(sources: &[(String, String)]) -> BTreeMap<String, BTreeSet<String>> {
    let modules = Modules::read(sources);
    let mut needs: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (file, code) in sources {
        let named = paths(before_tests(code)).into_iter();
        let named = named.filter_map(|path| modules.path_from_root(file, &path));
        let files = named.filter_map(|names| modules.file(&names, 8).cloned());
        needs.insert(file.clone(), files.filter(|other| other != file).collect());
    }
    loop {
        let before: usize = needs.values().map(BTreeSet::len).sum();
        for file in needs.keys().cloned().collect::<Vec<_>>() {
            let further: BTreeSet<String> =
                needs[&file].iter().flat_map(|other| needs[other].iter().cloned()).collect();
            needs.entry(file).or_default().extend(further);
        }
        if needs.values().map(BTreeSet::len).sum::<usize>() == before {
            return needs;
        }
    }
}

#[test]
fn no_files_are_in_a_circle() {
    for library in LIBRARIES {
        let needs = needs(&library.sources());
        if let Some((file, needed)) = needs.iter().find(|(file, needed)| needed.contains(*file)) {
            let circle: Vec<_> = needed.iter().filter(|it| needs[*it].contains(file)).collect();
            panic!("these files of {} import each other: {circle:#?}", library.root);
        }
    }
}
