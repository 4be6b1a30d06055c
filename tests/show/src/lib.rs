//! What the demo and the benchmark share: the `crosswalk` program as a person uses it, and
//! two simulated vendors to use it on.
//!
//! Everything goes through the program's command line: what is shown here is what an
//! operator gets.

use crosswalk_sims::{Autotask, PulsewayPsa, PulsewayRmm, SophosCentral};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};

/// Something that went wrong, in a sentence.
pub type Trouble = Box<dyn std::error::Error>;

/// Where simulated vendors are, and how one logs in.
#[derive(Debug, Clone, Default)]
pub struct Accounts {
    /// The RMM: scheme, host and port.
    pub rmm_url: String,
    /// Its token's id.
    pub rmm_token_id: String,
    /// Its token's secret.
    pub rmm_token_secret: String,
    /// The PSA: scheme, host and port.
    pub psa_url: String,
    /// Its API user.
    pub psa_user: String,
    /// That user's secret.
    pub psa_secret: String,
    /// The integration's code.
    pub psa_integration_code: String,
}

impl Accounts {
    /// Those of simulators in this process.
    #[must_use]
    pub fn of(rmm: &PulsewayRmm, psa: &Autotask) -> Self {
        Self {
            rmm_url: rmm.url(),
            rmm_token_id: rmm.token_id().to_owned(),
            rmm_token_secret: rmm.token_secret().to_owned(),
            psa_url: psa.url(),
            psa_user: psa.user().to_owned(),
            psa_secret: psa.secret().to_owned(),
            psa_integration_code: psa.integration_code().to_owned(),
        }
    }
}

/// The program, with a data folder of its own.
#[derive(Debug)]
pub struct Crosswalk {
    program: PathBuf,
    data: PathBuf,
    env: Vec<(String, String)>,
}

impl Crosswalk {
    /// The program in a build folder, on an empty data folder.
    ///
    /// # Errors
    /// The program is not built, or the folder cannot be emptied.
    pub fn new(target: &Path, data: &Path) -> Result<Self, Trouble> {
        let program = target.join("release/crosswalk");
        if !program.exists() {
            return Err(format!("{} is not built: run `make build`", program.display()).into());
        }
        if data.exists() {
            std::fs::remove_dir_all(data)?;
        }
        std::fs::create_dir_all(data)?;
        // As the program makes a data folder itself: its owner's alone.
        std::fs::set_permissions(data, std::os::unix::fs::PermissionsExt::from_mode(0o700))?;
        Ok(Self { program, data: data.to_owned(), env: Vec::new() })
    }

    /// Sets a variable of the program's environment.
    pub fn env(&mut self, name: &str, value: &str) {
        self.env.push((name.to_owned(), value.to_owned()));
    }

    /// The command line that a person would type, without the data folder.
    #[must_use]
    pub fn line(args: &[&str]) -> String {
        let quoted = args.iter().map(|arg| if arg.contains(' ') { format!("'{arg}'") } else { (*arg).to_owned() });
        std::iter::once("crosswalk".to_owned()).chain(quoted).collect::<Vec<_>>().join(" ")
    }

