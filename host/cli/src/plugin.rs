//! `crosswalk plugin`: builds a plugin from source, installs it, lists plugins, and inspects one.

use super::exit::{CliError, Exit};
use super::output::{count, or_dash, short_digest, table, yes_or_dash};
use super::session::Session;
use clap::Subcommand;
use crosswalk_builder::{BuildOptions, Built, ToolchainChoice, build, pack};
use crosswalk_engine::{PluginList, PluginView, UnusablePlugin, UsablePlugin};
use crosswalk_model::manifest::COMPONENT_BYTES_MAX;
use crosswalk_model::manifest::{Choices, SettingType};
use crosswalk_model::{KindDescription, Manifest, Operation, PluginId};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// Commands on plugins.
#[derive(Debug, Subcommand)]
pub(super) enum PluginCommand {
    /// Turn a folder with source and plugin.toml into one plugin file
    #[command(after_help = "\
Example:
  crosswalk plugin build plugins/my-vendor --out my-vendor.wasm")]
    Build {
        /// The folder
        dir: PathBuf,
        /// The file to write [default: connectors/ID.wasm in the target folder]
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
        /// The compiler: auto, installed or debian [default: $CROSSWALK_WASM_TOOLCHAIN, or auto]
        #[arg(long)]
        toolchain: Option<ToolchainChoice>,
        /// The folder to unpack a compiler in, where one is needed [default: toolchain in the target folder]
        #[arg(long, value_name = "DIR")]
        toolchain_dir: Option<PathBuf>,
        /// The target folder [default: cargo's]
        #[arg(long, value_name = "DIR")]
        target_dir: Option<PathBuf>,
        /// The most bytes a plugin may have
        #[arg(long, value_name = "BYTES", default_value_t = COMPONENT_BYTES_MAX)]
        max_bytes: u64,
    },
    /// Add a manifest to a component that another tool built, as a plugin file
    #[command(after_help = "\
Example:
  crosswalk plugin pack connector.wasm --manifest plugin.toml --out my-vendor.wasm")]
    Pack {
        /// The component
        component: PathBuf,
        /// Its plugin.toml
        #[arg(long, value_name = "FILE")]
        manifest: PathBuf,
        /// The file to write
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
        /// The most bytes a plugin may have
        #[arg(long, value_name = "BYTES", default_value_t = COMPONENT_BYTES_MAX)]
        max_bytes: u64,
    },
    /// Install a plugin file, pinned by its digest
    #[command(after_help = "\
A connection keeps the version it was made with.

Example:
  crosswalk plugin add my-vendor.wasm")]
    Add {
        /// The file
        file: PathBuf,
    },
    /// List the installed plugins and what they can do with each kind
    #[command(after_help = "\
A plugin that this host cannot use (it was built for another contract, its file was changed) is
listed with what to do about it, and the exit code is 4. A superseded version does not count: a
newer one is installed, and no connection is pinned to it.")]
    List,
    /// Show what a plugin requires: endpoints, settings, secrets, limits
    #[command(after_help = "\
Examples:
  crosswalk plugin inspect my-vendor          (an installed one)
  crosswalk plugin inspect ./my-vendor.wasm   (a file, without installing or running it)")]
    Inspect {
        /// The name of an installed plugin, or a file
        #[arg(value_name = "NAME|FILE")]
        plugin: String,
    },
}

impl PluginCommand {
    pub(super) async fn run(self, session: &Session<'_>) -> anyhow::Result<Exit> {
        match self {
            PluginCommand::Build { dir, out, toolchain, toolchain_dir, target_dir, max_bytes } => {
                let toolchain = toolchain_or_environment(session, toolchain)?;
                let options = BuildOptions { dir, out, toolchain, toolchain_dir, target_dir, max_bytes };
                built(session, &build(&options, &mut |line| session.output.talk(line))?)
            }
            PluginCommand::Pack { component, manifest, out, max_bytes } => {
                built(session, &pack(&component, &manifest, &out, max_bytes)?)
            }
            PluginCommand::Add { file } => add(session, &file).await,
            PluginCommand::List => list(session).await,
            PluginCommand::Inspect { plugin } => inspect(session, &plugin).await,
        }
    }
}

