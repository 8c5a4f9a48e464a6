//! A file layer that does what it is told and writes it down, up to an operation at which its
//! process is killed.

use super::history::{Change, History, Image, Node, Step};
use crate::files::{Files, Folder, Out};
use crate::seal::trial::Loose;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

#[derive(Clone)]
pub(super) struct Recorder {
    root: PathBuf,
    history: Arc<Mutex<History>>,
    left: Arc<AtomicUsize>,
}

impl Recorder {
    /// Of what is below that folder, durable as it is.
    pub(super) fn new(root: &Path) -> Self {
        let history = Arc::new(Mutex::new(History::new(Image::read(root))));
        Self { root: root.to_owned(), history, left: Arc::new(AtomicUsize::new(usize::MAX)) }
    }

    pub(super) fn history(&self) -> MutexGuard<'_, History> {
        self.history.lock().unwrap()
    }

    /// The process is killed after that many operations.
    pub(super) fn live_for(&self, operations: usize) {
        self.left.store(operations, Ordering::Relaxed);
    }

    fn step(&self) -> io::Result<()> {
        match self.left.load(Ordering::Relaxed).checked_sub(1) {
            Some(left) => {
                self.left.store(left, Ordering::Relaxed);
                Ok(())
            }
            None => Err(io::Error::other("killed")),
        }
    }

    fn relative(&self, path: &Path) -> PathBuf {
        path.strip_prefix(&self.root).unwrap().to_owned()
    }

    fn find(&self, path: &Path) -> Node {
        self.history().live.find(&self.relative(path))
    }

    fn place(&self, path: &Path) -> (Node, String) {
        (self.find(path.parent().unwrap()), path.file_name().unwrap().to_str().unwrap().to_owned())
    }

    fn change(&self, change: Change) {
        self.history().change(change);
    }

    fn recorded(&self, path: &Path, over: Option<usize>, out: Box<dyn Out>) -> Box<dyn Out> {
        let (layer, node, path) = (self.clone(), self.find(path), path.into());
        Box::new(Recorded { layer, node, path, over, out })
    }

    fn sync(&self, node: Node, path: &Path) -> io::Result<()> {
        self.step()?;
        let path = self.relative(path).display().to_string();
        self.history().steps.push(Step::Sync(node, path));
        Ok(())
    }
}

impl Files for Recorder {
    fn make_folder(&self, path: &Path) -> io::Result<()> {
        self.step()?;
        Loose.make_folder(path)?;
        let (folder, name) = self.place(path);
        let node = self.history().live.next_node();
        self.change(Change::MadeFolder { folder, name, node });
        Ok(())
    }

    fn create(&self, path: &Path) -> io::Result<Box<dyn Out>> {
        self.step()?;
        let out = Loose.create(path)?;
        let (folder, name) = self.place(path);
        let node = self.history().live.next_node();
        self.change(Change::MadeFile { folder, name, node });
        Ok(self.recorded(path, None, out))
    }

    fn append(&self, path: &Path) -> io::Result<Box<dyn Out>> {
        self.step()?;
        Ok(self.recorded(path, None, Loose.append(path)?))
    }

    fn overwrite(&self, path: &Path, at: u64) -> io::Result<Box<dyn Out>> {
        self.step()?;
        let over = Some(at.try_into().unwrap());
        Ok(self.recorded(path, over, Loose.overwrite(path, at)?))
    }

    fn cut(&self, path: &Path, len: u64) -> io::Result<()> {
        self.step()?;
        Loose.cut(path, len)?;
        self.change(Change::Cut { file: self.find(path), len: len.try_into().unwrap() });
        Ok(())
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.step()?;
        Loose.rename(from, to)?;
        assert_eq!(from.parent(), to.parent(), "a rename between folders may be half done");
        let (node, (folder, from), (_, to)) = (self.find(from), self.place(from), self.place(to));
        self.change(Change::Renamed { folder, from, to, node });
        Ok(())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.step()?;
        Loose.remove(path)?;
        let (folder, name) = self.place(path);
        self.change(Change::Removed { folder, name });
        Ok(())
    }

    fn remove_folder(&self, path: &Path) -> io::Result<()> {
        self.step()?;
        Loose.remove_folder(path)?;
        let node = self.find(path);
        let mut names = self.history().live.below(node);
        names.push(self.place(path));
        names.into_iter().for_each(|(folder, name)| self.change(Change::Removed { folder, name }));
        Ok(())
    }

    fn open_folder(&self, path: &Path) -> io::Result<Box<dyn Folder>> {
        self.step()?;
        let (node, path) = (self.find(path), path.to_owned());
        Ok(Box::new(Held { layer: self.clone(), node, path }))
    }
}

struct Recorded {
    layer: Recorder,
    node: Node,
    path: PathBuf,
    /// From where on what is there is overwritten; where not, it is written at the end.
    over: Option<usize>,
    out: Box<dyn Out>,
}

impl Write for Recorded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.layer.step()?;
        self.out.write_all(bytes)?;
        let (file, length) = (self.node, self.layer.history().live.bytes(self.node).len());
        let bytes = bytes.to_vec();
        let size = bytes.len();
        self.layer.change(match &mut self.over {
            Some(over) => {
                let at = *over;
                *over += size;
                assert!(*over <= length, "overwritten behind the end");
                Change::Overwritten { file, at, bytes }
            }
            None => Change::Written { file, at: length, bytes },
        });
        Ok(size)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Out for Recorded {
    fn sync(&mut self) -> io::Result<()> {
        self.layer.sync(self.node, &self.path)
    }
}

struct Held {
    layer: Recorder,
    node: Node,
    path: PathBuf,
}

impl Folder for Held {
    fn sync(&self) -> io::Result<()> {
        self.layer.sync(self.node, &self.path)
    }
}
