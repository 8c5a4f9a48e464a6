//! The command line, as clap reads it.

use crate::gate::render::GateFormat;
use crate::report::Format;
use chrono::{DateTime, NaiveDate, Utc};
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::net::SocketAddr;
use std::path::PathBuf;
use tieout_controls::control::Severity;
use tieout_controls::{ControlId, Digest};
use tieout_evidence::line_proof::Tree;

/// Policy-as-code compliance and audit engine for billing: nothing is concluded from a population
/// that doesn't tie out.
#[derive(Debug, Parser)]
#[command(name = "tieout", version, max_term_width = 100, propagate_version = true)]
#[command(
    after_help = "Exit codes: 0 done, nothing found · 1 exceptions · 2 usage or configuration · \
3 inconclusive · 4 a signature, digest or proof failed · 70 internal error · 130 interrupted"
)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What every command takes.
#[derive(Debug, Args)]
pub(crate) struct Global {
    /// The workspace file; else `tieout.yaml` here or upward to the git root
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Say only what was asked for and what went wrong
    #[arg(short, long, global = true)]
    pub(crate) quiet: bool,
    /// When to use colours (NO_COLOR and CLICOLOR_FORCE are heard too)
    #[arg(long, global = true, value_name = "WHEN", value_enum, default_value_t)]
    pub(crate) color: Color,
}

/// When to use colours.
#[derive(Debug, Clone, Copy, Default, ValueEnum)]
pub(crate) enum Color {
    /// On a terminal.
    #[default]
    Auto,
    /// Everywhere.
    Always,
    /// Nowhere.
    Never,
}

/// What can be asked for.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// A generated company with planted faults: run, seal, verify, search, compare with the truth
    Demo(Demo),
    /// Write a first `tieout.yaml`
    Init(Init),
    /// Test the controls, seal an evidence pack, log it, report
    Run(Run),
    /// A control's page and rule, or why a record is an exception
    Explain(Explain),
    /// Why a charge or an invoice line is what it is: its derivation from usage, price and key
    Why(Why),
    /// Verify an evidence pack
    Verify(Verify),
    /// Look into an evidence pack
    #[command(subcommand)]
    Pack(Pack),
    /// Erase a person from the packs: destroy the keys, with receipts that two sign
    Erase(Erase),
    /// Legal holds: what may not be erased
    #[command(subcommand)]
    Hold(Hold),
    /// What is held about one person
    #[command(subcommand)]
    Subject(Subject),
    /// Make a report from a verified pack
    Report(Report),
    /// Search verified packs: all of the workspace, or those of `--pack`
    Search(Search),
    /// The catalogue of controls
    #[command(subcommand)]
    Control(Control),
    /// Policies
    #[command(subcommand)]
    Policy(Policy),
    /// Data files
    #[command(subcommand)]
    Dataset(Dataset),
    /// Re-performance of bills
    #[command(subcommand)]
    Reperform(Reperform),
    /// Judge a change before it is made: what changes, is it allowed, what does it cost whom
    #[command(subcommand)]
    Gate(Gate),
    /// Approve an evaluated diff: a statement signed with your own key
    Approve(Approve),
    /// Waivers of exceptions
    #[command(subcommand)]
    Waiver(Waiver),
    /// Sign a pack off, close its file, add to a closed one: statements signed with your own key
    #[command(subcommand)]
    SignOff(SignOff),
    /// Decide what exceptions of a pack are, and clear what another decided
    #[command(subcommand)]
    Dispose(Dispose),
    /// Put signed statements into the workspace's log and beside their packs
    Submit(Submit),
    /// Signing keys, and whose they are
    #[command(subcommand)]
    Key(Key),
    /// The log of the packs: begin, show, prove, look over, publish, witness it
    #[command(subcommand)]
    Log(Log),
    /// Test data with known answers
    #[command(subcommand)]
    Deck(Deck),
    /// Shell completions, on standard output
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Versions of the engine and of the policy bundles, with digests
    Version(Version),
}

#[derive(Debug, Args)]
pub(crate) struct Demo {
    /// Another seed gives another company
    #[arg(long, default_value_t = 1, value_name = "N")]
    pub(crate) seed: u64,
    /// How many cost-and-usage rows
    #[arg(long, default_value_t = 5000, value_name = "N")]
    pub(crate) rows: u64,
    /// A company without faults
    #[arg(long)]
    pub(crate) clean: bool,
    /// Test only these controls; the comparison then shows what stays undetected
    #[arg(long, value_name = "CONTROL", value_delimiter = ',')]
    pub(crate) only: Vec<String>,
    /// Where the company is written; a previous demo there is replaced
    #[arg(long, default_value = "tieout-demo", value_name = "DIR")]
    pub(crate) folder: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct Init {
    /// Propose datasets for the files of this folder
    #[arg(long, value_name = "DIR")]
    pub(crate) from: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Run {
    /// Test only these controls
    #[arg(long, value_name = "CONTROL", value_delimiter = ',')]
    pub(crate) only: Vec<String>,
    /// The date on which the question is asked
    #[arg(long, value_name = "DATE")]
    pub(crate) as_of: Option<NaiveDate>,
    /// The period tested: `2025`, `2025-Q1`, `2025-03`, or `2025-01-01..2025-04-01` without the
    /// last day
    #[arg(long, value_name = "PERIOD")]
    pub(crate) period: Option<crate::text::Period>,
    /// A report, repeatable; without a path `text` goes to standard output and the others to the
    /// reports folder; `FORMAT=-` is standard output
    #[arg(short, long, value_name = "FORMAT[=PATH]", value_parser = output_spec)]
    pub(crate) output: Vec<OutputSpec>,
    #[command(flatten)]
    pub(crate) passphrase: PassphraseSource,
}

/// Where the passphrase of a key comes from; else the environment variable TIEOUT_PASSPHRASE.
#[derive(Debug, Args)]
pub(crate) struct PassphraseSource {
    /// The file that holds the keys' passphrase; else TIEOUT_PASSPHRASE
    #[arg(long, value_name = "FILE")]
    pub(crate) passphrase_file: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Explain {
    /// A control's id, or PACK#RECORD with the record's number in the pack's `records/`, from 0
    #[arg(value_name = "CONTROL | PACK#RECORD")]
    pub(crate) what: String,
    #[command(flatten)]
    pub(crate) anchor: AnchorFiles,
}

#[derive(Debug, Args)]
pub(crate) struct Why {
    /// An invoice line as INVOICE#LINE, or a charge's id
    #[arg(value_name = "INVOICE#LINE | CHARGE", required_unless_present = "prepare")]
    pub(crate) what: Option<String>,
    /// How it is written
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) format: WhyFormat,
    /// Derive it anew from the files as they are, and compare node by node. Exit codes: 0 as it was
    /// derived, 1 billed otherwise than derived, 4 something that it rests on was changed
    #[arg(long, conflicts_with = "diff")]
    pub(crate) verify: bool,
    /// What changed against this month, such as `2025-03`: price, volume, mix, new, ended
    #[arg(long, value_name = "MONTH")]
    pub(crate) diff: Option<String>,
    /// Derive every charge and line anew into the workspace, so that each is found at once
    #[arg(long)]
    pub(crate) prepare: bool,
}

/// How a derivation is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum WhyFormat {
    /// For people
    Text,
    /// For programs
    Json,
    /// For a browser, in one file
    Html,
}

#[derive(Debug, Args)]
pub(crate) struct Verify {
    /// The pack's folder, or its name in the workspace; without it, the workspace's log and all its packs
    pub(crate) pack: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) anchor: AnchorFiles,
    #[command(flatten)]
    pub(crate) trust: TrustFiles,
    /// The log's folder: what the pack does not disclose is held against the receipts of erasures in it
    #[arg(long, value_name = "LOG", requires_all = ["pack", "privacy_key", "operator_key", "log_key"])]
    pub(crate) receipts: Option<PathBuf>,
    /// The public key of the privacy officer, who signs receipts beside the operator
    #[arg(long, value_name = "FILE", requires = "receipts")]
    pub(crate) privacy_key: Option<PathBuf>,
}

