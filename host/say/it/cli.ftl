### La riga di comando: esecuzioni, piani, osservazioni, registro, domande ed errori.

## Errori e fine del programma.

cli-error = errore: { $message }
cli-because = causa: { $message }
cli-hint = suggerimento: { $hint }
cli-call = { $call }
cli-one-or-other = { $one } oppure { $other }
cli-no-sync = non è indicata alcuna sincronizzazione
cli-no-sync-or-plan = non sono indicati né una sincronizzazione né un piano
cli-sync-without-plan = la sincronizzazione { $sync } non ha ancora un piano
cli-plan-hint = { $plan } ne crea uno
cli-stopping = arresto al prossimo punto sicuro; un secondo segnale arresta subito
cli-interrupted = interrotto: la prossima esecuzione riprende da qui
cli-interrupted-at-once = interrotto: la prossima esecuzione verifica ciò che potrebbe essere stato scritto
cli-no-threads = impossibile avviare i thread
cli-no-sandbox = impossibile preparare la sandbox
cli-log-level = `{ $level }` non è un livello di log
cli-log-level-hint = usare error, warn, info, debug o trace

## La configurazione. I nomi delle chiavi restano come sono.

cli-config-no-home = non c'è una cartella home per i dati
cli-config-no-home-hint = indicare una cartella con `--data DIR` o CROSSWALK_DATA
cli-config-unreadable = impossibile leggere { $path }
cli-config-unreadable-hint = controllare i permessi, o indicare un'altra cartella dei dati con `--data DIR`
cli-config-wrong = { $path } non è valido
cli-config-keys = può contenere: tenant, key-file, log, guest-threads, sotto [limits] memory-mib, call-seconds, component-mib, e sotto [retention] plans-days, runs-days, journal-days, usage-days, gone-days, tickets-days
cli-config-range = { $path }: `{ $key }` vale { $value }, ma deve essere compreso tra { $least } e { $most }
cli-config-range-hint = cambiare il numero, o togliere la chiave
cli-config-variable = la variabile d'ambiente { $name } non è valida: { $why }
cli-config-variable-hint = modificarla, o rimuoverla

## Domande a una persona.

# Le risposte accettate: s, sì, y e yes.
cli-ask = { $question } [s/N]
cli-not-a-terminal = nessuno può confermare: questo non è un terminale
cli-goes-ahead = `{ $command }` procede senza chiedere
cli-prompt-interrupted = la richiesta è stata interrotta
cli-secret-prompt = segreto `{ $name }` del plugin `{ $plugin }`:
cli-secret-prompt-described = segreto `{ $name }` del plugin `{ $plugin }` (descrizione del plugin: { $words }):

## Avanzamento.

cli-stage-reading = lettura di { kinds } da { $connection }
cli-stage-planning = pianificazione
cli-stage-recovering = verifica delle scritture interrotte
cli-stage-applying = applicazione
cli-stage-ended = { $stage }: { $count } in { $seconds } s

## Valori nelle tabelle e nelle righe.

cli-moment = { $at }
cli-decimal = { $number }
cli-empty = (vuoto)

# $action (String): ciò che una modifica fa a un record.
cli-action = { $action ->
    [append] annotare
    [close] chiudere
    [create] creare
    [create-source] creare all'origine
    [deactivate] disattivare
    [link] collegare
    [move] spostare
    [open] aprire
    [reactivate] riattivare
    [retire] dismettere
    [unlink] scollegare
    [update] aggiornare
   *[other] { $action }
}
cli-action-on = { cli-action } { kind }

## Che cosa digitare dopo: un titolo, poi i comandi, alcuni con una nota tra parentesi.

cli-next = prossimi passi:
cli-next-decide = { $count ->
    [one] 1 cliente da decidere
   *[other] { $count } clienti da decidere
}
cli-next-not-held = le modifiche che nessun freno trattiene
cli-next-checked = dopo aver controllato
cli-next-looked-up = quando ciascuna viene verificata
cli-next-rest = pianifica ciò che resta
cli-next-undo = annulla il resto

## Piani.

cli-read = record letti: { $source } di origine e { $target } di destinazione
cli-plan = piano { $plan } di { $sync }: { $cost }
cli-plan-nothing = piano { $plan } di { $sync }: niente da fare
cli-plan-made = piano { $plan } di { $sync }, creato il { $made }: { $cost }
cli-plan-undoes = annulla l'esecuzione { $run }
cli-plan-approved = approvato il { $at }
cli-plan-approved-by = approvato il { $at } da { $by }
cli-no-plan = ancora nessun piano: { $plan } ne crea uno
# $writes: quante modifiche scrivono qualcosa nella destinazione.
cli-cost = { $changes ->
    [one] 1 modifica
   *[other] { $changes } modifiche
}, di cui { $writes ->
    [one] 1 scrittura
   *[other] { $writes } scritture
}, al massimo { $calls ->
    [one] 1 chiamata
   *[other] { $calls } chiamate
} alla destinazione
cli-not-read = Non letto, o letto solo in parte:
cli-left = Lasciato com'è: { $count ->
    [one] 1 osservazione
   *[other] { $count } osservazioni
} ({ $list } le mostra una per una)
cli-more-changes = Ce ne sono altre: `--all` le mostra, `--customer`, `--kind`, `--action` e `--held` le filtrano
cli-more-changes-of = Ce ne sono altre: { $all }

## Modifiche di un piano, per cliente.

