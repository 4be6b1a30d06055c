//! The selection of lines.

use crate::exit::CliError;
use crosswalk_engine::{Tenant, UsageFilter, UsageLine, UsageState};
use crosswalk_model::{LineKey, SyncName, said};
use std::collections::HashSet;

/// Lines by customer and product, or all.
#[derive(Debug, clap::Args)]
pub(crate) struct WhichArgs {
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

    /// Whether lines of all customers are selected.
    pub(super) fn are_all(&self) -> bool {
        self.all
    }

    /// The named products.
    pub(super) fn products(&self) -> &[String] {
        &self.products
    }

    /// Returns the selected lines in these states.
    pub(super) async fn lines(
        &self,
        tenant: &Tenant,
        sync: &SyncName,
        states: &[UsageState],
    ) -> anyhow::Result<Vec<UsageLine>> {
        if !self.are_named() && !self.all {
            return Err(CliError::usage(said!("desk-cli-no-customer-named"), said!("desk-cli-name-customers")));
        }
        let customers = tenant.customers_named(sync, &self.customers).await?;
        let products = tenant.products_named(sync, &self.products).await?;
        let all = tenant.usage_list(sync, &UsageFilter::default()).await?;
        let is_meant = |line: &UsageLine| {
            (customers.is_empty() || customers.contains(&line.customer))
                && (products.is_empty() || products.contains(&line.product))
        };
        // Of lines that are summed, the selected one is the line that bills them all.
        let leaders: HashSet<String> =
            all.iter().filter(|line| is_meant(line)).filter_map(|line| line.together.clone()).collect();
        let leads = |line: &UsageLine| leaders.contains(&LineKey::new(&line.customer, &line.product).to_string());
        let mut lines = all;
        lines.retain(|line| states.contains(&line.state) && (is_meant(line) || leads(line)));
        Ok(lines)
    }
}
