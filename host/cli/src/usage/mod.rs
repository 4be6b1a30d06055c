//! `crosswalk usage`: counts, contract quantities and approvals, line by line.
//!
//! A line is one product of one customer. Customers and products are named by their id, or by their
//! whole name if that is unique.

mod approve;
mod consent;
mod history;
mod list;
mod which;

use super::confirm::confirmed;
use super::exit::Exit;
use super::files::Format;
use super::link::{and_next, plan_call};
use super::parse::{day, word};
use super::session::Session;
use approve::ApproveArgs;
use clap::Subcommand;
use consent::{Consent, Seen};
use crosswalk_engine::{Tenant, UsageChoice, UsageFilter, UsageLine, UsageState};
use crosswalk_model::{Brake, Call, LineKey, SyncName, Verb, said};
use jiff::civil::Date;
use serde_json::json;
use which::WhichArgs;

/// Commands on usage.
#[derive(Debug, Subcommand)]
pub(super) enum UsageCommand {
    /// List lines: the count, the contract's quantity, the last approval and the next change
    #[command(after_help = "\
States: waiting (to be approved), held (by a brake), in-step, not-fetched (the count is not known,
which is not zero), left (something has to be mapped or corrected first), together (billed as a part
of another line). A line that was dismissed or adjusted is in-step until the count moves, although
the contract has another number; `usage adjust SYNC CUSTOMER PRODUCT --quantity N` takes that back.

Examples:
  crosswalk usage list licences --state waiting --state held
  crosswalk usage list licences --product CIXA-MSP")]
    List {
        /// The sync
        sync: SyncName,
        /// Only lines of this customer; repeat for several
        #[arg(long = "customer", value_name = "CUSTOMER")]
        customers: Vec<String>,
        /// Only lines of this product; repeat for several
        #[arg(long = "product", value_name = "PRODUCT")]
        products: Vec<String>,
        /// Only lines in this state; repeat for several
        #[arg(long = "state", value_name = "STATE", value_parser = word::<UsageState>)]
        states: Vec<UsageState>,
    },
    /// Show the next change of each line, and write it to the contracts once confirmed
    #[command(after_help = "\
Contracts are read again first. For named customers, what a brake holds is approved too; with --all
only with --held. The brakes edited, moved, zero, takeover and parts need --release with their names.
With --yes, only what was listed before is released; what changed meanwhile stays held. An impossible
day (invoiced, outside the contract, changed once already) is refused: choose another with --effective.

Examples:
  crosswalk usage approve licences 5f0c1d7e
  crosswalk usage approve licences --all --product CIXA-MSP --effective 2026-12-01
  crosswalk usage approve licences --all --held --yes
  crosswalk usage approve licences 5f0c1d7e --release edited --release zero")]
    Approve(ApproveArgs),
    /// Write a quantity other than the count; it stays until the count moves
    Adjust {
        #[command(flatten)]
        line: LineArgs,
        /// The contract's new quantity
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(i64).range(0..))]
        quantity: i64,
        /// The first day of the change [default: today]
        #[arg(long, value_name = "YYYY-MM-DD", value_parser = day)]
        effective: Option<Date>,
        #[command(flatten)]
        release: approve::ReleaseArgs,
        /// Do not ask for confirmation
        #[arg(short, long)]
        yes: bool,
    },
    /// Leave the contract as it is, until the count moves again
    #[command(after_help = "\
Nothing is written to the vendor. For named customers, what a brake holds is dismissed too; with
--all only with --held. To take a dismissal back, write the count, or another number:
`crosswalk usage adjust SYNC CUSTOMER PRODUCT --quantity N`.

Examples:
  crosswalk usage dismiss licences 5f0c1d7e --product CIXA-MSP
  crosswalk usage dismiss licences --all --product CIXA-MSP --held")]
    Dismiss(DismissArgs),
    /// Choose the contract line of a product that is on the contract twice or was replaced
    Take {
        #[command(flatten)]
        line: LineArgs,
        /// The contract's line, by its id
        target: String,
    },
    /// Show counts and writes of a customer with their days, as proof of an invoice
    #[command(after_help = "\