/// Whom the reader of sign-offs trusts, from outside the pack.
#[derive(Debug, Default, Args)]
pub(crate) struct TrustFiles {
    /// The public key (SPKI PEM) of the authority that says whose the keys of sign-offs are
    #[arg(long, value_name = "FILE")]
    pub(crate) authority_key: Option<PathBuf>,
    /// The most days from a report's release to the completion of its file [default: 14]
    #[arg(long, value_name = "DAYS")]
    pub(crate) completion_days: Option<u32>,
}

/// Erases a person.
#[derive(Debug, Args)]
pub(crate) struct Erase {
    /// The person, as the data name them
    #[arg(long, value_name = "ID")]
    pub(crate) subject: String,
    /// Only what is kept for this dataset, each being a retention class of its own
    #[arg(long, value_name = "DATASET")]
    pub(crate) dataset: Option<String>,
    /// Why, such as `GDPR Art. 17(1)(b)`; it names nobody
    #[arg(long, value_name = "TEXT")]
    pub(crate) legal_basis: String,
    /// The request's number; it names nobody
    #[arg(long, value_name = "ID")]
    pub(crate) request: String,
    /// The privacy officer's private key: another than the operator's
    #[arg(long, value_name = "FILE")]
    pub(crate) privacy_key: PathBuf,
    /// The file that holds its passphrase; else that of the others
    #[arg(long, value_name = "FILE")]
    pub(crate) privacy_passphrase_file: Option<PathBuf>,
    /// The public key of somebody else who can release holds, repeatable
    #[arg(long, value_name = "FILE")]
    pub(crate) releaser_key: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) passphrase: PassphraseSource,
}

/// Legal holds.
#[derive(Debug, Subcommand)]
pub(crate) enum Hold {
    /// Place a hold: nothing that it covers can be erased until another key releases it
    Place(HoldPlace),
    /// Release a hold, with another key than the one that placed it
    Release(HoldRelease),
}

#[derive(Debug, Args)]
pub(crate) struct HoldPlace {
    /// A person, as the data name them; the log gets the pseudonyms of the keys
    #[arg(long, value_name = "ID")]
    pub(crate) subject: Option<String>,
    /// A pack, by the digest of its envelope
    #[arg(long, value_name = "DIGEST")]
    pub(crate) pack: Option<Digest>,
    /// All packs of a period
    #[arg(long, value_name = "PERIOD")]
    pub(crate) period: Option<crate::text::Period>,
    /// The matter; it names nobody
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: String,
    /// When somebody should ask whether it is still needed; it ends nothing
    #[arg(long, value_name = "DATE")]
    pub(crate) review: Option<NaiveDate>,
    /// The private key of who places it
    #[arg(long, value_name = "FILE")]
    pub(crate) key: PathBuf,
    /// The file that holds its passphrase; else TIEOUT_PASSPHRASE
    #[arg(long, value_name = "FILE")]
    pub(crate) key_passphrase_file: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) passphrase: PassphraseSource,
}

#[derive(Debug, Args)]
pub(crate) struct HoldRelease {
    /// The hold, by the digest that placing it told
    pub(crate) hold: Digest,
    /// Why it is not needed any more
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: String,
    /// The private key of who releases it
    #[arg(long, value_name = "FILE")]
    pub(crate) key: PathBuf,
    /// The file that holds its passphrase; else TIEOUT_PASSPHRASE
    #[arg(long, value_name = "FILE")]
    pub(crate) key_passphrase_file: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) passphrase: PassphraseSource,
}

/// What is held about one person.
#[derive(Debug, Subcommand)]
pub(crate) enum Subject {
    /// Everything that the packs hold about a person, for a request of access
    Report(SubjectReport),
    /// Seal it to the privacy officer alone
    Restrict(SubjectState),
    /// Give it back to the operator
    Lift(SubjectState),
}

#[derive(Debug, Args)]
pub(crate) struct SubjectReport {
    /// The person, as the data name them
    #[arg(long, value_name = "ID")]
    pub(crate) subject: String,
    /// As CSV; else JSON
    #[arg(long)]
    pub(crate) csv: bool,
}

#[derive(Debug, Args)]
pub(crate) struct SubjectState {
    /// The person, as the data name them
    #[arg(long, value_name = "ID")]
    pub(crate) subject: String,
    /// The request's number; it names nobody
    #[arg(long, value_name = "ID")]
    pub(crate) request: String,
    /// A file as `age-keygen` writes it: to restrict, the privacy officer's recipient (`age1…`); to lift, the
    /// identity
    #[arg(long, value_name = "FILE")]
    pub(crate) age: PathBuf,
}

