### Che cosa fa un piano con record e avvisi, e che cosa lascia invariato.

## Parole all'interno delle frasi.

# $by (String): chi, o quale regola, ha deciso un collegamento.
plan-decider = { $by ->
    [operator] operatore
    [matching] abbinamento
    [one-to-one] uno a uno
    [known-link] collegamento noto
    [known-id-spelt-otherwise] id noto, scritto in altro modo
    [stamp] stamp
    [serial-number] numero di serie
    [MAC-address] indirizzo MAC
    [product-code] codice prodotto
    [customer-number] numero cliente
    [name-within-the-account] nome nell'account
    [accepted-score] punteggio accettato
    [re-enrolled] nuova registrazione
    [only-contract] unico contratto
    [planning] pianificazione
    [same-product] stesso prodotto
    [the-contract-had-no-such-line] riga assente dal contratto
    [dismissal] conteggio respinto
    [retirement] ritiro
    [alert] avviso
    [repeat] ripetizione
    [back] avviso ripresentato
    [reverse] creazione all'origine
    [undo] annullamento
    [an-earlier-rule] una regola precedente
   *[other] { $by }
}
# $action (String): che cosa fa una modifica; nelle frasi compare tra virgolette.
undo-action = { $action ->
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

## Un valore all'interno di una frase.

plan-value-empty = “(vuoto)”
plan-value-yes = “sì”
plan-value-no = “no”
plan-value-number = “{ $number }”
plan-value-time = “{ $at }”
plan-value-text = “{ $text }”
plan-value-text-cut = “{ $text }…”

## Un campo. $field è il nome che ha nel contratto dei plugin.

plan-field-differs = { $field } è diverso: da { $before } a { $after }
plan-field-set = { $field } viene impostato su { $after }
plan-field-refers-elsewhere = { $field } rimanda a un altro record
# L'ultima di un elenco di tali frasi.
plan-fields-more = e { $count ->
    [one] un altro campo
   *[other] altri { $count } campi
}
plan-fields-due = da aggiornare periodicamente: { $fields }
plan-field-edited = { $field } è stato modificato nella destinazione in { $has }, e resta invariato
plan-field-changed-twice =
    { $field } è cambiato da entrambe le parti: l'origine ha { $wanted }, la destinazione { $has }, che resta invariato
plan-nameless = l'origine non gli dà un nome: viene creato con il suo id come nome
plan-reference-not-linked = { $field } resta invariato: il record a cui rimanda ({ kind }) non è collegato
plan-value-not-accepted = { $field } resta invariato: “{ $value }” non è tra i valori accettati dalla destinazione

## Il collegamento di un record. $reason è un altro messaggio.

plan-linked-by = { plan-decider }: { $reason }
plan-to-be-linked-unread = da collegare ({ plan-decider }), ma il record non è stato letto dalla destinazione
plan-linked-unread = il record collegato non è stato letto dalla destinazione
plan-proposed = in attesa di un sì o di un no: { $reason }
plan-conflict = in attesa di una scelta: { $reason }
plan-unmapped = non collegato: { $reason }
plan-broken = { $reason }: collegare a un altro record, o chiedere una nuova creazione
plan-excluded-by = record escluso ({ plan-decider })
plan-created-once-in-use = da creare quando sarà in uso nell'origine
plan-link-stands = { $state ->
    [broken] interrotto
    [conflict] in conflitto
    [proposed] proposto
   *[unmapped] non collegato
}: { $reason }

## In uso e fuori uso.

plan-unused-in-source = non più in uso nell'origine
plan-unused-back-by-hand = non in uso nell'origine; rimesso in uso nella destinazione da una persona, e resta invariato
plan-retired-by-hand = messo fuori uso nella destinazione da una persona, e resta invariato
plan-used-again = di nuovo in uso nell'origine
plan-gone-by-rule = scomparso dall'origine; secondo la regola di `active` vale lo stato della destinazione
plan-gone-back-by-hand = scomparso dall'origine; rimesso in uso nella destinazione da una persona, e resta invariato
plan-gone-not-ours = scomparso dall'origine; il record ({ kind }) era già nella destinazione, quindi resta in uso
plan-missing = assente dall'origine da { $since }
plan-missing-until = assente dall'origine da { $since }; viene messo fuori uso se manca ancora in data { $until }

## Un record che ha cambiato cliente.

plan-moved = il record ha cambiato cliente nell'origine
plan-moved-retired =
    il record ha cambiato cliente nell'origine; la destinazione non può spostarlo, quindi questo viene ritirato e ne viene creato uno nuovo
plan-moved-anew = al posto di quello ritirato, perché il record ha cambiato cliente nell'origine
plan-moved-cannot = il record ha cambiato cliente nell'origine, e la destinazione non può né spostarlo né sostituirlo
plan-moved-by-hand = una persona ha spostato il record in un altro account della destinazione, e lì resta

## Ciò che la destinazione non può fare.

plan-cannot-create = la destinazione non consente di creare { kinds }
plan-cannot-update = la destinazione non consente di aggiornare { kinds }
plan-cannot-deactivate = la destinazione non consente di mettere fuori uso { kinds }
plan-cannot-reactivate = la destinazione non consente di rimettere in uso { kinds }

## Perché una modifica pianificata non viene più applicata.

plan-stale-decided = nel frattempo è stata presa una decisione sulla riga
plan-stale-link-decided = nel frattempo è stata presa una decisione sul collegamento
plan-stale-linked-to = ora il record è collegato a { $target }
plan-stale-linked-elsewhere = ora il record è collegato a un altro
plan-stale-not-linked = il record non è più collegato
plan-stale-has-ticket = l'avviso ha già un ticket
plan-stale-may-be-back = nel frattempo il collegamento è cambiato: il record potrebbe essere tornato nell'origine
plan-stale-gone = il record è scomparso dalla destinazione
plan-stale-out-of-use = nel frattempo il record è stato messo fuori uso nella destinazione
plan-stale-ticket-closed = nel frattempo il ticket è stato chiuso
plan-stale-field-changed = { $field } è stato modificato nella destinazione dopo il piano

## Clienti della destinazione che vengono creati all'origine.

plan-reverse-asked = creazione all'origine: esiste solo nella destinazione, e l'operatore l'ha chiesta
plan-reverse-alone = creazione all'origine: esiste solo nella destinazione, e nessun cliente dell'origine ha un nome simile
plan-reverse-not-created = non creato all'origine: { $why }; collegarlo, o decidere con { $decide } (`create` o `exclude`)
plan-reverse-nameless = non ha un nome
plan-reverse-twins = la destinazione ha più clienti con questo nome
# $name è il nome nella destinazione, $id e $other sono id e nome nell'origine; $score è compreso tra 0 e 1.
plan-reverse-near = `{ $name }` è simile a { $id } `{ $other }` dell'origine ({ $reason }, { $score })

## Gli avvisi e i loro ticket.

ticket-none = non viene aperto alcun ticket: { $why }
ticket-not-listed = l'origine non elenca più l'avviso, e non è stato aperto alcun ticket
ticket-over-before = l'avviso è terminato prima che venisse aperto un ticket
ticket-raised-before = l'avviso è in data { $raised }, e gli avvisi diventano ticket a partire da { $from }
ticket-unsettled =
    una scrittura precedente non è chiarita: il fornitore ci sta ancora lavorando, o è in corso la verifica
ticket-unread = in attesa: non è stato possibile leggere il ticket { $ticket }: { $cause }
ticket-customer-not-linked =
    il cliente non è collegato, e non è stato scelto un account per questi ticket: collegare il cliente, o scegliere un account con { $catch }
ticket-alert = avviso: nessun ticket aperto lo riguarda
ticket-repeat-of-first = ripetizione: dell'avviso che apre il ticket
ticket-repeat-noted-later = ripetizione: annotata insieme a una successiva
ticket-repeat = ripetizione: l'avviso si è ripresentato, { $times } volte finora
ticket-back = ritorno: l'avviso si è ripresentato dopo la chiusura del ticket, { $times } volte finora
ticket-flapping = l'avviso va e viene: { $count } avvisi finora, tutti nel ticket { $ticket }
ticket-over = l'avviso è terminato
ticket-over-cannot-close = l'avviso è terminato; la destinazione non può chiudere il ticket
ticket-over-flapping =
    l'avviso è terminato; si è ripresentato { $times } volte, quindi il ticket resta aperto fino a { $until } se non si ripresenta
ticket-over-unknown = l'avviso è terminato; non si sa se qualcuno abbia lavorato al ticket, quindi resta aperto
ticket-over-worked-on = l'avviso è terminato; qualcuno ha lavorato al ticket, quindi resta aperto

## L'annullamento di un'esecuzione.

# Comincia con il verbo: `undo-took-back` vi antepone "l'esecuzione 8".
undo-reason = annulla “{ undo-action }” dell'esecuzione { $run }
undo-reason-key-stays = annulla “{ undo-action }” dell'esecuzione { $run }; la chiave nel record resta
# $reason è `undo-reason`.
undo-took-back = l'esecuzione { $run } { $reason }
undo-was-linked = il record era collegato a { $target }: { $link } lo collega di nuovo, { $create } lo fa creare di nuovo
undo-gone = il record è scomparso dalla destinazione
undo-out-of-use-already = il record è già fuori uso nella destinazione
undo-only-volatile = la modifica ha scritto soltanto valori che cambiano da soli
undo-before-unknown = non si sa che valore avesse { $field } prima
undo-field-not-reported = la destinazione non comunica { $field }
undo-name-never-emptied = un nome non viene mai svuotato
undo-field-edited = nel frattempo { $field } è stato modificato nella destinazione in { $has }, e resta invariato
undo-written-again = { $field } è stato riscritto da un'esecuzione successiva
undo-field-not-put-back = { $field } non è stato ripristinato, e il record non è più collegato
undo-done-again-by-rule = per la regola `{ $rule }` di { $field } il piano successivo farebbe di nuovo la modifica
undo-ticket-stays = ciò che è già stato letto nel ticket { $ticket } non si annulla: intervenire a mano
undo-source-stays = ciò che è stato creato all'origine per { $target } vi resta: intervenire a mano
undo-quantity-set =
    la quantità è stata portata da { $before } a { $after }, e per ogni giorno è possibile una sola modifica: ripristinarla con { $adjust }
undo-sum-set =
    la quantità è stata portata da { $before } a { $after }, la somma di { $parts }, e per ogni giorno è possibile una sola modifica: ripristinarla con { $adjust }