fn toolchain_or_environment(session: &Session<'_>, flag: Option<ToolchainChoice>) -> anyhow::Result<ToolchainChoice> {
    match (flag, session.environment("CROSSWALK_WASM_TOOLCHAIN")) {
        (Some(choice), _) => Ok(choice),
        (None, Some(text)) => {
            text.parse().map_err(|why: String| CliError::usage(why, "change CROSSWALK_WASM_TOOLCHAIN, or unset it"))
        }
        (None, None) => Ok(ToolchainChoice::Auto),
    }
}

fn built(session: &Session<'_>, built: &Built) -> anyhow::Result<Exit> {
    let Built { file, digest, size, manifest } = built;
    session.output.answer(
        || json!({ "file": file, "digest": digest, "size": size, "id": manifest.id, "version": manifest.version }),
        || {
            let (id, version, file) = (&manifest.id, &manifest.version, file.display());
            let kib = size.div_ceil(1024);
            format!(
                "{file}  {id} {version}, {kib} KiB, sha256 {}\nnext: crosswalk plugin add {file}",
                short_digest(digest)
            )
        },
    )?;
    Ok(Exit::Done)
}

async fn add(session: &Session<'_>, file: &Path) -> anyhow::Result<Exit> {
    let added = session.engine()?.plugin_add(file).await?;
    let manifest = &added.plugin.manifest;
    session.output.answer(
        || json!({ "plugin": document(&added.plugin), "before": added.before, "known": added.known }),
        || {
            let what = format!("{} {} (sha256 {})", manifest.id, manifest.version, short_digest(&added.plugin.digest));
            match (&added.before, added.known) {
                (_, true) => format!("{what} was installed already"),
                (Some(before), false) => format!(
                    "{what} is installed, beside {before}; connections stay with the version they were made with"
                ),
                (None, false) => {
                    format!("{what} is installed\nnext: crosswalk connection add NAME --plugin {}", manifest.id)
                }
            }
        },
    )?;
    Ok(Exit::Done)
}

async fn list(session: &Session<'_>) -> anyhow::Result<Exit> {
    let PluginList { plugins, unusable } = session.engine()?.plugin_list().await?;
    session.output.answer(
        || plugins.iter().map(usable_document).chain(unusable.iter().map(unusable_document)).collect(),
        || {
            let problems: Vec<String> = unusable
                .iter()
                .map(|one| {
                    let superseded = if one.superseded { "is superseded and " } else { "" };
                    format!("{} {} {superseded}cannot be used: {}", one.id, one.version, one.problem)
                })
                .collect();
            if plugins.is_empty() && !problems.is_empty() {
                return problems.join("\n");
            }
            if plugins.is_empty() {
                return "no plugin is installed: `crosswalk plugin add FILE` installs one".to_owned();
            }
            let rows = plugins.iter().map(|UsablePlugin { view, superseded }| {
                let manifest = &view.manifest;
                [
                    manifest.id.to_string(),
                    manifest.version.clone(),
                    manifest.title.clone(),
                    manifest.contract.clone(),
                    short_digest(&view.digest).to_owned(),
                    if *superseded { "superseded" } else { "current" }.to_owned(),
                ]
            });
            let able = plugins.iter().filter(|plugin| !plugin.superseded).flat_map(|plugin| abilities(&plugin.view));
            let listed = [
                table(["plugin", "version", "title", "contract", "sha256", "state"], rows),
                table(["plugin", "kind", "lists", "looks up by", "creates", "updates", "moves", "deactivates"], able),
                problems.join("\n"),
            ];
            listed.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n\n")
        },
    )?;
    Ok(if unusable.iter().all(|one| one.superseded) { Exit::Done } else { Exit::Partial })
}

