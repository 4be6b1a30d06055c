//! The benchmarks: how fast, how small, each next to the least it could be on the same machine.
//!
//! Ratios wherever there is something to compare with, both halves in the same run and taking turns: a
//! machine that is slow today is slow for both. The simulated vendors are a process of their own, and what
//! share of a sync's time was theirs stands beside it (CPU seconds of theirs a second of the sync; they
//! have a core to themselves where there are two). Prints a table and writes `bench.json` in the build folder.
//!
//! Leaves alone: proving that anything is right, which the tests do. It only refuses to measure what went wrong.

#![expect(clippy::print_stdout, reason = "a benchmark talks")]

mod alike;
mod guest;
mod inside;
mod program;
mod replay;
mod report;
mod sync;
mod tenants;
mod usage;
mod vendors;

use clap::Parser;
use crosswalk_show::{Trouble, target_folder};
use report::Report;
use std::process::ExitCode;
use sync::{Case, Place};
use vendors::Devices;

/// Measure the host against bare calls and native code.
#[derive(Debug, Parser)]
struct Args {
    /// A smoke run: 1,000 and 5,000 devices, one round, into bench-quick.json
    #[arg(long)]
    quick: bool,
    /// Keep the build time of the run before
    #[arg(long)]
    skip_build: bool,
    /// Only these; the other numbers stay as they were
    #[arg(long, value_name = "NAME", num_args = 1.., value_parser = ["calls", "10k", "10k_20ms", "50k", "start", "tenants", "usage", "alike", "build"])]
    only: Vec<String>,
}

impl Args {
    fn wants(&self, name: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|only| only == name)
    }
}

fn main() -> ExitCode {
    let measured = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(Trouble::from)
        .and_then(|runtime| runtime.block_on(bench(&Args::parse())));
    match measured {
        Ok(()) => ExitCode::SUCCESS,
        Err(trouble) => {
            println!("\nbench failed: {trouble}");
            ExitCode::FAILURE
        }
    }
}

async fn bench(args: &Args) -> Result<(), Trouble> {
    let target = target_folder()?;
    let file = target.join(if args.quick { "bench-quick.json" } else { "bench.json" });
    let mut report = Report::after(&file);
    let client = replay::client()?;
    let place = Place { target: &target, client: &client };
    let (small, large, rounds) = if args.quick { (1_000, 5_000, 1) } else { (10_000, 50_000, 3) };
    if args.wants("calls") {
        guest::measure(&target, &mut report).await?;
    }
    if args.wants("start") {
        program::start(&target, &mut report)?;
    }
    let cases = [
        Case { name: "10k", size: Devices(small), latency_ms: 0, rounds, second: true },
        Case { name: "10k_20ms", size: Devices(small), latency_ms: 20, rounds, second: false },
        Case { name: "50k", size: Devices(large), latency_ms: 0, rounds: 1, second: true },
    ];
    for case in cases.iter().filter(|case| args.wants(case.name)) {
        let data = case.measure(&place, &mut report).await?;
        if case.name == "50k" {
            program::plan_stored(&data, &mut report).await?;
        }
        report.save(&file)?;
    }
    if args.wants("tenants") {
        tenants::measure(&target, &client, if args.quick { 20 } else { 200 }, &mut report).await?;
        report.save(&file)?;
    }
    if args.wants("usage") {
        usage::measure(&target, if args.quick { 200 } else { 2_000 }, &mut report).await?;
        report.save(&file)?;
    }
    if args.wants("alike") {
        let (customers, devices) = if args.quick { (2_000, 500) } else { (20_000, 5_000) };
        alike::measure(&target, customers, devices, &mut report).await?;
        report.save(&file)?;
    }
    if args.wants("build") && !args.skip_build && !args.quick {
        program::build(&target, &mut report)?;
    }
    report.save(&file)?;
    report.print();
    println!("\nwritten to {}", file.display());
    Ok(())
}
