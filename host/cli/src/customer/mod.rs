//! `crosswalk customer`: the customers of a sync, with their mapping, their switches and the
//! outcome of the last run.
//!
//! A customer is named by its id, or by its whole name if that is unique.

mod decide;
pub(super) mod file;
pub(super) mod list;
mod which;

use super::exit::Exit;
use super::files::{ImportArgs, TableArgs};
use super::parse::{on_off, score};
use super::session::Session;
use clap::Subcommand;
use crosswalk_model::SyncName;
use decide::MapArgs;

use std::path::PathBuf;
use which::{FilterArgs, SwitchedArgs, WhichArgs};

/// Commands on the customers of a sync.
#[derive(Debug, Subcommand)]
pub(super) enum CustomerCommand {
    /// List customers: their mapping, their switches, the outcome of the last run and what to do
    #[command(after_help = "\
States: mapped, unmapped, proposed, conflict, excluded.
Endings of the last run: succeeded, failed, held, not-fetched.

Examples:
  crosswalk customer list licences --state proposed --state conflict
  crosswalk customer list licences --status failed
  crosswalk customer list licences --with-usage --usage off")]
    List {
        /// The sync
        sync: SyncName,
        #[command(flatten)]
        filter: FilterArgs,
        #[command(flatten)]
        switched: SwitchedArgs,
    },
    /// Find accounts of the target by part of their name
    Find {
        /// The sync
        sync: SyncName,
        /// A part of the name
        text: String,
        /// Maximum number of accounts to list
        #[arg(long, default_value_t = 20)]
        limit: usize,
    },
    /// List the contracts of the account a customer is mapped to
    Contracts {
        /// The sync
        sync: SyncName,
        /// The customer, by its id or its whole name
        customer: String,
    },
    /// Map a customer to an account and one of its contracts
    #[command(after_help = "\
An account is named by its id or its whole name, a contract by its id.

Examples:
  crosswalk customer find licences acme
  crosswalk customer map licences 5f0c1d7e --to 29683
  crosswalk customer contracts licences 5f0c1d7e
  crosswalk customer map licences 5f0c1d7e --contract 29700001
  crosswalk customer map licences 5f0c1d7e --exclude")]
    Map(MapArgs),
    /// Accept proposed accounts, then proposed contracts
    #[command(after_help = "\
A name that differs only by case and legal form scores 1, the only contract of an account that is
in force 0.9, its only contract 0.6. A proposal with a close second is left for you.

Example:
  crosswalk customer accept licences --score 0.9 --contract-score 0.6")]
    Accept {
        /// The sync
        sync: SyncName,
        /// Take accounts with at least this score, from 0 to 1
        #[arg(long, value_parser = score, default_value = "0.99")]
        score: f64,
        /// Take contracts with at least this score, from 0 to 1
        #[arg(long, value_parser = score, default_value = "0.9")]
        contract_score: f64,
        /// Do not ask for confirmation
        #[arg(short, long)]
        yes: bool,
    },
    /// Switch usage and tickets of customers on or off
    #[command(after_help = "\
Examples:
  crosswalk customer edit licences 5f0c1d7e --usage off
  crosswalk customer edit licences --all --tickets on
  crosswalk customer edit licences --search acme --usage on --tickets off")]
    Edit {
        /// The sync
        sync: SyncName,
        #[command(flatten)]
        which: WhichArgs,
        /// Switch the billing of their usage on or off
        #[arg(long, value_name = "on|off", value_parser = on_off, required_unless_present = "tickets")]
        usage: Option<bool>,
        /// Switch the tickets of their alerts on or off
        #[arg(long, value_name = "on|off", value_parser = on_off)]
        tickets: Option<bool>,
    },
    /// Read customers, their accounts and contracts again now, ahead of the next run
    Refresh {
        /// The sync
        sync: SyncName,
        #[command(flatten)]
        which: WhichArgs,
    },
    /// Write customers into a file, for a spreadsheet or a program
    Export {
        /// The sync
        sync: SyncName,
        #[command(flatten)]
        filter: FilterArgs,
        #[command(flatten)]
        switched: SwitchedArgs,
        #[command(flatten)]
        form: TableArgs,
        /// The file [default: `-`, standard output]
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// Import decisions from a CSV or JSON file; one wrong row refuses the whole file
    #[command(after_help = "\
The column customer names the customer. The columns account and contract hold an id, `exclude`, or
`-` to forget; usage and tickets hold on or off; an empty cell decides nothing. A name beside an
id must be its name, or empty. An unchanged row decides nothing, and a changed row is refused when
its customer was decided on after the export. CSV is read with any separator and encoding that a
spreadsheet saves; columns you add are ignored.

Example:
  crosswalk customer export licences -o customers.csv      (edit it, then)
  crosswalk customer import licences customers.csv")]
    Import(ImportArgs),
}

impl CustomerCommand {
    pub(super) async fn run(self, session: &Session<'_>) -> anyhow::Result<Exit> {
        match self {
            CustomerCommand::List { sync, filter, switched } => {
                list::list(session, &sync, &switched.narrow(filter.filter())).await
            }
            CustomerCommand::Find { sync, text, limit } => {
                let found = session.tenant().await?.account_search(&sync, &text, limit).await?;
                list::search_results(session, "account", &text, &found)
            }
            CustomerCommand::Contracts { sync, customer } => list::contracts(session, &sync, &customer).await,
            CustomerCommand::Map(args) => args.run(session).await,
            CustomerCommand::Accept { sync, score, contract_score, yes } => {
                decide::accept(session, &sync, (score, contract_score), yes).await
            }
            CustomerCommand::Edit { sync, which, usage, tickets } => {
                decide::edit(session, &sync, &which, usage, tickets).await
            }
            CustomerCommand::Refresh { sync, which } => decide::refresh(session, &sync, &which).await,
            CustomerCommand::Export { sync, filter, switched, form, output } => {
                file::export(session, &sync, &switched.narrow(filter.filter()), form, output).await
            }
            CustomerCommand::Import(args) => file::import(session, &args).await,
        }
    }
}
