//! Lines as a table of their numbers, with totals below.

use crate::exit::Exit;
use crate::output::{count, or_dash, table};
use crate::session::Session;
use crate::shapes;
use crosswalk_engine::{UsageFilter, UsageLine, UsagePart, UsageState};
use crosswalk_model::SyncName;

/// Returns lines that match the filter, of these products; empty means all.
pub(super) async fn list(
    session: &Session<'_>,
    sync: &SyncName,
    filter: &UsageFilter,
    products: &[String],
) -> anyhow::Result<Exit> {
    let mut lines = session.tenant().await?.usage_list(sync, filter).await?;
    lines.retain(|line| products.is_empty() || products.contains(&line.product));
    session.output.answer(
        || lines.iter().map(shapes::usage_line).collect(),
        || {
            if lines.is_empty() {
                return format!("no such line; `crosswalk plan {sync}` reads the counts");
            }
            let mut text = format!("{}\n\n{}\n", rows(&lines), sums(&lines));
            if lines.iter().any(is_decided) {
                text.push_str(&format!(
                    "\nin step with another number than is counted: dismissed or adjusted, until the count moves; \
                     to take it back: crosswalk usage adjust {sync} CUSTOMER PRODUCT --quantity N"
                ));
            }
            if lines.iter().any(|line| line.becomes.is_some()) {
                text.push_str(&format!("\nnext: crosswalk usage approve {sync} CUSTOMER, or --all"));
            }
            text
        },
    )?;
    Ok(Exit::Done)
}

/// Whether somebody decided on a number other than the count.
fn is_decided(line: &UsageLine) -> bool {
    line.state == UsageState::InStep && line.counted.is_some_and(|counted| counted != line.has.unwrap_or(0))
}

/// Makes one row per line.
pub(super) fn rows(lines: &[UsageLine]) -> String {
    let rows = lines.iter().map(|line| {
        let brake = line.brake.as_ref().map(|brake| format!(" ({brake})")).unwrap_or_default();
        [
            line.customer_name.clone(),
            line.product_name.clone(),
            counted(line),
            on_contract(line),
            or_dash(line.approved),
            or_dash(line.becomes),
            or_dash(line.becomes.map(|_| &line.effective)),
            format!("{}{brake}", line.state.as_str()),
            why(line),
        ]
    });
    table(["customer", "product", "counted", "contract", "approved", "becomes", "from", "state", "why"], rows)
}

/// The contract's quantity; if a later one is agreed, also today's.
fn on_contract(line: &UsageLine) -> String {
    match (line.has, line.today) {
        (Some(has), Some(today)) => format!("{has} (today {today})"),
        (has, _) => or_dash(has),
    }
}

/// The reason for its state, the parts of its sum, and other problems.
fn why(line: &UsageLine) -> String {
    let part = |part: &UsagePart| {
        let counted = part.counted.map_or("not fetched".to_owned(), |counted| counted.to_string());
        format!("{} {} {counted}", part.customer_name, part.product_name)
    };
    let parts = (!line.parts.is_empty())
        .then(|| format!("sum of {}", line.parts.iter().map(part).collect::<Vec<_>>().join(" + ")));
    let all = [line.reason.clone()].into_iter().chain(parts).chain(line.notes.iter().cloned());
    all.filter(|text| !text.is_empty()).collect::<Vec<_>>().join("; ")
}

/// The count, with the number in use if different; a count not fetched is not a number.
fn counted(line: &UsageLine) -> String {
    match (line.counted, line.actual) {
        (None, _) => "not fetched".to_owned(),
        (Some(counted), Some(actual)) if actual != counted => format!("{counted} (in use {actual})"),
        (Some(counted), _) => counted.to_string(),
    }
}

/// Number of lines in each state, and the pending change in units.
fn sums(lines: &[UsageLine]) -> String {
    let states = [
        UsageState::Waiting,
        UsageState::Held,
        UsageState::InStep,
        UsageState::NotFetched,
        UsageState::Left,
        UsageState::Together,
    ];
    let of = |state: &UsageState| {
        let number = lines.iter().filter(|line| line.state == *state).count();
        (number > 0).then(|| format!("{number} {}", state.as_str()))
    };
    let states: Vec<String> = states.iter().filter_map(of).collect();
    let moves = lines.iter().filter_map(|line| Some(line.becomes? - line.has.unwrap_or(0)));
    format!("{}: {}; {}", count(lines.len() as u64, "line"), states.join(", "), describe_moves(moves))
}

/// The sum of moves in units: `+12 units on 4 lines, -3 on 1`.
pub(super) fn describe_moves(moves: impl IntoIterator<Item = i64>) -> String {
    let (mut up, mut down) = ((0_i64, 0_u64), (0_i64, 0_u64));
    for units in moves {
        let side = if units > 0 { &mut up } else { &mut down };
        *side = (side.0.saturating_add(units), side.1 + u64::from(units != 0));
    }
    let unit = |units: i64| if units.abs() == 1 { "unit" } else { "units" };
    match (up, down) {
        ((_, 0), (_, 0)) => "no unit changes".to_owned(),
        ((units, lines), (_, 0)) | ((_, 0), (units, lines)) => {
            format!("{units:+} {} on {}", unit(units), count(lines, "line"))
        }
        ((more, above), (less, below)) => {
            format!("{more:+} {} on {}, {less} on {below}", unit(more), count(above, "line"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::describe_moves;

    #[test]
    fn an_effect_is_told_in_units_up_and_down() {
        for (moves, text) in [
            (vec![], "no unit changes"),
            (vec![0], "no unit changes"),
            (vec![5, 7], "+12 units on 2 lines"),
            (vec![1, 0], "+1 unit on 1 line"),
            (vec![-3], "-3 units on 1 line"),
            (vec![2, -3, 4], "+6 units on 2 lines, -3 on 1"),
        ] {
            assert_eq!(describe_moves(moves), text);
        }
    }
}
