//! Which file of the workspace uses which: every path is followed to the file that defines what it
//! names, through modules that only pass it on.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;

use super::uses::{Import, by_name, imports, paths};
use super::{program, root, rust_files};

/// How often a name is followed to where it comes from.
const FARTHEST: usize = 8;

/// A module: its crate, and its path in it.
type Module = Vec<String>;

/// The sources of a workspace, by module.
pub struct Graph {
    files: BTreeMap<Module, (String, String)>,
    names: HashMap<Module, Vec<Import>>,
}

impl Graph {
    /// Of files: the name of their crate, their path below its sources, what is in them.
    pub fn of(files: impl IntoIterator<Item = (String, String, String)>) -> Self {
        let mut graph = Self { files: BTreeMap::new(), names: HashMap::new() };
        for (of, path, source) in files {
            let mut module: Module = vec![of.clone()];
            module.extend(path.trim_end_matches(".rs").split('/').map(str::to_owned));
            if ["mod", "lib"].contains(&module[module.len() - 1].as_str()) {
                module.pop();
            }
            let source = program(&source);
            graph.names.insert(module.clone(), imports(&source));
            graph.files.insert(module, (format!("{of}/{path}"), source));
        }
        graph
    }

    /// Of this workspace, without its tests.
    pub fn of_workspace() -> Self {
        let mut crates = vec![("swarmscope".to_owned(), root().join("src"))];
        for entry in fs::read_dir(root().join("crates")).expect("crates") {
            let path = entry.expect("a directory entry").path();
            let name = path.file_name().expect("a name").to_string_lossy().into_owned();
            crates.push((format!("swarmscope_{name}"), path.join("src")));
        }
        let mut files = Vec::new();
        for (name, sources) in crates.into_iter().filter(|(_, sources)| sources.is_dir()) {
            for path in rust_files(&sources) {
                let file = path.strip_prefix(&sources).expect("below").display().to_string();
                let is_test = file
                    .split('/')
                    .any(|part| part == "tests" || part == "tests.rs" || part == "main.rs");
                if !is_test {
                    files.push((name.clone(), file, fs::read_to_string(&path).expect("a source")));
                }
            }
        }
        Self::of(files)
    }

    /// What each file uses, by name.
    pub fn edges(&self) -> BTreeMap<&str, BTreeSet<&str>> {
        let edges = self.files.iter().map(|(module, (file, source))| {
            let names = &self.names[module];
            let used =
                names.iter().filter(|import| !import.passed_on).map(|import| import.path.clone());
            let used = used.chain(paths(source));
            let files = used.filter_map(|path| self.defining(module, &path, FARTHEST));
            (file.as_str(), files.filter(|other| other != file).collect())
        });
        edges.collect()
    }

    /// The file that defines what a path in a module names.
    fn defining(&self, module: &Module, path: &[String], most: usize) -> Option<&str> {
        let (mut at, mut rest) = self.start(module, path, most)?;
        while let [next, more @ ..] = rest.as_slice() {
            let below: Module = at.iter().cloned().chain([next.clone()]).collect();
            if !self.files.contains_key(&below) {
                break;
            }
            (at, rest) = (below, more.to_vec());
        }
        if let (Some(name), Some(most)) = (rest.first(), most.checked_sub(1))
            && let Some(import) = by_name(self.names.get(&at)?).get(name.as_str())
        {
            let path: Vec<String> =
                import.path.iter().cloned().chain(rest[1..].iter().cloned()).collect();
            if let Some(file) = self.defining(&at, &path, most) {
                return Some(file);
            }
        }
        self.files.get(&at).map(|(file, _)| file.as_str())
    }

    /// The module where a path begins, and what is left of the path.
    fn start(
        &self,
        module: &Module,
        path: &[String],
        most: usize,
    ) -> Option<(Module, Vec<String>)> {
        let (first, rest) = path.split_first()?;
        let child: Module = module.iter().cloned().chain([first.clone()]).collect();
        match first.as_str() {
            "crate" => Some((module[..1].to_vec(), rest.to_vec())),
            "self" => Some((module.clone(), rest.to_vec())),
            "super" => {
                let climbs = path.iter().take_while(|name| *name == "super").count();
                Some((
                    module[..module.len().checked_sub(climbs)?].to_vec(),
                    path[climbs..].to_vec(),
                ))
            }
            _ if self.files.contains_key(&child) => Some((module.clone(), path.to_vec())),
            _ if self.files.contains_key(&vec![first.clone()]) => {
                Some((vec![first.clone()], rest.to_vec()))
            }
            name => {
                // a module that was brought into scope: `words::clean`
                let most = most.checked_sub(1)?;
                let names = by_name(self.names.get(module)?);
                let import = names
                    .get(name)
                    .filter(|import| import.path.first().is_some_and(|it| it != name))?;
                let path: Vec<String> = import.path.iter().chain(rest).cloned().collect();
                self.start(module, &path, most)
            }
        }
    }
}
