### Le fasi di un'esecuzione: lettura, piano, verifica, applicazione, annullamento, e il lavoro in scadenza.

## Parole.

## $action (String): ciò che fa una modifica, come nel contratto.

run-action = { $action ->
    [append] nota
    [close] chiusura
    [create] creazione
    [create-source] creazione nell'origine
    [deactivate] disattivazione
    [link] collegamento
    [move] spostamento
    [open] apertura
    [reactivate] riattivazione
    [retire] ritiro
    [unlink] scollegamento
    [update] aggiornamento
   *[other] { $action }
}

# Che cosa fa una modifica e a quale record, prima dei due punti.
run-change = { run-action } { kind } { $name }
# Tutte le modifiche di un tipo e di un'azione, prima dei due punti.
run-changes = { run-action } { kinds }
run-failure = { $what }: { $why }
write-of-record = { kind } { $id }: { $why }

## La fine di un'esecuzione.

run-undid = annullata l'esecuzione { $run }
# $brakes: un elenco di `run-released-brake`.
run-released = piano { $plan }: { $brakes }; sbloccato da { $by }
run-released-brake =
    `{ $brake }` su { $count } { $count ->
        [one] modifica
       *[other] modifiche
    } ({ kinds })
run-refuses-all = `{ $connection }` le rifiuta tutte: { $why }
run-rest-waits = il resto è in attesa: { $why }

## Ciò che è stato chiesto non si può fare.

run-plan-superseded = il piano { $plan } è superato dal piano { $newer }, basato sui dati attuali
run-hint-newer-plan = esaminare quello: { $show }, poi { $apply }
run-plan-of-another-account = il piano { $plan } è stato creato prima che `{ $connection }` passasse a un altro account
run-hint-plan-anew = { $plan } ne crea uno dai dati attuali
run-no-tickets = la destinazione `{ $target }` non ha ticket
run-hint-other-target = scegliere un'altra destinazione
run-kind-not-synced = la sincronizzazione `{ $sync }` non comprende { kinds }
run-hint-sync-list = { $list } mostra che cosa fa ogni sincronizzazione
run-kind-previewed = la sincronizzazione `{ $sync }` mostra solo un'anteprima ({ kinds }): non viene scritto nulla
run-hint-raise-trust = aumentare il livello di fiducia; { $plan } mostra che cosa verrebbe scritto
run-no-alerts = gli avvisi non fanno parte della sincronizzazione `{ $sync }`
run-hint-alerts = aggiungere la sincronizzazione con `--kinds customer,location,asset,alert`

## Annullamento.

run-under-way = l'esecuzione { $run } è in corso
run-hint-undo-later = annullarla quando è terminata: { $runs } mostra quando
run-undone-already = l'esecuzione { $run } è già stata annullata dall'esecuzione { $by }
run-hint-journal = { $journal } mostra che cosa ha fatto quell'esecuzione
run-undo-not-kept = le modifiche dell'esecuzione { $run } non sono più conservate: non si può annullare
run-hint-undo-not-kept = { $journal } le elenca; { $prune } indica per quanto tempo vengono conservati i dati
run-undo-nothing = l'esecuzione { $run } non ha applicato nulla: non c'è nulla da annullare
run-hint-runs = { $runs } mostra quali esecuzioni hanno fatto qualcosa
run-undo-previewed =
    la sincronizzazione `{ $sync }` mostra solo un'anteprima ({ kinds }): non si può annullare nulla
run-hint-undo-previewed = annullare gli altri tipi con `--kind`, o aumentare il livello di fiducia ({ kinds })
run-not-undone-uncertain =
    non viene annullato: l'esito di una sua scrittura non è ancora noto; quando { $list } non lo elenca più, annullare di nuovo l'esecuzione { $run }
run-undo-no-kind = la destinazione non ha più { kinds }
run-undo-unread = non è stato possibile leggere il suo record { $target }, quindi resta com'è: { $cause }

## Aggiornamento di singoli record.

run-nothing-applied =
    nella sincronizzazione `{ $sync }` non è stato ancora applicato nulla: non c'è nulla da aggiornare
run-hint-plan-and-apply = { $plan }, poi esaminare il piano e applicarlo
run-cannot-refresh = { kind } { $id }: impossibile aggiornare: { $why }
run-hint-plan-all = { $plan } legge tutto e indica che cosa c'è da fare
run-no-single-reads = non è possibile leggere singoli record ({ kinds }) sia da `{ $source }` sia da `{ $target }`
run-not-linked = non è collegato
run-customer-not-linked = il suo cliente { $customer } non è collegato
run-source-unread = impossibile leggerlo da `{ $connection }`: { $cause }
run-target-unread = impossibile leggere da `{ $connection }` il record a cui è collegato: { $cause }
run-source-gone = non esiste più in `{ $connection }`
run-target-gone = il record a cui è collegato non esiste più in `{ $connection }`
run-devices-not-refreshed = gli asset dei nuovi avvisi non sono stati aggiornati: { $why }

## Che cosa è stato letto, e che cosa no.

