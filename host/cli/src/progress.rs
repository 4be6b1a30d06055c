//! Progress bars for long work. Each stage has one line while it runs, and leaves one line when it
//! ends. Silent if standard error is not a terminal.

use super::output::Output;
use super::terminal;
use crosswalk_engine::{Progress, Stage};
use crosswalk_model::said::Arg;
use crosswalk_model::{Kind, Said, said};
use crosswalk_say::Lang;
use indicatif::{MultiProgress, ProgressBar, ProgressState, ProgressStyle};
use std::sync::{Mutex, PoisonError};

const KNOWN: &str = "{msg:36} {wide_bar} {pos}/{len}  {rate:>8}  {eta}";
const UNKNOWN: &str = "{msg:36} {spinner} {pos}  {rate:>8}";

/// Draws the engine's progress.
pub(super) struct Bars {
    lines: MultiProgress,
    lang: Lang,
    stages: Mutex<Vec<(Stage, ProgressBar)>>,
}

impl Bars {
    pub(super) fn new(output: &Output) -> Self {
        Self { lines: output.bars().clone(), lang: output.lang(), stages: Mutex::default() }
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
            .with_message(terminal::line(&self.lang.say(label(&stage))).into_owned())
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
        let seconds = Arg::decimal(format!("{:.1}", bar.elapsed().as_secs_f64()));
        let line = self.lang.say(said!("cli-stage-ended", stage = label(stage), count = bar.position(), seconds));
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

/// The words of a stage of another process's run.
pub(super) fn label_of(stage: &str, connection: &str, kind: Option<Kind>) -> Said {
    match (stage, kind) {
        ("reading", Some(kind)) => label(&Stage::Reading { connection: connection.to_owned(), kind }),
        ("recovering", _) => label(&Stage::Recovering),
        ("applying", _) => label(&Stage::Applying),
        _ => label(&Stage::Planning),
    }
}

fn label(stage: &Stage) -> Said {
    match stage {
        Stage::Reading { connection, kind } => said!("cli-stage-reading", kind = *kind, connection),
        Stage::Planning => said!("cli-stage-planning"),
        Stage::Recovering => said!("cli-stage-recovering"),
        Stage::Applying => said!("cli-stage-applying"),
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
