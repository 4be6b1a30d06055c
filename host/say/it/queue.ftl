### Approvazioni, e lavoro richiesto anziché svolto.

## Approvazioni.

cli-approve-question = Approvare { $changes ->
    [one] 1 modifica
   *[other] { $changes } modifiche
} del piano { $plan } (al massimo { $calls ->
    [one] 1 chiamata
   *[other] { $calls } chiamate
}){ $held ->
    [0] {""}
   *[other] , lasciandone { $held } trattenute
}?
cli-approve-added = aggiunte, perché le modifiche scelte ne dipendono: { $changes }
cli-nothing-approved = non è stato approvato nulla
cli-approved = { $changes ->
    [one] approvata 1 modifica
   *[other] approvate { $changes } modifiche
} del piano { $plan }; { $apply } applica ciò che è approvato
cli-approvals-withdrawn = { $count ->
    [0] il piano { $plan } non ha approvazioni
    [one] 1 approvazione del piano { $plan } ritirata
   *[other] { $count } approvazioni del piano { $plan } ritirate
}
cli-no-approvals = il piano { $plan } non ha approvazioni

## Lavoro richiesto, seguito e interrotto.

cli-queued = l'esecuzione { $run } è in coda
cli-queued-now = l'esecuzione { $run } è in coda: { $follow } la segue
cli-queued-until = l'esecuzione { $run } è in coda, con inizio il { $at }: { $follow } la segue
cli-follow-status = esecuzione { $run }: { $status }
cli-follow-steps = esecuzione { $run }: { $stage }, { $done } di { $steps }
cli-follow-done = esecuzione { $run }: { $stage }, { $done }
cli-follow-stopping = esecuzione { $run }: { $by } ne ha chiesto l'interruzione
cli-follow-ended = esecuzione { $run }: { $status }
cli-follow-ended-with = esecuzione { $run }: { $status }: { $message }
cli-stop-cancelled = l'esecuzione { $run } è stata annullata prima dell'inizio
cli-stop-asked = è stata chiesta l'interruzione dell'esecuzione { $run }: { $follow } mostra quando è avvenuta
cli-stop-ended = l'esecuzione { $run } era già terminata

## Che cosa ne dice il motore.

approval-no-such-change = il piano { $plan } non ha una modifica in attesa { $change }
approval-other-hash = il piano { $plan } non è più quello che è stato visto
approval-superseded = il piano { $plan } è superato dal piano { $newer }, creato da ciò che c'è ora
approval-hint-show = esaminarlo: { $show }
approval-of-whole = piano { $plan } approvato
approval-of-kind = piano { $plan }: { kinds }, approvazione
approval-of-customer = piano { $plan }: approvate le modifiche del cliente { $customer }
approval-of-customer-and-kind = piano { $plan }: { kinds } del cliente { $customer }, approvazione
approval-of-changes = piano { $plan }: approvate le modifiche { $changes }
approval-with-note = { $what }; { $note }
approval-withdrawn = approvazioni del piano { $plan } ritirate
run-not-approved = del piano { $plan } non è approvato nulla
run-hint-approve = { $approve } lo approva, in tutto o in parte
request-too-far = { $at } è tra più di una settimana
request-hint-schedule = impostare invece la ricorrenza della sincronizzazione: { $set }
