### Tables of the command line: the words over the columns, and the words of the product in the cells.

## $column (String): a column. English shows the identifier itself where it is the word.

column = { $column ->
    [accepts-from] accepts from
    [at-once] at once
    [every-request-carries] every request carries
    [first-read] first read
    [held-by] held by
    [in-use] in use
    [last-read] last read
    [last-written] last written
    [link-to] link to
    [logs-in] logs in
    [looked-up-after] looked up after
    [looks-up-by] looks up by
    [name-there] name there
    [outcome-or-reason] outcome, or reason
    [secrets-set] secrets set
    [such-as] such as
    [takes-usage] takes usage
    [would-go] would go
   *[other] { $column }
}

## $word (String): a state, an event, a kind, a brake … English shows the identifier itself where it is the word.

word = { $word ->
    [counters-of-calls] counters of calls
    [created-at-the-source] created at the source
    [journal-entries] journal entries
    [linked-to] linked to
    [looked-up] looked up
    [put-off] put off
    [states-of-changes] states of changes
    [ticket-of-alert] ticket of alert
   *[other] { $word }
}
