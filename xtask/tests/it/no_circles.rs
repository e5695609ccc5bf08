//! The files of each crate use each other in one direction.
//!
//! A crate is read as a tree of modules, without its tests. Each path in it is followed to the file
//! that defines the item, through imports and re-exports. Files that reach each other in this way
//! form a circle: none of them can be understood, tested or moved without the others.
//!
//! A file may use what the files above it define: `mod.rs` may hold the types of its folder.

use crate::project::{Project, root};
use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use quote::ToTokens;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;
use std::iter::successors;
use std::mem::{replace, take};
use std::path::{Path, PathBuf};
use std::process::Command;
use syn::{Ident, Item, ItemMod, ItemUse, UseTree, Visibility};

#[test]
fn no_files_use_each_other() {
    let roots = crate_roots();
    let circles: Vec<String> = roots.iter().flat_map(|root| circles(root)).collect();
    assert!(circles.is_empty(), "these files use each other:\n\n{}", circles.join("\n"));
}

#[test]
fn circles_are_found_through_re_exports_and_macros_but_not_in_tests() {
    let project = Project::empty();
    project.write("lib.rs", "mod a; mod folder; pub struct Top;");
    project.write("a.rs", "use crate::folder::{self, C};\nfn call(_: C) { folder::b::run(); }");
    project.write("folder/mod.rs", "pub mod b;\nmod c;\npub use c::C;");
    project
        .write("folder/b.rs", "pub fn run() {}\n#[cfg(test)]\nmod tests { use crate::a::call; }");
    project.write("folder/c.rs", "pub struct C(crate::Top);\nfn f() { dbg!(crate::a::call()); }");
    let found = circles(&project.path().join("lib.rs"));
    let [circle] = found.as_slice() else { panic!("one circle expected: {found:?}") };
    let lines: Vec<&str> = circle.lines().collect();
    assert_eq!(lines.len(), 2, "{circle}");
    assert!(lines[0].contains("a.rs uses C of") && lines[1].contains("c.rs uses call of"));
}

/// The root file of each library and program of the workspace.
fn crate_roots() -> Vec<PathBuf> {
    let mut command = Command::new(env!("CARGO"));
    command.current_dir(root()).args(["metadata", "--no-deps", "--offline", "--format-version=1"]);
    let output = command.output().unwrap();
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap().iter();
    let targets = packages.flat_map(|package| package["targets"].as_array().unwrap());
    let other = ["test", "bench", "example", "custom-build"];
    let sources = targets.filter(|target| other.iter().all(|kind| target["kind"][0] != *kind));
    sources.map(|target| target["src_path"].as_str().unwrap().into()).collect()
}

/// Describes each set of files of one crate that use each other.
fn circles(crate_root: &Path) -> Vec<String> {
    let read = Crate::read(crate_root);
    let uses = read.uses();
    let mut used: BTreeMap<&Path, Vec<&Path>> = BTreeMap::new();
    for (user, other) in uses.keys() {
        used.entry(user).or_default().push(other);
    }
    let reached: BTreeMap<&Path, _> =
        used.keys().map(|user| (*user, reached(user, &used))).collect();
    let circle = |user: &&Path| -> BTreeSet<&Path> {
        let back = |file: &&&Path| reached.get(**file).is_some_and(|files| files.contains(user));
        reached[user].iter().filter(back).copied().collect()
    };
    let circles: BTreeSet<_> = reached.keys().map(circle).collect();
    let circles = circles.iter().filter(|circle| !circle.is_empty());
    circles.map(|circle| describe(circle, &uses)).collect()
}

/// The names that one file uses of another.
type Uses<'a> = BTreeMap<(&'a Path, &'a Path), BTreeSet<&'a str>>;

/// The files that `file` uses, directly or through others.
fn reached<'a>(file: &'a Path, used: &BTreeMap<&'a Path, Vec<&'a Path>>) -> BTreeSet<&'a Path> {
    let mut reached = BTreeSet::new();
    let mut open = vec![file];
    while let Some(file) = open.pop() {
        let direct = used.get(file).into_iter().flatten().copied();
        open.extend(direct.filter(|file| reached.insert(*file)));
    }
    reached
}

fn describe(circle: &BTreeSet<&Path>, uses: &Uses<'_>) -> String {
    let root = root();
    let shown = |file: &Path| file.strip_prefix(&root).unwrap_or(file).display().to_string();
    let inside = |(user, used): &(&Path, &Path)| circle.contains(user) && circle.contains(used);
    let lines = uses.iter().filter(|(files, _)| inside(files)).map(|((user, used), names)| {
        let names = names.iter().copied().collect::<Vec<_>>().join(", ");
        format!("{} uses {names} of {}\n", shown(user), shown(used))
    });
    lines.collect()
}

