//! A job that walks a list: one page a call, so that each call is short, and on with the next by a wake-up whose
//! payload is the cursor. Where the vendor wants fewer calls, the same page is tried again later.

use crate::{Failure, Host, Signal};

/// How long to wait where the vendor does not say.
const WAIT_MS: u64 = 60_000;
/// The longest wait, whatever the vendor says: while a walk waits, its job does not begin anew.
const WAIT_MOST_MS: u64 = 3_600_000;

/// Does one page, `after` a cursor or from the start, and asks to be woken for what is left. `page` gives the next
/// cursor; none at the end.
///
/// # Errors
/// The page failed for another reason than too many calls, or no wake-up can be had.
pub fn walk(
    host: &dyn Host,
    job: &str,
    payload: &str,
    page: impl FnOnce(Option<&str>) -> Result<Option<String>, Failure>,
) -> Result<Vec<Signal>, Failure> {
    let (wait, cursor) = match page(Some(payload).filter(|cursor| !cursor.is_empty())) {
        Ok(None) => return Ok(Vec::new()),
        Ok(Some(next)) => (0, next),
        Err(Failure::Throttled(throttle)) => {
            (throttle.retry_after_ms.unwrap_or(WAIT_MS).clamp(1000, WAIT_MOST_MS), payload.to_owned())
        }
        Err(failure) => return Err(failure),
    };
    let no_wake = |error| Failure::Unavailable(format!("the host gives no wake-up to go on: {error:?}"));
    host.wake_after(job, wait, &cursor).map_err(no_wake)?;
    Ok(Vec::new())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Throttle;
    use crate::testing::Script;

    #[test]
    fn a_walk_goes_on_waits_and_ends() {
        let host = Script::new("{}", |_| Err(crate::HttpError::Throttled(1)));
        let woken = || host.woken.borrow_mut().pop();
        let throttled = |ms| Failure::Throttled(Throttle { message: String::new(), retry_after_ms: ms });
        assert_eq!(walk(&host, "j", "", |after| Ok(after.map(str::to_owned))), Ok(Vec::new()));
        assert_eq!(woken(), None, "the start is no cursor, and none is the end");
        assert!(walk(&host, "j", "1", |after| Ok(after.map(|at| format!("{at}+")))).is_ok());
        assert_eq!(woken(), Some(("j".to_owned(), 0, "1+".to_owned())));
        for (told, wait) in [(Some(7000), 7000), (Some(0), 1000), (None, 60_000), (Some(u64::MAX), 3_600_000)] {
            assert!(walk(&host, "j", "1", |_| Err(throttled(told))).is_ok());
            assert_eq!(woken(), Some(("j".to_owned(), wait, "1".to_owned())));
        }
        assert_eq!(walk(&host, "j", "1", |_| Err(Failure::Denied("no".to_owned()))).unwrap_err().case(), "denied");
        assert_eq!(woken(), None);
    }
}