    /// The program with these arguments, not started yet.
    #[must_use]
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command.arg("--data").arg(&self.data).args(args).envs(self.env.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Runs it, its output on this terminal.
    ///
    /// # Errors
    /// It cannot be started.
    pub fn run(&self, args: &[&str]) -> Result<ExitStatus, Trouble> {
        Ok(self.command(args).stdin(Stdio::null()).status()?)
    }

    /// Runs it with `--json` and reads what it prints. Exit codes that say how things
    /// stand (changes pending, partial, held) are not errors here.
    ///
    /// # Errors
    /// It fails, or prints no JSON.
    pub fn json(&self, args: &[&str]) -> Result<Value, Trouble> {
        let output = self.command(args).arg("--json").stdin(Stdio::null()).output()?;
        serde_json::from_slice(&output.stdout).map_err(|_| {
            format!("`{}` failed ({}): {}", Self::line(args), output.status, String::from_utf8_lossy(&output.stderr))
                .into()
        })
    }

    /// The arguments that connect to both simulators, with their secrets put into the environment.
    pub fn connect(&mut self, rmm: &PulsewayRmm, psa: &Autotask) -> [Vec<String>; 2] {
        self.connect_to(&Accounts::of(rmm, psa))
    }

    /// The arguments that connect to another PSA, its password put into the environment.
    pub fn connect_other(&mut self, name: &str, psa: &PulsewayPsa) -> Vec<String> {
        self.env("OTHER_PSA_PASSWORD", psa.password());
        let (api, user, tenant) =
            (format!("api={}", psa.url()), format!("user={}", psa.user()), format!("tenant={}", psa.tenant()));
        let words = [
            "connection",
            "add",
            name,
            "--plugin",
            "pulseway-psa",
            "--endpoint",
            &api,
            "--set",
            &user,
            "--set",
            &tenant,
            "--set",
            "business-type=Small business",
            "--set",
            "account-manager=Olga Owner",
            "--secret-env",
            "password=OTHER_PSA_PASSWORD",
            "--bucket",
            "assets=0",
            "--bucket",
            "lists=0",
            "--bucket",
            "account=0",
        ];
        words.map(str::to_owned).into()
    }

    /// The arguments that connect to a licence vendor, its secret put into the environment.
    pub fn connect_licences(&mut self, vendor: &SophosCentral) -> Vec<String> {
        self.env("LICENCES_SECRET", vendor.client_secret());
        let (url, id) = (vendor.url(), format!("client-id={}", vendor.client_id()));
        let endpoint = |name: &str| format!("{name}={url}");
        let mut words: Vec<String> =
            ["connection", "add", "licences", "--plugin", "sophos-central", "--set", &id].map(str::to_owned).into();
        for name in ["identity", "global", "regional"] {
            words.extend(["--endpoint".to_owned(), endpoint(name)]);
        }
        words.extend(["--secret-env", "client-secret=LICENCES_SECRET", "--bucket", "minute=0"].map(str::to_owned));
        words
    }

    /// As [`connect`](Self::connect), to simulators that run elsewhere.
    pub fn connect_to(&mut self, accounts: &Accounts) -> [Vec<String>; 2] {
        for (name, value) in [
            ("RMM_TOKEN_ID", &accounts.rmm_token_id),
            ("RMM_TOKEN_SECRET", &accounts.rmm_token_secret),
            ("PSA_SECRET", &accounts.psa_secret),
            ("PSA_INTEGRATION_CODE", &accounts.psa_integration_code),
        ] {
            self.env(name, value);
        }
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        let api = format!("api={}/api/v3", accounts.rmm_url);
        let (discovery, zone) = (format!("discovery={}", accounts.psa_url), format!("zone={}", accounts.psa_url));
        let user = format!("user={}", accounts.psa_user);
        [
            words(&[
                "connection",
                "add",
                "rmm",
                "--plugin",
                "pulseway-rmm",
                "--endpoint",
                &api,
                "--secret-env",
                "token-id=RMM_TOKEN_ID",
                "--secret-env",
                "token-secret=RMM_TOKEN_SECRET",
            ]),
            words(&[
                "connection",
                "add",
                "psa",
                "--plugin",
                "autotask",
                "--endpoint",
                &discovery,
                "--endpoint",
                &zone,
                "--set",
                &user,
                "--set",
                "owner-resource-id=29682885",
                "--set",
                "udf-last-seen=RMM Last Seen",
                "--set",
                "udf-storage=RMM Storage",
                "--secret-env",
                "secret=PSA_SECRET",
                "--secret-env",
                "integration-code=PSA_INTEGRATION_CODE",
            ]),
        ]
    }
}

/// The folder cargo builds into, as seen from this program.
///
/// # Errors
/// The program does not stand where cargo puts it.
pub fn target_folder() -> Result<PathBuf, Trouble> {
    let exe = std::env::current_exe()?;
    exe.ancestors().nth(2).map(Path::to_owned).ok_or_else(|| "this program stands in no build folder".into())
}

/// The built connectors.
///
/// # Errors
/// One is not built.
pub fn connectors(target: &Path) -> Result<Vec<PathBuf>, Trouble> {
    ["pulseway-rmm", "datto-rmm", "autotask", "pulseway-psa", "sophos-central"]
        .into_iter()
        .map(|name| {
            let file = target.join("connectors").join(format!("{name}.wasm"));
            if file.exists() {
                Ok(file)
            } else {
                Err(format!("{} is not built: run `make connectors`", file.display()).into())
            }
        })
        .collect()
}