fn usable_document(one: &UsablePlugin) -> Value {
    let mut document = document(&one.view);
    document["superseded"] = json!(one.superseded);
    document
}

fn unusable_document(one: &UnusablePlugin) -> Value {
    json!({
        "manifest": { "id": one.id, "version": one.version },
        "digest": one.digest,
        "size": null,
        "imports": null,
        "description": null,
        "problem": one.problem,
        "superseded": one.superseded,
    })
}

async fn inspect(session: &Session<'_>, plugin: &str) -> anyhow::Result<Exit> {
    let engine = session.engine()?;
    let installed = PluginId::new(plugin).ok();
    let view = match installed {
        Some(id) if !Path::new(plugin).is_file() => engine.plugin_inspect(&id).await?,
        _ => engine.plugin_inspect_file(Path::new(plugin))?,
    };
    session.output.answer(|| document(&view), || summary(&view))?;
    Ok(Exit::Done)
}

fn document(view: &PluginView) -> Value {
    json!({
        "manifest": view.manifest,
        "digest": view.digest,
        "size": view.size,
        "imports": view.imports,
        "description": view.description,
        "problem": null,
    })
}

/// Lists the plugin's capabilities, one row per kind.
fn abilities(view: &PluginView) -> Vec<[String; 8]> {
    let kinds = view.description.iter().flat_map(|description| &description.kinds);
    let row = |can: &KindDescription| {
        let writes = |operation| yes_or_dash(can.writes.contains(&operation));
        [
            view.manifest.id.to_string(),
            can.kind.to_string(),
            yes_or_dash(can.reads.everything),
            or_dash(Some(lookups(can))),
            writes(Operation::Create),
            writes(Operation::Update),
            writes(Operation::Move),
            writes(Operation::Deactivate),
        ]
    };
    kinds.map(row).collect()
}

fn lookups(can: &KindDescription) -> String {
    let ways = [
        (can.reads.ids, "id"),
        (can.reads.stamps, "stamp"),
        (can.reads.named, "name"),
        (can.reads.changed_since, "change"),
    ];
    ways.iter().filter(|(can, _)| *can).map(|(_, way)| *way).collect::<Vec<_>>().join(", ")
}

/// Describes a plugin section by section, omitting empty sections.
fn summary(view: &PluginView) -> String {
    let manifest = &view.manifest;
    let mut text = format!("{} {}: {}\n", manifest.id, manifest.version, manifest.title);
    if !manifest.description.is_empty() {
        text.push_str(&format!("{}\n", manifest.description));
    }
    // The contract's own interfaces are shown without their package, so that others stand out.
    let own = |name: &String| name.strip_prefix("crosswalk:connector/").unwrap_or(name).to_owned();
    let imports = or_dash(Some(view.imports.iter().map(own).collect::<Vec<_>>().join(", ")));
    text.push_str(&format!(
        "\ncontract  {}\nsize      {} bytes\nsha256    {}\nimports   {imports}\n",
        manifest.contract, view.size, view.digest
    ));
    let mut section = |title: &str, body: String| {
        if body.lines().count() > 1 {
            text.push_str(&format!("\n{title}:\n{body}\n"));
        }
    };
    section("It wants to reach", endpoints(manifest));
    section("The host logs in for it, in dry runs too", logins(manifest));
    section("It reads by POST", host_requests(manifest));
    section("A connection has these settings", settings(manifest));
    section("A connection needs these secrets, which the plugin never sees", secrets(manifest));
    section("It keeps to these limits of the vendor", buckets(manifest));
    section("It has these jobs", jobs(manifest));
    let able = abilities(view).into_iter().map(|[_, kind, lists, looks, creates, updates, moves, retires]| {
        [kind, lists, looks, creates, updates, moves, retires]
    });
    section("It can", table(["kind", "lists", "looks up by", "creates", "updates", "moves", "deactivates"], able));
    text
}

