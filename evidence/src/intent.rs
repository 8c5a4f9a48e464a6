//! Announcing a run: what will be tested, over what, is in the log before anything is decided.
//!
//! Whoever could run in secret would run until they like what comes out. So a pack names the
//! announcement that its run made, the verifier holds them against each other, and an announcement
//! that no pack names stays in the log for everyone to see.

use crate::claims::{self, DatasetClaim};
use crate::dsse::Envelope;
use crate::encoding::sha256;
use crate::log::{LogEntries, PackFolder};
use crate::logbook::Statement;
use crate::public_key::PublicKey;
use crate::statement::{self, Stated, is_instant};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use tieout_controls::result::{PolicyIdentity, RunParameters};
use tieout_controls::{Control, ControlId, Count, DatasetSummary, Digest, RunResult};

/// What is announced of a run. The subject is its configuration's digest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Intent {
    /// RFC 3339 in UTC, by the operator's own clock.
    pub(crate) announced_at: String,
    /// The digest of the entry before in the log; null for the first. It makes each announcement
    /// another one.
    pub(crate) previous: Option<Digest>,
    #[serde(flatten)]
    pub(crate) run: IntendedRun,
}

/// What a result must be of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct IntendedRun {
    run: RunParameters,
    controls: Vec<IntendedControl>,
    datasets: Vec<DatasetClaim>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct IntendedControl {
    control: ControlId,
    /// Of the control as it is run, with its parameters' values.
    definition: Digest,
    /// The policy that will decide; null for a control that can't be tested.
    policy: Option<PolicyIdentity>,
}

impl Stated for Intent {
    const TYPE: &'static str = "urn:tieout:predicate:run-intent:v1";
    const SUBJECT: &'static str = "run-configuration";
    const WHAT: &'static str = "announcement of a run";

    fn is_canonical(&self) -> bool {
        is_instant(&self.announced_at)
    }
}

/// That an announced run has no result. The subject is the announcement's digest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Abandoned {
    pub(crate) abandoned_at: String,
    pub(crate) reason: String,
}

impl Stated for Abandoned {
    const TYPE: &'static str = "urn:tieout:predicate:run-abandoned:v1";
    const SUBJECT: &'static str = "run-intent";
    const WHAT: &'static str = "abandonment of a run";

    fn is_canonical(&self) -> bool {
        is_instant(&self.abandoned_at)
    }
}

impl IntendedRun {
    /// Of these parameters, datasets by name, and controls by id, each with the policy that decides.
    pub(crate) fn new<'a>(
        run: &RunParameters,
        datasets: &[DatasetSummary],
        controls: impl Iterator<Item = (&'a Control, Option<&'a PolicyIdentity>)>,
    ) -> Result<Self, String> {
        let controls = controls.map(|(control, policy)| {
            let definition = serde_json::to_vec(control).map_err(|e| e.to_string())?;
            let definition = sha256(&definition);
            Ok(IntendedControl { control: control.id.clone(), definition, policy: policy.cloned() })
        });
        Ok(Self {
            run: run.clone(),
            controls: controls.collect::<Result<_, String>>()?,
            datasets: datasets.iter().map(DatasetClaim::of).collect(),
        })
    }

    /// The configuration's digest.
    pub(crate) fn configuration(&self) -> Digest {
        self.run.configuration
    }

    /// Says in what a result is not what was announced.
    pub(crate) fn fits(&self, result: &RunResult) -> Result<(), String> {
        let tests = result.tests.iter().map(|test| (&test.control, test.policy.as_ref()));
        let found = Self::new(&result.run, &result.datasets, tests)?;
        let ids =
            |run: &Self| run.controls.iter().map(|own| own.control.clone()).collect::<Vec<_>>();
        let what = if self.run != found.run {
            "the run's parameters"
        } else if self.datasets != found.datasets {
            "the datasets"
        } else if ids(self) != ids(&found) {
            "the controls"
        } else if self.controls.iter().zip(&found.controls).any(|(a, b)| a.policy != b.policy) {
            "the policies"
        } else if self.controls != found.controls {
            "how the controls are defined"
        } else {
            return Ok(());
        };
        Err(format!("the result and what was announced differ in {what}"))
    }
}

/// The announcement in an envelope, whose signature is to be verified first.
pub(crate) fn read(envelope: &Envelope) -> Result<Intent, String> {
    let (subject, intent): (_, Intent) = statement::read(envelope)?;
    if subject == intent.run.configuration() {
        Ok(intent)
    } else {
        Err("its subject is another configuration than its run's".to_owned())
    }
}

/// What the announcements in a log say beside its packs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RunFinding {
    /// A run was announced, and has no result.
    Open {
        /// The announcement's index in the log.
        index: Count,
        /// When it was announced, by the operator's word.
        announced_at: String,
    },
    /// A run was announced, no pack that can be read names it, and some can't be read.
    Unknown {
        /// The announcement's index in the log.
        index: Count,
        /// When it was announced, by the operator's word.
        announced_at: String,
        /// The folders of the packs that can't be read.
        packs: Vec<String>,
    },
    /// One announcement has several results.
    Shared {
        /// The announcement's index in the log.
        index: Count,
        /// The folders of the packs that name it.
        packs: Vec<String>,
    },
}

