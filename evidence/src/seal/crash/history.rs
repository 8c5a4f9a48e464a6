//! What was done to a disk, step by step, and what of it may be there after a crash.
//!
//! The model is what POSIX promises, and no more: a sync of a file makes durable what is in it, a
//! sync of a folder which names it has, and nothing else is durable. Of the rest anything may be
//! there: a name made, taken or given without those before it; of a write any of its 512-byte
//! sectors, with the file's new length or without; of what is overwritten any 16 bytes, old or new. Only a
//! rename in a folder is there or not.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::Path;
use tieout_controls::Digest;

/// A file or folder, whatever names it has.
pub(super) type Node = usize;

#[derive(Debug, Clone)]
enum Content {
    Folder(BTreeMap<String, Node>),
    File(Vec<u8>),
}

/// A disk; node 0 is the folder in which all is.
#[derive(Debug, Clone)]
pub(super) struct Image(Vec<Content>);

#[derive(Debug, Clone)]
pub(super) enum Change {
    MadeFolder {
        folder: Node,
        name: String,
        node: Node,
    },
    MadeFile {
        folder: Node,
        name: String,
        node: Node,
    },
    Renamed {
        folder: Node,
        from: String,
        to: String,
        node: Node,
    },
    Removed {
        folder: Node,
        name: String,
    },
    Written {
        file: Node,
        at: usize,
        bytes: Vec<u8>,
    },
    /// Within the file's length.
    Overwritten {
        file: Node,
        at: usize,
        bytes: Vec<u8>,
    },
    Cut {
        file: Node,
        len: usize,
    },
}

#[derive(Debug, Clone)]
pub(super) enum Step {
    Change(Change),
    /// Of that file or folder, which then had that path.
    Sync(Node, String),
}

/// A part of a change that is there after a crash, or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Part {
    Whole,
    Length,
    /// Of what is written at the end, or a few bytes of what is overwritten.
    Sector(usize),
}

/// A part of the change of that step.
pub(super) type Piece = (usize, Part);

/// A disk that was durable, what was done to it since, and what it is with all of it.
#[derive(Debug, Clone)]
pub(super) struct History {
    base: Image,
    pub(super) live: Image,
    pub(super) steps: Vec<Step>,
}

impl Change {
    /// What must be synced for it.
    fn object(&self) -> Node {
        match self {
            Self::MadeFolder { folder, .. }
            | Self::MadeFile { folder, .. }
            | Self::Renamed { folder, .. }
            | Self::Removed { folder, .. } => *folder,
            Self::Written { file, .. }
            | Self::Overwritten { file, .. }
            | Self::Cut { file, .. } => *file,
        }
    }

    fn parts(&self) -> Vec<Part> {
        match self {
            Self::Written { at, bytes, .. } => {
                let sectors = sectors(*at, at + bytes.len(), SECTOR);
                [Part::Length].into_iter().chain(sectors.map(Part::Sector)).collect()
            }
            Self::Overwritten { at, bytes, .. } => {
                sectors(*at, at + bytes.len(), TORN).map(Part::Sector).collect()
            }
            _ => vec![Part::Whole],
        }
    }
}

const SECTOR: usize = 512;
/// What is overwritten matters to the byte, so a sector isn't trusted to be all or nothing there.
const TORN: usize = 16;

fn sectors(from: usize, to: usize, size: usize) -> Range<usize> {
    from / size..to.div_ceil(size)
}

impl Image {
    /// What is on the disk below that folder.
    pub(super) fn read(path: &Path) -> Self {
        let mut image = Self(vec![Content::Folder(BTreeMap::new())]);
        image.read_into(0, path);
        image
    }

    fn read_into(&mut self, folder: Node, path: &Path) {
        for entry in std::fs::read_dir(path).unwrap() {
            let path = entry.unwrap().path();
            let node = self.0.len();
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            self.names(folder).insert(name, node);
            if path.is_dir() {
                self.0.push(Content::Folder(BTreeMap::new()));
                self.read_into(node, &path);
            } else {
                self.0.push(Content::File(std::fs::read(&path).unwrap()));
            }
        }
    }