fn endpoints(manifest: &Manifest) -> String {
    let rows = manifest.endpoints.iter().map(|(name, spec)| {
        let place =
            [spec.base.as_deref(), spec.hosts.as_deref()].into_iter().flatten().collect::<Vec<_>>().join(" and ");
        let place = if place.is_empty() { format!("the URL you give with --endpoint {name}=URL") } else { place };
        let login = if spec.auth { "yes" } else { "no" };
        [name.clone(), place, login.to_owned(), spec.title.clone()]
    });
    table(["endpoint", "where", "logs in", "what"], rows)
}

/// Describes the requests the host makes by itself, and the headers that carry their result.
fn logins(manifest: &Manifest) -> String {
    let Some(auth) = &manifest.auth else { return String::new() };
    let carriers = auth.carriers().join(", ");
    let rows = auth.requests().into_iter().map(|(endpoint, path)| {
        ["POST".to_owned(), endpoint.to_owned(), path.to_owned(), format!("a token, in {carriers}")]
    });
    let rows: Vec<[String; 4]> = rows.collect();
    if rows.is_empty() {
        let none = || "-".to_owned();
        return table(
            ["method", "endpoint", "path", "every request carries"],
            [[none(), none(), none(), format!("the secrets, in {carriers}")]],
        );
    }
    table(["method", "endpoint", "path", "every request carries"], rows)
}

fn host_requests(manifest: &Manifest) -> String {
    let rows = manifest.endpoints.iter().flat_map(|(name, spec)| {
        spec.reads.iter().map(|read| [name.clone(), read.path.clone(), read.form.to_string()])
    });
    table(["endpoint", "path", "form"], rows)
}

fn settings(manifest: &Manifest) -> String {
    let rows = manifest.settings.iter().map(|(name, spec)| {
        let type_ = match (spec.type_, &spec.choices) {
            (_, Some(Choices::Fixed(choices))) => choices.join(" | "),
            (_, Some(Choices::From(_))) => "one of the vendor's (`connection choices`)".to_owned(),
            (SettingType::Text, None) => "text".to_owned(),
            (SettingType::Integer, None) => match (spec.min, spec.max) {
                (Some(min), Some(max)) => format!("number, {min} to {max}"),
                (Some(min), None) => format!("number, at least {min}"),
                (None, Some(max)) => format!("number, at most {max}"),
                (None, None) => "number".to_owned(),
            },
            (SettingType::Boolean, None) => "yes or no".to_owned(),
        };
        let default = match (&spec.default, spec.required) {
            (Some(Value::String(text)), _) => text.clone(),
            (Some(value), _) => value.to_string(),
            (None, true) => "(required)".to_owned(),
            (None, false) => "-".to_owned(),
        };
        [name.clone(), type_, default, sentence(&spec.title, &spec.help)]
    });
    table(["setting", "value", "default", "meaning"], rows)
}

fn secrets(manifest: &Manifest) -> String {
    let rows = manifest
        .secrets
        .iter()
        .map(|(name, spec)| [name.clone(), yes_or_dash(spec.required), sentence(&spec.title, &spec.help)]);
    table(["secret", "required", "meaning"], rows)
}

fn buckets(manifest: &Manifest) -> String {
    let rows = manifest.buckets.iter().map(|(name, spec)| {
        let calls = spec.calls.map(|calls| format!("{} in {} s", count(calls.into(), "call"), spec.window_seconds));
        [name.clone(), spec.paths.clone(), or_dash(calls), or_dash(spec.at_once)]
    });
    table(["bucket", "paths", "calls", "at once"], rows)
}

fn jobs(manifest: &Manifest) -> String {
    let rows = manifest.jobs.iter().map(|(name, spec)| {
        let every = spec.every_minutes.map(|minutes| format!("every {}", count(minutes.into(), "minute")));
        [name.clone(), every.unwrap_or_else(|| "when asked for".to_owned()), spec.title.clone()]
    });
    table(["job", "when", "what"], rows)
}

fn sentence(title: &str, help: &str) -> String {
    if help.is_empty() { title.to_owned() } else { format!("{title}: {help}") }
}
