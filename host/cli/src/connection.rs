//! `crosswalk connection`: manages accounts at vendors, with their settings, secrets, grants and
//! limits.

pub(super) mod show;

use self::show::{account, health, summary};
use super::exit::{CliError, Exit};
use super::link::and_next;
use super::output::{clean, or_dash, table};
use super::parse::{self, Pair, bucket, pair};
use super::secrets::SecretArgs;
use super::session::Session;
use super::shapes;
use clap::Subcommand;
use crosswalk_engine::{Checked, ConnectionView, NewConnection, Standing};
use crosswalk_model::connection::BucketOverride;
use crosswalk_model::said::Arg;
use crosswalk_model::{Call, ConnectionName, Manifest, PluginId, Said, Verb, said};
use crosswalk_say::Lang;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Set up accounts at vendors.
#[derive(Debug, Subcommand)]
#[command(disable_help_subcommand = true)]
pub(super) enum ConnectionCommand {
    /// Add a connection: an account at a vendor
    #[command(after_help = "\
On a terminal, each required secret without a flag is asked for, without echo. No flag takes a
secret itself. `plugin inspect` lists settings, secrets, endpoints and buckets.

Examples:
  crosswalk connection add rmm --plugin some-rmm --grant-all
  crosswalk connection add psa --plugin some-psa --set zone=eu --secret-file token=token.txt \\
      --endpoint api=https://psa.example/api --bucket hour=5000,at-once=2")]
    Add(AddArgs),
    /// List the connections
    #[command(after_help = "\
A connection whose plugin cannot be used is listed with the reason, and the exit code is 4.")]
    List,
    /// Show a connection: settings, grants, limits, and which secrets are set
    Show {
        /// The connection
        name: ConnectionName,
    },
    /// Ask the vendor whether the account is usable, and which one it is
    #[command(after_help = "\
The first account that answers is kept, since links are about its records. When settings,
secrets or endpoints lead to another account, every sync of the connection is held until the
connection points back, or until --same confirms that both are one account. The journal keeps both
accounts and the reason, and earlier plans are void. For another account, add a connection and a sync.

Examples:
  crosswalk connection check psa
  crosswalk connection check psa --same --reason \"the vendor moved our database\"")]
    Check {
        /// The connection
        name: ConnectionName,
        /// Confirm that the account that answers now is the same as before
        #[arg(long, requires = "reason")]
        same: bool,
        /// Reason why both are the same account
        #[arg(long, value_name = "TEXT", requires = "same")]
        reason: Option<String>,
    },
    /// Grant an endpoint that the plugin asks for
    #[command(after_help = "\
A host name that resolves to a private address (in your own network, or on this machine) is
refused until `--private HOST:PORT` grants it. A private address in --url itself is granted with it.

Examples:
  crosswalk connection grant psa api --url https://psa.office.example/api
  crosswalk connection grant psa api --private psa.office.example:443")]
    Grant {
        /// The connection
        name: ConnectionName,
        /// The endpoint, by its name in the plugin
        endpoint: String,
        /// The URL, if it differs from the plugin's
        #[arg(long)]
        url: Option<String>,
        /// Allow this server of the endpoint to have a private address
        #[arg(long, value_name = "HOST:PORT")]
        private: Vec<String>,
    },
    /// Revoke the grant of an endpoint
    Revoke {
        /// The connection
        name: ConnectionName,
        /// The endpoint, by its name in the plugin
        endpoint: String,
    },
    /// Release a connection that is in quarantine after repeated crashes of its connector
    Release {
        /// The connection
        name: ConnectionName,
    },
    /// Change settings, secrets and call limits; what is not named stays
    #[command(after_help = "\
Examples:
  crosswalk connection set psa --set zone=us --unset note
  crosswalk connection set psa --secret token                (asks for it)
  crosswalk connection set psa --bucket hour=unlimited")]
    Set(SetArgs),
    /// Show the remedy for a failure, in the words of the connection's plugin
    #[command(after_help = "\
Example:
  crosswalk connection help psa denied")]
    Help {
        /// The connection
        name: ConnectionName,
        /// The failure: denied, throttled, unavailable, rejected, … [default: every failure with a text]
        failure: Option<String>,
    },
    /// List the values a setting can have, read from the vendor now
    Choices {
        /// The connection
        name: ConnectionName,
        /// The setting
        setting: String,
    },
}

/// A new connection.
#[derive(Debug, clap::Args)]
pub(super) struct AddArgs {
    /// Its name: lower-case letters, digits and dashes
    name: ConnectionName,
    /// The plugin that serves it
    #[arg(long)]
    plugin: PluginId,
    /// Grant an endpoint at a URL
    #[arg(long = "endpoint", value_name = "NAME=URL", value_parser = pair)]
    endpoints: Vec<Pair>,
    /// Grant every endpoint that has an address of its own, as the plugin asks
    #[arg(long)]
    grant_all: bool,
    #[command(flatten)]
    values: ValueArgs,
}

