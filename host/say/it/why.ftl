### Perché un record è allineato, o non lo è: l'esito, i passaggi della traccia e l'effetto di ogni consiglio.

## Parole all'interno delle frasi.

# $action (String): che cosa fa una modifica; nelle frasi compare tra virgolette.
why-action = { $action ->
    [link] collegamento
    [create] creazione
    [update] aggiornamento
    [move] spostamento
    [retire] ritiro
    [deactivate] disattivazione
    [reactivate] riattivazione
    [open] apertura del ticket
    [append] nota nel ticket
    [close] chiusura del ticket
    [create-source] creazione all'origine
    [unlink] scollegamento
   *[other] { $action }
}
# $decider (String): chi, o quale regola, ha deciso un collegamento. Con la preposizione, dopo “collegato” o “escluso”.
why-by = { $decider ->
    [operator] dall'operatore
    [matching] dall'abbinamento automatico
    [undo] da un annullamento
    [one-to-one] per la regola uno a uno
    [known-link] in base al collegamento precedente
    [known-id-spelt-otherwise] in base all'id noto, scritto in altro modo
    [stamp] in base allo stamp
    [serial-number] in base al numero di serie
    [MAC-address] in base all'indirizzo MAC
    [product-code] in base al codice prodotto
    [customer-number] in base al numero cliente
    [name-within-the-account] in base al nome nell'account
    [accepted-score] in base a un punteggio sufficiente
    [re-enrolled] per la regola dei record registrati di nuovo
    [only-contract] perché è l'unico contratto
    [planning] dalla pianificazione
    [same-product] perché il prodotto è lo stesso
    [the-contract-had-no-such-line] perché il contratto non aveva questa riga
    [dismissal] perché il conteggio è stato respinto
    [retirement] per il ritiro di una riga
    [alert] dall'avviso stesso
    [repeat] perché ripete un avviso precedente
    [back] perché l'avviso si è ripresentato
    [reverse] alla creazione all'origine
    [an-earlier-rule] da una regola di una versione precedente
   *[other] in base a: { $decider }
}
# $actor (String): `local:anna`, `schedule`, …
why-by-actor = { $actor ->
    [schedule] da un'esecuzione programmata
    [host] { why-by }
   *[other] { why-by } { $actor }
}
# $status (String): lo stato di una modifica non eseguita. Al femminile: si riferisce alla modifica.
why-status = { $status ->
    [failed] non riuscita
    [stale] superata
    [skipped] saltata
    [uncertain] di esito incerto
   *[other] in corso
}
why-because = { $what }: { $reason }
why-no-reason = il motivo non è noto
why-no-match = non è stata trovata alcuna corrispondenza

## L'esito.

why-not-in-step = non allineato: { $why }
why-undecided = non allineato: record letto ({ kind }), ma non è ancora stato deciso nulla
# $why (messaggio): il motivo per cui l'esito è incerto.
why-uncertain =
    non ancora allineato: non è noto se la modifica “{ why-action }” dell'esecuzione { $run } sia stata scritta ({ $why }); l'esito viene verificato e nel frattempo non si pianifica altro
why-uncertain-due =
    non ancora allineato: non è noto se la modifica “{ why-action }” dell'esecuzione { $run } sia stata scritta ({ $why }); l'esito viene verificato dalla prima esecuzione dopo il momento indicato ({ $due }) e nel frattempo non si pianifica altro
why-outcome-unknown = non ancora allineato: l'esito della modifica “{ why-action }” non è noto
# Segue “non allineato:”.
why-ended = modifica “{ why-action }” { why-status }
why-target-alone =
    nessun record di `{ $connection }` è collegato a questo record ({ kind }): la sincronizzazione non lo tocca
why-kind-out = escluso: { kinds } non compresi nella sincronizzazione `{ $sync }`
why-sites-primary =
    escluso: per la regola `sites` tutto ciò che è di un cliente appartiene alla sua sede principale, e non si creano altre sedi
# $customer (messaggio): il cliente; $stands (messaggio): che cosa se ne dice, per esempio “non è collegato”.
why-customer-bars =
    non allineato: il suo cliente { $customer } { $stands }, e nulla di un cliente non collegato viene sincronizzato
