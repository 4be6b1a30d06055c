//! `crosswalk plugin`: builds a plugin from source, installs it, lists plugins, and inspects one.

mod inspect;

use self::inspect::{ABILITIES, abilities, summary};
use super::exit::{CliError, Exit};
use super::output::{short_digest, table, word};
use super::session::Session;
use super::shapes;
use clap::Subcommand;
use crosswalk_builder::{BuildOptions, Built, ToolchainChoice, build, pack};
use crosswalk_engine::{PluginList, PluginView, UnusablePlugin, UsablePlugin};
use crosswalk_model::manifest::COMPONENT_BYTES_MAX;
use crosswalk_model::{Call, PluginId, Verb, said};
use crosswalk_say::{Lang, command};
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
        /// Maximum size of a plugin, in bytes
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
        /// Maximum size of a plugin, in bytes
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
            text.parse().map_err(|why: String| CliError::usage(why, said!("desk-cli-toolchain-hint")))
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
            let add = command(&Call::of(Verb::PluginAdd).with("file", &file));
            let next = session.output.lang().say(said!("desk-cli-next", next = add));
            format!("{file}  {id} {version}, {kib} KiB, sha256 {}\n{next}", short_digest(digest))
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
            let lang = session.output.lang();
            let plugin =
                format!("{} {} (sha256 {})", manifest.id, manifest.version, short_digest(&added.plugin.digest));
            match (&added.before, added.known) {
                (_, true) => lang.say(said!("desk-cli-plugin-known", plugin)),
                (Some(before), false) => lang.say(said!("desk-cli-plugin-beside", plugin, before)),
                (None, false) => {
                    let add = Call::of(Verb::ConnectionAdd).with("plugin", &manifest.id);
                    let next = said!("desk-cli-next", next = command(&add));
                    format!("{}\n{}", lang.say(said!("desk-cli-plugin-installed", plugin)), lang.say(next))
                }
            }
        },
    )?;
    Ok(Exit::Done)
}

async fn list(session: &Session<'_>) -> anyhow::Result<Exit> {
    let lang = session.output.lang();
    let PluginList { plugins, unusable } = session.engine()?.plugin_list().await?;
    session.output.answer(
        || {
            let unusable = unusable.iter().map(|one| unusable_document(one, lang));
            plugins.iter().map(usable_document).chain(unusable).collect()
        },
        || {
            let problems: Vec<String> = unusable
                .iter()
                .map(|one| {
                    let (plugin, problem) = (format!("{} {}", one.id, one.version), &one.problem);
                    lang.say(match one.superseded {
                        true => said!("desk-cli-plugin-superseded", plugin, problem),
                        false => said!("desk-cli-plugin-unusable", plugin, problem),
                    })
                })
                .collect();
            if plugins.is_empty() && !problems.is_empty() {
                return problems.join("\n");
            }
            if plugins.is_empty() {
                return lang.say(said!("desk-cli-no-plugin", add = Call::of(Verb::PluginAdd)));
            }
            let rows = plugins.iter().map(|UsablePlugin { view, superseded }| {
                let manifest = &view.manifest;
                [
                    manifest.id.to_string(),
                    manifest.version.clone(),
                    manifest.title.clone(),
                    manifest.contract.clone(),
                    short_digest(&view.digest).to_owned(),
                    word(lang, if *superseded { "superseded" } else { "current" }),
                ]
            });
            let current = plugins.iter().filter(|plugin| !plugin.superseded);
            let able = current.flat_map(|plugin| abilities(&plugin.view, lang));
            let listed = [
                table(lang, ["plugin", "version", "title", "contract", "sha256", "state"], rows),
                table(lang, ABILITIES, able),
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

fn unusable_document(one: &UnusablePlugin, lang: Lang) -> Value {
    json!({
        "manifest": { "id": one.id, "version": one.version },
        "digest": one.digest,
        "size": null,
        "imports": null,
        "description": null,
        "problem": shapes::message(&one.problem, lang),
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
    session.output.answer(|| document(&view), || summary(&view, session.output.lang()))?;
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
