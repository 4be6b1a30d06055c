//! Progress bars for long work. Each stage has one line while it runs, and leaves one line when it
//! ends. Silent if standard error is not a terminal.

use super::output::Output;
use super::terminal;
use crosswalk_engine::{Progress, Stage};
use indicatif::{MultiProgress, ProgressBar, ProgressState, ProgressStyle};
use std::sync::{Mutex, PoisonError};

const KNOWN: &str = "{msg:36} {wide_bar} {pos}/{len}  {rate:>8}  {eta}";
const UNKNOWN: &str = "{msg:36} {spinner} {pos}  {rate:>8}";

/// Draws the engine's progress.
pub(super) struct Bars {
    lines: MultiProgress,
    stages: Mutex<Vec<(Stage, ProgressBar)>>,
}

impl Bars {
    pub(super) fn new(output: &Output) -> Self {
        Self { lines: output.bars().clone(), stages: Mutex::default() }
    }

    /// The bar of a stage, if it is running.
    fn bar(&self, stage: &Stage) -> Option<ProgressBar> {
        let stages = self.stages.lock().unwrap_or_else(PoisonError::into_inner);
        stages.iter().find(|(under_way, _)| under_way == stage).map(|(_, bar)| bar.clone())
    }
}

impl Progress for Bars {
    fn begin(&self, stage: Stage, steps: Option<u64>) {
        if self.lines.is_hidden() {
            return;
        }
        let bar = ProgressBar::no_length()
            .with_message(terminal::line(&label(&stage)).into_owned())
            .with_style(style(UNKNOWN));
        set_length(&bar, steps);
        let bar = self.lines.add(bar);
        self.stages.lock().unwrap_or_else(PoisonError::into_inner).push((stage, bar));
    }

    fn at(&self, stage: &Stage, done: u64, steps: Option<u64>) {
        if let Some(bar) = self.bar(stage) {
            set_length(&bar, steps);
            bar.set_position(done);
        }
    }

    fn end(&self, stage: &Stage) {
        let mut stages = self.stages.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(index) = stages.iter().position(|(under_way, _)| under_way == stage) else { return };
        let (_, bar) = stages.swap_remove(index);
        let line = format!("{}: {} in {:.1} s", label(stage), bar.position(), bar.elapsed().as_secs_f64());
        bar.finish_and_clear();
        self.lines.suspend(|| terminal::tell(&line, false));
    }
}

fn set_length(bar: &ProgressBar, steps: Option<u64>) {
    if let Some(steps) = steps.filter(|steps| bar.length() != Some(*steps)) {
        bar.set_length(steps);
        bar.set_style(style(KNOWN));
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()).with_key(
        "rate",
        |state: &ProgressState, text: &mut dyn std::fmt::Write| {
            // Writing to memory cannot fail.
            let _ = write!(text, "{:.0}/s", state.per_sec());
        },
    )
}

fn label(stage: &Stage) -> String {
    match stage {
        Stage::Reading { connection, kind } => format!("reading {kind}s from {connection}"),
        Stage::Planning => "planning".to_owned(),
        Stage::Recovering => "looking up interrupted writes".to_owned(),
        Stage::Applying => "applying".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_templates_are_well_formed() {
        for template in [KNOWN, UNKNOWN] {
            assert!(ProgressStyle::with_template(template).is_ok(), "{template}");
        }
    }
}