run-flawed = `{ $connection }` ha inviato { kind } { $name }: { $what }
run-flawed-more = `{ $connection }`: altri record con dati errati ({ kinds }): { $count }
run-unread = { $connection }: record che non è stato possibile leggere per intero ({ kinds }): { $count }, il primo { $id }: { $cause }
run-unread-first = { $count }, il primo { $id }: { $cause }
run-not-read-whole =
    { kind } { $name }: impossibile leggere per intero da `{ $connection }`; fino ad allora non se ne fa nulla ({ $cause })
run-astray =
    `{ $connection }`: { $count } { $count ->
        [one] { kind } appartiene
       *[other] { kinds } appartengono
    } al cliente { $customer }, che non è elencato; il primo record è { $first }
# $records: un elenco di `run-shared-key-of` e `run-shared-key-linked`.
run-shared-key =
    { $count } { kinds } di `{ $connection }` hanno la stessa chiave, `{ $key }`: { $records }; cancellarla nelle copie
run-shared-key-of = { $id } `{ $name }`
run-shared-key-linked = { $id } `{ $name }` (collegato)

## Piano.

run-account-out-of-use =
    l'account { $account } (`{ $name }`) non è in uso in `{ $target }`, quindi non vi si crea nulla: collegare il cliente a un altro ({ $link }) o rimetterlo in uso
run-account-alike-in-use = { $account } in `{ $target }` ha lo stesso nome ed è in uso
run-location-held = indica una sede trattenuta: { $reason }
run-still-at-work = una scrittura precedente non è chiarita: il fornitore ci sta ancora lavorando, o è in corso la verifica
run-ticket-customer-excluded = il suo cliente è escluso
run-tickets-switched-off = i ticket sono disattivati per il suo cliente
run-stays-for-candidate =
    manca nell'origine, ma { $other } potrebbe essere lo stesso record ({ kind }): resta in uso finché non si decide
run-stays-for-customer =
    manca nell'origine, ma il cliente { $other } potrebbe essere lo stesso account: resta in uso finché non si decide
run-stays-for-serial-number =
    manca nell'origine, ma lì { $other } ha il suo numero di serie: resta in uso finché quello non viene collegato
run-serial-number-taken =
    { $other } nella destinazione ha già questo numero di serie, quindi potrebbe trattarsi dello stesso record ({ kind }): collegare { $source } a { $other }, o scriverlo su entrambi con `--release identity`

## Una modifica è in attesa: resta com'è, e un'esecuzione successiva può svolgerla.

write-waits-for-earlier = in attesa: una scrittura precedente non è chiarita, o è a sua volta in attesa
write-waits-for-record = in attesa di { kind } { $id }, con una scrittura non ancora chiarita
write-waits-for-line = in attesa della riga di { $line }, non ancora chiarita
write-waits-for-target = in attesa: impossibile leggere { kind } { $id } dalla destinazione: { $cause }
write-waits-for-source = in attesa: impossibile leggere { kind } { $id } da `{ $connection }`: { $cause }
write-waits-for-account = in attesa: impossibile leggere il suo account { $account }: { $cause }
write-waits-for-look = in attesa: impossibile verificare se esiste già in `{ $connection }`: { $why }
write-vendor-at-work = il fornitore ci sta ancora lavorando; la prossima esecuzione chiede di nuovo
write-not-settled = non ancora chiarito; la prossima esecuzione chiede di nuovo

## Una modifica non viene scritta, perché nel frattempo è cambiato ciò su cui si basava.

write-alert-over = l'avviso è ormai rientrato
write-alert-not-over = l'avviso è di nuovo attivo
write-back-in-source = è di nuovo presente nell'origine
write-gone-from-source = nel frattempo non è più presente nell'origine
write-changed-in-source = nel frattempo è cambiato nell'origine
write-overruled = nel frattempo è cambiato nella destinazione: { $message }
write-excluded = nel frattempo è stato escluso
write-link-decided = nel frattempo si è deciso sul suo collegamento
write-target-taken = il suo record di destinazione ora è collegato a { $source }
write-holder-back = il suo record è collegato a { $source }, che è di nuovo presente nell'origine
write-there-in-source = esiste già nell'origine, come { $id }
write-made-meanwhile =
    { kind } { $id }: creazione o modifica in `{ $connection }` nel frattempo; potrebbe essere lo stesso record ({ $reason }): creare un nuovo piano
write-reference-missing = fa riferimento a { kind } { $id }, che manca nella destinazione: applicare prima ciò che lo crea
write-customer-not-linked =
    il suo cliente { $customer } non è collegato ad alcun account, e al suo posto non si potrebbe creare nulla
write-account-gone = il suo account { $account } non esiste più nella destinazione
write-account-out-of-use =
    il suo account { $account } (`{ $name }`) non è in uso nella destinazione: collegare il cliente a un altro, o rimetterlo in uso

## Lo stesso per una riga di utilizzo.