/// Public keys that the user trusts, from outside the pack.
#[derive(Debug, Default, Args)]
pub(crate) struct AnchorFiles {
    /// The operator's public key (SPKI PEM), from outside the pack
    #[arg(long, visible_alias = "key", value_name = "FILE")]
    pub(crate) operator_key: Option<PathBuf>,
    /// The log's verifier key (one line, C2SP signed note), from outside the pack
    #[arg(long, value_name = "FILE")]
    pub(crate) log_key: Option<PathBuf>,
    /// Instead of the log's key a policy (C2SP tlog-policy): which logs, and how many of which witnesses must
    /// have cosigned; from outside the pack
    #[arg(long, value_name = "FILE", conflicts_with = "log_key")]
    pub(crate) policy: Option<PathBuf>,
}

impl AnchorFiles {
    /// Whether there is any.
    pub(crate) fn given(&self) -> bool {
        self.operator_key.is_some() || self.log_key.is_some() || self.policy.is_some()
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum Pack {
    /// What a pack says, in a page
    Show {
        /// The pack's folder, or its name in the workspace
        pack: PathBuf,
        #[command(flatten)]
        anchor: AnchorFiles,
        #[command(flatten)]
        trust: TrustFiles,
    },
    /// What differs between two packs: run, data, policies, results, exceptions
    Diff {
        /// The pack of before
        before: PathBuf,
        /// The pack of after
        after: PathBuf,
        #[command(flatten)]
        anchor: AnchorFiles,
    },
    /// A copy that withholds the named personal columns and controls, or all that it may
    Redact(PackCopy),
    /// A copy that discloses the named personal columns and controls, and nothing else
    Disclose(PackCopy),
    /// The pack as one file, a tar archive, the same for the same pack
    Export {
        /// The pack's folder, or its name in the workspace
        pack: PathBuf,
        /// The archive
        file: PathBuf,
        #[command(flatten)]
        anchor: AnchorFiles,
    },
    /// Prove one line of a pack, for whoever is not to have the pack
    ///
    /// The proof goes to standard output; `tieout-verify proof` verifies it. It has what is disclosed of the
    /// line, and of no other.
    Prove {
        /// The pack's folder, or its name in the workspace
        pack: PathBuf,
        /// `records`, the violating and undetermined records; or `population`, all that were evaluated
        #[arg(value_parser = line_tree)]
        tree: Tree,
        /// The line, from 0: of `records` as `tieout explain PACK#LINE` counts, of `population` what a record
        /// line says in its field `population`
        line: u64,
    },
}

/// Copying a pack.
#[derive(Debug, Args)]
pub(crate) struct PackCopy {
    /// The pack's folder, or its name in the workspace
    pub(crate) pack: PathBuf,
    /// The folder of the copy; it must not exist
    pub(crate) to: PathBuf,
    #[command(flatten)]
    pub(crate) scope: Scope,
    #[command(flatten)]
    pub(crate) anchor: AnchorFiles,
}

/// Which disclosures are meant.
#[derive(Debug, Args)]
pub(crate) struct Scope {
    /// A personal column, repeatable
    #[arg(long, value_name = "COLUMN")]
    pub(crate) column: Vec<String>,
    /// A control, repeatable
    #[arg(long, value_name = "ID")]
    pub(crate) control: Vec<ControlId>,
}

impl Scope {
    /// Whether nothing is named.
    pub(crate) fn is_empty(&self) -> bool {
        self.column.is_empty() && self.control.is_empty()
    }
}

fn line_tree(text: &str) -> Result<Tree, String> {
    match text {
        "records" => Ok(Tree::Records),
        "population" => Ok(Tree::Population),
        _ => Err("`records` or `population`".to_owned()),
    }
}

#[derive(Debug, Args)]
pub(crate) struct Report {
    /// The pack's folder, or its name in the workspace
    pub(crate) pack: PathBuf,
    /// A report, repeatable; without a path it goes to standard output
    #[arg(short, long, value_name = "FORMAT[=PATH]", value_parser = output_spec, required = true)]
    pub(crate) output: Vec<OutputSpec>,
    #[command(flatten)]
    pub(crate) anchor: AnchorFiles,
    #[command(flatten)]
    pub(crate) trust: TrustFiles,
}

#[derive(Debug, Args)]
pub(crate) struct Search {
    /// Terms, phrases, AND OR NOT, `field:value`, ranges
    pub(crate) query: String,
    /// Search these packs instead of a workspace's: folders, or names of packs in the workspace
    #[arg(long, value_name = "PACK", num_args = 1..)]
    pub(crate) pack: Vec<PathBuf>,
    /// How many hits to show
    #[arg(long, default_value_t = 20, value_name = "N")]
    pub(crate) limit: usize,
    /// As JSON
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) anchor: AnchorFiles,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Control {
    /// All controls
    List {
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// A control's definition
    Show {
        /// Its id
        id: String,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Policy {
    /// Which rules are evaluated by columns, and why the others are not
    ExplainPlan {
        /// Only these controls
        #[arg(long, value_name = "CONTROL", value_delimiter = ',')]
        only: Vec<String>,
        /// Decide every record by columns and by rows, and say whether they agree
        #[arg(long)]
        compare: bool,
    },
    /// Run the tests of rules: `test_` rules in `rule_test.rego`
    Test(PolicyTest),
    /// What a policy finds in one JSON document: the facts of `violation`, as JSON
    Decide(Decide),
    /// Change rules one thing at a time, and tell which changes their tests don't notice
    Mutate(PolicyMutate),
    /// Why a record has its verdict: each statement of the control's rules with the values that it read
    Explain(PolicyExplain),
    /// Two versions of a policy bundle over the workspace's data: which verdicts differ, by how much
    /// money. Exit codes: 0 none, 1 some, 3 where something can't be compared
    Diff(PolicyDiff),
    /// Lay Rego sources out: tabs, spaces, empty lines. Without an option to standard output
    Fmt(PolicyFmt),
    /// The JSON Schema of a YAML file that you write, for your editor; without a name, which there are
    Schema {
        /// Which file
        file: Option<AuthoredFile>,
    },
    /// What is right by the language and yet not as it should be
    Lint {
        /// Folders of bundles or rules, `BUNDLE`, `BUNDLE/RULE` or `RULE`; else the workspace's own
        /// bundles, or the built-in ones
        #[arg(value_name = "BUNDLE | RULE")]
        rules: Vec<String>,
    },
}

#[derive(Debug, Args)]
pub(crate) struct PolicyExplain {
    /// The control's id
    #[arg(value_name = "CONTROL")]
    pub(crate) control: String,
    /// The record: its row in the file, from 1 without the header; FILE:ROW with the file's number,
    /// from 0; or COLUMN=VALUE,… of its key
    #[arg(value_name = "RECORD")]
    pub(crate) record: String,
    /// How it is told
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: AuthorFormat,
}

#[derive(Debug, Args)]
pub(crate) struct PolicyDiff {
    /// The name of one of the workspace's bundles or of a built-in one, or a bundle's folder; where
    /// both are there, `NAME` is the bundle and `./NAME` the folder
    #[arg(value_name = "BEFORE")]
    pub(crate) before: String,
    /// The other version of it
    #[arg(value_name = "AFTER")]
    pub(crate) after: String,
    /// Only these controls
    #[arg(long, value_name = "CONTROL", value_delimiter = ',')]
    pub(crate) only: Vec<String>,
    /// How it is told
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: AuthorFormat,
}

#[derive(Debug, Args)]
pub(crate) struct PolicyFmt {
    /// Files and folders; else the workspace's own bundles
    pub(crate) paths: Vec<PathBuf>,
    /// Name the files that are laid out otherwise, and exit with 1 if there are any
    #[arg(long, conflicts_with = "write")]
    pub(crate) check: bool,
    /// Write the files that are laid out otherwise, and name them
    #[arg(long)]
    pub(crate) write: bool,
}

#[derive(Debug, Args)]
pub(crate) struct PolicyMutate {
    /// Folders of bundles or rules, `BUNDLE`, `BUNDLE/RULE` or `RULE`; else the workspace's own
    /// bundles, or the built-in ones
    #[arg(value_name = "BUNDLE | RULE")]
    pub(crate) rules: Vec<String>,
    /// Exit with 1 where fewer percent are killed; else where any survives
    #[arg(long, value_name = "PERCENT")]
    pub(crate) threshold: Option<usize>,
    /// How it is told
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: AuthorFormat,
}

#[derive(Debug, Args)]
pub(crate) struct PolicyTest {
    /// Folders of bundles or rules, `BUNDLE`, `BUNDLE/RULE` or `RULE`; else the workspace's own
    /// bundles, or the built-in ones
    #[arg(value_name = "BUNDLE | RULE")]
    pub(crate) rules: Vec<String>,
    /// Only tests whose name matches
    #[arg(short, long, value_name = "REGEX")]
    pub(crate) run: Option<String>,
    /// Which parts of the rules the tests evaluate
    #[arg(long)]
    pub(crate) coverage: bool,
    /// Exit with 1 where fewer percent of the parts are evaluated
    #[arg(long, value_name = "PERCENT")]
    pub(crate) threshold: Option<usize>,
    /// How it is told
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: AuthorFormat,
}

/// The YAML files that people write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum AuthoredFile {
    /// `tieout.yaml`: datasets, controls, keys
    Workspace,
    /// `control.yaml`: a control of your catalogue
    Control,
    /// `bundle.yaml`: a policy bundle
    Bundle,
    /// `table.yaml`: a dated table of a policy bundle
    Table,
    /// `request.yaml`: how a record becomes a request of a Cedar rule
    Request,
    /// `equivalent.yaml`: mutants of a rule that no test can notice
    Equivalent,
    /// A file of waivers, as `tieout waiver check` reads it
    Waiver,
}

/// How a tool tells what it found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum AuthorFormat {
    /// For people.
    #[default]
    Text,
    /// For programs.
    Json,
}

#[derive(Debug, Args)]
pub(crate) struct Decide {
    /// The policy: Rego v1, amounts by `decimal.*`
    pub(crate) policy: PathBuf,
    /// The document: JSON, amounts as strings
    pub(crate) document: PathBuf,
    /// What the policy reads under `data`: a JSON object
    #[arg(long, value_name = "FILE")]
    pub(crate) data: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Dataset {
    /// What a file seems to hold: YAML to paste on standard output, remarks on standard error
    Inspect {
        /// The file
        file: PathBuf,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Reperform {
    /// Which rounding rules explain all invoices of a biller. Exit codes: 0 each biller has one, 1 one
    /// has none, 3 these invoices don't tell
    Infer(Infer),
    /// Every charge of the workspace by its price plan, as the control PT-02 does, in memory that doesn't
    /// grow with them. Exit codes: 0 all are right, 1 some are not, 3 for some it can't be told, or a
    /// dataset doesn't tie out
    Charges(ReperformCharges),
}

#[derive(Debug, Args)]
pub(crate) struct ReperformCharges {
    /// Write all exceptions and all charges that can't be re-performed: `.parquet`, `.csv`, `.ndjson`
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// How many of the largest exceptions of each currency are told
    #[arg(long, default_value_t = 10, value_name = "N")]
    pub(crate) top: usize,
    /// How it is told
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: AuthorFormat,
}

#[derive(Debug, Args)]
pub(crate) struct Infer {
    /// Files of the profile `bill-line-1`: CSV, NDJSON, JSON, YAML or Parquet; else the workspace's datasets of
    /// that profile
    #[arg(value_name = "INVOICES")]
    pub(crate) files: Vec<PathBuf>,
    /// How it is told
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: AuthorFormat,
}

#[derive(Debug, Args)]
pub(crate) struct Approve {
    /// The digest of the evaluated diff, as the gate shows it: 64 hexadecimal digits
    pub(crate) digest: Digest,
    /// Your account, as the base lists it with your public key
    #[arg(long)]
    pub(crate) account: String,
    /// The request that you approve, and no other one with the same diff
    #[arg(long, value_name = "REQUEST")]
    pub(crate) request: Option<String>,
    /// Your private key
    #[arg(long, value_name = "FILE")]
    pub(crate) key: PathBuf,
    /// Where the statement is written; `-` is standard output
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: PathBuf,
    #[command(flatten)]
    pub(crate) passphrase: PassphraseSource,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Waiver {
    /// Print a waiver of what you state, or add it to a file; it is checked first
    New(Box<WaiverNew>),
    /// Check files of waivers. Exit codes: 0 all are right, 1 some have expired, 2 some are wrong
    Check {
        /// The files
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
        #[command(flatten)]
        told: WaiverTold,
    },
    /// What is waived, until when, up to how much
    List {
        /// The files
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
        #[command(flatten)]
        told: WaiverTold,
    },
    /// Read a waiver file of InSpec (YAML) and print waivers; what it doesn't say is left to fill in
    Import {
        /// InSpec's file
        file: PathBuf,
        /// The zone in which its dates are meant, such as `Europe/Berlin`
        #[arg(long)]
        zone: String,
        /// Write a new file instead
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
}

/// When waivers are looked at, and how it is told.
#[derive(Debug, Args)]
pub(crate) struct WaiverTold {
    /// The instant of the question, such as `2026-01-31T09:00:00Z`; else now
    #[arg(long, value_name = "INSTANT")]
    pub(crate) at: Option<DateTime<Utc>>,
    /// How it is told
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: AuthorFormat,
}

#[derive(Debug, Args)]
pub(crate) struct WaiverNew {
    /// Its name, unique in the file
    #[arg(long)]
    pub(crate) id: String,
    /// The control whose exceptions are waived
    #[arg(long)]
    pub(crate) control: String,
    /// Which of its exceptions: `column = 'text' and column < 10`
    #[arg(long)]
    pub(crate) scope: String,
    /// Why
    #[arg(long)]
    pub(crate) reason: String,
    /// Where it was asked for
    #[arg(long)]
    pub(crate) ticket: String,
    /// Who asked for it
    #[arg(long)]
    pub(crate) requester: String,
    /// Who approved it; neither who asked nor who gains
    #[arg(long)]
    pub(crate) approver: String,
    /// Who gains by it
    #[arg(long)]
    pub(crate) beneficiary: String,
    /// The first day
    #[arg(long, value_name = "DATE")]
    pub(crate) start: String,
    /// The first day on which it no longer holds, at most a year after the first
    #[arg(long, value_name = "DATE")]
    pub(crate) expiry: String,
    /// The zone in which these days are meant, such as `Europe/Berlin`
    #[arg(long)]
    pub(crate) zone: String,
    /// The most money that is waived, such as `1000.00`
    #[arg(long)]
    pub(crate) amount: String,
    /// Its currency
    #[arg(long)]
    pub(crate) currency: String,
    /// Add it to this file, which is made where there is none
    #[arg(long, value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Gate {
    /// Judge a change of a rate table by the policies, waivers and people of its base
    Rates(GateRates),
    /// Judge a change of policies likewise: rules, controls, their settings; what both versions say of the
    /// last period, and what the rules' tests are worth
    Policies(GatePolicies),
    /// Compare a table with the one that was gated: what runs in production is what was allowed
    Verify(GateVerify),
    /// Sign what is wrong with a table today as its legacy: with it in the base, nothing that gets in later
    /// is let pass as the base's own
    Baseline(GateBaseline),
    /// A usage summary from the workspace's meters, for where the meters' records may not go: one row for
    /// each month of the period, service, region, unit, cost centre, entity and account, without ids of
    /// resources and without persons. Exit codes: 0 all usage is in it, 3 some isn't, with the reasons
    Usage(GateUsage),
}

#[derive(Debug, Args)]
pub(crate) struct GateBaseline {
    /// The table: a file; with `--revision` the dataset, where the workspace has several rate tables
    #[arg(long, value_name = "FILE|DATASET", required_unless_present = "revision")]
    pub(crate) table: Option<String>,
    /// The revision whose table it is
    #[arg(long, value_name = "REF")]
    pub(crate) revision: Option<String>,
    /// Your account, as the base lists it with your public key
    #[arg(long)]
    pub(crate) account: String,
    /// Your private key
    #[arg(long, value_name = "FILE")]
    pub(crate) key: PathBuf,
    /// The day of the table
    #[arg(long, value_name = "DATE")]
    pub(crate) as_of: NaiveDate,
    /// Why what is wrong is let pass
    #[arg(long)]
    pub(crate) reason: String,
    /// Where the statement is written; `-` is standard output
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: PathBuf,
    #[command(flatten)]
    pub(crate) passphrase: PassphraseSource,
}

#[derive(Debug, Args)]
pub(crate) struct GateUsage {
    /// Where it is written: `.parquet`, `.csv`, `.ndjson`
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: PathBuf,
    /// Your account, as the gate's base lists it with your public key: seals the summary, in a file beside it
    #[arg(long, requires = "key")]
    pub(crate) account: Option<String>,
    /// Your private key
    #[arg(long, value_name = "FILE", requires = "account")]
    pub(crate) key: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) passphrase: PassphraseSource,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Key {
    /// A new key, encrypted with the passphrase
    New {
        /// What it signs
        #[arg(long, value_enum)]
        role: Role,
        /// How it signs; `ml-dsa-44` is for witnesses, in builds with the feature `pq`
        #[arg(long, value_enum, default_value_t = Algorithm::Ed25519)]
        algorithm: Algorithm,
        /// The log's origin, for the verifier key; else the workspace's. Other keys have none
        #[arg(long, value_name = "ORIGIN")]
        origin: Option<String>,
        /// The witness's name, for the verifier key, such as `auditor.example/w1`. Other keys have none
        #[arg(long, value_name = "NAME")]
        name: Option<String>,
        /// Where the private key is written; the public one gets the same name with `.pub`, a log's or
        /// witness's verifier key with `.vkey`
        file: PathBuf,
        #[command(flatten)]
        passphrase: PassphraseSource,
    },
    /// As authority, state whose a key is
    Enrol(Enrol),
    /// State that a new key takes the place of your old one, under both
    Rotate(Rotate),
    /// As authority, state that a key is not to be relied on
    Revoke(Revoke),
    /// The keys that the workspace's log knows: whose, what for, between which indices
    List {
        #[command(flatten)]
        trust: TrustFiles,
    },
}

/// How a key signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Algorithm {
    /// RFC 8032.
    Ed25519,
    /// FIPS 204.
    #[value(name = "ml-dsa-44")]
    MlDsa44,
}

/// What a key signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Role {
    /// Evidence packs.
    Operator,
    /// Checkpoints of the log.
    Log,
    /// Approvals of changes, of one approver.
    Approver,
    /// Cosignatures under the checkpoints of others' logs.
    Witness,
    /// Sign-offs of packs, of one person.
    Reviewer,
    /// What concerns the erasure of personal data.
    PrivacyOfficer,
    /// Whose the other keys are.
    Authority,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Log {
    /// Begin the workspace's log, with a key where there is none; what is there is never replaced
    Init {
        #[command(flatten)]
        passphrase: PassphraseSource,
    },
    /// The log's signed head (C2SP tlog-checkpoint), on standard output: keep it for `log fsck --seen`
    Checkpoint {
        /// First ask the witnesses of the workspace's policy that have not cosigned it, and give every pack
        /// that lacks a quorum a proof under it. Exit code 3 where there is no quorum still
        #[arg(long)]
        cosign: bool,
    },
    /// The proof (C2SP tlog-proof) that the log has an entry, under its present head, on standard output
    Proof {
        /// The entry's index, from 0; or a pack: its folder, or its name in the workspace
        #[arg(value_name = "INDEX | PACK")]
        entry: String,
    },
    /// Look over the whole log: the head's signature, the entries' root, every pack and statement in its place.
    /// Exit codes: 0 it holds, 4 something doesn't
    Fsck(LogFsck),
    /// Write what the public may read of the log into a folder that any static server serves (C2SP tlog-tiles)
    Publish {
        /// The folder
        #[arg(value_name = "DIR")]
        folder: PathBuf,
    },
    /// Have the log's head timestamped (RFC 3161): ask an authority, and put its answer beside the packs
    #[command(subcommand)]
    Timestamp(Timestamp),
    /// Be a witness (C2SP tlog-witness) of logs of others: cosign what continues what was cosigned before, over
    /// HTTP, until stopped
    Witness(LogWitness),
}

/// Timestamps of the log's head.
#[derive(Debug, Subcommand)]
pub(crate) enum Timestamp {
    /// Write a request about the log's head, to be sent to any authority: nothing is sent from here. The head is
    /// written beside it, as FILE.checkpoint
    Request {
        /// The request, in DER; a file that is there is replaced
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// Put an authority's answer beside each pack that the head covers and that has no timestamp; their names are
    /// printed
    Add(TimestampAdd),
}

#[derive(Debug, Args)]
pub(crate) struct TimestampAdd {
    /// The request that it answers; FILE.checkpoint lies beside it
    #[arg(long, value_name = "FILE")]
    pub(crate) request: PathBuf,
    /// The answer, as it came
    #[arg(value_name = "RESPONSE")]
    pub(crate) response: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct LogFsck {
    /// A head that you kept from before: the log must continue it, and what came into it since is told
    #[arg(long, value_name = "FILE")]
    pub(crate) seen: Option<PathBuf>,
    /// The public keys (PEM) by which everything in the log must be signed
    #[arg(long, value_name = "KEY", num_args = 1..)]
    pub(crate) expect: Vec<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct LogWitness {
    /// Where requests are answered, such as `127.0.0.1:8080`; with port 0 any free one
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) listen: SocketAddr,
    /// The folder that remembers what was cosigned. Never put an older copy of it back
    #[arg(long, value_name = "DIR")]
    pub(crate) state: PathBuf,
    /// The verifier key of a log that is witnessed, `NAME+ID+KEY`, from its operator; repeatable
    #[arg(long, value_name = "VKEY", required = true)]
    pub(crate) log: Vec<String>,
    /// The witness's private key, of `tieout key new --role witness`
    #[arg(long, value_name = "FILE")]
    pub(crate) key: PathBuf,
    /// The name under which it signs, as it was given to `tieout key new`
    #[arg(long)]
    pub(crate) name: String,
    #[command(flatten)]
    pub(crate) passphrase: PassphraseSource,
}

/// A private key, and where the statement that it signs is written.
#[derive(Debug, Args)]
pub(crate) struct Signing {
    /// Your private key
    #[arg(long, value_name = "FILE")]
    pub(crate) sign_with: PathBuf,
    /// Where the statement is written; `-` is standard output
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: PathBuf,
    #[command(flatten)]
    pub(crate) passphrase: PassphraseSource,
}

#[derive(Debug, Args)]
pub(crate) struct Enrol {
    /// The public key (SPKI PEM)
    pub(crate) public: PathBuf,
    /// What it is for
    #[arg(long, value_enum)]
    pub(crate) role: EnrolledRole,
    /// Whose it is: a pseudonym of small letters, digits and `-`, never a name
    #[arg(long, value_name = "PSEUDONYM")]
    pub(crate) person: String,
    #[command(flatten)]
    pub(crate) number: Number,
    #[command(flatten)]
    pub(crate) signing: Signing,
}

/// The roles that an authority gives.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum EnrolledRole {
    /// Seals packs.
    Operator,
    /// Signs packs off.
    Reviewer,
    /// Answers for erasures.
    PrivacyOfficer,
}

#[derive(Debug, Args)]
pub(crate) struct Number {
    /// Which of the authority's statements it is, from 1; else the next after those in the workspace's log
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) number: Option<u64>,
}

#[derive(Debug, Args)]
pub(crate) struct Rotate {
    /// The old private key
    #[arg(long, value_name = "FILE")]
    pub(crate) old: PathBuf,
    /// The new private key
    #[arg(long, value_name = "FILE")]
    pub(crate) new: PathBuf,
    /// Where the statement is written, the half of each key in a file of its own
    #[arg(short, long, num_args = 2, value_names = ["OLD", "NEW"], required = true)]
    pub(crate) output: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) passphrase: PassphraseSource,
}

#[derive(Debug, Args)]
pub(crate) struct Revoke {
    /// The public key (SPKI PEM)
    pub(crate) public: PathBuf,
    /// The first index of the log at which somebody else may have had it
    #[arg(long, value_name = "INDEX")]
    pub(crate) compromised_since: u64,
    /// Why
    #[arg(long)]
    pub(crate) reason: String,
    #[command(flatten)]
    pub(crate) number: Number,
    #[command(flatten)]
    pub(crate) signing: Signing,
}

/// A pack that is stated something about.
#[derive(Debug, Args)]
pub(crate) struct About {
    /// The pack's folder, or its name in the workspace
    pub(crate) pack: PathBuf,
    #[command(flatten)]
    pub(crate) anchor: AnchorFiles,
    /// The day; today unless given
    #[arg(long, value_name = "DATE")]
    pub(crate) date: Option<NaiveDate>,
    #[command(flatten)]
    pub(crate) signing: Signing,
}

/// As what somebody signs off, and with what conclusion.
#[derive(Debug, Args)]
pub(crate) struct Concluded {
    /// As what
    #[arg(long = "as", value_enum, value_name = "ROLE")]
    pub(crate) role: SignOffRole,
    /// With what conclusion
    #[arg(long, value_enum)]
    pub(crate) conclusion: SignOffConclusion,
}

#[derive(Debug, Subcommand)]
pub(crate) enum SignOff {
    /// Sign a pack off
    Review {
        #[command(flatten)]
        about: About,
        #[command(flatten)]
        concluded: Concluded,
        /// What was looked at
        #[arg(long)]
        scope: String,
        /// The file with your comments, of which the digest is stated
        #[arg(long, value_name = "FILE")]
        comments: Option<PathBuf>,
    },
    /// Close a pack's file
    Complete {
        #[command(flatten)]
        about: About,
        #[command(flatten)]
        trust: TrustFiles,
        /// The day on which the report was released
        #[arg(long, value_name = "DATE")]
        released: NaiveDate,
    },
    /// Add to a closed file
    Addendum {
        #[command(flatten)]
        about: About,
        #[command(flatten)]
        trust: TrustFiles,
        /// The file that is added, of which the digest is stated
        #[arg(long, value_name = "FILE")]
        added: PathBuf,
        /// Why
        #[arg(long)]
        reason: String,
    },
    /// As operator, state that another system has a sign-off on record
    Import {
        #[command(flatten)]
        about: About,
        #[command(flatten)]
        concluded: Concluded,
        /// The system
        #[arg(long)]
        system: String,
        /// The record's id there
        #[arg(long)]
        record: String,
        /// The record as exported, of which the digest is stated
        #[arg(long, value_name = "FILE")]
        exported: PathBuf,
        /// Who signed off there: a pseudonym of small letters, digits and `-`, never a name
        #[arg(long, value_name = "PSEUDONYM")]
        person: String,
    },
}

/// As what somebody signs off.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum SignOffRole {
    /// Performed the work.
    Preparer,
    /// Reviewed it.
    Reviewer,
    /// Reviewed the engagement's quality.
    QualityReviewer,
}

/// What somebody concludes.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum SignOffConclusion {
    /// Nothing stands against it.
    Concurs,
    /// Something does.
    Objects,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Dispose {
    /// State what exceptions of a control are. It counts once a reviewer, another person, cleared it
    Of {
        #[command(flatten)]
        about: About,
        /// The control
        #[arg(long, value_name = "CONTROL")]
        control: String,
        /// The exceptions, as PACK#RECORD numbers them; all of the control unless given
        #[arg(long, value_name = "N", value_delimiter = ',')]
        records: Vec<u64>,
        /// What they are
        #[arg(long, value_enum)]
        kind: DispositionKind,
        /// Why
        #[arg(long)]
        reason: String,
        /// The last day on which it counts; a risk is never accepted without one
        #[arg(long, value_name = "DATE")]
        expires: Option<NaiveDate>,
    },
    /// As reviewer, clear or refuse a disposition
    Clear {
        /// The signed disposition
        disposition: PathBuf,
        /// That it doesn't count
        #[arg(long)]
        refuse: bool,
        #[command(flatten)]
        signing: Signing,
    },
}

/// What an exception turned out to be.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum DispositionKind {
    /// It is one.
    TrueException,
    /// It is none.
    FalsePositive,
    /// It is one that is lived with until a day.
    AcceptedRisk,
    /// It was one, and was put right.
    Remediated,
}

#[derive(Debug, Args)]
pub(crate) struct Submit {
    /// Signed statements; they are appended together, in this order
    #[arg(required = true)]
    pub(crate) statements: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) trust: TrustFiles,
    #[command(flatten)]
    pub(crate) passphrase: PassphraseSource,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Deck {
    /// Write a generated company with its truth file
    Generate(DeckGenerate),
}

#[derive(Debug, Args)]
pub(crate) struct DeckGenerate {
    /// An empty or new folder
    pub(crate) folder: PathBuf,
    /// Which company: one with something for every control, or one whose billing chain can be
    /// re-performed from usage to journal
    #[arg(long, value_enum, default_value_t)]
    pub(crate) world: World,
    /// Another seed gives another company
    #[arg(long, default_value_t = 1, value_name = "N")]
    pub(crate) seed: u64,
    /// Of the world `controls`: how many cost-and-usage rows [default: 5000]
    #[arg(long, value_name = "N")]
    pub(crate) rows: Option<u64>,
    /// Of the world `metering`: as many resources as give at least so many rows of usage [default:
    /// 200000]
    #[arg(long, value_name = "N")]
    pub(crate) usage_rows: Option<u64>,
    /// Which faults to plant: `none`, `all`, or controls; of the world `metering` classes of faults
    #[arg(long, default_value = "all", value_name = "none|all|NAME,…")]
    pub(crate) faults: String,
    /// Of the world `metering`: plant each class in so many records [default: 1]
    #[arg(long, value_name = "N", conflicts_with = "per_mille",
        value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) per_class: Option<u64>,
    /// Of the world `metering`: plant each class in so many of a thousand records that fit
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=1000))]
    pub(crate) per_mille: Option<u64>,
}