type Segments = Vec<String>;

/// The modules of a crate, the root first.
struct Crate {
    modules: Vec<Module>,
}

#[derive(Default)]
struct Module {
    file: PathBuf,
    parent: usize,
    children: HashMap<String, usize>,
    /// The names of the items that it defines.
    items: BTreeSet<String>,
    /// The names that it imports, with what they stand for.
    imports: Vec<(String, Segments)>,
    /// The modules of which it imports everything.
    globs: Vec<Segments>,
    /// The paths that its code contains, without re-exports.
    paths: BTreeSet<Segments>,
}

/// What a path leads to.
#[derive(Clone, Copy)]
enum Target<'a> {
    Module(usize),
    /// The module that defines the item, and the item's name.
    Item(usize, &'a str),
}

/// Imports that a path is followed through: a name may be imported under itself without end.
const MOST_IMPORTS: usize = 6;

impl Crate {
    fn read(root: &Path) -> Self {
        let mut read = Self { modules: Vec::new() };
        read.add_file(root, 0, root.parent().unwrap());
        read
    }

    /// Adds the module in `file`, whose children are in `folder`, and returns its index.
    fn add_file(&mut self, file: &Path, parent: usize, folder: &Path) -> usize {
        let text = fs::read_to_string(file).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
        let parsed: syn::File = syn::parse2(without_tests(text.parse().unwrap())).unwrap();
        self.add(file, parent, folder, parsed.items)
    }

    fn add(&mut self, file: &Path, parent: usize, folder: &Path, items: Vec<Item>) -> usize {
        let index = self.modules.len();
        self.modules.push(Module { file: file.to_owned(), parent, ..Module::default() });
        for item in items {
            match item {
                Item::Mod(child) => self.add_child(index, folder, child),
                Item::Use(item) => self.modules[index].add_use(&item),
                item => self.modules[index].add_item(&item),
            }
        }
        index
    }

    fn add_child(&mut self, parent: usize, folder: &Path, child: ItemMod) {
        let name = child.ident.to_string();
        let folder = folder.join(&name);
        let index = if let Some((_, items)) = child.content {
            let file = self.modules[parent].file.clone();
            self.add(&file, parent, &folder, items)
        } else {
            let files = [folder.join("mod.rs"), folder.with_extension("rs")];
            let file = if files[0].exists() { &files[0] } else { &files[1] };
            self.add_file(file, parent, &folder)
        };
        self.modules[parent].children.insert(name, index);
    }

    /// The uses of all files, those of the files above them excluded.
    fn uses(&self) -> Uses<'_> {
        let mut uses = Uses::new();
        for (index, module) in self.modules.iter().enumerate() {
            let targets =
                module.paths.iter().filter_map(|path| self.find(index, path, MOST_IMPORTS));
            for target in targets {
                let Target::Item(at, name) = target else { continue };
                let used = self.modules[at].file.as_path();
                if !self.is_in_or_below(index, used) {
                    uses.entry((module.file.as_path(), used)).or_default().insert(name);
                }
            }
        }
        uses
    }

    fn is_in_or_below(&self, module: usize, file: &Path) -> bool {
        let parent = |&module: &usize| (module > 0).then(|| self.modules[module].parent);
        successors(Some(module), parent).any(|module| self.modules[module].file == file)
    }

    /// What `path` means in the module `at`; none if it leads out of the crate.
    fn find(&self, at: usize, path: &[String], imports: usize) -> Option<Target<'_>> {
        let [first, rest @ ..] = path else { return Some(Target::Module(at)) };
        match first.as_str() {
            "crate" => self.find(0, rest, imports),
            "self" => self.find(at, rest, imports),
            "super" => self.find(self.modules[at].parent, rest, imports),
            name => self.find_name(at, name, rest, imports),
        }
    }

    fn find_name(
        &self,
        at: usize,
        name: &str,
        rest: &[String],
        imports: usize,
    ) -> Option<Target<'_>> {
        let module = &self.modules[at];
        let child = module.children.get(name).and_then(|child| self.find(*child, rest, imports));
        let item = module.items.get(name).map(|name| Target::Item(at, name));
        let import = self.find_import(at, name, rest, imports);
        // A module and a function may have one name: a path that ends there means the function.
        let found = [child, item, import];
        let mut items = found.iter().flatten().filter(|it| matches!(it, Target::Item(..)));
        items.next().or(found.iter().flatten().next()).copied()
    }

    /// What an import brings into the module `at` under `name`.
    fn find_import(
        &self,
        at: usize,
        name: &str,
        rest: &[String],
        imports: usize,
    ) -> Option<Target<'_>> {
        let left = imports.checked_sub(1)?;
        let Module { imports, globs, .. } = &self.modules[at];
        let mut named = imports.iter().filter(|(imported, _)| imported == name);
        let named = named.find_map(|(_, path)| self.find(at, &[path, rest].concat(), left));
        named.or_else(|| {
            globs.iter().find_map(|path| match self.find(at, path, left)? {
                Target::Module(module) => self.find_name(module, name, rest, left),
                Target::Item(..) => None,
            })
        })
    }
}

