//! The witnesses of a workspace's log: the policy file names them, with their URLs, and says how many are enough.
//!
//! Nothing that a witness does or doesn't do undoes a sealed pack: who isn't there is told, and asked again by
//! `tieout log checkpoint --cosign`.

use crate::diagnostic::{Diagnostic, Failure, Outcome, io_words, warn};
use crate::keys;
use crate::output;
use crate::workspace::Workspace;
use std::time::Duration;
use tieout_controls::Count;
use tieout_evidence::cosign::{Reply, reply, request};
use tieout_evidence::cosignature::Cosigner;
use tieout_evidence::log::{self, LogEntries};
use tieout_evidence::note::{Note, NoteKey, NoteSignature};
use tieout_evidence::policy::Policy;
use tieout_evidence::seal::keep_cosigned;

/// How long a witness is waited for, in all and for its connection.
const PATIENCE: Duration = Duration::from_secs(15);
const CONNECTING: Duration = Duration::from_secs(5);
/// The longest answer that is read, in bytes: as much as a note, which 16 lines with ML-DSA-44 are less than.
const MAX_ANSWER: u64 = 64 << 10;
/// How often a witness is asked: from nothing, from where it says, and again where somebody else was faster.
const ATTEMPTS: usize = 3;

/// The policy of a workspace.
pub(crate) struct Witnesses {
    policy: Policy,
    file: String,
}

/// What came of asking.
pub(crate) struct Asked {
    /// The head that they were asked to cosign, with what they signed.
    pub(crate) head: String,
    /// Who didn't cosign, and why.
    refused: Vec<(String, String)>,
    /// Why the policy doesn't accept the head; `None` when it does.
    lacking: Option<String>,
}

impl Witnesses {
    /// The witnesses of a workspace, if it names any.
    ///
    /// # Errors
    /// The policy file can't be read, or is of another log.
    pub(crate) fn of(workspace: &Workspace, key: &NoteKey) -> Outcome<Option<Self>> {
        let Some(file) = &workspace.settings.log.policy else { return Ok(None) };
        let (_, policy) = keys::policy(&workspace.path(&file.value))?;
        if !policy.logs().contains(key) {
            let message = format!("the policy `{}` doesn't know this workspace's log", file.value);
            let help = format!("add the line `log {key}`");
            return Err(workspace.wrong("policy-of-another-log", message, file, Some(help)));
        }
        let file = output::shown(&workspace.path(&file.value));
        Ok(Some(Self { policy, file }))
    }

    /// Asks those that have not cosigned the log's head, all at once, and puts their lines into the log and into
    /// the proofs of the packs.
    ///
    /// # Errors
    /// The log can't be read or written.
    pub(crate) fn ask(&self, workspace: &Workspace, key: &NoteKey) -> Outcome<Asked> {
        let unkept = |reason: String, help: Option<String>| {
            let diagnostic = Diagnostic::new("cosignatures-not-kept", reason);
            Failure::usage(diagnostic.maybe_help(help))
        };
        let folder = workspace.log();
        let log = log::read(&folder, key).map_err(|e| unkept(e.to_string(), None))?;
        let (lines, refused) = self.lines(&log);
        let enough = |note: &str| self.policy.accepts(note).is_ok();
        let place = (folder.as_path(), &*workspace.packs());
        keep_cosigned(place, key, &log.note, &lines, &enough)
            .map_err(|e| unkept(e.reason, e.help))?;
        let head = tieout_evidence::cosign::with_lines(&log.note, &lines);
        let head = head.map_err(|e| unkept(e.to_string(), None))?;
        let lacking = self.policy.accepts(&head).err().map(|e| e.to_string());
        Ok(Asked { head, refused, lacking })
    }