/// New values of a connection.
#[derive(Debug, clap::Args)]
pub(super) struct SetArgs {
    /// The connection
    name: ConnectionName,
    /// Reset a setting to its default
    #[arg(long = "unset", value_name = "SETTING")]
    unset: Vec<String>,
    #[command(flatten)]
    values: ValueArgs,
}

/// Settings, secrets and call limits.
#[derive(Debug, clap::Args)]
struct ValueArgs {
    /// Set a setting
    #[arg(long = "set", value_name = "SETTING=VALUE", value_parser = pair)]
    settings: Vec<Pair>,
    #[command(flatten)]
    secrets: SecretArgs,
    /// Replace a call limit of the vendor; `unlimited` removes it
    #[arg(long = "bucket", value_name = "NAME=CALLS[,at-once=N]", value_parser = bucket)]
    buckets: Vec<(String, BucketOverride)>,
}

impl ValueArgs {
    fn settings(&self, manifest: &Manifest) -> BTreeMap<String, Value> {
        let typed = |(name, text): &Pair| (name.clone(), parse::setting(manifest.settings.get(name), text));
        self.settings.iter().map(typed).collect()
    }

    fn buckets(&self) -> BTreeMap<String, BucketOverride> {
        self.buckets.iter().cloned().collect()
    }
}

impl ConnectionCommand {
    pub(super) async fn run(self, session: &Session<'_>) -> anyhow::Result<Exit> {
        match self {
            ConnectionCommand::Add(args) => add(session, args).await,
            ConnectionCommand::Set(args) => set(session, args).await,
            ConnectionCommand::List => list(session).await,
            ConnectionCommand::Show { name } => {
                let view = session.tenant().await?.connection_show(&name).await?;
                show(session, &view, &Said::default())
            }
            ConnectionCommand::Check { name, reason, .. } => check(session, &name, reason.as_deref()).await,
            ConnectionCommand::Grant { name, endpoint, url, private } => {
                let tenant = session.tenant().await?;
                let view = tenant.connection_grant(&name, &endpoint, url.as_deref(), &private).await?;
                show(session, &view, &said!("desk-cli-granted", connection = &name, endpoint))
            }
            ConnectionCommand::Revoke { name, endpoint } => {
                let view = session.tenant().await?.connection_revoke(&name, &endpoint).await?;
                show(session, &view, &said!("desk-cli-revoked", connection = &name, endpoint))
            }
            ConnectionCommand::Release { name } => {
                let tenant = session.tenant().await?;
                let done = match tenant.connection_release(&name).await? {
                    true => said!("desk-cli-released", connection = &name),
                    false => said!("desk-cli-no-quarantine", connection = &name),
                };
                show(session, &tenant.connection_show(&name).await?, &done)
            }
            ConnectionCommand::Help { name, failure } => show_remedies(session, &name, failure).await,
            ConnectionCommand::Choices { name, setting } => {
                let choices = session.tenant().await?.connection_choices(&name, &setting).await?;
                session.output.answer(
                    || choices.iter().map(|choice| json!({ "value": choice.value, "label": choice.label })).collect(),
                    || {
                        table(
                            session.output.lang(),
                            ["value", "label"],
                            choices.iter().map(|choice| [choice.value.clone(), choice.label.clone()]),
                        )
                    },
                )?;
                Ok(Exit::Done)
            }
        }
    }
}

async fn add(session: &Session<'_>, args: AddArgs) -> anyhow::Result<Exit> {
    let manifest = session.engine()?.plugin_inspect(&args.plugin).await?.manifest;
    let new = NewConnection {
        settings: args.values.settings(&manifest),
        secrets: args.values.secrets.collect_secrets(session, &manifest, true)?,
        endpoints: args.endpoints.iter().cloned().collect(),
        grant_all: args.grant_all,
        buckets: args.values.buckets(),
        name: args.name,
        plugin: args.plugin,
    };
    let view = session.tenant().await?.connection_add(new).await?;
    let name = &view.connection.name;
    let next = Call::of(Verb::ConnectionCheck).with("name", name);
    show(session, &view, &and_next(said!("desk-cli-connection-added", connection = name), &next))
}

async fn set(session: &Session<'_>, args: SetArgs) -> anyhow::Result<Exit> {
    let tenant = session.tenant().await?;
    let plugin = tenant.connection_show(&args.name).await?.connection.plugin;
    let manifest = session.engine()?.plugin_inspect(&plugin).await?.manifest;
    let mut settings = args.values.settings(&manifest);
    settings.extend(args.unset.into_iter().map(|name| (name, Value::Null)));
    let secrets = args.values.secrets.collect_secrets(session, &manifest, false)?;
    let view = tenant.connection_set(&args.name, &settings, &secrets, &args.values.buckets()).await?;
    show(session, &view, &said!("desk-cli-connection-changed", connection = &args.name))
}