impl Module {
    fn add_use(&mut self, item: &ItemUse) {
        self.add_imports(&item.tree, &[]);
        // A re-export uses nothing: whoever imports the name uses the file that defines it.
        if matches!(item.vis, Visibility::Inherited) {
            add_paths(&[], item.tree.to_token_stream(), &mut self.paths);
        }
    }

    fn add_imports(&mut self, tree: &UseTree, prefix: &[String]) {
        match tree {
            UseTree::Path(path) => self.add_imports(&path.tree, &joined(prefix, &path.ident)),
            UseTree::Name(name) => self.import(&joined(prefix, &name.ident), None),
            UseTree::Rename(it) => self.import(&joined(prefix, &it.ident), Some(&it.rename)),
            UseTree::Glob(_) => self.globs.push(prefix.to_vec()),
            UseTree::Group(group) => {
                group.items.iter().for_each(|tree| self.add_imports(tree, prefix));
            }
        }
    }

    fn import(&mut self, path: &[String], rename: Option<&Ident>) {
        let name = rename.map(Ident::to_string).or_else(|| path.last().cloned());
        self.imports.extend(name.map(|name| (name, path.to_vec())));
    }

    fn add_item(&mut self, item: &Item) {
        self.items.extend(name(item).map(Ident::to_string));
        add_paths(&[], item.to_token_stream(), &mut self.paths);
    }
}

fn joined(prefix: &[String], name: &Ident) -> Segments {
    // `a::{self}` imports `a`.
    if name == "self" { prefix.to_vec() } else { [prefix, &[name.to_string()]].concat() }
}

fn name(item: &Item) -> Option<&Ident> {
    match item {
        Item::Const(item) => Some(&item.ident),
        Item::Enum(item) => Some(&item.ident),
        Item::Fn(item) => Some(&item.sig.ident),
        Item::Macro(item) => item.ident.as_ref(),
        Item::Static(item) => Some(&item.ident),
        Item::Struct(item) => Some(&item.ident),
        Item::Trait(item) => Some(&item.ident),
        Item::Type(item) => Some(&item.ident),
        Item::Union(item) => Some(&item.ident),
        _ => None,
    }
}

/// Adds each path in `tokens`, with `prefix` before those in the braces of a `use`. Tokens rather
/// than expressions are read, as a macro's arguments can be anything.
fn add_paths(prefix: &[String], tokens: TokenStream, paths: &mut BTreeSet<Segments>) {
    let mut path = Segments::new();
    let mut signs = String::new();
    for token in tokens {
        let continues = signs.ends_with("::");
        let is_member = signs.ends_with('.') && !signs.ends_with("..");
        match token {
            TokenTree::Punct(sign) => {
                signs.push(sign.as_char());
                continue;
            }
            TokenTree::Ident(name) if continues => path.push(name.to_string()),
            TokenTree::Ident(name) if !is_member => {
                paths.insert(replace(&mut path, joined(prefix, &name)));
            }
            TokenTree::Group(group) if continues => {
                add_paths(&take(&mut path), group.stream(), paths);
            }
            TokenTree::Group(group) => add_paths(&[], group.stream(), paths),
            TokenTree::Ident(_) | TokenTree::Literal(_) => {}
        }
        signs.clear();
    }
    paths.insert(path);
}

/// `tokens` without the items that only exist in tests.
fn without_tests(tokens: TokenStream) -> TokenStream {
    let mut kept: Vec<TokenTree> = Vec::new();
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Group(group) if group.stream().to_string() == "cfg (test)" => {
                // The `#` before it.
                kept.pop();
                tokens.by_ref().find(ends_item);
                tokens.next_if(is_semicolon);
            }
            TokenTree::Group(group) => {
                let stream = without_tests(group.stream());
                kept.push(Group::new(group.delimiter(), stream).into());
            }
            other => kept.push(other),
        }
    }
    kept.into_iter().collect()
}

fn ends_item(token: &TokenTree) -> bool {
    let braces = |group: &Group| group.delimiter() == Delimiter::Brace;
    is_semicolon(token) || matches!(token, TokenTree::Group(group) if braces(group))
}

fn is_semicolon(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Punct(sign) if sign.as_char() == ';')
}
