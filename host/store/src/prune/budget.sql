SELECT account, bucket, slice FROM budget WHERE tenant = :tenant AND expires_at <= :now
