//! `crosswalk product`: pairs of source products and target services.
//!
//! They are links whose products are named by their id or their whole name.

use super::customer::list::search_results;
use super::exit::Exit;
use super::link::{self, accept, decide};
use super::parse::score;
use super::session::Session;
use clap::Subcommand;
use crosswalk_engine::{Decision, LinkFilter};
use crosswalk_model::{Kind, LinkState, SyncName};

/// Commands on products.
#[derive(Debug, Subcommand)]
pub(super) enum ProductCommand {
    /// List the source's products with their services, or with proposals and reasons
    #[command(after_help = "\
States: unmapped, proposed, linked, create, excluded, conflict, broken.")]
    List {
        /// The sync
        sync: SyncName,
        /// Only products in this state; repeat for several
        #[arg(long = "state", value_name = "STATE")]
        states: Vec<LinkState>,
        /// Only products with this text in a name, of either side
        #[arg(long, value_name = "TEXT")]
        search: Option<String>,
    },
    /// Find services of the target by part of their name
    Find {
        /// The sync
        sync: SyncName,
        /// A part of the name
        text: String,
        /// Maximum number of services to list
        #[arg(long, default_value_t = 20)]
        limit: usize,
    },
    /// Map a product to a service
    #[command(after_help = "\
Example:
  crosswalk product map licences CIXA-MSP --to 1234")]
    Map {
        #[command(flatten)]
        product: ProductArgs,
        /// The service, by its id or its whole name
        #[arg(long, value_name = "SERVICE")]
        to: String,
    },
    /// Have a service created for a product
    Create {
        #[command(flatten)]
        product: ProductArgs,
    },
    /// Exclude a product: it is not billed
    Exclude {
        #[command(flatten)]
        product: ProductArgs,
    },
    /// Forget what was decided about a product; matching starts over
    Forget {
        #[command(flatten)]
        product: ProductArgs,
    },
    /// Map every product to its proposed service, with at least a score and no close second
    Accept {
        /// The sync
        sync: SyncName,
        /// The score, from 0 to 1
        #[arg(long, value_parser = score, default_value = "0.9")]
        score: f64,
        /// Do not ask for confirmation
        #[arg(short, long)]
        yes: bool,
    },
}

/// A product.
#[derive(Debug, clap::Args)]
pub(super) struct ProductArgs {
    /// The sync
    sync: SyncName,
    /// The source's product, by its id or its whole name
    product: String,
}

impl ProductCommand {
    pub(super) async fn run(self, session: &Session<'_>) -> anyhow::Result<Exit> {
        let tenant = session.tenant().await?;
        match self {
            ProductCommand::List { sync, states, search } => {
                let filter = LinkFilter { kind: Some(Kind::Product), states, text: search, ..LinkFilter::default() };
                link::list(session, &sync, &filter).await
            }
            ProductCommand::Find { sync, text, limit } => {
                search_results(session, "service", &text, &tenant.product_search(&sync, &text, limit).await?)
            }
            ProductCommand::Map { product, to } => {
                let service = tenant.service_named(&product.sync, &to).await?;
                product.decide(session, &Decision::Link(service)).await
            }
            ProductCommand::Create { product } => product.decide(session, &Decision::Create).await,
            ProductCommand::Exclude { product } => product.decide(session, &Decision::Exclude).await,
            ProductCommand::Forget { product } => product.decide(session, &Decision::Forget).await,
            ProductCommand::Accept { sync, score, yes } => accept(session, &sync, Kind::Product, score, yes).await,
        }
    }
}

impl ProductArgs {
    async fn decide(self, session: &Session<'_>, decision: &Decision) -> anyhow::Result<Exit> {
        let tenant = session.tenant().await?;
        let product = tenant.products_named(&self.sync, &[self.product]).await?.concat();
        decide(session, &self.sync, Kind::Product, &product, decision).await
    }
}