    fn names(&mut self, folder: Node) -> &mut BTreeMap<String, Node> {
        match &mut self.0[folder] {
            Content::Folder(names) => names,
            Content::File(_) => panic!("a file has no names"),
        }
    }

    pub(super) fn bytes(&mut self, file: Node) -> &mut Vec<u8> {
        match &mut self.0[file] {
            Content::File(bytes) => bytes,
            Content::Folder(_) => panic!("a folder has no bytes"),
        }
    }

    /// The node of that path.
    pub(super) fn find(&self, path: &Path) -> Node {
        path.iter().fold(0, |folder, name| match &self.0[folder] {
            Content::Folder(names) => names[name.to_str().unwrap()],
            Content::File(_) => panic!("a file has no names"),
        })
    }

    pub(super) fn next_node(&self) -> Node {
        self.0.len()
    }

    /// The folder and its names, those in its folders first; each with its folder.
    pub(super) fn below(&self, folder: Node) -> Vec<(Node, String)> {
        let Content::Folder(names) = &self.0[folder] else { return Vec::new() };
        let own = |(name, node): (&String, &Node)| {
            let mut all = self.below(*node);
            all.push((folder, name.clone()));
            all
        };
        names.iter().flat_map(own).collect()
    }

    pub(super) fn write(&self, path: &Path) {
        self.write_from(0, path);
    }

    fn write_from(&self, node: Node, path: &Path) {
        match &self.0[node] {
            Content::File(bytes) => std::fs::write(path, bytes).unwrap(),
            Content::Folder(names) => {
                if !path.is_dir() {
                    std::fs::create_dir(path).unwrap();
                }
                names.iter().for_each(|(name, node)| self.write_from(*node, &path.join(name)));
            }
        }
    }

    /// The same for disks with the same files under the same names, and, where that is asked for, the same
    /// in files without one.
    pub(super) fn digest(&self, unnamed: bool) -> Digest {
        let mut text = Vec::new();
        self.describe(0, &mut text);
        if unnamed {
            let named: BTreeSet<_> = self.nodes(0).into_iter().collect();
            let unnamed = |node: &usize| !named.contains(node);
            let nodes = (0..self.0.len()).filter(unnamed).map(|node| self.content(node));
            let nodes: BTreeSet<_> = nodes.filter(|bytes| bytes.iter().any(|b| *b != 0)).collect();
            nodes.into_iter().for_each(|bytes| text.extend(crate::encoding::sha256(bytes).0));
        }
        crate::encoding::sha256(&text)
    }

    /// What is in files, whether they still have a name or not.
    pub(super) fn contents(&self) -> Vec<&[u8]> {
        (0..self.0.len()).map(|node| self.content(node)).collect()
    }

    fn content(&self, node: Node) -> &[u8] {
        match &self.0[node] {
            Content::File(bytes) => bytes,
            Content::Folder(_) => &[],
        }
    }

    /// The folder and all that has a name below it.
    fn nodes(&self, folder: Node) -> Vec<Node> {
        let Content::Folder(names) = &self.0[folder] else { return vec![folder] };
        names.values().flat_map(|node| self.nodes(*node)).chain([folder]).collect()
    }

    fn describe(&self, node: Node, text: &mut Vec<u8>) {
        match &self.0[node] {
            Content::File(bytes) => {
                text.extend(format!("f{}:", bytes.len()).bytes());
                text.extend(bytes);
            }
            Content::Folder(names) => {
                for (name, node) in names {
                    text.extend(format!("n{name}:").bytes());
                    self.describe(*node, text);
                }
                text.push(b'.');
            }
        }
    }

