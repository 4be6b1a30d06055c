//! The `crosswalk` program: parses the arguments, reads the configuration, hands both over, and
//! converts the result into an exit code. It decides nothing.

use crosswalk::cli::{Args, CliError, Exit};
use crosswalk::config::{self, Config};
use std::process::ExitCode;

fn main() -> ExitCode {
    let args = match Args::of_command_line(config::environment) {
        Ok(args) => args,
        Err(code) => return code,
    };
    let output = args.output();
    let done: anyhow::Result<Exit> = Config::read(&args.flags(), config::environment)
        .map_err(|error| CliError::from(error).into())
        .and_then(|config| crosswalk::app::run(args, &config, &output));
    done.unwrap_or_else(|error| output.fail(&error)).into()
}