/// The companies that can be generated.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum World {
    /// Something for every control that ships
    #[default]
    Controls,
    /// Usage, charges, allocation, invoices and journals that tie out to the cent
    Metering,
}

#[derive(Debug, Args)]
pub(crate) struct Version {
    /// The bundles as a `tieout.lock`, to pin them
    #[arg(long)]
    pub(crate) lock: bool,
}

/// A format and where it goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OutputSpec {
    /// The format.
    pub(crate) format: Format,
    /// Where it goes; `None` is the command's usual place.
    pub(crate) target: Option<Target>,
}

/// Where a report goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Target {
    /// Standard output.
    Stdout,
    /// A file.
    File(PathBuf),
}

fn output_spec(text: &str) -> Result<OutputSpec, String> {
    let (word, target) = match text.split_once('=') {
        None => (text, None),
        Some((_, "")) => return Err("a path is missing after `=`".to_owned()),
        Some((word, "-")) => (word, Some(Target::Stdout)),
        Some((word, path)) => (word, Some(Target::File(PathBuf::from(path)))),
    };
    let format = Format::from_str(word, true).map_err(|_| {
        let known = Format::value_variants().iter().filter_map(ValueEnum::to_possible_value);
        let names: Vec<_> = known.map(|v| v.get_name().to_owned()).collect();
        format!("no format is called `{word}`; there are {}", names.join(", "))
    })?;
    Ok(OutputSpec { format, target })
}

