### The command line: runs, plans, findings, the journal, prompts and errors.

## Errors, and the end of the program.

cli-error = error: { $message }
cli-because = because: { $message }
cli-hint = hint: { $hint }
cli-call = { $call }
cli-one-or-other = { $one } or { $other }
cli-no-sync = no sync is named
cli-no-sync-or-plan = neither a sync nor a plan is named
cli-sync-without-plan = the sync { $sync } has no plan yet
cli-plan-hint = { $plan } creates one
cli-stopping = stopping at the next safe point; a second signal stops at once
cli-interrupted = interrupted: the next run continues from there
cli-interrupted-at-once = interrupted: the next run looks up what may have been written
cli-no-threads = no threads could be started
cli-no-sandbox = the sandbox could not be set up
cli-log-level = `{ $level }` is not a log level
cli-log-level-hint = use error, warn, info, debug or trace

## The configuration. Names of keys stay as they are.

cli-config-no-home = there is no home folder for the data
cli-config-no-home-hint = name a folder with `--data DIR` or CROSSWALK_DATA
cli-config-unreadable = cannot read { $path }
cli-config-unreadable-hint = check its permissions, or name another data folder with `--data DIR`
cli-config-wrong = { $path } is wrong
cli-config-keys = it may hold: tenant, key-file, log, guest-threads, and under [limits] memory-mib, call-seconds, component-mib, and under [retention] plans-days, runs-days, journal-days, usage-days, gone-days, tickets-days
cli-config-range = { $path }: `{ $key }` is { $value }, but must be from { $least } to { $most }
cli-config-range-hint = change the number, or leave the key out
cli-config-variable = the environment variable { $name } is wrong: { $why }
cli-config-variable-hint = change it, or unset it

## Questions to a person.

# The answers that are accepted: y and yes.
cli-ask = { $question } [y/N]
cli-not-a-terminal = nobody can confirm: this is not a terminal
cli-goes-ahead = `{ $command }` goes ahead
cli-prompt-interrupted = the prompt was interrupted
cli-secret-prompt = secret `{ $name }` of the plugin `{ $plugin }`:
cli-secret-prompt-described = secret `{ $name }` of the plugin `{ $plugin }` (the plugin says: { $words }):

## Progress.

cli-stage-reading = reading { kinds } from { $connection }
cli-stage-planning = planning
cli-stage-recovering = looking up interrupted writes
cli-stage-applying = applying
cli-stage-ended = { $stage }: { $count } in { $seconds } s

## Values in tables and lines.

cli-moment = { $at }
cli-decimal = { $number }
cli-empty = (empty)

# $action (String): what a change does to a record.
cli-action = { $action }
cli-action-on = { cli-action } { kind }

## What to type next: a heading, then commands, some with a note in parentheses.

cli-next = next:
cli-next-decide = { $count ->
    [one] 1 customer to decide
   *[other] { $count } customers to decide
}
cli-next-not-held = changes that no brake holds
cli-next-checked = after you checked it
cli-next-looked-up = when each is looked up
cli-next-rest = plans what is left
cli-next-undo = undoes the rest

## Plans.

cli-read = read { $source ->
    [one] 1 source record
   *[other] { $source } source records
} and { $target ->
    [one] 1 target record
   *[other] { $target } target records
}
cli-plan = plan { $plan } of { $sync }: { $cost }
cli-plan-nothing = plan { $plan } of { $sync }: nothing to do
cli-plan-made = plan { $plan } of { $sync }, made { $made }: { $cost }
cli-plan-undoes = undoes run { $run }
cli-plan-approved = approved { $at }
cli-plan-approved-by = approved { $at } by { $by }
cli-no-plan = no plan yet: { $plan } creates one
# $writes of the changes write something to the target.
cli-cost = { $changes ->
    [one] 1 change
   *[other] { $changes } changes
}, { $writes } of them writes, at most { $calls ->
    [one] 1 call
   *[other] { $calls } calls
} to the target
cli-not-read = Not read, or read in part:
cli-left = Left as it is: { $count ->
    [one] 1 finding
   *[other] { $count } findings
} ({ $list } shows each)
cli-more-changes = There are more: `--all` shows them, `--customer`, `--kind`, `--action` and `--held` narrow them down
cli-more-changes-of = There are more: { $all }

## Changes of a plan, by customer.