write-newer-plan = un piano più recente la conteggia di nuovo: applicare quello
write-line-of-another-sync = la sua riga ora è fatturata dalla sincronizzazione { $sync }
write-replacement-refused = ciò che la sostituisce non può essere scritto: { $why }
write-contract-changed = il cliente ora ha il contratto { $contract }
write-product-excluded = nel frattempo il suo prodotto è stato escluso
write-product-changed = il suo prodotto ora è mappato su { $service }
write-sum-changed = pianificata come somma di { $planned }, ora è la somma di { $now }
write-billed-together = ora è fatturata insieme a { $leader }
write-line-needed = ora appartiene al contratto { $contract }, che ha questa riga
write-customer-unlinked = il suo cliente non è più collegato a un account
write-replaced-not-ended = la riga { $line }, che viene sostituita, non è stata portata a 0
write-part-still-billed =
    la riga { $line } fattura ancora { $part } e prosegue con { $leader }: approvare le due modifiche insieme
write-ring-broken = si scrive insieme a { $other } o non si scrive, e non è possibile: { $why }

## Una modifica è stata scritta.

write-kept-as = il fornitore ha conservato { $field } come `{ $value }`
write-changed-by-another = qualcun altro ha impostato { $field } su `{ $value }` prima della rilettura
write-not-read-back =
    { $connection }: impossibile rileggere ciò che è stato scritto ({ kinds }), la prossima esecuzione confronta: { $why }

## Una scrittura di esito incerto.

settle-change = { run-action } { kind } `{ $name }`: { $why }
settle-unknown =
    non è noto se sia stato scritto ({ $why }): la prima esecuzione dopo { $due } verifica di nuovo; { $settle } chiarisce a mano
settle-writes-uncertain =
    { $count } { $count ->
        [one] scrittura incerta
       *[other] scritture incerte
    }: { $list } mostra quali
settle-no-reply = non è arrivata alcuna risposta ({ $failure })
settle-found = dalla verifica risulta presente
settle-found-unanswered = il fornitore non ha risposto, dalla verifica risulta presente
settle-not-there = dalla verifica non risulta presente: non è stato scritto
settle-writes-nothing = non scrive nulla
settle-reference-unlinked = fa riferimento a { kind } { $id }, che non ha più un collegamento
settle-no-such-kind = `{ $connection }` non ha più { kinds }
settle-cannot-look-up = impossibile verificare: { $why }
settle-no-look-up = il fornitore non consente di verificare: controllare se è presente
settle-no-look-up-of-state = il fornitore non consente di verificare: controllare che cosa contiene il suo record
settle-record-gone = il suo record non esiste più nella destinazione
settle-may-be-unread = potrebbe essere { $id }, che non è stato possibile leggere: { $cause }
settle-may-be-one-without-id = potrebbe essere un record senza id, che non è stato possibile leggere: { $cause }
settle-made-for-several = { $id } potrebbe essere stato creato per uno qualsiasi di { $sources }: controllare a chi appartiene
settle-found-linked = { $id } ha la sua chiave ed è collegato a { $other }: controllare a chi appartiene
settle-found-out-of-use = { $id } ha la sua chiave e non è in uso: controllare se è quello giusto
settle-found-in-another = { $id } ha la sua chiave e si trova in { $parent }: controllare se è quello giusto
settle-found-elsewhere = { $id } ha la sua chiave e si trova altrove: controllare se è quello giusto
settle-found-twice = è presente più volte, come { $one } e { $two }: tenerne uno e indicarlo
settle-line-changed = la sua riga ora ha { $now }, né ciò che aveva né ciò che è stato inviato

## Lavoro in scadenza.

job-writes-settled =
    { $count } { $count ->
        [one] scrittura chiarita
       *[other] scritture chiarite
    }
job-signalled =
    { $count } { $count ->
        [one] segnale inviato
       *[other] segnali inviati
    }
job-nothing-to-do = nulla da fare
job-plan-held =
    piano { $plan }: { $held } { $held ->
        [one] trattenuta
       *[other] trattenute
    }
job-plan-waits = piano { $plan }: { $count } in attesa di approvazione
job-plan-waits-and-held =
    piano { $plan }: { $count } in attesa di approvazione, { $held } { $held ->
        [one] trattenuta
       *[other] trattenute
    }
# $counts: un elenco delle cinque voci che seguono; si parla di modifiche.
job-run = esecuzione { $run }: { $counts }
job-done =
    { $count } { $count ->
        [one] eseguita
       *[other] eseguite
    }
job-failed =
    { $count } { $count ->
        [one] non riuscita
       *[other] non riuscite
    }
job-stale =
    { $count } { $count ->
        [one] superata
       *[other] superate
    }
job-uncertain =
    { $count } { $count ->
        [one] incerta
       *[other] incerte
    }
job-held =
    { $count } { $count ->
        [one] trattenuta
       *[other] trattenute
    }
job-no-interval = { $minutes } minuti: intervallo non ammesso
job-hint-interval = indicare da 1 a { $most } minuti, o `never`
job-hint-alerts = aggiungere `alert` a `--kinds`
