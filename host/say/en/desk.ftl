### Verbs of a person: lists, decisions, files, connections, syncs.

## Words. $state (String): state of a link; $target_kind (String): kind of record at the target.

link-state = { $state }
link-target-kind = { $target_kind ->
    [usage] usage line
   *[other] { $target_kind }
}
# $switch (String): `usage` or `tickets`.
link-switch = { $switch }

## Customers: account, contract, switches.

customer-decided-since = somebody decided on customer { $customer } after you looked
customer-hint-now = { $list } shows the present state
customer-hint-list = { $list } lists them
customer-hint-find = { $find } finds accounts by a part of their name
customer-hint-products = { $list } lists them
customer-hint-services = { $find } finds services by a part of their name
customer-hint-by-id = give the id of the one that is meant
customer-name-shared = { $count } { kinds } are called `{ $name }`: { $ids }
customer-contract-without-account = a contract belongs to an account, and the account is taken away
customer-hint-name-account = name the account, or leave the contract out
customer-without-account = customer { $customer } is not linked to an account
customer-hint-map = { $map } links it
customer-contract-without-usage = usage is not part of the sync `{ $sync }`: a contract means nothing in it
customer-hint-account-alone = map the account alone
customer-contract-declined = contract { $contract } cannot be declined: an account has few, and one of them is chosen
customer-hint-contracts = { $contracts } lists those that can be chosen
customer-contract-created = contracts are not created
# The PSA is the target's system.
customer-hint-make-contract = create it in the PSA, and choose it
customer-contract-decided = decided by the operator
customer-contract-of-another = contract { $contract } (`{ $name }`) belongs to another account
customer-contract-cancelled = contract { $contract } (`{ $name }`) was cancelled
customer-contract-not-eligible = contract { $contract } (`{ $name }`) is of a kind that takes no quantities
customer-nothing-to-switch =
    { $kind ->
        [usage] usage is
       *[alert] alerts are
    } not part of the sync `{ $sync }`: there is nothing to switch
customer-hint-kinds = { $set } with `--kinds` adds a kind
customer-not-read-alone = `{ $source }` or `{ $target }` cannot read single customers
customer-hint-plan = { $plan } reads all of them

# $to (String): `on`, `off`, or `rule` for what the sync's rule says.
customer-switched =
    { link-switch } { $to ->
        [on] on
        [off] off
       *[rule] as the sync's rule says
    }; by { $by }, decision { $decision }
customer-switched-since = its { link-switch } was switched since

## Links.

# Who made a decision, after "by".
link-by-operator = operator
link-by-file = file
link-by-score = accepted score { $score }
link-by-taking-back = taking back { $decision }

# In the journal. $to, $was: a target's id, or the state where there is none.
link-decided = { kind } { $source }: { link-target-kind } { $to }; by { $by }, decision { $decision }
link-redecided = { kind } { $source }: { link-target-kind } { $to }, was { $was }; by { $by }, decision { $decision }
link-hint-journal = { $journal } lists the decisions with their ids
link-written-since = a run wrote for it since: { $undo } takes that back
link-decided-since = it was decided on since
link-decided-by-operator = decided by the operator
link-accepted = accepted at { $score }: { $reason }
link-taken-along = { $reason }, in { $sync }
link-state-for = { link-state }: { $reason }
link-no-ticket = no ticket
link-note-free = its price there is 0: nothing is charged for it
link-no-reverse = the sync `{ $sync }` creates nothing at its source `{ $source }`
link-hint-reverse = a sync with `--reverse` does
# $decision (String): `create`, `exclude`, or `undecided`.
link-reverse-decided = target customer { $target }: { $decision ->
    [create] create
    [exclude] exclude
   *[undecided] undecided
} at the source
link-taken = { kind } { $target } is already linked to { $other }
link-taken-named = { kind } { $target } (`{ $name }`) is already linked to { $other }
link-hint-free = { $forget } sets it free
link-hint-free-first = remove that link first: { $forget }
link-hint-remove-first = { $forget } removes the link first
link-hint-list = { $list } lists the records; run { $plan } first if it is new
link-hint-plan = run { $plan } first if it is new in { $target }
link-hint-proposed = { $list } lists what is proposed
link-customer-not-linked = the customer { $customer } of { kind } { $source } is not linked yet
link-hint-customer-first = link it first: { $set }
link-of-another-account = { kind } { $target } (`{ $name }`) belongs to another account, { $other }
link-of-no-account = { kind } { $target } (`{ $name }`) belongs to no account
link-hint-of-account = choose one of the { kinds } of account { $account }, to which the customer is linked
link-declined-linked = { kind } { $source } is linked: only a proposal can be declined
link-record = { kind } { $id }
link-record-named = { kind } { $id } (`{ $name }`)

## Connections. $connection (String): name; $grants, $grant (String): JSON.

