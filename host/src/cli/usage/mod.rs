//! `crosswalk usage`: what is counted, what the contract says, what was approved, line by line.
//!
//! A line is one product of one customer. Customers and products are named by their id, or by
//! their whole name where only one has it.

mod approve;
mod consent;
mod history;
mod list;
mod which;

use super::apply::confirmed;
use super::exit::Exit;
use super::files::Format;
use super::output::count;
use super::parse::{day, word};
use super::session::Session;
use crate::engine::{Tenant, UsageChoice, UsageFilter, UsageLine, UsageState};
use crate::model::{LineKey, SyncName};
use approve::ApproveArgs;
use clap::Subcommand;
use consent::{Consent, Seen};
use jiff::civil::Date;
use serde_json::json;
use which::WhichArgs;

/// Bill by usage.
#[derive(Debug, Subcommand)]
pub(super) enum UsageCommand {
    /// List lines: counted, on the contract, approved last, and what they would become
    #[command(after_help = "\
States: waiting (to be approved), held (by a brake), in-step, not-fetched (the vendor told
nothing, which is not zero), left (something has to be mapped or put right first), together (it
adds up with another and is billed by that). A line that
was dismissed or adjusted is in-step, with another number on the contract than is counted, until
the count moves; `usage adjust SYNC CUSTOMER PRODUCT --quantity N` takes that back.

Examples:
  crosswalk usage list licences --state waiting --state held
  crosswalk usage list licences --product CIXA-MSP")]
    List {
        /// The sync
        sync: SyncName,
        /// Only of this customer; repeat for several
        #[arg(long = "customer", value_name = "CUSTOMER")]
        customers: Vec<String>,
        /// Only of this product; repeat for several
        #[arg(long = "product", value_name = "PRODUCT")]
        products: Vec<String>,
        /// Only in this state; repeat for several
        #[arg(long = "state", value_name = "STATE", value_parser = word::<UsageState>)]
        states: Vec<UsageState>,
    },
    /// Show what lines would become, and write it to the contracts after a yes
    #[command(after_help = "\
Contracts are read again first. Of customers that are named, what a brake holds is approved,
too; of all only with --held. What the brakes edited, moved, zero, takeover and parts hold goes
only with --release and their names, and with --yes only as it was listed before: what changed
meanwhile stays held. A day that cannot be (invoiced, outside the contract, changed once already)
is told and left: choose another with --effective.

Examples:
  crosswalk usage approve licences 5f0c1d7e
  crosswalk usage approve licences --all --product CIXA-MSP --effective 2026-12-01
  crosswalk usage approve licences --all --held --yes
  crosswalk usage approve licences 5f0c1d7e --release edited --release zero")]
    Approve(ApproveArgs),
    /// Write another quantity than is counted; it stays until the count moves
    Adjust {
        #[command(flatten)]
        line: LineArgs,
        /// How many the contract shall have
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(i64).range(0..))]
        quantity: i64,
        /// From which day on [default: today]
        #[arg(long, value_name = "YYYY-MM-DD", value_parser = day)]
        effective: Option<Date>,
        #[command(flatten)]
        release: approve::ReleaseArgs,
        /// Do not ask whether to go ahead
        #[arg(short, long)]
        yes: bool,
    },
    /// Leave the contract as it is, until the count moves again
    #[command(after_help = "\
Nothing is written to the vendor. Of customers that are named, what a brake holds is dismissed,
too; of all only with --held. To take a dismissal back, write the count, or another number:
`crosswalk usage adjust SYNC CUSTOMER PRODUCT --quantity N`.

Examples:
  crosswalk usage dismiss licences 5f0c1d7e --product CIXA-MSP
  crosswalk usage dismiss licences --all --product CIXA-MSP --held")]
    Dismiss(DismissArgs),
    /// Say which line of the contract a line is, where it stands there twice or was replaced
    Take {
        #[command(flatten)]
        line: LineArgs,
        /// The contract's line, by its id
        target: String,
    },
    /// Show what was counted of a customer when, and what was written when: for an invoice
    #[command(after_help = "\
Counts are by month and product, with the first and the last day on which they were read so.

Example:
  crosswalk usage history licences 5f0c1d7e --product CIXA-MSP --format csv")]
    History {
        /// The sync
        sync: SyncName,
        /// The customer
        customer: String,
        /// Only of this product
        #[arg(long)]
        product: Option<String>,
        /// As a file: csv or json
        #[arg(long)]
        format: Option<Format>,
    },
}

/// Which lines stay as they are.
#[derive(Debug, clap::Args)]
pub(super) struct DismissArgs {
    /// The sync
    sync: SyncName,
    #[command(flatten)]
    which: WhichArgs,
    /// With --all: what a brake holds, too
    #[arg(long)]
    held: bool,
    /// With --all: do not ask whether to go ahead
    #[arg(short, long)]
    yes: bool,
}

