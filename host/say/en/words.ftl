### Words that other entries put into their sentences, by the argument of the same name.

## $kind (String): the contract's word for a kind of record.

kind = { $kind ->
    [customer] customer
    [location] location
    [asset] asset
    [contract] contract
    [product] product
    [usage] usage line
    [alert] alert
   *[ticket] ticket
}
kinds = { $kind ->
    [customer] customers
    [location] locations
    [asset] assets
    [contract] contracts
    [product] products
    [usage] usage lines
    [alert] alerts
   *[ticket] tickets
}
