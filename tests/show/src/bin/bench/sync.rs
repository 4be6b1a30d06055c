//! First and second syncs by the real program, next to the same calls and nothing else.
//!
//! The calls are recorded in a rehearsal, which is not measured. Then come rounds: the host on new simulators
//! (plan and apply), an hour later the host again, the second sync's bare calls at those same simulators,
//! and the first sync's bare calls at new ones. A ratio is that of the round's own two times, and what is
//! reported is the middle of the rounds.

use crate::replay::{PSA_AT_ONCE, RMM_AT_ONCE, Script, cpu_seconds};
use crate::report::{Report, middle};
use crate::vendors::{Devices, Vendors};
use crosswalk_show::{Crosswalk, Trouble, connectors};
use reqwest::Client;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

/// The sync's name.
pub(crate) const SYNC: &str = "rmm-to-psa";

/// What is measured in one go.
pub(crate) struct Case {
    /// The end of its keys, e.g. `10k_20ms`.
    pub(crate) name: &'static str,
    pub(crate) size: Devices,
    pub(crate) latency_ms: u64,
    pub(crate) rounds: usize,
    /// Whether there is a second sync.
    pub(crate) second: bool,
}

/// Where things are.
pub(crate) struct Place<'a> {
    pub(crate) target: &'a Path,
    pub(crate) client: &'a Client,
}

/// One run of the program.
#[derive(Debug, Clone, Copy, Default)]
struct Spent {
    wall: Duration,
    /// CPU of the host, and of the simulators meanwhile.
    cpu_seconds: f64,
    sims_seconds: f64,
    /// Highest resident memory of the host.
    peak_kib: u64,
}

impl Case {
    /// Measures; leaves the host's data behind, in step, and says where.
    ///
    /// # Errors
    /// A sync does not do what it should, or the replay is refused.
    pub(crate) async fn measure(&self, place: &Place<'_>, report: &mut Report) -> Result<PathBuf, Trouble> {
        println!(
            "── {}: {} devices, {} ms a reply, {RMM_AT_ONCE} calls at once to the RMM and {PSA_AT_ONCE} to the PSA",
            self.name, self.size.0, self.latency_ms
        );
        let data = place.target.join("bench").join(self.name);
        let (first, second) = self.rehearse(place, &data).await?;
        let (mut firsts, mut seconds) = (Vec::new(), Vec::new());
        let (mut shares, mut second_shares, mut writes, mut peak) = (Vec::new(), Vec::new(), 0, 0);
        let (mut cpus, mut second_cpus) = (Vec::new(), Vec::new());
        for _ in 0..self.rounds {
            let vendors = Vendors::start(place.target, self.size, self.latency_ms, place.client)?;
            let host = self.host(place, &data, &vendors)?;
            let spent = self.first(&host, &vendors).await?;
            peak = peak.max(spent.peak_kib);
            cpus.push(spent.cpu_seconds);
            shares.push(spent.sims_seconds / spent.wall.as_secs_f64());
            if self.second {
                vendors.an_hour_later().await?;
                let again = run(&host, &vendors, &["run", SYNC, "--quiet"], 0).await?;
                let (wrote, _) = vendors.writes_and_refusals().await?;
                let bare = second.play(&vendors.accounts).await?;
                println!("   second: {} / {} bare", seconds_of(again.wall), seconds_of(bare.wall));
                seconds.push(again.wall.as_secs_f64() / bare.wall.as_secs_f64());
                second_cpus.push(again.cpu_seconds);
                report.put(&format!("second_sync_bare_seconds_{}", self.name), bare.wall.as_secs_f64());
                report.put(&format!("second_sync_bare_cpu_seconds_{}", self.name), bare.cpu_seconds);
                second_shares.push(again.sims_seconds / again.wall.as_secs_f64());
                writes = writes.max(wrote);
                peak = peak.max(again.peak_kib);
            }
            drop(vendors);
            let vendors = Vendors::start(place.target, self.size, self.latency_ms, place.client)?;
            let bare = first.play(&vendors.accounts).await?;
            println!("   first:  {} / {} bare", seconds_of(spent.wall), seconds_of(bare.wall));
            firsts.push(spent.wall.as_secs_f64() / bare.wall.as_secs_f64());
            report.put(&format!("first_sync_bare_seconds_{}", self.name), bare.wall.as_secs_f64());
            report.put(&format!("first_sync_bare_cpu_seconds_{}", self.name), bare.cpu_seconds);
        }
        report.put(&format!("first_sync_over_calls_{}", self.name), middle(&mut firsts));
        report.put(&format!("first_sync_sims_share_{}", self.name), middle(&mut shares));
        if self.second {
            report.put(&format!("second_sync_over_calls_{}", self.name), middle(&mut seconds));
            report.put(&format!("second_sync_sims_share_{}", self.name), middle(&mut second_shares));
            report.put(&format!("second_sync_cpu_seconds_{}", self.name), middle(&mut second_cpus));
            report.most("second_sync_writes", writes as f64);
        }
        report.put(&format!("first_sync_cpu_seconds_{}", self.name), middle(&mut cpus));
        report.put(&format!("sync_rss_mib_{}", self.name), peak as f64 / 1024.0);
        Ok(data)
    }