    /// The lines of those who cosign, and who doesn't.
    fn lines(&self, log: &LogEntries) -> (Vec<NoteSignature>, Vec<(String, String)>) {
        let note = Note::parse(&log.note).ok();
        let has = |key: &Cosigner| {
            note.as_ref().is_some_and(|note| matches!(key.cosigned(note), Ok(Some(_))))
        };
        let missing: Vec<_> = self.policy.witnesses().filter(|(key, _)| !has(key)).collect();
        let agent = agent();
        let answers: Vec<Result<NoteSignature, String>> = std::thread::scope(|scope| {
            let asked: Vec<_> = missing
                .iter()
                .map(|(key, url)| scope.spawn(|| converse(&agent, log, key, *url)))
                .collect();
            let done = |asked: std::thread::ScopedJoinHandle<'_, _>| {
                asked.join().unwrap_or_else(|_| Err("the request ended by a defect".to_owned()))
            };
            asked.into_iter().map(done).collect()
        });
        let (mut lines, mut refused) = (Vec::new(), Vec::new());
        for ((key, url), answer) in missing.into_iter().zip(answers) {
            match answer {
                Ok(line) => lines.push(line),
                Err(why) => {
                    let at = url.map_or_else(String::new, |url| format!(" at {url}"));
                    refused.push((format!("`{}`{at}", key.name()), why));
                }
            }
        }
        (lines, refused)
    }

    /// Tells who did not cosign, and whether the rest is enough.
    pub(crate) fn tell(&self, asked: &Asked) {
        for (who, why) in &asked.refused {
            let message = format!("witness {who} did not cosign the log's head: {why}");
            warn(&Diagnostic::new("witness-refused", message));
        }
        if let Some(lacking) = &asked.lacking {
            let message =
                format!("the policy `{}` doesn't accept the log's head: {lacking}", self.file);
            let help = "what was sealed stays sealed and logged, and whoever verifies it under the policy refuses \
                        it until `tieout log checkpoint --cosign` has fetched what is missing";
            warn(&Diagnostic::new("not-witnessed", message).help(help));
        }
    }
}

impl Asked {
    /// Whether the policy accepts the head.
    pub(crate) fn is_enough(&self) -> bool {
        self.lacking.is_none()
    }
}

fn agent() -> ureq::Agent {
    ureq::Agent::config_builder()
        .timeout_global(Some(PATIENCE))
        .timeout_connect(Some(CONNECTING))
        .http_status_as_error(false)
        .max_redirects(0)
        .user_agent(concat!("tieout/", env!("CARGO_PKG_VERSION")))
        .build()
        .into()
}

/// Asks one witness until it cosigns or says why not.
fn converse(
    agent: &ureq::Agent,
    log: &LogEntries,
    witness: &Cosigner,
    url: Option<&str>,
) -> Result<NoteSignature, String> {
    let url = url.ok_or("the policy has no URL for it")?.trim_end_matches('/');
    let mut old = Count(0);
    for _ in 0..ATTEMPTS {
        let body = request(log, old).ok_or("it has cosigned more than the log has")?;
        let (status, text) = post(agent, &format!("{url}/add-checkpoint"), &body)?;
        match reply(log, old, witness, status, &text) {
            Reply::Cosigned(line, _) => return Ok(line),
            Reply::From(last) => old = last,
            Reply::Refused(why) => return Err(why),
        }
    }
    Err("others ask it at the same time: try again".to_owned())
}

fn post(agent: &ureq::Agent, url: &str, body: &str) -> Result<(u16, String), String> {
    let failed = |e: ureq::Error| match e {
        ureq::Error::Io(e) => io_words(&e).0,
        ureq::Error::Timeout(_) => "it does not answer in time".to_owned(),
        ureq::Error::HostNotFound => "there is no such host".to_owned(),
        other => other.to_string(),
    };
    let mut response = agent.post(url).content_type("text/plain").send(body).map_err(failed)?;
    let text = response.body_mut().with_config().limit(MAX_ANSWER).read_to_string();
    Ok((response.status().as_u16(), text.map_err(failed)?))
}
