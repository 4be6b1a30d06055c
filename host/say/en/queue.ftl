### Approvals, and work that is asked for instead of done.

## Approvals.

cli-approve-question = Approve { $changes ->
    [one] 1 change
   *[other] { $changes } changes
} of plan { $plan } (at most { $calls ->
    [one] 1 call
   *[other] { $calls } calls
}){ $held ->
    [0] {""}
   *[other] , leaving { $held } held
}?
cli-approve-added = added, because the chosen changes depend on them: { $changes }
cli-nothing-approved = nothing was approved
cli-approved = approved: { $changes ->
    [one] 1 change
   *[other] { $changes } changes
} of plan { $plan }; { $apply } applies what is approved
cli-approvals-withdrawn = { $count ->
    [0] plan { $plan } has no approval
    [one] 1 approval of plan { $plan } was withdrawn
   *[other] { $count } approvals of plan { $plan } were withdrawn
}
cli-no-approvals = plan { $plan } has no approval

## Work that is asked for, followed and stopped.

cli-queued = run { $run } is queued
cli-queued-now = run { $run } is queued: { $follow } follows it
cli-queued-until = run { $run } is queued, to begin at { $at }: { $follow } follows it
cli-follow-status = run { $run }: { $status }
cli-follow-steps = run { $run }: { $stage }, { $done } of { $steps }
cli-follow-done = run { $run }: { $stage }, { $done }
cli-follow-stopping = run { $run }: { $by } asked to stop it
cli-follow-ended = run { $run }: { $status }
cli-follow-ended-with = run { $run }: { $status }: { $message }
cli-stop-cancelled = run { $run } was cancelled before it began
cli-stop-asked = run { $run } is told to stop: { $follow } shows when it has
cli-stop-ended = run { $run } had ended already

## What the engine says of them.

approval-no-such-change = plan { $plan } has no pending change { $change }
approval-other-hash = plan { $plan } is not what was seen any more
approval-superseded = plan { $plan } is superseded by plan { $newer }, which was made from what is there now
approval-hint-show = look at it: { $show }
approval-of-whole = plan { $plan } approved
approval-of-kind = plan { $plan }: { kinds } approved
approval-of-customer = plan { $plan }: changes of customer { $customer } approved
approval-of-customer-and-kind = plan { $plan }: { kinds } of customer { $customer } approved
approval-of-changes = plan { $plan }: changes { $changes } approved
approval-with-note = { $what }; { $note }
approval-withdrawn = approvals of plan { $plan } withdrawn
run-not-approved = nothing of plan { $plan } is approved
run-hint-approve = { $approve } approves it, or a part of it
request-too-far = { $at } is more than a week ahead
request-hint-schedule = let the sync recur instead: { $set }