    /// Both syncs once, recorded.
    async fn rehearse(&self, place: &Place<'_>, data: &Path) -> Result<(Script, Script), Trouble> {
        let vendors = Vendors::start(place.target, self.size, 0, place.client)?;
        let host = self.host(place, data, &vendors)?;
        vendors.record().await?;
        self.first(&host, &vendors).await?;
        let first = Script::new(vendors.recording().await?);
        vendors.an_hour_later().await?;
        vendors.record().await?;
        run(&host, &vendors, &["run", SYNC, "--quiet"], 0).await?;
        let second = Script::new(vendors.recording().await?);
        println!("   {} calls of a first sync recorded, {} of a second", first.calls(), second.calls());
        Ok((first, second))
    }

    /// The program on an empty folder, connected.
    fn host(&self, place: &Place<'_>, data: &Path, vendors: &Vendors) -> Result<Crosswalk, Trouble> {
        let mut host = Crosswalk::new(place.target, data)?;
        for file in connectors(place.target)? {
            host.json(&["plugin", "add", &file.display().to_string()])?;
        }
        let [mut rmm, mut psa] = host.connect_to(&vendors.accounts);
        rmm.extend(["--bucket".to_owned(), format!("minute=0,at-once={RMM_AT_ONCE}")]);
        psa.extend([
            "--bucket".to_owned(),
            "hour=0".to_owned(),
            "--bucket".to_owned(),
            format!("threads=0,at-once={PSA_AT_ONCE}"),
        ]);
        for words in [rmm, psa] {
            host.json(&words.iter().map(String::as_str).collect::<Vec<_>>())?;
        }
        host.json(&["sync", "add", SYNC, "--from", "rmm", "--to", "psa"])?;
        Ok(host)
    }

    /// Plan and apply, and a look whether everything is there.
    async fn first(&self, host: &Crosswalk, vendors: &Vendors) -> Result<Spent, Trouble> {
        let plan = run(host, vendors, &["plan", SYNC, "--quiet"], 3).await?;
        let apply = run(host, vendors, &["apply", "1", "--release", "all", "--yes", "--quiet"], 0).await?;
        let (writes, refused) = vendors.writes_and_refusals().await?;
        let wanted = self.size.records();
        // Customers with near twins and devices of one serial number wait for a person: they are not created.
        if refused > 0 || writes > wanted || writes < wanted * 98 / 100 {
            return Err(format!(
                "a first sync wrote {writes} times, {refused} calls were refused; about {wanted} were to be made"
            )
            .into());
        }
        println!("   plan {}, apply {}", seconds_of(plan.wall), seconds_of(apply.wall));
        Ok(Spent {
            wall: plan.wall + apply.wall,
            cpu_seconds: plan.cpu_seconds + apply.cpu_seconds,
            sims_seconds: plan.sims_seconds + apply.sims_seconds,
            peak_kib: plan.peak_kib.max(apply.peak_kib),
        })
    }
}

fn seconds_of(time: Duration) -> String {
    format!("{:.3} s", time.as_secs_f64())
}

/// Runs the program to its end.
async fn run(host: &Crosswalk, vendors: &Vendors, args: &[&str], wanted: i32) -> Result<Spent, Trouble> {
    let (before, children) = (vendors.cpu_seconds().await?, cpu_seconds("cutime"));
    let started = Instant::now();
    let mut child = host.command(args).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn()?;
    let mut peak_kib = 0;
    let status = loop {
        // The mark only rises: what is missed are the last milliseconds.
        peak_kib = peak_kib.max(high_water_kib(child.id()).unwrap_or_default());
        match child.try_wait()? {
            Some(status) => break status,
            None => std::thread::sleep(Duration::from_millis(5)),
        }
    };
    let wall = started.elapsed();
    let sims_seconds = vendors.cpu_seconds().await? - before;
    if status.code() != Some(wanted) {
        let said = child.wait_with_output()?;
        return Err(format!(
            "`{}` ended with {status}: {}",
            Crosswalk::line(args),
            String::from_utf8_lossy(&said.stderr)
        )
        .into());
    }
    let cpu_seconds = cpu_seconds("cutime") - children;
    Ok(Spent { wall, cpu_seconds, sims_seconds, peak_kib })
}

/// The highest resident memory of a process that lives.
pub(crate) fn high_water_kib(pid: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse().ok()
}