cli-changes-for-all = per tutti i clienti: { cli-changes-count }
cli-changes-of = { $name } ({ $id }): { cli-changes-count }
cli-changes-of-unnamed = cliente ({ $id }): { cli-changes-count }
cli-changes-count = { $count ->
    [one] 1 modifica
   *[other] { $count } modifiche
}
cli-change = { cli-action } { kind } { $name }
cli-change-quantity = { cli-action } { kind } { $name }: { $quantity }
# $brakes: i nomi dei freni, come li accetta `--release`.
cli-change-held = trattenuta: { $brakes }
cli-change-risk = { $risk ->
    [medium] rischio medio
   *[high] rischio alto
}
cli-reason = motivo: { $reason }

# Una quantità su un contratto.
cli-quantity-stays = resta { $after }
cli-quantity-changes = { $before } -> { $after }
cli-quantity-new = nuova, { $after }
cli-quantity-from = { $quantity } dal { $day }
cli-quantity-counted = { $quantity } (conteggio { $counted })
cli-quantity-summed = { $quantity } (conteggio { $counted }: { $parts })
cli-quantity-part = { $count } di { $line }
cli-quantity-sum = { $sum } + { $part }

## Applicazione e fine di un'esecuzione.

cli-apply-question = Applicare { $changes ->
    [one] 1 modifica
   *[other] { $changes } modifiche
} del piano { $plan } (al massimo { $calls ->
    [one] 1 chiamata
   *[other] { $calls } chiamate
}){ $held ->
    [0] {""}
    [one] {" "}e lasciarne 1 trattenuta
   *[other] {" "}e lasciarne { $held } trattenute
}?
cli-nothing-applied = non è stato applicato nulla
# $status (String): com'è terminata un'esecuzione.
cli-run-status = { $status ->
    [failed] non riuscita
    [held] trattenuta
    [nothing-to-do] niente da fare
    [partial] riuscita in parte
    [running] in corso
    [succeeded] riuscita
   *[other] { $status }
}
# $counts: quante modifiche sono terminate in quale modo.
cli-run-ended = esecuzione { $run } di { $sync }: { cli-run-status } in { $seconds } s: { $counts }; { $writes ->
    [one] 1 scrittura inviata
   *[other] { $writes } scritture inviate
}
cli-run-under-way = esecuzione { $run } di { $sync }: { cli-run-status }: { $counts }; { $writes ->
    [one] 1 scrittura inviata
   *[other] { $writes } scritture inviate
}
cli-run-done = { $count ->
    [one] 1 eseguita
   *[other] { $count } eseguite
}
cli-run-count = { $what ->
    [failed] { $count ->
        [one] 1 non riuscita
       *[other] { $count } non riuscite
    }
    [stale] { $count ->
        [one] 1 superata
       *[other] { $count } superate
    }
    [uncertain] { $count ->
        [one] 1 incerta
       *[other] { $count } incerte
    }
   *[held] { $count ->
        [one] 1 trattenuta
       *[other] { $count } trattenute
    }
}

## Annullamento di un'esecuzione.

cli-undo-plan = piano { $plan } di { $sync }, annulla l'esecuzione { $run }: { $cost }
cli-undo-nothing = piano { $plan } di { $sync }, annulla l'esecuzione { $run }: non c'è nulla da annullare
cli-undo-question = Annullare l'esecuzione { $run } con { $changes ->
    [one] 1 modifica
   *[other] { $changes } modifiche
}?
cli-nothing-undone = non è stato annullato nulla; { $later } lo applica in seguito

## Esecuzioni passate e registro.

cli-runs-none = ancora nessuna esecuzione
cli-journal-none = nessuna voce del genere nel registro
cli-journal-times = { $message } ({ $count ->
    [one] 1 volta
   *[other] { $count } volte
})

## Osservazioni.

cli-findings = { $count ->
    [one] 1 osservazione
   *[other] { $count } osservazioni
} nel piano { $plan } di { $sync } ({ $made })
cli-more-groups = { $count ->
    [one] ancora 1 gruppo
   *[other] altri { $count } gruppi
}; `--all` li mostra tutti
cli-more-findings = `--after { $after }` mostra le successive, `--all` tutte
cli-left-finding = lasciato com'è: { $message }

## Perché.

cli-why-next = che cosa lo cambierebbe:
cli-why-planned = Nel piano più recente:

## Scritture dall'esito sconosciuto.

cli-uncertain-none = nessuna scrittura incerta
cli-with-the-next-run = con la prossima esecuzione
cli-outcome-missing = manca l'esito
cli-outcome-hint = `--written ID` se il record esiste, `--not-written` se non esiste
cli-settled-written = { cli-action } { kind } `{ $name }`: scritto, come { $id }
# $overtaken è una frase senza soggetto (la scrittura): `è stato scritto (created), nel frattempo escluso: …`.
cli-settled-overtaken = { cli-action } { kind } `{ $name }`: { $overtaken }
cli-settled-not-written = { cli-action } { kind } `{ $name }`: non scritto, il prossimo piano lo contiene di nuovo

## Singoli asset e avvisi.

cli-refreshed = asset { $source } ({ $name }), nella destinazione { $target ->
    [none] assente
   *[other] { $target }
}:
cli-refreshed-already = asset { $source } ({ $name }), nella destinazione { $target ->
    [none] assente
   *[other] { $target }
}: già aggiornato
cli-alerts = { $count ->
    [one] 1 avviso
   *[other] { $count } avvisi
}

## La pianificazione a orario. Le parti di una riga sono unite da punti e virgola.

cli-work-begins = esecuzione della pianificazione; Ctrl-C la arresta a un punto sicuro
cli-work-ended = { word } in { $seconds } s: { $message }
cli-work-in-a-row = { $count ->
    [one] 1 volta di seguito
   *[other] { $count } volte di seguito
}
cli-work-next = prossima: { $at }