/// The gate.

#[derive(Debug, Args)]
pub(crate) struct GateRates {
    /// The protected side: a revision of the repository, or a file
    #[arg(long, value_name = "REF|FILE")]
    pub(crate) base: String,
    /// What is proposed: a revision, `WORKTREE`, or a file
    #[arg(long, value_name = "REF|FILE")]
    pub(crate) head: String,
    /// The day on which the question is asked: what holds before it is the past
    #[arg(long, value_name = "DATE")]
    pub(crate) as_of: NaiveDate,
    /// The dataset that is gated, where the workspace has several rate tables
    #[arg(long, value_name = "DATASET")]
    pub(crate) table: Option<String>,
    /// The month whose usage is re-rated; else the last closed period of the fiscal calendar
    #[arg(long, value_name = "PERIOD", conflicts_with = "no_usage")]
    pub(crate) month: Option<crate::text::Period>,
    /// Re-rate nothing; the request then needs the most approvals
    #[arg(long)]
    pub(crate) no_usage: bool,
    /// Over how many days the changes of a rate add up
    #[arg(long, value_name = "DAYS", default_value_t = 90)]
    pub(crate) window: u32,
    #[command(flatten)]
    pub(crate) request: GateRequest,
}

#[derive(Debug, Args)]
pub(crate) struct GatePolicies {
    /// The protected side: a revision of the repository
    #[arg(long, value_name = "REF")]
    pub(crate) base: String,
    /// What is proposed: a revision, or `WORKTREE`
    #[arg(long, value_name = "REF")]
    pub(crate) head: String,
    /// The day on which the question is asked
    #[arg(long, value_name = "DATE")]
    pub(crate) as_of: NaiveDate,
    /// The period whose data both decide over; else the last closed one of the fiscal calendar, else the
    /// workspace's
    #[arg(long, value_name = "PERIOD", conflicts_with = "no_data")]
    pub(crate) period: Option<crate::text::Period>,
    /// Decide over nothing; the request then needs the most approvals
    #[arg(long)]
    pub(crate) no_data: bool,
    #[command(flatten)]
    pub(crate) request: GateRequest,
}

