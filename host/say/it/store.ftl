### Ciò che l'archivio stesso annota.

run-ended-with-program = il programma si è interrotto durante questa esecuzione
run-cancelled = interrotta da { $by } prima dell'inizio
approved-by-rule = la regola `trust = automatic` di { $kinds }
request-refused = { $connection }: { $sentence }
connection-crashes = il suo connettore si è arrestato { $crashes } volte di seguito, l'ultima con: { $why }
connection-wakes = il suo job `{ $job }` ha chiesto di essere richiamato più di { $wakes } volte in un'ora

## Una scrittura terminata dopo che una persona aveva deciso sul suo collegamento.

write-overtaken = è stato scritto ({ $event }), nel frattempo { $stands }: vale quella decisione
write-overtaken-as = è stato scritto ({ $event }) come { $target }, nel frattempo { $stands }: vale quella decisione
link-stands-excluded = escluso
link-stands-linked = collegato a { $target }
link-stands-create = segnato per la creazione
link-stands-forgotten = dimenticato
link-stands-decided = deciso