Counts are listed by month and product, with the first and the last day on which each was read.

Example:
  crosswalk usage history licences 5f0c1d7e --product CIXA-MSP --format csv")]
    History {
        /// The sync
        sync: SyncName,
        /// The customer
        customer: String,
        /// Only this product
        #[arg(long)]
        product: Option<String>,
        /// Print the content of a file: csv or json
        #[arg(long)]
        format: Option<Format>,
    },
}

/// The lines to leave unchanged.
#[derive(Debug, clap::Args)]
pub(super) struct DismissArgs {
    /// The sync
    sync: SyncName,
    #[command(flatten)]
    which: WhichArgs,
    /// With --all: also dismiss what a brake holds
    #[arg(long)]
    held: bool,
    /// With --all: do not ask for confirmation
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
    /// Whether the command runs long enough that a signal should stop it gracefully.
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
                // A given number is intended, even zero.
                let release = release.release.into_iter().chain([Brake::Zero]).collect();
                let consent = Consent { ordinary: true, release, seen };
                let choice = UsageChoice { line: key, quantity: Some(quantity), effective };
                approve::carry_out(session, &line.sync, &[choice], Vec::new(), &consent, yes).await
            }
            UsageCommand::Dismiss(args) => args.run(session).await,
            UsageCommand::Take { line, target } => take_line(session, &line, &target).await,
            UsageCommand::History { sync, customer, product, format } => {
                history::history(session, &sync, &customer, product.as_deref(), format).await
            }
        }
    }
}

impl DismissArgs {
    async fn run(self, session: &Session<'_>) -> anyhow::Result<Exit> {
        let tenant = session.tenant().await?;
        let lang = session.output.lang();
        let Self { sync, which, held, yes } = self;
        let states = [UsageState::Waiting, UsageState::Held];
        let held = held || which.are_named();
        let lines = which.lines(&tenant, &sync, &states[..1 + usize::from(held)]).await?;
        if which.are_all() && !yes && !lines.is_empty() {
            session.output.tell(&list::rows(&lines, lang));
            let question = lang.say(said!("desk-cli-dismiss-question", count = lines.len()));
            let products: String = which.products().iter().map(|product| format!(" --product '{product}'")).collect();
            let held = if held { " --held" } else { "" };
            let go_ahead = format!("crosswalk usage dismiss {sync} --all{products}{held} --yes");
            if !confirmed(session, question, &go_ahead).await? {
                session.output.talk(&lang.say(said!("desk-cli-not-dismissed")));
                return Ok(Exit::Pending);
            }
        }
        // With the count that was seen, so that a line which moved meanwhile is not dismissed
        // unseen.
        let seen = |line: &UsageLine| Some((LineKey::new(&line.customer, &line.product), line.counted?));
        let seen: Vec<(LineKey, i64)> = lines.iter().filter_map(seen).collect();
        let dismissed = tenant.usage_dismiss(&sync, &seen).await?;
        session.output.answer(
            || json!({ "dismissed": dismissed }),
            || {
                if lines.is_empty() {
                    let list = Call::of(Verb::UsageList).with("sync", &sync);
                    return lang.say(said!("desk-cli-nothing-to-dismiss", list));
                }
                let adjust = list::adjust_command(&sync);
                let done = said!("desk-cli-dismissed", count = dismissed, adjust);
                format!("{}\n\n{}", list::rows(&lines, lang), lang.say(done))
            },
        )?;
        Ok(Exit::Done)
    }
}

async fn take_line(session: &Session<'_>, line: &LineArgs, target: &str) -> anyhow::Result<Exit> {
    let lang = session.output.lang();
    let tenant = session.tenant().await?;
    let key = line.key(&tenant).await?;
    let link = tenant.usage_take(&line.sync, &key, target).await?;
    session.output.answer(
        || super::shapes::link(&link, lang),
        || {
            let done = said!("desk-cli-taken", line = key.to_string(), target);
            lang.say(and_next(done, &plan_call(&line.sync)))
        },
    )?;
    Ok(Exit::Done)
}
