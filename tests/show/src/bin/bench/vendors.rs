//! The simulated vendors in a process of their own, so that their time can be told from the host's.
//!
//! Leaves alone: what the calls mean; it only starts them, asks them, and stops them.

use crate::replay::Call;
use crosswalk_show::{Accounts, Trouble};
use reqwest::Client;
use serde_json::Value;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// How large a world is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Devices(pub(crate) usize);

impl Devices {
    pub(crate) fn organisations(self) -> usize {
        (self.0 / 100).max(1)
    }

    pub(crate) fn sites(self) -> usize {
        (self.0 / 33).max(self.organisations())
    }

    /// What a first sync creates.
    pub(crate) fn records(self) -> u64 {
        (self.organisations() + self.sites() + self.0) as u64
    }
}

/// A running pair; it stops when dropped.
pub(crate) struct Vendors {
    child: Child,
    pub(crate) accounts: Accounts,
    client: Client,
}

impl Vendors {
    /// Starts both over a world of so many devices, with a PSA that knows none of it.
    ///
    /// # Errors
    /// The program is not built, or does not start.
    pub(crate) fn start(target: &Path, size: Devices, latency_ms: u64, client: &Client) -> Result<Self, Trouble> {
        let program = target.join("release/crosswalk-sims");
        let number = |number: usize| number.to_string();
        let mut child = Command::new(&program)
            .args(["--organisations", &number(size.organisations()), "--sites", &number(size.sites())])
            .args(["--devices", &number(size.0), "--latency-ms", &latency_ms.to_string(), "--existing", "0"])
            .args([
                "--hourly-limit",
                "100000000",
                "--thread-limit",
                "1000",
                "--no-latency-steps",
                "--until-stdin-closes",
            ])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("{} does not start ({error}): run `make build`", program.display()))?;
        let mut line = String::new();
        if let Some(out) = child.stdout.take() {
            BufReader::new(out).read_line(&mut line)?;
        }
        let ready: Value = serde_json::from_str(&line).map_err(|_| "the simulators ended before they were ready")?;
        let text = |side: &str, name: &str| ready[side][name].as_str().unwrap_or_default().to_owned();
        let accounts = Accounts {
            rmm_url: text("rmm", "url"),
            rmm_token_id: text("rmm", "token_id"),
            rmm_token_secret: text("rmm", "token_secret"),
            psa_url: text("psa", "url"),
            psa_user: text("psa", "user"),
            psa_secret: text("psa", "secret"),
            psa_integration_code: text("psa", "integration_code"),
        };
        Ok(Self { child, accounts, client: client.clone() })
    }

    fn urls(&self) -> [&str; 2] {
        [&self.accounts.rmm_url, &self.accounts.psa_url]
    }

    async fn get(&self, url: &str, name: &str) -> Result<Value, Trouble> {
        let reply = self.client.get(format!("{url}/_sim/{name}")).send().await?;
        Ok(serde_json::from_slice(&reply.bytes().await?)?)
    }

    async fn post(&self, url: &str, name: &str) -> Result<(), Trouble> {
        self.client.post(format!("{url}/_sim/{name}")).body("{}").send().await?.error_for_status()?;
        Ok(())
    }

    /// CPU seconds of their process since its start.
    pub(crate) async fn cpu_seconds(&self) -> Result<f64, Trouble> {
        let told = self.get(&self.accounts.rmm_url, "cpu").await?;
        told["cpu_seconds"].as_f64().ok_or_else(|| "the simulators do not tell their time".into())
    }

    /// Calls that were meant to write, and calls that were refused, at both.
    pub(crate) async fn writes_and_refusals(&self) -> Result<(u64, u64), Trouble> {
        let (mut writes, mut refused) = (0, 0);
        for url in self.urls() {
            let counts = self.get(url, "counts").await?;
            writes += counts["writes"].as_u64().unwrap_or_default();
            refused += counts["refused"].as_u64().unwrap_or_default();
        }
        Ok((writes, refused))
    }

    /// Every device checks in, and counting begins anew: an hour later.
    pub(crate) async fn an_hour_later(&self) -> Result<(), Trouble> {
        self.post(&self.accounts.rmm_url, "check-in").await?;
        for url in self.urls() {
            self.post(url, "reset").await?;
        }
        Ok(())
    }

    /// From now on calls are recorded.
    pub(crate) async fn record(&self) -> Result<(), Trouble> {
        for url in self.urls() {
            self.post(url, "record").await?;
        }
        Ok(())
    }

    /// What was recorded: at the RMM, at the PSA.
    pub(crate) async fn recording(&self) -> Result<[Vec<Call>; 2], Trouble> {
        let mut sides = [Vec::new(), Vec::new()];
        for (url, side) in self.urls().into_iter().zip(&mut sides) {
            let rows = self.get(url, "recording").await?;
            side.extend(rows.as_array().into_iter().flatten().map(|row| {
                let text = |at: usize| row[at].as_str().unwrap_or_default().to_owned();
                Call { method: text(0), path: text(1), body: text(2), reply: text(3) }
            }));
        }
        Ok(sides)
    }
}

impl Drop for Vendors {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}
