### What the store itself notes.

run-ended-with-program = the program ended during this run
run-cancelled = stopped by { $by } before it began
approved-by-rule = the rule `trust = automatic` of { $kinds }
request-refused = { $connection }: { $sentence }
connection-crashes = its connector crashed { $crashes } times in a row, the last time with: { $why }
connection-wakes = its job `{ $job }` asked to be called again more than { $wakes } times within an hour

## A write that ended after a person had decided on its link.

write-overtaken = was written ({ $event }), { $stands } meanwhile: that decision stands
write-overtaken-as = was written ({ $event }) as { $target }, { $stands } meanwhile: that decision stands
link-stands-excluded = excluded
link-stands-linked = linked to { $target }
link-stands-create = marked to be created
link-stands-forgotten = forgotten
link-stands-decided = decided on