/// What to know beside: nothing that is wrong by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RunNote {
    /// An announced run has no result, and the operator said why.
    Abandoned {
        /// The announcement's index in the log.
        index: Count,
        /// The reason given.
        reason: String,
    },
    /// One configuration was announced more than once.
    Again {
        /// The configuration's digest.
        configuration: Digest,
        /// The announcements' indices in the log.
        indices: Vec<Count>,
    },
}

impl RunFinding {
    /// The announcement's index in the log.
    pub fn index(&self) -> Count {
        match self {
            Self::Open { index, .. } | Self::Unknown { index, .. } | Self::Shared { index, .. } => {
                *index
            }
        }
    }
}

impl fmt::Display for RunFinding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Open { index, announced_at } => write!(
                f,
                "the run announced at log entry {index} ({announced_at}) has no result: no pack here \
                 names it, and nothing says that it was abandoned"
            ),
            Self::Unknown { index, announced_at, packs } => write!(
                f,
                "whether the run announced at log entry {index} ({announced_at}) has a result can't be \
                 told: packs `{}` can't be read, and no other names it",
                packs.join("`, `")
            ),
            Self::Shared { index, packs } => write!(
                f,
                "the run announced at log entry {index} has {} results: packs `{}`",
                packs.len(),
                packs.join("`, `")
            ),
        }
    }
}

impl fmt::Display for RunNote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Abandoned { index, reason } => {
                write!(f, "the run announced at log entry {index} was abandoned: {reason}")
            }
            Self::Again { configuration, indices } => {
                let indices: Vec<_> = indices.iter().map(ToString::to_string).collect();
                write!(
                    f,
                    "the configuration {configuration} was announced {} times: log entries {}",
                    indices.len(),
                    indices.join(", ")
                )
            }
        }
    }
}

/// The runs that were announced in a log, and what became of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Runs {
    /// What is wrong, by index.
    pub findings: Vec<RunFinding>,
    /// What else to know.
    pub notes: Vec<RunNote>,
}

/// Holds the announcements of a log, as far as the operator signed them, against the packs
/// [present](crate::log::present) that are in the log. The packs themselves are not verified.
pub fn open_intents(
    log: &LogEntries,
    statements: &[Statement],
    operator: &PublicKey,
    packs: &[PackFolder],
) -> Runs {
    let mut named: BTreeMap<Digest, Vec<String>> = BTreeMap::new();
    let mut unread = Vec::new();
    let known: BTreeSet<_> = log.entries.iter().collect();
    for pack in packs {
        let intent = match &pack.envelope {
            Ok((digest, envelope)) if known.contains(digest) && envelope.is_by(operator) => {
                claims::Statement::parse(&envelope.payload)
            }
            Ok(_) => continue,
            Err(why) => Err(why.clone()),
        };
        match intent {
            Ok(statement) => named.entry(statement.predicate.intent).or_default().push(pack.name()),
            Err(_) => unread.push(pack.name()),
        }
    }
    let mut runs = Runs::default();
    let mut abandoned = BTreeMap::new();
    let mut announced = Vec::new();
    for statement in statements {
        let Some(envelope) = signed(&statement.envelope, operator) else { continue };
        if let Ok(intent) = read(&envelope) {
            announced.push((statement, intent));
        } else if let Ok((of, why)) = statement::read::<Abandoned>(&envelope) {
            abandoned.entry(of).or_insert(why.reason);
        }
    }
    let mut configurations: BTreeMap<Digest, Vec<Count>> = BTreeMap::new();
    for (statement, intent) in announced {
        let index = statement.index;
        configurations.entry(intent.run.configuration()).or_default().push(index);
        match (named.remove(&statement.digest), abandoned.remove(&statement.digest)) {
            (Some(packs), _) if packs.len() > 1 => {
                runs.findings.push(RunFinding::Shared { index, packs });
            }
            (Some(_), _) => {}
            (None, Some(reason)) => runs.notes.push(RunNote::Abandoned { index, reason }),
            (None, None) => {
                let announced_at = intent.announced_at;
                runs.findings.push(match unread.is_empty() {
                    true => RunFinding::Open { index, announced_at },
                    false => RunFinding::Unknown { index, announced_at, packs: unread.clone() },
                });
            }
        }
    }
    let again = configurations.into_iter().filter(|(_, indices)| indices.len() > 1);
    let again = again.map(|(configuration, indices)| RunNote::Again { configuration, indices });
    runs.notes.extend(again);
    runs
}

/// The envelope in a file, where the operator signed it.
fn signed(bytes: &[u8], operator: &PublicKey) -> Option<Envelope> {
    let envelope = Envelope::parse(bytes).ok()?;
    envelope.is_by(operator).then_some(envelope)
}