/// Who stands behind a request, and what is made of the result.
#[derive(Debug, Args)]
pub(crate) struct GateRequest {
    /// An export of approvals, repeatable: `github=FILE`, `gitlab=FILE` with `gitlab-versions=FILE`,
    /// `change-management=FILE` with `--change`, `statement=FILE`; `gitlab-request=FILE` names the author
    #[arg(long, value_name = "SOURCE=FILE", value_parser = approvals)]
    pub(crate) approvals: Vec<(String, PathBuf)>,
    /// What change management calls the request
    #[arg(long, value_name = "ID")]
    pub(crate) change: Option<String>,
    /// An author's account beside those that git names, repeatable: who opened the request, say
    #[arg(long, value_name = "ACCOUNT")]
    pub(crate) author: Vec<String>,
    /// The account that will release the change
    #[arg(long, value_name = "ACCOUNT")]
    pub(crate) releaser: Option<String>,
    /// The ticket of an emergency: approved by its own role, to be reviewed after
    #[arg(long, value_name = "TICKET")]
    pub(crate) emergency: Option<String>,
    /// From which severity a finding blocks
    #[arg(long, value_name = "SEVERITY", value_enum, default_value_t = FailOn::Medium)]
    pub(crate) fail_on: FailOn,
    /// Seal the result as an evidence pack of the workspace
    #[arg(long)]
    pub(crate) sign: bool,
    /// An output, repeatable; without a path it goes to standard output
    #[arg(short, long, value_name = "FORMAT[=PATH]", value_parser = gate_output)]
    pub(crate) output: Vec<GateOutput>,
    #[command(flatten)]
    pub(crate) passphrase: PassphraseSource,
}