why-proposed = non allineato: è stata trovata una corrispondenza probabile, da confermare o rifiutare
why-conflict = non allineato: le corrispondenze possibili sono più di una, e la scelta spetta a una persona
why-excluded = escluso { $by }
why-create = non allineato: la creazione spetta al prossimo piano
why-broken = non allineato: il record collegato non esiste più nella destinazione
why-unread = non allineato: non è mai stato letto da `{ $connection }`
why-planned = non allineato: la modifica “{ why-action }” è pianificata ({ $reason })
why-planned-held =
    non allineato: la modifica “{ why-action }” è pianificata e trattenuta dal freno `{ $brake }` ({ $reason })
why-due = non allineato: la modifica “{ why-action }” è da eseguire ({ $reason })
why-due-held =
    non allineato: la modifica “{ why-action }” è da eseguire ({ $reason }), ed è trattenuta dal freno `{ $brake }`: { $hold }
why-target-unread = non allineato: il record collegato non è tra quelli letti dalla destinazione
why-gone-active = non più presente all'origine; il record di destinazione resta com'è
why-gone-inactive = non più presente all'origine, e non attivo nella destinazione
why-in-step = allineato: collegato { $by } ({ $reason })
why-in-step-left = allineato, salvo quanto viene lasciato com'è: collegato { $by } ({ $reason })
why-in-step-unbilled =
    allineato, ma il suo utilizzo non viene fatturato: { $why } (è collegato { $by }: { $reason })

## L'esito per un avviso.

why-no-ticket = escluso: non viene aperto alcun ticket: { $why }
why-in-ticket = allineato: è nel ticket `{ $ticket }`, { $state ->
    [open] che è aperto
    [closed] che è chiuso
   *[unread] che non è tra quelli letti dalla destinazione
}
why-in-ticket-left = allineato, salvo quanto viene lasciato com'è: è nel ticket `{ $ticket }`; { $message }
# Segue `why-in-ticket`.
why-alert-unlisted = l'origine non lo elenca più, ma ciò non significa che sia rientrato

## L'esito per una riga di utilizzo.

why-line-of-nothing = allineato: non ne viene conteggiato nulla, e nulla è su un contratto
why-line-in-step = allineato: { $reason }
why-line-in-step-left = allineato, salvo quanto viene lasciato: { $note } ({ $reason })
why-line-not-fetched = non allineato: il conteggio non è noto: { $reason }
why-line-together = allineato insieme a un'altra riga: { $reason }
why-line-waits = non allineato: in attesa di approvazione ({ $reason })
why-line-held = non allineato: trattenuto dal freno `{ $brake }` ({ $reason })

## Un cliente, e che cosa se ne dice. Segue “il suo cliente …” e “appartiene a …, che …”.

why-customer-id = `{ $customer }`
why-customer-name = “{ $name }” (`{ $customer }`)
why-customer = appartiene a { $customer }, che { $stands }
why-customer-waits-link = attende di essere collegato dal piano { $plan }
why-customer-waits-create = attende di essere creato dal piano { $plan }
why-customer-undecided = attende ancora una decisione
why-customer-unlisted = non è elencato dall'origine
why-customer-linked = è collegato a `{ $target }`
why-customer-excluded = è escluso { $by }
why-customer-create = è da creare
why-customer-proposed = ha una proposta da confermare o rifiutare
why-customer-conflict = attende la scelta tra più account
why-customer-broken = era collegato a `{ $target }`, che non esiste più
why-customer-unmapped = non è collegato ad alcun account

## I passaggi. Un passaggio è spesso composto da più voci, unite da punto e virgola.

# $connection (String): la connessione letta.
why-nothing-read = non ne è stato letto nulla da `{ $connection }`
why-has = in `{ $connection }` è `{ $id }` “{ $name }”
why-has-out-of-use = in `{ $connection }` è `{ $id }` “{ $name }”, non attivo
why-first-seen = letto per la prima volta: { $at }
why-last-seen = letto per l'ultima volta: { $at }
why-gone-since = non più presente da: { $at }
why-line-numbers =
    conteggiato: { $counted ->
        [unknown] non noto
       *[other] { $counted }
    }; sul contratto: { $has ->
        [unknown] non noto
       *[other] { $has }
    }; approvato: { $approved ->
        [unknown] non noto
       *[other] { $approved }
    }
