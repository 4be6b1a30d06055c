SELECT connection, customer, product, period, first_at FROM counts WHERE tenant = :tenant AND last_at < :usage
