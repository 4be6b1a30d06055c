//! Which lines are meant.

use crate::cli::exit::Told;
use crate::engine::{Tenant, UsageFilter, UsageLine, UsageState};
use crate::model::SyncName;

/// Lines by customer and product, or all.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct WhichArgs {
    /// The customers, by their ids or whole names
    #[arg(value_name = "CUSTOMER")]
    customers: Vec<String>,
    /// The lines of all customers
    #[arg(long, conflicts_with = "customers")]
    all: bool,
    /// Only lines of this product; repeat for several
    #[arg(long = "product", value_name = "PRODUCT")]
    products: Vec<String>,
}

impl WhichArgs {
    /// Whether customers are named.
    pub(super) fn are_named(&self) -> bool {
        !self.customers.is_empty()
    }

    /// Whether those of all customers are meant.
    pub(super) fn are_all(&self) -> bool {
        self.all
    }

    /// The products that are named.
    pub(super) fn products(&self) -> &[String] {
        &self.products
    }

    /// Those of the lines that are meant which stand so.
    pub(super) async fn lines(
        &self,
        tenant: &Tenant,
        sync: &SyncName,
        states: &[UsageState],
    ) -> anyhow::Result<Vec<UsageLine>> {
        if !self.are_named() && !self.all {
            return Err(Told::usage("no customer is named", "name customers, or give --all"));
        }
        let customers = tenant.customers_named(sync, &self.customers).await?;
        let products = tenant.products_named(sync, &self.products).await?;
        let mut lines = tenant.usage_list(sync, &UsageFilter { customers, states: states.to_vec() }).await?;
        lines.retain(|line| products.is_empty() || products.contains(&line.product));
        Ok(lines)
    }
}
