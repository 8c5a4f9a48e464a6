//! Appending statements other than packs, several under one head.
//!
//! What makes an append slow is waiting for the disk, five times. So what is given while the disk is
//! waited for becomes one group: its statements are one file, its entries one write, its head one
//! signature.

use super::{LogWriter, Logged, SealError};
use crate::dsse::Envelope;
use crate::files::{Disk, Files};
use crate::key::SigningKey;
use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;

/// Appends statements, given as envelope files, as one group: of each its index, durably. One that is
/// in the log already is not appended again. Waits while another writes the log.
///
/// # Errors
/// One is no envelope, or the log can't be written: what was in it before still is.
pub fn append(
    log: &Path,
    packs: &Path,
    origin: &str,
    log_key: &SigningKey,
    envelopes: &[Vec<u8>],
) -> Result<Vec<Logged>, SealError> {
    append_with(&Disk, (log, packs), (origin, log_key), envelopes)
}

/// As [`append`], on any files.
pub(super) fn append_with(
    files: &dyn Files,
    (log, packs): (&Path, &Path),
    (origin, log_key): (&str, &SigningKey),
    envelopes: &[Vec<u8>],
) -> Result<Vec<Logged>, SealError> {
    check(envelopes)?;
    let log = LogWriter::open(files, log, packs, origin, log_key)?;
    log.append_statements(envelopes).map(|(_, logged)| logged)
}

/// The most statements of one group, unless one call gives more.
const MAX_GROUP: usize = 8192;

/// A log that several threads append to. It stays locked until this value is gone: nothing is sealed
/// in between.
pub struct Appender {
    requests: Option<Sender<Request>>,
    committer: Option<JoinHandle<()>>,
}

struct Request {
    envelopes: Vec<Vec<u8>>,
    reply: Sender<Result<Vec<Logged>, SealError>>,
}

impl Appender {
    /// Opens a log. Waits while another writes it.
    ///
    /// # Errors
    /// It can't be opened, or lacks a pack of the folder.
    pub fn open(
        log: &Path,
        packs: &Path,
        origin: &str,
        log_key: &SigningKey,
    ) -> Result<Self, SealError> {
        let (log, packs, origin) = (log.to_owned(), packs.to_owned(), origin.to_owned());
        let key = SigningKey { inner: log_key.inner.clone(), demo: log_key.demo };
        let (requests, receiver) = channel();
        let (opened, is_open) = channel();
        let committer =
            std::thread::Builder::new().name("log".to_owned()).spawn(
                move || match LogWriter::open(&Disk, &log, &packs, &origin, &key) {
                    Ok(writer) => {
                        let _ = opened.send(Ok(()));
                        commit(writer, &receiver);
                    }
                    Err(error) => drop(opened.send(Err(error))),
                },
            );
        let committer = committer
            .map_err(|e| SealError::new(format!("the log's thread can't be started: {e}")))?;
        is_open.recv().unwrap_or_else(|_| Err(ended()))?;
        Ok(Self { requests: Some(requests), committer: Some(committer) })
    }

    /// Appends statements as [`append`] does, and waits until they are durable.
    ///
    /// # Errors
    /// One is no envelope, or the log can't be written. After the latter nothing more is appended:
    /// only opening the log again tells what is in it.
    pub fn append(&self, envelopes: Vec<Vec<u8>>) -> Result<Vec<Logged>, SealError> {
        check(&envelopes)?;
        let (reply, logged) = channel();
        let sent = self.requests.as_ref().map(|to| to.send(Request { envelopes, reply }));
        match sent {
            Some(Ok(())) => logged.recv().unwrap_or_else(|_| Err(ended())),
            _ => Err(ended()),
        }
    }
}

impl Drop for Appender {
    fn drop(&mut self) {
        drop(self.requests.take());
        if let Some(committer) = self.committer.take() {
            let _ = committer.join();
        }
    }
}

/// Commits what waits as one group, again and again, until nobody appends any more or one fails.
fn commit(mut writer: LogWriter<'_>, requests: &Receiver<Request>) {
    while let Ok(first) = requests.recv() {
        let (mut group, mut replies) = (first.envelopes, vec![first.reply]);
        let mut ends = vec![group.len()];
        while group.len() < MAX_GROUP {
            let Ok(next) = requests.try_recv() else { break };
            group.extend(next.envelopes);
            replies.push(next.reply);
            ends.push(group.len());
        }
        let logged = match writer.append_statements(&group) {
            Ok((open, logged)) => {
                writer = open;
                logged
            }
            Err(error) => {
                replies.iter().for_each(|reply| drop(reply.send(Err(error.clone()))));
                return;
            }
        };
        let mut start = 0;
        for (reply, end) in replies.iter().zip(ends) {
            let own = logged.get(start..end).unwrap_or_default();
            // Who gave up waiting has it in the log all the same.
            let _ = reply.send(Ok(own.to_vec()));
            start = end;
        }
    }
}

fn ended() -> SealError {
    SealError::new("an append before this one failed, and nothing more is appended")
        .help("open the log again: what was acknowledged is in it")
}

fn check(envelopes: &[Vec<u8>]) -> Result<(), SealError> {
    for bytes in envelopes {
        let envelope = Envelope::parse(bytes)
            .map_err(|e| SealError::new(format!("the statement's envelope: {e}")))?;
        super::fits(&envelope.payload, "statement")?;
    }
    Ok(())
}
