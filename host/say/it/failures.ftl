### Errori di un fornitore o di un connettore. Il testo è quello del fornitore o del connettore.

failure = { failure-name }: { $message }
failure-of-fields = { failure-name }: { $message }; { $fields }
failure-name = { $failure ->
    [denied] accesso negato
    [throttled] troppe chiamate
    [unavailable] non disponibile
    [rejected] rifiutato
    [not-found] non trovato
    [conflict] conflitto
    [unsupported] non supportato
   *[broken] connettore difettoso
}
