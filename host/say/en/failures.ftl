### Failures at a vendor or in a connector. The text is the vendor's or the connector's own.

## $failure (String): the contract's word for the case, as in a manifest's troubleshooting texts.

failure = { failure-name }: { $message }
failure-of-fields = { failure-name }: { $message }; { $fields }
failure-name = { $failure }
