### Abbinamento: perché un record di origine è collegato, proposto, lasciato a una persona, o nuovo.

## $key (String): ciò che i due record hanno in comune. Tutte le voci sono maschili singolari.

match-key = { $key ->
    [stamp] stamp
    [id] id
    [serial-number] numero di serie
    [mac-address] indirizzo MAC
    [product-code] codice prodotto
    [customer-number] numero cliente
   *[name] nome nell'account
}

## $kind (String): al plurale, come oggetto di «creare».

match-a = { kinds }

## Ciò che dice un collegamento.

match-source-gone = non è più presente nell'origine
match-source-out-of-use = non è in uso nell'origine
match-target-gone = { kind }: il record collegato non è più presente nella destinazione
match-target-back = { kind }: il record collegato è di nuovo presente nella destinazione
match-asked-for = richiesto da un operatore

## Una chiave che hanno entrambi. $value (String): la chiave. $gone (String): id di un record di origine.

match-same = stesso { match-key }
match-same-key = stesso { match-key }: { $value }
match-same-key-as-gone = stesso { match-key } { $value } di { $gone }, non più presente nell'origine

## Una chiave per cui deve decidere una persona. $target, $name: id e nome di un record di destinazione.

match-key-declined =
    { $target } («{ $name }») ha questo { match-key } ed è stato rifiutato: collegarlo comunque, o richiedere la creazione di un nuovo record ({ kind })
match-key-of-present =
    { $target } («{ $name }») ha questo { match-key } ed è collegato a { $other }, anch'esso presente nell'origine: escludere o eliminare quello non in uso, o richiedere la creazione di un nuovo record
match-key-shared = più { kinds } dell'origine hanno questo { match-key }
match-key-elsewhere-free =
    { $target } («{ $name }») { $whose } ha questo { match-key }: spostarlo nell'account di questo cliente, o richiedere la creazione di un nuovo record ({ kind })
match-key-elsewhere-of-gone =
    { $target } («{ $name }») { $whose } ha questo { match-key }, e il suo record di origine ({ kind }) non è più presente: se è lo stesso, collegarlo con { $link }, e viene spostato a questo cliente; altrimenti richiedere la creazione di un nuovo record
# $whose delle due voci precedenti
match-of-account = di un altro account ({ $account })
match-of-no-account = senza account
match-key-twice =
    nell'origine il { match-key } { $value } è presente più di una volta: escludere o eliminare ciò che non è in uso, o richiedere la creazione
match-key-twice-in-source = nell'origine questo { match-key } è presente più di una volta
match-key-several-in-target = { $count } record della destinazione hanno questo { match-key }
match-key-many-in-target = più di { $count } record della destinazione hanno questo { match-key }
match-key-shared-with-one = più record dell'origine corrispondono a un solo record della destinazione (criterio: { match-key })

## La chiave che questo programma scrive nella destinazione.

match-key-in-account = la sua chiave, nell'account { $account }
match-key-in-no-account = la sua chiave, senza account
match-key-elsewhere =
    { kind } { $target } (`{ $name }`) di un altro account: ha la chiave di questo record. Assegnarlo a questo cliente o togliere la chiave nella destinazione, o richiedere la creazione di un nuovo record
match-key-taken-elsewhere =
    { kind } { $target } (`{ $name }`) di un altro account: ha ancora la chiave di questo record, ma il collegamento è con un altro. Togliere la chiave nella destinazione, o richiedere la creazione di un nuovo record

## In che cosa due record si somigliano. $because e $names (Said): un'altra di queste voci.

match-same-name = stesso nome
match-same-name-but-form = stesso nome, a parte la forma giuridica
match-same-name-other-form = stesso nome, ma uno è «{ $one }» e l'altro «{ $other }»
match-name-begins = un nome inizia con l'altro
match-similar-name = nome simile
match-same-domain = stesso dominio web { $domain }
match-names-and-domain = { $names }, stesso dominio web { $domain }
match-same-address = stesso indirizzo
match-names-and-address = { $names }, stesso indirizzo
match-same-host = stesso nome { $host }, senza un numero di serie che dia certezza
match-same-host-and-model = stesso nome { $host } e stesso modello
match-same-card = stessa scheda di rete { $mac }, ma nome diverso: può essere di una docking station o di un adattatore
match-linked-to-gone = è collegato a { $gone }, non più presente nell'origine
match-target-out-of-use = non in uso nella destinazione
match-accepted = accettato con punteggio { $score }: { $because }
match-alike = { $count } record della destinazione si somigliano: { $because }
match-alike-or-more = { $count } o più record della destinazione si somigliano: { $because }
match-rival = un altro record dell'origine ({ kind }) è altrettanto simile a «{ $name }»
match-twin = nell'origine c'è un altro record ({ kind }) con questo nome: collegarli manualmente uno per uno, o richiedere la creazione

## Non c'è nulla di simile.

match-new = nuovo record ({ kind }): nella destinazione non c'è nulla di simile
match-new-not-created =
    nella destinazione non c'è nulla di simile, e questa sincronizzazione non crea { kinds } automaticamente
match-new-not-creatable =
    nella destinazione non c'è nulla di simile, e lì non è possibile creare { match-a }: creare il record manualmente, e il piano successivo lo trova
match-target-unread = la destinazione non è stata letta completamente: non si sa se il record è nuovo
match-nameless =
    non ha ancora un numero di serie e ha un nome generato, quindi può essere già presente nella destinazione: viene creato se la situazione è la stessa alla scadenza ({ $until }), o su richiesta

## Contratti di un account.

match-contract-back = il contratto è di nuovo presente
match-contract-gone = il contratto { $contract } non appartiene più all'account
match-contracts-unread = i contratti dell'account non sono stati letti fino alla fine
match-no-contract = l'account non ha contratti che accettano utilizzi
match-only-contract = l'unico contratto in vigore che accetta utilizzi
match-only-contract-not-in-force = l'unico contratto che accetta utilizzi; non è in vigore
match-several-contracts = l'account ha { $count } contratti che accettano utilizzi

## Durata di un contratto. $starts e $ends sono giorni; $term (Said) è una delle prime quattro voci.

match-term = { $starts } – { $ends }
match-term-from = inizio { $starts }
match-term-until = fine { $ends }
match-term-open = senza date
match-term-cancelled = { $term }, disdetto
match-term-not-in-force = { $term }, non in vigore