why-line-contract = il contratto è { $name } (`{ $contract }`)
why-match-none = non è ancora stato deciso nulla
why-match-state = { $state ->
    [made] collegato a `{ $target }`, creato da questo programma,
    [linked] collegato a `{ $target }`
    [broken] collegato a `{ $target }`, che non esiste più,
    [proposed] corrispondenza proposta
    [conflict] conflitto rilevato
    [excluded] escluso
    [create] da creare, come deciso
   *[unmapped] non collegato
}
why-match = { why-match-state } ({ $at })
why-match-by = { why-match-state } { $by } ({ $at })
why-candidate = `{ $target }` “{ $name }” ha punteggio { $score }: { $reason }
why-declined = rifiutati: { $targets }
# $event (String): che cosa è accaduto al record.
why-event = { $event ->
    [created] creato
    [updated] aggiornato
    [moved] spostato
    [retired] ritirato
    [deactivated] disattivato
    [reactivated] riattivato
    [opened] aperto
    [noted] annotato
    [closed] chiuso
    [created-at-the-source] creato all'origine
    [failed] non riuscito
    [stale] superato
    [skipped] saltato
   *[other] { $event }
}
why-happened = { why-event } ({ $at })
why-happened-in-run = { why-event } ({ $at }) nell'esecuzione { $run }
# $what (messaggio): che cosa è accaduto; $fields (elenco): i campi scritti.
why-with-fields = { $what } ({ $fields })
why-with-fields-more = { $what } ({ $fields } e { $more ->
    [one] un altro
   *[other] altri { $more }
})
# $kept e $sent (String): valori, tra virgolette.
why-kept = { $field }: la destinazione ha conservato { $kept }, era stato inviato { $sent }
why-unbilled = il suo utilizzo non viene fatturato: { $why }
why-left-by-rule =
    { $field } viene lasciato com'è per la regola `{ $rule }`: l'origine ha { $source }, la destinazione { $target }
why-found = piano { $plan } ({ $made_at }): { $message }
why-plan-has = il piano { $plan } contiene “{ why-action }”: { $reason }
why-held = modifica trattenuta dal freno `{ $brake }`: { $reason }
# Segue `why-plan-has`.
why-change-ended = modifica { why-status }
why-next-plan = il prossimo piano contiene “{ why-action }”: { $reason }
why-newest-plan =
    il piano più recente è { $plan } ({ $made_at }); quanto è stato letto o deciso in seguito è riportato allo stato attuale

## L'effetto di un consiglio. Compare tra parentesi dopo un comando.

why-does-match = cerca la corrispondenza
why-does-look-up = verifica l'esito
why-does-look-up-first = verifica prima l'esito
why-does-settle = chiarisce l'esito a mano
why-does-try-again = riprova
why-does-list = elenca i collegamenti e le proposte
why-does-customer-waits = spiega che cosa attende il cliente
why-does-customer-state = spiega lo stato del cliente
why-does-create = ne richiede la creazione
why-does-create-anew = ne richiede una nuova creazione
why-does-create-plan = ne pianifica la creazione
why-does-set = collega il record a uno della destinazione
why-does-accept = accetta il candidato migliore
why-does-exclude = esclude il record
why-does-forget = lascia di nuovo la decisione all'abbinamento automatico
why-does-read = legge il record
why-does-read-again = ripete la lettura
why-does-look-again = ripete il controllo
why-does-plan = pianifica la modifica
why-does-apply = applica la modifica
why-does-release = sblocca la modifica, con tutte le altre trattenute da questo freno
why-does-link-customer = collega il cliente
why-does-customers = mostra account, contratto e interruttori del cliente
why-does-contract = sceglie il contratto
why-does-leader = spiega quella riga
why-does-approve = approva la riga
why-does-approve-held = approva la riga, anche se trattenuta

## Il record a cui si riferisce una persona.

why-several-called = { kinds } di `{ $connection }` con il nome `{ $name }`: { $count }
why-name-by-id = indicarne uno per id: { $ids }
# $plan (call): il comando che pianifica.
why-never-read = non è mai stato letto: eseguire { $plan }, o controllare l'id o il nome
