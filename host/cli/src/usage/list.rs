//! Lines as a table of their numbers, with totals below.

use crate::exit::Exit;
use crate::link::plan_call;
use crate::output::{or_dash, table, word};
use crate::session::Session;
use crate::shapes::{self, word_of};
use crosswalk_engine::{UsageFilter, UsageLine, UsagePart, UsageState};
use crosswalk_model::said::Arg;
use crosswalk_model::{Call, Said, SyncName, Verb, said};
use crosswalk_say::{Lang, command};
use jiff::civil::Date;

/// Returns lines that match the filter, of these products; empty means all.
pub(super) async fn list(
    session: &Session<'_>,
    sync: &SyncName,
    filter: &UsageFilter,
    products: &[String],
) -> anyhow::Result<Exit> {
    let mut lines = session.tenant().await?.usage_list(sync, filter).await?;
    lines.retain(|line| products.is_empty() || products.contains(&line.product));
    let lang = session.output.lang();
    session.output.answer(
        || lines.iter().map(|line| shapes::usage_line(line, lang)).collect(),
        || {
            if lines.is_empty() {
                return lang.say(said!("desk-cli-no-line", plan = plan_call(sync)));
            }
            let mut text = format!("{}\n\n{}\n", rows(&lines, lang), lang.say(sums(&lines)));
            if lines.iter().any(is_decided) {
                let decided = said!("desk-cli-lines-decided", adjust = adjust_command(sync));
                text.push_str(&format!("\n{}", lang.say(decided)));
            }
            if lines.iter().any(|line| line.becomes.is_some()) {
                let approve = Call::of(Verb::UsageApprove).with("sync", sync).with("customer", "CUSTOMER");
                let next = said!("desk-cli-next-approve", next = command(&approve));
                text.push_str(&format!("\n{}", lang.say(next)));
            }
            text
        },
    )?;
    Ok(Exit::Done)
}

/// The command that writes another quantity than is counted.
pub(super) fn adjust_command(sync: &SyncName) -> String {
    command(&Call::of(Verb::UsageAdjust).with("sync", sync).with("quantity", "N"))
}

/// Whether somebody decided on a number other than the count.
fn is_decided(line: &UsageLine) -> bool {
    line.state == UsageState::InStep && line.counted.is_some_and(|counted| counted != line.has.unwrap_or(0))
}

/// Makes one row per line.
pub(super) fn rows(lines: &[UsageLine], lang: Lang) -> String {
    let rows = lines.iter().map(|line| {
        let effective = line.becomes.map(|_| day(&line.effective, lang));
        [
            line.customer_name.clone(),
            line.product_name.clone(),
            counted(line, lang),
            on_contract(line, lang),
            or_dash(line.approved),
            or_dash(line.becomes),
            or_dash(effective),
            state(line, lang),
            lang.say(why(line, lang)),
        ]
    });
    table(lang, ["customer", "product", "counted", "contract", "approved", "becomes", "from", "state", "why"], rows)
}

/// A day, `2026-11-29`, as it stands in a cell; other text as it is.
pub(super) fn day(text: &str, lang: Lang) -> String {
    text.parse::<Date>().map_or_else(|_| text.to_owned(), |day| lang.say(said!("desk-cli-day", day)))
}

/// The state, with the brakes that hold the line.
fn state(line: &UsageLine, lang: Lang) -> String {
    let state = lang.say(said!("desk-cli-line-state", state = word_of(&line.state)));
    match &line.brake {
        None => state,
        Some(brakes) => {
            let brakes = brakes.split('+').map(|brake| word(lang, brake)).collect::<Vec<_>>();
            format!("{state} ({})", brakes.join("+"))
        }
    }
}

/// The contract's quantity; if a later one is agreed, also today's.
fn on_contract(line: &UsageLine, lang: Lang) -> String {
    match (line.has, line.today) {
        (Some(has), Some(today)) => {
            lang.say(said!("desk-cli-has-today", has = has.to_string(), today = today.to_string()))
        }
        (has, _) => or_dash(has),
    }
}

/// The reason for its state, the parts of its sum, and other problems.
fn why(line: &UsageLine, lang: Lang) -> Said {
    let part = |part: &UsagePart| {
        let counted =
            part.counted.map_or_else(|| lang.say(said!("desk-cli-not-fetched")), |counted| counted.to_string());
        format!("{} {} {counted}", part.customer_name, part.product_name)
    };
    let parts = (!line.parts.is_empty()).then(|| line.parts.iter().map(part).collect::<Vec<_>>().join(" + "));
    let parts = parts.map(|parts| said!("desk-cli-sum-of", parts));
    Said::several(std::iter::once(line.reason.clone()).chain(parts).chain(line.notes.iter().cloned()))
}

/// The count, with the number in use if different; a count not fetched is not a number.
fn counted(line: &UsageLine, lang: Lang) -> String {
    match (line.counted, line.actual) {
        (None, _) => lang.say(said!("desk-cli-not-fetched")),
        (Some(counted), Some(actual)) if actual != counted => {
            lang.say(said!("desk-cli-counted-in-use", counted = counted.to_string(), actual = actual.to_string()))
        }
        (Some(counted), _) => counted.to_string(),
    }
}

/// Number of lines in each state, and the pending change in units.
fn sums(lines: &[UsageLine]) -> Said {
    let states = [
        UsageState::Waiting,
        UsageState::Held,
        UsageState::InStep,
        UsageState::NotFetched,
        UsageState::Left,
        UsageState::Together,
    ];
    let of = |state: UsageState| {
        let count = lines.iter().filter(|line| line.state == state).count();
        (count > 0).then(|| said!("desk-cli-lines-in-state", count, state = word_of(&state)))
    };
    let states = Arg::list(states.into_iter().filter_map(of));
    let moves = describe_moves(lines.iter().filter_map(|line| Some(line.becomes? - line.has.unwrap_or(0))));
    said!("desk-cli-line-sums", count = lines.len(), states, moves)
}

/// The sum of moves in units: `+12 units on 4 lines, -3 on 1`.
pub(super) fn describe_moves(moves: impl IntoIterator<Item = i64>) -> Said {
    let (mut up, mut down) = ((0_i64, 0_u64), (0_i64, 0_u64));
    for units in moves {
        let side = if units > 0 { &mut up } else { &mut down };
        *side = (side.0.saturating_add(units), side.1 + u64::from(units != 0));
    }
    let ((more, above), (less, below)) = (up, (down.0.saturating_neg(), down.1));
    match (above, below) {
        (0, 0) => said!("desk-cli-moves-none"),
        (_, 0) => said!("desk-cli-moves-up", more, above),
        (0, _) => said!("desk-cli-moves-down", less, below),
        (_, _) => said!("desk-cli-moves-both", more, above, less, below),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_effect_is_told_in_units_up_and_down() {
        for (moves, english, italian) in [
            (vec![], "no unit changes", "nessuna unità cambia"),
            (vec![0], "no unit changes", "nessuna unità cambia"),
            (vec![5, 7], "+12 units on 2 lines", "+12 unità su 2 righe"),
            (vec![1, 0], "+1 unit on 1 line", "+1 unità su 1 riga"),
            (vec![-3], "-3 units on 1 line", "-3 unità su 1 riga"),
            (vec![2, -3, 4], "+6 units on 2 lines, -3 on 1", "+6 unità su 2 righe, -3 su 1"),
        ] {
            assert_eq!(Lang::En.say(describe_moves(moves.clone())), english);
            assert_eq!(Lang::It.say(describe_moves(moves)), italian);
        }
    }
}
