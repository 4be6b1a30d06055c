//! The selection of customers: by the list's filters, by name, or all.

use crate::exit::CliError;
use crate::parse::{on_off, word};
use crosswalk_engine::error::Error;
use crosswalk_engine::{CustomerFilter, CustomerState, CustomerView, Tenant};
use crosswalk_model::usage::Ending;
use crosswalk_model::{Call, SyncName, Verb, said};

/// Filters; a customer has to match all of them.
#[derive(Debug, clap::Args)]
pub(crate) struct FilterArgs {
    /// Only customers with this text in the name
    #[arg(long, value_name = "TEXT")]
    search: Option<String>,
    /// Only customers in this state; repeat for several
    #[arg(long = "state", value_name = "STATE", value_parser = word::<CustomerState>)]
    states: Vec<CustomerState>,
    /// Only customers with a held change: the same as `--status held`
    #[arg(long)]
    held: bool,
    /// Only customers for which the source reports usage
    #[arg(long)]
    with_usage: bool,
    /// Only customers whose last run ended this way; repeat for several
    #[arg(long = "status", value_name = "ENDING", value_parser = word::<Ending>)]
    endings: Vec<Ending>,
}

impl FilterArgs {
    pub(super) fn filter(&self) -> CustomerFilter {
        let mut endings = self.endings.clone();
        endings.extend(self.held.then_some(Ending::Held));
        CustomerFilter {
            text: self.search.clone(),
            states: self.states.clone(),
            has_usage: self.with_usage,
            endings,
            ..CustomerFilter::default()
        }
    }

    fn is_empty(&self) -> bool {
        self.search.is_none() && self.states.is_empty() && !self.held && !self.with_usage && self.endings.is_empty()
    }
}

/// Filters by switches, for commands that do not set them.
#[derive(Debug, clap::Args)]
pub(crate) struct SwitchedArgs {
    /// Only customers whose usage is switched on, or off
    #[arg(long, value_name = "on|off", value_parser = on_off)]
    usage: Option<bool>,
    /// Only customers whose tickets are switched on, or off
    #[arg(long, value_name = "on|off", value_parser = on_off)]
    tickets: Option<bool>,
}

impl SwitchedArgs {
    pub(super) fn narrow(&self, filter: CustomerFilter) -> CustomerFilter {
        CustomerFilter { usage: self.usage, tickets: self.tickets, ..filter }
    }
}

/// Customers by name, by filters, or all.
#[derive(Debug, clap::Args)]
pub(crate) struct WhichArgs {
    /// The customers, by their ids or whole names
    #[arg(value_name = "CUSTOMER")]
    customers: Vec<String>,
    /// All customers
    #[arg(long, conflicts_with = "customers")]
    all: bool,
    #[command(flatten)]
    filter: FilterArgs,
}

impl WhichArgs {
    /// Returns the selected customers in their current state.
    pub(super) async fn customers(&self, tenant: &Tenant, sync: &SyncName) -> anyhow::Result<Vec<CustomerView>> {
        if self.customers.is_empty() && !self.all && self.filter.is_empty() {
            return Err(CliError::usage(
                said!("desk-cli-no-customer-named"),
                said!("desk-cli-name-customers-or-filter"),
            ));
        }
        let ids = tenant.customers_named(sync, &self.customers).await?;
        let filter = CustomerFilter { ids: ids.clone(), ..self.filter.filter() };
        let customers = tenant.customer_list(sync, &filter).await?.customers;
        let listed = |id: &&String| !customers.iter().any(|one| one.id == **id);
        if let Some(gone) = ids.iter().find(listed).filter(|_| self.filter.is_empty()) {
            let list = Call::of(Verb::CustomerList).with("sync", sync);
            return Err(Error::not_found("customer", gone, said!("desk-cli-customer-gone-hint", list)).into());
        }
        Ok(customers)
    }
}
