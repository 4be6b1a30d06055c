//! The `crosswalk` program.

use anyhow::Context;
use clap::{Parser, Subcommand};
use crosswalk::builder::{BuildOptions, Choice, MAX_COMPONENT_BYTES, build, pack};
use std::io::Write;
use std::path::PathBuf;

#[derive(Parser)]
#[command(version, about = "A WebAssembly plugin host that keeps an MSP's systems in step")]
struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Work with plugins
    #[command(subcommand)]
    Plugin(Plugin),
}

#[derive(Subcommand)]
enum Plugin {
    /// Build the connector in a folder into one component file
    Build {
        /// The folder with Cargo.toml and plugin.toml
        dir: PathBuf,
        /// The file to write [default: <target>/connectors/<id>.wasm]
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
        /// Which compiler: auto, installed or debian
        #[arg(long, env = "CROSSWALK_WASM_TOOLCHAIN", default_value = "auto")]
        toolchain: Choice,
        /// Where a compiler is unpacked if one must be [default: <target>/toolchain]
        #[arg(long, value_name = "DIR")]
        toolchain_dir: Option<PathBuf>,
        /// The target folder [default: cargo's]
        #[arg(long, value_name = "DIR")]
        target_dir: Option<PathBuf>,
        /// The largest component, in bytes
        #[arg(long, value_name = "BYTES", default_value_t = MAX_COMPONENT_BYTES)]
        max_bytes: u64,
    },
    /// Put a manifest into a component that another tool built
    Pack {
        /// The component
        component: PathBuf,
        /// Its plugin.toml
        #[arg(long, value_name = "FILE")]
        manifest: PathBuf,
        /// The file to write
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
        /// The largest component, in bytes
        #[arg(long, value_name = "BYTES", default_value_t = MAX_COMPONENT_BYTES)]
        max_bytes: u64,
    },
}

fn main() -> anyhow::Result<()> {
    let Command::Plugin(plugin) = Args::parse().command;
    let built = match plugin {
        Plugin::Build { dir, out, toolchain, toolchain_dir, target_dir, max_bytes } => {
            let options = BuildOptions { dir, out, toolchain, toolchain_dir, target_dir, max_bytes };
            // Progress is talk: when nobody can hear it, the build goes on.
            build(&options, &mut |line| drop(writeln!(std::io::stderr(), "{line}")))?
        }
        Plugin::Pack { component, manifest, out, max_bytes } => pack(&component, &manifest, &out, max_bytes)?,
    };
    let summary = format!("{}  {} bytes  sha256 {}", built.file.display(), built.size, built.digest);
    writeln!(std::io::stdout(), "{summary}").context("cannot write to standard output")
}
