//! The gate on changes as the command sees it: what is compared and by whom, in git; who the people
//! are; who approved what; what is waived.
//!
//! Everything that judges a request is read from its base: the head is evidence, never a rule.

#![cfg_attr(
    not(test),
    expect(dead_code, unused_imports, reason = "the gate's command will call these")
)]

pub(crate) mod git;
pub(crate) mod people;
pub(crate) mod reviews;
pub(crate) mod scope;
pub(crate) mod statement;
pub(crate) mod waiver;