cli-changes-for-all = for all customers: { cli-changes-count }
cli-changes-of = { $name } ({ $id }): { cli-changes-count }
cli-changes-of-unnamed = customer ({ $id }): { cli-changes-count }
cli-changes-count = { $count ->
    [one] 1 change
   *[other] { $count } changes
}
cli-change = { cli-action } { kind } { $name }
cli-change-quantity = { cli-action } { kind } { $name }: { $quantity }
# $brakes: their names, as `--release` takes them.
cli-change-held = held: { $brakes }
cli-change-risk = { $risk ->
    [medium] medium risk
   *[high] high risk
}
cli-reason = because: { $reason }

# A quantity on a contract.
cli-quantity-stays = stays { $after }
cli-quantity-changes = { $before } -> { $after }
cli-quantity-new = new, { $after }
cli-quantity-from = { $quantity } from { $day }
cli-quantity-counted = { $quantity } (counted { $counted })
cli-quantity-summed = { $quantity } (counted { $counted }: { $parts })
cli-quantity-part = { $count } of { $line }
cli-quantity-sum = { $sum } + { $part }

## Applying, and the end of a run.

cli-apply-question = Apply { $changes ->
    [one] 1 change
   *[other] { $changes } changes
} of plan { $plan } (at most { $calls ->
    [one] 1 call
   *[other] { $calls } calls
}){ $held ->
    [0] {""}
   *[other] , leaving { $held } held
}?
cli-nothing-applied = nothing was applied
# $status (String): how a run ended.
cli-run-status = { $status }
# $counts: how many changes ended how.
cli-run-ended = run { $run } of { $sync }: { cli-run-status } in { $seconds } s: { $counts }; { $writes ->
    [one] 1 write sent
   *[other] { $writes } writes sent
}
cli-run-under-way = run { $run } of { $sync }: { cli-run-status }: { $counts }; { $writes ->
    [one] 1 write sent
   *[other] { $writes } writes sent
}
cli-run-done = { $count } done
cli-run-count = { $count } { $what ->
    [failed] failed
    [stale] stale
    [uncertain] uncertain
   *[held] held
}

## Undoing a run.

cli-undo-plan = plan { $plan } of { $sync }, undoes run { $run }: { $cost }
cli-undo-nothing = plan { $plan } of { $sync }, undoes run { $run }: nothing can be undone
cli-undo-question = Undo run { $run } with { $changes ->
    [one] 1 change
   *[other] { $changes } changes
}?
cli-nothing-undone = nothing was undone; { $later } applies it later

## Past runs and the journal.

cli-runs-none = no run yet
cli-journal-none = no such entry in the journal
cli-journal-times = { $message } ({ $count ->
    [one] 1 time
   *[other] { $count } times
})

## Findings.

cli-findings = { $count ->
    [one] 1 finding
   *[other] { $count } findings
} in plan { $plan } of { $sync } ({ $made })
cli-more-groups = { $count ->
    [one] 1 group
   *[other] { $count } groups
} more; `--all` shows all
cli-more-findings = `--after { $after }` shows what follows, `--all` all
cli-left-finding = left as it is: { $message }

## Why.

cli-why-next = what would change it:
cli-why-planned = In the newest plan:

## Writes of unknown outcome.

cli-uncertain-none = no uncertain writes
cli-with-the-next-run = with the next run
cli-outcome-missing = its outcome is missing
cli-outcome-hint = `--written ID` if the record exists, `--not-written` if it does not
cli-settled-written = { cli-action } { kind } `{ $name }`: written, as { $id }
# $overtaken is a sentence without its subject, the write: `was written (created), excluded meanwhile: …`.
cli-settled-overtaken = { cli-action } { kind } `{ $name }`: it { $overtaken }
cli-settled-not-written = { cli-action } { kind } `{ $name }`: not written: the next plan contains it again

## Single assets and alerts.

cli-refreshed = asset { $source } ({ $name }), { $target ->
    [none] none
   *[other] { $target }
} at the target:
cli-refreshed-already = asset { $source } ({ $name }), { $target ->
    [none] none
   *[other] { $target }
} at the target, is already up to date
cli-alerts = { $count ->
    [one] 1 alert
   *[other] { $count } alerts
}

## The schedule. The parts of a line are joined by semicolons.

cli-work-begins = running the schedule; Ctrl-C stops it at a safe point
cli-work-ended = { word } in { $seconds } s: { $message }
cli-work-in-a-row = { $count ->
    [one] 1 time in a row
   *[other] { $count } times in a row
}
cli-work-next = next { $at }