    /// Applies the parts of a change that are kept.
    pub(super) fn apply(&mut self, change: &Change, kept: impl Fn(Part) -> bool) {
        match change {
            Change::Written { file, at, bytes } => {
                let content = self.bytes(*file);
                if kept(Part::Length) && content.len() < at + bytes.len() {
                    content.resize(at + bytes.len(), 0);
                }
                put(content, (*at, bytes), SECTOR, kept);
            }
            Change::Overwritten { file, at, bytes } => {
                put(self.bytes(*file), (*at, bytes), TORN, kept);
            }
            // The node is there whether its name is or not.
            Change::MadeFolder { folder, name, node } => {
                self.made(*node, Content::Folder(BTreeMap::new()));
                if kept(Part::Whole) {
                    self.names(*folder).insert(name.clone(), *node);
                }
            }
            Change::MadeFile { folder, name, node } => {
                self.made(*node, Content::File(Vec::new()));
                if kept(Part::Whole) {
                    self.names(*folder).insert(name.clone(), *node);
                }
            }
            _ if !kept(Part::Whole) => {}
            Change::Renamed { folder, from, to, node } => {
                let names = self.names(*folder);
                if names.get(from) == Some(node) {
                    names.remove(from);
                }
                names.insert(to.clone(), *node);
            }
            Change::Removed { folder, name } => drop(self.names(*folder).remove(name)),
            Change::Cut { file, len } => self.bytes(*file).truncate(*len),
        }
    }

    fn made(&mut self, node: Node, content: Content) {
        assert_eq!(node, self.0.len());
        self.0.push(content);
    }
}

/// Writes what of the bytes is kept, as far as the file goes.
fn put(content: &mut [u8], (at, bytes): (usize, &[u8]), size: usize, kept: impl Fn(Part) -> bool) {
    let end = content.len().min(at + bytes.len());
    for sector in sectors(at, end, size).filter(|sector| kept(Part::Sector(*sector))) {
        let (from, to) = ((sector * size).max(at), ((sector + 1) * size).min(end));
        content[from..to].copy_from_slice(&bytes[from - at..to - at]);
    }
}

impl History {
    pub(super) fn new(base: Image) -> Self {
        Self { live: base.clone(), base, steps: Vec::new() }
    }

    pub(super) fn change(&mut self, change: Change) {
        self.live.apply(&change, |_| true);
        self.steps.push(Step::Change(change));
    }

    /// As it would be had all been durable after that many steps.
    pub(super) fn settled(&self, after: usize) -> Self {
        let base = self.crashed(after, &BTreeSet::new());
        Self { base, live: self.live.clone(), steps: self.steps[after..].to_vec() }
    }

    /// The steps that are syncs.
    pub(super) fn syncs(&self) -> Vec<usize> {
        let sync = |step: &usize| matches!(self.steps[*step], Step::Sync(..));
        (0..self.steps.len()).filter(sync).collect()
    }

    /// Whether the step before that one cut a file.
    pub(super) fn is_of_cut(&self, step: usize) -> bool {
        matches!(self.steps[step - 1], Step::Change(Change::Cut { .. }))
    }

    /// What nothing has made durable after that many steps, where the sync of step `removed` was
    /// not done.
    pub(super) fn pending(&self, after: usize, removed: Option<usize>) -> Vec<Piece> {
        let synced = |step: usize, object: Node| {
            (step..after).any(|later| {
                Some(later) != removed
                    && matches!(&self.steps[later], Step::Sync(node, _) if *node == object)
            })
        };
        let mut pieces = Vec::new();
        for (number, step) in self.steps.iter().enumerate().take(after) {
            let Step::Change(change) = step else { continue };
            if !synced(number, change.object()) {
                pieces.extend(change.parts().into_iter().map(|part| (number, part)));
            }
        }
        pieces
    }

    /// The disk after that many steps and a crash that lost these pieces.
    pub(super) fn crashed(&self, after: usize, lost: &BTreeSet<Piece>) -> Image {
        let mut image = self.base.clone();
        for (number, step) in self.steps.iter().enumerate().take(after) {
            if let Step::Change(change) = step {
                image.apply(change, |part| !lost.contains(&(number, part)));
            }
        }
        image
    }
}
