//! The host's tests: one binary, and this list is its table of contents.
//!
//! Everything runs from a fresh clone with `make test`: connectors and guests are built
//! before, databases are made in temporary folders, vendors are simulated on loopback at
//! ports of their own.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests are tests: what cannot go on, fails and says so"
)]

mod harness;

/// A vendor that accepts a write and takes its time over it.
mod accepted;
/// Whose account a connection answers as, and what happens when it is another.
mod accounts;
/// Who did it: kept with every decision, approval, run and entry of the journal.
mod actors;
/// `why` agrees with the plan: every finding, brake and state, and the same reason of its record.
mod agrees;
/// Customers made anew: what was decided of the one before, whoever links its new record.
mod anew;
/// The author's page holds: its connector is built as the page says.
mod author;
/// What a person changes between a plan and its write, and what follows a write without a reply.
mod between;
/// Everyday billing: sums, moves, contracts that end, and what an approval lets go.
mod billing;
/// The brakes of a customer and of the whole sync, and the first run of each kind.
mod brakes;
/// Worlds written down by hand, and what a test does to them by name.
mod by_hand;
/// The command line: what it prints, its exit codes, and what bad input gets.
mod cli;
/// A clock that is wrong once: nothing waits ten years for it.
mod clock;
/// The pages for people: links, and the files and tests they name.
mod docs;
/// What a vendor may do to us: every fault, and the same end state all the same.
mod faults;
/// What happened to users of other systems, as small worlds with their right outcome.
mod field;
/// Decisions in files: taken as meant or refused whole, and taken back.
mod files;
/// The fleet trials, with their numbers.
mod fleets;
/// The gate: what is shown before it is granted, and what a vendor echoes.
mod gate;
/// Who is who: re-enrolled agents, customers made anew, serials that arrive late or twice.
mod identity;
/// Killed at two hundred moments, run again: nothing twice, nothing missing.
mod kill;
/// Parts that leave a sum, moves of nothing, and plans that wait while what is mapped where changes.
mod leaving;
/// What customers leave behind when their account is another's.
mod left;
/// As many customers as a partner has, some of them odd.
mod many;
/// Usage where two months meet, and reports that are empty or were broken off.
mod months;
/// A vendor's own fields: whatever they are called, they are ordinary fields.
mod own_names;
/// Later pages of a source that are refused.
mod pages;
/// Every RMM with every PSA, chosen by name.
mod pairs;
/// Work that one process asks for and another does: approved in part, followed, stopped.
mod queued;
/// Reading: what is not known is not taken for what is not there.
mod reading;
/// One asset, now: refreshed alone and at once.
mod refresh;
/// The other way: accounts of the PSA become organisations of the RMM.
mod reverse;
/// Lines that rest on each other: all of a ring is resolved before any of it is written.
mod rings;
/// Mappings and counts that change at random while plans are let go in parts.
mod roam;
/// The sandbox: connectors that misbehave, one habit at a time.
mod sandbox;
/// The schedule: each thing due is done once, and a stop or a swap loses nothing.
mod schedule;
/// Plans that are older than what they speak of: nothing a person did meanwhile is undone.
mod stale;
/// Sums whose leader leaves, and parts that join late.
mod sums;
/// Switches and the links they came with, taken back.
mod switches;
/// The main job, whole: RMM records into the PSA, and everything that happens to them later.
mod sync;
/// Alerts that come and go, tickets somebody touched, times and accounts that are none.
mod tickets;
/// Tests that read the source: rooms, headers, words.
mod tidy;
/// Writes whose outcome nobody knows: looked up, waited for, settled by hand, never done twice.
mod uncertain;
/// Taking back what a run did: what goes, what is left, and that nothing does it again.
mod undo;
/// Signs that nobody sees, in what a person pastes or types.
mod unseen;
/// What cannot be read or told holds only itself: the rest of a run goes on.
mod waits;
/// Licences into contracts: A1 to A9 as one walk, and what must never happen to an invoice.
mod walk_usage;
/// Whose a record is: no create is settled with another's, and no line billed by two syncs.
mod whose;
/// Why a record is, or is not, in step, in words.
mod why;
