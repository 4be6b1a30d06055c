//! Words that several rooms show: an action in the past, numbers with separators.

use crosswalk_model::Action;

/// What happened, as the journal says it.
pub(crate) fn past(action: Action) -> &'static str {
    match action {
        Action::Link => "linked",
        Action::Create => "created",
        Action::Update => "updated",
        Action::Move => "moved",
        Action::Retire => "retired",
        Action::Deactivate => "deactivated",
        Action::Reactivate => "reactivated",
        Action::Open => "opened",
        Action::Append => "noted",
        Action::Close => "closed",
        Action::CreateSource => "created at the source",
        Action::Unlink => "unlinked",
    }
}

/// A number in groups of three digits.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}