async fn list(session: &Session<'_>) -> anyhow::Result<Exit> {
    let lang = session.output.lang();
    let views = session.tenant().await?.connection_list().await?;
    session.output.answer(
        || views.iter().map(|view| document(view, lang)).collect(),
        || {
            if views.is_empty() {
                let add = Call::of(Verb::ConnectionAdd).choose("plugin");
                return lang.say(said!("desk-cli-no-connection", add));
            }
            let rows = views.iter().map(|view| {
                let granted = view.endpoints.iter().filter(|endpoint| endpoint.granted.is_some()).count();
                [
                    view.connection.name.to_string(),
                    view.connection.plugin.to_string(),
                    or_dash(Some(&view.title)),
                    lang.say(said!("desk-cli-granted-of", granted, asked = view.endpoints.len())),
                    or_dash(Some(view.secrets.join(", "))),
                    lang.say(health(view)),
                ]
            });
            let listed = table(lang, ["connection", "plugin", "title", "granted", "secrets-set", "state"], rows);
            let problems = views.iter().filter_map(|view| Some((view, view.problem.as_ref()?)));
            let problems = problems.map(|(view, why)| {
                lang.say(said!("desk-cli-connection-unusable", connection = &view.connection.name, why))
            });
            let problems = problems.collect::<Vec<_>>().join("\n");
            if problems.is_empty() { listed } else { format!("{listed}\n\n{problems}") }
        },
    )?;
    Ok(if views.iter().all(|view| view.problem.is_none()) { Exit::Done } else { Exit::Partial })
}

/// Asks for confirmation; requires a reason if two accounts are declared the same.
async fn check(session: &Session<'_>, name: &ConnectionName, reason: Option<&str>) -> anyhow::Result<Exit> {
    let lang = session.output.lang();
    let tenant = session.tenant().await?;
    let Checked { identity, standing } = match reason {
        Some(reason) => tenant.connection_same(name, reason).await?,
        None => tenant.connection_check(name).await?,
    };
    session.output.answer(
        || {
            let mut document = json!(standing);
            document["connection"] = json!(name);
            document["account"] = json!(identity.account);
            document["id"] = json!(identity.id);
            document["detail"] = json!(identity.detail);
            document
        },
        || {
            let account_name = Some(&identity.account).filter(|name| !name.is_empty());
            let mut lines = vec![match [account_name, identity.detail.as_ref()] {
                [Some(account), Some(detail)] => {
                    said!("desk-cli-works-as", connection = name, account = format!("{account} ({detail})"))
                }
                [Some(account), None] | [None, Some(account)] => {
                    said!("desk-cli-works-as", connection = name, account)
                }
                [None, None] => said!("desk-cli-works", connection = name),
            }];
            match &standing {
                Standing::Kept | Standing::Same => {}
                Standing::Changed { was } => lines.push(said!("desk-cli-account-replaces", was = account(was))),
                Standing::Other { known, syncs } => {
                    let (syncs, known) = (Arg::list(syncs), account(known));
                    lines.push(said!("desk-cli-account-other", syncs, known));
                    lines.push(said!("desk-cli-account-other-hint", same = show::same_call(name)));
                }
            }
            lines.into_iter().map(|line| lang.say(line)).collect::<Vec<_>>().join("\n")
        },
    )?;
    Ok(if matches!(standing, Standing::Other { .. }) { Exit::Held } else { Exit::Done })
}

async fn show_remedies(session: &Session<'_>, name: &ConnectionName, failure: Option<String>) -> anyhow::Result<Exit> {
    let mut texts = session.tenant().await?.connection_help(name).await?;
    if let Some(failure) = failure {
        let known: Vec<String> = texts.keys().cloned().collect();
        texts.retain(|one, _| *one == failure);
        if texts.is_empty() {
            let hint = match known.is_empty() {
                true => said!("desk-cli-no-remedies-hint"),
                false => said!("desk-cli-remedies-hint", failures = Arg::list(known)),
            };
            return Err(CliError::usage(said!("desk-cli-no-remedy", connection = name, failure), hint));
        }
    }
    session.output.answer(
        || json!(texts),
        || {
            if texts.is_empty() {
                return session.output.lang().say(said!("desk-cli-no-remedies", connection = name));
            }
            texts.iter().map(|(failure, text)| format!("{failure}\n  {}\n\n", clean(text))).collect()
        },
    )?;
    Ok(Exit::Done)
}

/// Shows a connection, after what was done to it.
fn show(session: &Session<'_>, view: &ConnectionView, done: &Said) -> anyhow::Result<Exit> {
    let lang = session.output.lang();
    session.output.answer(
        || document(view, lang),
        || {
            let text = summary(view, lang);
            if done.is_empty() { text } else { format!("{}\n\n{text}", lang.say(done)) }
        },
    )?;
    Ok(Exit::Done)
}

fn document(view: &ConnectionView, lang: Lang) -> Value {
    let message = |said: &Option<Said>| said.as_ref().map_or(Value::Null, |said| shapes::message(said, lang));
    let mut document = json!(view);
    document["problem"] = message(&view.problem);
    document["health"]["why"] = message(&view.health.why);
    for (endpoint, own) in view.endpoints.iter().enumerate() {
        document["endpoints"][endpoint]["asked"] = shapes::message(&own.asked, lang);
    }
    document
}