connection-added = { $connection }: { $plugin }, granted { $grants }
connection-granted = { $connection }: { $endpoint } { $grant }
connection-revoked = { $connection }: { $endpoint }
connection-hint-grants = { $list } shows what `{ $connection }` may reach
connection-changed = { $connection }: { $changed }
connection-secret-changed = { $connection }: { $secret }
connection-no-reason = no reason is given
connection-hint-reason = give the reason why both are the same with `--reason`
connection-same-account = { $connection }: { $account } is the same as { $known }: { $reason }
connection-settings = the settings
connection-hint-settings = { $inspect } lists the settings
connection-secrets-missing = { $title } cannot log in without its secrets: { $secrets }
connection-hint-secrets = give each with `--secret-file NAME=FILE` or `--secret-env NAME=VARIABLE`, or answer the prompt

## Plugins.

plugin-has = { $plugin } has: { $names }
plugin-has-none = { $plugin } has none
plugin-describe-failed = the component failed in `describe`: report it to its author
plugin-hint-list = { $list } lists the installed ones, { $add } installs one
plugin-hint-add = { $add } installs one that can be used

## Syncs.

sync-added = { $source } to { $target }: { $rules }
sync-removed =
    { $sync }: { $source } to { $target }, with { $links ->
        [one] { $links } link
       *[other] { $links } links
    }
# $path (String): name of a setting, as in `kinds.asset.trust`.
sync-value-changed = { $path }: { $value }, was { $was }
sync-value-none = nothing
sync-remove-uncertain =
    { $count ->
        [one] one write of this sync has
       *[other] { $count } writes of this sync have
    } an unknown outcome
sync-hint-uncertain = { $plan } looks them up, { $list } shows when, and { $settle } settles one by hand; then remove it
sync-one-connection = source and target are the same connection
sync-hint-two-connections = name two connections
# $side (String): `source` or `target`.
sync-cannot-list = the { $side } `{ $connection }` cannot list { kinds }
# $word (String): a value of the option `--kinds`.
sync-hint-without-kind = leave `{ $word }` out of `--kinds`, or choose another connection
sync-cannot-make-tickets = the target `{ $connection }` cannot create tickets and read them
sync-without-customers = locations, assets, usage and alerts belong to customers
sync-hint-customers = add `customer` to `--kinds`
sync-kind-alone = contracts and products are mapped for usage, and tickets are made of alerts: none goes alone
sync-hint-kind-alone = name `usage` or `alert` in `--kinds`
sync-no-time-zone = `{ $zone }` is not a time zone
sync-hint-time-zone = write its IANA name, such as `Europe/Rome`
sync-cannot-reverse = the source `{ $connection }` cannot create customers
sync-hint-without-reverse = leave `--reverse` out, or choose another connection
sync-swap-same = the sync `{ $sync }` has that connection already
sync-hint-other-connection = name the connection of the other vendor
sync-successor = in place of { $old }: { $source } to { $target }
sync-succeeded =
    paused: { $successor } takes its place; { $links ->
        [one] its one link stays
       *[other] its { $links } links stay
    }
sync-hint-runs = { $runs } lists them
sync-findings-not-kept = plan { $plan } found { $counted }; findings are kept one by one for the newest plans only
sync-findings-kept-in-part = plan { $plan } found { $counted }; the first { $kept } are kept one by one

## Usage lines. $line (String): customer and product; $target (String): id of a line of the contract.

usage-desk-not-counted = the count of { $line } is not known: { $reason }
usage-desk-hint-not-counted = there is nothing to dismiss until it is
usage-desk-count-moved = { $line } now counts { $counted }, not { $seen }
usage-desk-hint-list = { $list } shows it
usage-desk-hint-lines = { $list } shows the lines
usage-desk-dismissed = the count of { $counted } was dismissed
usage-desk-no-contract = no contract is chosen for customer { $customer }
usage-desk-other-contract = line { $target } is not on the contract { $contract }
usage-desk-other-product = line { $target } is not of the product { $service }, to which { $product } is mapped
usage-desk-taken-already = line { $target } is already taken by { $other }
usage-desk-billed-elsewhere = line { $target } is { $elsewhere }: a line is billed by one count
usage-desk-line-chosen = line chosen by the operator
usage-desk-taken = it is line { $target }

## Writes of unknown outcome, settled by hand. $change (String): `<plan>.<sequence>`.

