//! The command line as a person or a script uses it: the built program as a child, over a
//! data folder of its own. Everything is told on the right stream, with the right exit
//! code, and what is wrong comes with what to do.

/// Billing by usage: wrong names, days and files.
mod billing;
/// Accounts at vendors: settings, secrets, grants, and vendors that fail.
mod connections;
/// Connectors that break the rules, as an operator sees it.
mod guests;
/// Files that are no plugins, and manifests that are wrong.
mod plugins;
/// Signals, the schedule, and what is done to a sync.
mod stop;
mod terminal;
/// The main job by hand: plan, apply, links in a spreadsheet, the lists, the exit codes.
mod work;

use crate::harness::program::Program;
use crosswalk_sims::{Autotask, Existing, PsaOptions, PulsewayRmm, RmmOptions, Size, World};

/// A small world at both vendors, and the program connected to them.
struct Office {
    rmm: PulsewayRmm,
    psa: Autotask,
    program: Program,
}

/// The arguments that connect to a simulated RMM.
const RMM: &str =
    "--plugin pulseway-rmm --secret-env token-id=RMM_ID --secret-env token-secret=RMM_SECRET --bucket minute=unlimited";

/// The arguments that connect to a simulated PSA.
const PSA: &str = "--plugin autotask --secret-env secret=PSA_SECRET --secret-env integration-code=PSA_CODE \
    --set owner-resource-id=29682885 --bucket hour=unlimited";

impl Office {
    /// Both vendors, and a program that knows their secrets and has no connection yet.
    fn open() -> Self {
        Self::open_sized(Size::new(3, 4, 10))
    }

    fn open_sized(size: Size) -> Self {
        let world = World::generate(size, 11);
        let rmm = PulsewayRmm::start(&world, RmmOptions::default()).expect("an RMM");
        let options = PsaOptions { latency_steps: false, ..PsaOptions::default() };
        let psa = Autotask::start(&Existing::default(), options).expect("a PSA");
        let mut program = Program::with_plugins();
        for (name, secret) in [
            ("RMM_ID", rmm.token_id()),
            ("RMM_SECRET", rmm.token_secret()),
            ("PSA_SECRET", psa.secret()),
            ("PSA_CODE", psa.integration_code()),
            ("KEY", "s3cret-of-the-test"),
        ] {
            program.variable(name, secret);
        }
        Self { rmm, psa, program }
    }

    /// The same with both connections and the sync `s` between them.
    fn connected() -> Self {
        Self::sized(Size::new(3, 4, 10))
    }

    /// The same with a world of this size.
    fn sized(size: Size) -> Self {
        let office = Self::open_sized(size);
        let Self { rmm, psa, program } = &office;
        program.run(&format!("connection add rmm {RMM} --endpoint api={}/api/v3", rmm.url())).ends(0);
        let (url, user) = (psa.url(), psa.user());
        program
            .run(&format!(
                "connection add psa {PSA} --set user={user} --endpoint discovery={url} --endpoint zone={url}"
            ))
            .ends(0);
        program.run("sync add s --from rmm --to psa").ends(0);
        office
    }

    /// The same with everything in step.
    fn in_step() -> Self {
        let office = Self::connected();
        office.plan(3);
        office.program.run("apply 1 --yes --release first-run").ends(0);
        office.plan(0);
        office
    }

    /// Plans, ends with this code, and gives the plan's number.
    fn plan(&self, code: i32) -> u64 {
        self.program.run("plan s --json").ends(code).json()["plan"]["id"].as_u64().expect("a number")
    }
}