/// The severities, as flags name them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum FailOn {
    /// Everything blocks.
    Low,
    /// All but what is only worth knowing.
    Medium,
    /// What must be mended before the close.
    High,
    /// What stops the close.
    Critical,
}

impl FailOn {
    /// As controls have it.
    pub(crate) fn severity(self) -> Severity {
        match self {
            Self::Low => Severity::Low,
            Self::Medium => Severity::Medium,
            Self::High => Severity::High,
            Self::Critical => Severity::Critical,
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct GateVerify {
    /// The table as it is deployed: CSV, YAML, JSON or Parquet
    #[arg(long, value_name = "FILE")]
    pub(crate) table: PathBuf,
    /// The pack of the gate's result
    #[arg(long, value_name = "PACK")]
    pub(crate) result: PathBuf,
    /// The commit that the pack must have been judged against: what the released branch was before
    #[arg(long, value_name = "REF")]
    pub(crate) base: Option<String>,
    /// From which severity findings must have blocked
    #[arg(long, value_name = "SEVERITY", value_enum, default_value_t = FailOn::Medium)]
    pub(crate) fail_on: FailOn,
    /// Production's own history of edits: a file of the profile `activity-1`
    #[arg(long, value_name = "FILE")]
    pub(crate) history: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) anchor: AnchorFiles,
}

/// An output of the gate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct GateOutput {
    /// The format.
    pub(crate) format: GateFormat,
    /// Where it goes; `None` is standard output.
    pub(crate) path: Option<PathBuf>,
}

fn gate_output(text: &str) -> Result<GateOutput, String> {
    let (word, path) = match text.split_once('=') {
        None => (text, None),
        Some((_, "")) => return Err("a path is missing after `=`".to_owned()),
        Some((word, "-")) => (word, None),
        Some((word, path)) => (word, Some(PathBuf::from(path))),
    };
    let format = GateFormat::from_str(word, true).map_err(|_| {
        let known = GateFormat::value_variants().iter().filter_map(ValueEnum::to_possible_value);
        let names: Vec<_> = known.map(|v| v.get_name().to_owned()).collect();
        format!("no format is called `{word}`; there are {}", names.join(", "))
    })?;
    Ok(GateOutput { format, path })
}

fn approvals(text: &str) -> Result<(String, PathBuf), String> {
    const SOURCES: [&str; 6] =
        ["github", "gitlab", "gitlab-versions", "gitlab-request", "change-management", "statement"];
    let (source, path) = text.split_once('=').unwrap_or((text, ""));
    if !SOURCES.contains(&source) || path.is_empty() {
        return Err(format!("write SOURCE=FILE, where the source is {}", SOURCES.join(", ")));
    }
    Ok((source.to_owned(), PathBuf::from(path)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn an_output_names_a_format_and_perhaps_a_path() {
        let spec = output_spec("html=out/r.html").unwrap();
        assert_eq!(spec.target, Some(Target::File("out/r.html".into())));
        assert_eq!(output_spec("json=-").unwrap().target, Some(Target::Stdout));
        assert_eq!(output_spec("text").unwrap().target, None);
        assert!(output_spec("pdf").unwrap_err().contains("there are text"));
        assert!(output_spec("html=").is_err());
    }
}