uncertain-no-reason = no reason is given
uncertain-hint-reason = describe with `--reason` what was seen at the vendor
uncertain-settled-already = change { $change } is not uncertain
uncertain-hint-list = { $list } lists those that are
uncertain-of-another = change { $change } is of { $target }, not of { $id }
uncertain-hint-written = give `--written { $target }`, or `--not-written`
uncertain-hint-look-in = look its id up in `{ $connection }`; `--not-written` if there is none
uncertain-hint-look = look its id up there; `--not-written` if there is none
uncertain-hint-look-made = look its id up there; `--not-written` if nothing was created
uncertain-hint-set = { $other } is gone from the source: { $set } then gives the record over
uncertain-hint-forget = if that link is wrong, first { $forget }
uncertain-not-asked = whether { kind } { $id } is in `{ $connection }` cannot be asked now: { $failure }
uncertain-hint-again = nothing was changed: try again when it answers
uncertain-written-by-hand = settled by hand as written: { $reason }
uncertain-not-written-by-hand = settled by hand as not written: { $reason }
uncertain-linked-to-another = { $record } is already linked to { $other }: it is not what was created for { $source }
uncertain-billed-elsewhere = { $record } is billed by the sync { $sync }
uncertain-elsewhere = { kind } { $id } is in { $there }, and was to be created in { $sent }
uncertain-other-product = { kind } { $id } is of the product { $there }, and was to be created for { $sent }
uncertain-vendor-works = the vendor is working on it
uncertain-run-ended = its run ended during the write

## Rows of an imported file. Words in backquotes are cells of the file.

file-row = row { $row }: { $why }
file-row-more =
    the same in { $count ->
        [one] one more row
       *[other] { $count } more rows
    }: { $rows }
file-row-unreadable = the row cannot be read: { $detail }
file-row-none = none
# $cell (String): the column.
file-row-cell = { $cell }
file-row-source = source { kind }
file-row-target = target { kind }
# $what: one of the three entries above.
file-row-misplaced =
    { $what } { $id } is called `{ $actual }`, but the name beside it is `{ $beside }`: correct the id, or clear the name
file-row-altered-id =
    a spreadsheet made a number or a date of an id: take the id from a new export, which keeps ids as text
file-row-source-twice = { kind } { $source } is in row { $before } already
file-row-target-twice = { file-row-target } { $target } is in row { $before } already
file-row-cell-twice = { file-row-cell } { $target } is in row { $before } already
file-row-no-customer = there is no customer { $customer }
file-row-switch-impossible =
    `{ $switch }` cannot be on: { $kind ->
        [usage] usage takes
       *[alert] alerts take
    } no part in the sync
file-row-switch-unreadable = `{ $switch }` is `{ $text }`: write `on`, `off` or nothing
file-row-customer-since =
    customer { $customer } was decided on since this file was made: account { $account }, contract { $contract }, usage { $usage }, tickets { $tickets } now; export it again
file-row-decided-since = { kind } { $source } was decided on since this file was made: it is { link-state } now; export it again
file-row-targeted-since =
    { kind } { $source } was decided on since this file was made: it is { link-state } { $target } now; export it again
file-row-undecided-since =
    { kind } { $source } was decided on since this file was made: it is undecided now; export it again
file-row-target-for-nothing = its state is still `{ $state }`: write `linked` to take the target
file-row-no-kind = `{ $text }` is not a kind: use one of { $known }
file-row-no-source = `source` is empty: it is the id of the source record
file-row-no-state = `{ $text }` is not a state of a link: use one of { $known }
file-row-no-target = `linked` needs the id of the target record in `target`

## An imported file as a whole. $what (String): `customers` or `links`.

import-file = the file of { $what }
import-refused = { import-file } is refused: { $why }
import-hint-form = { $export } writes one of the right form
import-hint-rows = { $export } shows the form; correct the rows and import the file again
# $object (String): number of an object in the list.
import-json-unreadable = it is no list of JSON objects: { $detail }
import-json-no-text = object { $object } has no text in its member `{ $member }`
import-json-no-member = object { $object } has no member `{ $member }`
import-csv-empty = it is empty: a table of { $what } has a header
import-csv-header-unreadable = its first line cannot be read: { $detail }
import-csv-no-column = it is no table of { $what }: its first line has no column `{ $missing }`, only { $columns }
import-csv-column-twice = it has the column `{ $column }` twice
import-csv-too-many-cells =
    row { $row } has { $cells } cells and the header { $header }: a cell that contains the separator must be quoted
import-csv-unreadable = it cannot be read as a table: { $detail }
import-workbook = it is a workbook: save it as CSV (UTF-8) in the spreadsheet program
import-encoding = some of its characters cannot be read: save it as CSV (UTF-8)
import-not-text = it is no text: save it as CSV (UTF-8)
import-unknown-column = unknown column { $unknown }, and no column { $missing }: rename it, or remove it
import-names-and-more = { $names } and { $more } more
import-unwritable = the rows cannot be written as CSV: { $detail }

## Deleting what is past its retention.

prune-nothing = nothing is old enough
prune-removed = { $rows }
prune-rows = { prune-table }: { $count }
# $what (String): the store's name of a table.
prune-table = { $what ->
    [journal-entries] journal entries
    [states-of-changes] states of changes
    [counters-of-calls] counters of calls
   *[other] { $what }
}
prune-clock-doubtful = the clock jumped at { $since } and now says { $now }: nothing is deleted because of its age
prune-hint-clock = { $prune } confirms that it is right; otherwise wait a week
