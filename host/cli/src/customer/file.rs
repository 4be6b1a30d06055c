//! Customers in a file, to map and switch hundreds at once.

use crate::exit::Exit;
use crate::files::{self, ImportArgs, TableArgs};
use crate::session::Session;
use crosswalk_engine::{CUSTOMER_COLUMNS, CustomerFilter};
use crosswalk_model::SyncName;
use serde_json::json;
use std::path::PathBuf;

pub(super) async fn export(
    session: &Session<'_>,
    sync: &SyncName,
    filter: &CustomerFilter,
    form: TableArgs,
    output: Option<PathBuf>,
) -> anyhow::Result<Exit> {
    let rows = session.tenant().await?.customer_export(sync, filter).await?;
    let rows = files::worded(&rows, session.output.lang())?;
    files::write_out(session, output, "customers", &form.text(CUSTOMER_COLUMNS, &rows)?, || json!(rows))?;
    Ok(Exit::Done)
}

pub(super) async fn import(session: &Session<'_>, args: &ImportArgs) -> anyhow::Result<Exit> {
    let file = files::read(&args.file)?;
    let import = session.tenant().await?.customer_import(&args.sync, &file, args.dry_run).await?;
    args.answer(session, "customer", &import)
}