/// One line.
#[derive(Debug, clap::Args)]
pub(super) struct LineArgs {
    /// The sync
    sync: SyncName,
    /// The customer
    customer: String,
    /// The product
    product: String,
}

impl LineArgs {
    async fn key(&self, tenant: &Tenant) -> anyhow::Result<LineKey> {
        let customer = tenant.customers_named(&self.sync, std::slice::from_ref(&self.customer)).await?.concat();
        let product = tenant.products_named(&self.sync, std::slice::from_ref(&self.product)).await?.concat();
        Ok(LineKey::new(customer, product))
    }
}

impl UsageCommand {
    /// Whether it works long enough that a signal should stop it with care.
    pub(super) fn works_long(&self) -> bool {
        matches!(self, UsageCommand::Approve(_) | UsageCommand::Adjust { .. })
    }

    pub(super) async fn run(self, session: &Session<'_>) -> anyhow::Result<Exit> {
        match self {
            UsageCommand::List { sync, customers, products, states } => {
                let tenant = session.tenant().await?;
                let customers = tenant.customers_named(&sync, &customers).await?;
                let products = tenant.products_named(&sync, &products).await?;
                list::list(session, &sync, &UsageFilter { customers, states }, &products).await
            }
            UsageCommand::Approve(args) => args.run(session).await,
            UsageCommand::Adjust { line, quantity, effective, release, yes } => {
                let tenant = session.tenant().await?;
                let key = line.key(&tenant).await?;
                let of_customer = UsageFilter { customers: vec![key.customer.clone()], ..UsageFilter::default() };
                let lines = tenant.usage_list(&line.sync, &of_customer).await?;
                let seen = yes.then(|| Seen::for_number(&lines));
                // Whoever writes a number means it, be it zero.
                let release = release.release.into_iter().chain(["zero".to_owned()]).collect();
                let consent = Consent { ordinary: true, release, seen };
                let choice = UsageChoice { line: key, quantity: Some(quantity), effective };
                approve::carry_out(session, &line.sync, &[choice], Vec::new(), &consent, yes).await
            }
            UsageCommand::Dismiss(args) => args.run(session).await,
            UsageCommand::Take { line, target } => take(session, &line, &target).await,
            UsageCommand::History { sync, customer, product, format } => {
                history::history(session, &sync, &customer, product.as_deref(), format).await
            }
        }
    }
}

impl DismissArgs {
    async fn run(self, session: &Session<'_>) -> anyhow::Result<Exit> {
        let tenant = session.tenant().await?;
        let Self { sync, which, held, yes } = self;
        let states = [UsageState::Waiting, UsageState::Held];
        let held = held || which.are_named();
        let lines = which.lines(&tenant, &sync, &states[..1 + usize::from(held)]).await?;
        if which.are_all() && !yes && !lines.is_empty() {
            session.output.tell(&list::rows(&lines));
            let question = format!("Dismiss {}?", count(lines.len() as u64, "line"));
            let products: String = which.products().iter().map(|product| format!(" --product '{product}'")).collect();
            let held = if held { " --held" } else { "" };
            let go_ahead = format!("crosswalk usage dismiss {sync} --all{products}{held} --yes");
            if !confirmed(session, question, &go_ahead).await? {
                session.output.talk("nothing was dismissed");
                return Ok(Exit::Pending);
            }
        }
        // With the count that was seen: what moved meanwhile is not dismissed unseen.
        let seen = |line: &UsageLine| Some((LineKey::new(&line.customer, &line.product), line.counted?));
        let seen: Vec<(LineKey, i64)> = lines.iter().filter_map(seen).collect();
        let dismissed = tenant.usage_dismiss(&sync, &seen).await?;
        session.output.answer(
            || json!({ "dismissed": dismissed }),
            || {
                if lines.is_empty() {
                    return format!("nothing to dismiss; `crosswalk usage list {sync}` shows all lines");
                }
                let done = count(dismissed as u64, "line");
                format!(
                    "{}\n\n{done} dismissed: contracts stay as they are until counts move; to take it back: \
                     crosswalk usage adjust {sync} CUSTOMER PRODUCT --quantity N",
                    list::rows(&lines)
                )
            },
        )?;
        Ok(Exit::Done)
    }
}

async fn take(session: &Session<'_>, line: &LineArgs, target: &str) -> anyhow::Result<Exit> {
    let tenant = session.tenant().await?;
    let key = line.key(&tenant).await?;
    let link = tenant.usage_take(&line.sync, &key, target).await?;
    session.output.answer(
        || super::shapes::link(&link),
        || format!("{key} is line {target} of the contract; next: crosswalk plan {}", line.sync),
    )?;
    Ok(Exit::Done)
}
