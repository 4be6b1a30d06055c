### Usage: which counts are known, where each line goes, and what bills nothing.

## Which counts are known.

usage-not-asked = `{ $source }` was not asked for usage
usage-not-read = usage was not read yet
usage-read-not-completed = the last read of usage was not completed
usage-report-moved =
    the report changed while it was read, from { $before } rows to { $after }: the next run reads it again
usage-report-short = the report has { $total } rows and { $came } of them came: the next run reads it again
usage-report-dropped =
    the report had { $before } rows before and has { $came } now: the next run reads it again, and then it counts
usage-report-in-parts = the report was not read in one go: the next run reads it again
usage-report-broken-off = a later read of the report was not completed: the next run reads it again
usage-report-of-another-month =
    by the sync's calendar it is { $month }, and the vendor's report is still of { $reported }: it is read again
usage-report-empty =
    the report for { $month } is empty, where that for { $before } has { $count ->
        [one] one row
       *[other] { $count } rows
    }: it is not taken for zero
usage-no-number = the vendor reports it without a number

## Where a customer's quantities go. Each says why they go nowhere.

usage-customer-excluded = the customer is excluded
usage-customer-gone = the source does not list the customer any more
usage-switched-off = usage is switched off for the customer
usage-customer-not-linked = its customer is not linked to an account
usage-contract-excluded = the customer's contract is excluded
usage-contract-not-of-account = its contract is not one of the account
usage-no-contract = no contract is chosen for its customer

## What a product is in the target.

# $state (String): the state of a link.
usage-state = { $state }
usage-product-not-mapped = its product is not mapped
usage-product-gone = the product { $product } that it is mapped to is gone
usage-product-open = its product is { usage-state }: { $reason }
usage-cannot-create-product = `{ $target }` cannot create products with its settings: create { $product } there, and map it

## Who bills a line.

usage-billed-by = billed by { $owner }
usage-billed-by-sync = billed by the sync { $sync }
usage-billed-together = { $line } is billed together with { $leader }, on one line
usage-hint-adjust-leader = adjust that line as a whole: { $adjust }

## The last result of a customer.

usage-lines-in-step =
    { $count } { $count ->
        [one] line
       *[other] lines
    } in step
usage-lines-to-approve =
    { $count } { $count ->
        [one] line
       *[other] lines
    } to be approved
usage-held-with-others =
    { $why } ({ $count } { $count ->
        [one] line waits
       *[other] lines wait
    })

## What cannot be billed, or bills nothing.

usage-customer-not-listed = usage is reported for a customer that the source does not list
usage-rows-without-product =
    { $count } { $count ->
        [one] row of its report names
       *[other] rows of its report name
    } no product, and cannot be mapped
usage-service-unpriced = the service { $service } was made at the price 0: give it its price in the PSA
usage-lines-unpriced =
    the service { $service } was made at the price 0, and { $count } { $count ->
        [one] contract line of it bills
       *[other] contract lines of it bill
    } nothing: give it, and them, the price in the PSA

## What a person asked for.

usage-negative = a quantity cannot be negative
usage-hint-quantity = write how many the contract is to have
usage-hint-lines = { $list } lists its lines
