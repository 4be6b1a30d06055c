-- A row or more in each table of a database of version 7, as version 0.1.0 left them.
INSERT INTO tenants (id, name, added_at, pruned_at) VALUES (1, 'default', 1000, 2000);
INSERT INTO key_check (id, sealed) VALUES (1, x'00');
INSERT INTO plugins VALUES ('d1', 'rmm', '1.0.0', '{}', 'd1.wasm', 1000);
INSERT INTO connections (id, tenant, name, plugin, digest, settings, grants, buckets, revision, jobs_of) VALUES
    (1, 1, 'rmm', 'rmm', 'd1', '{"region":"eu"}',
     '{"api":{"url":"https://rmm.example","methods":["GET"],"reads":["/search"],"writes":[],"plain_http":false}}', '{}', 3, 'd1'),
    (2, 1, 'psa', 'psa', 'd1', '{}', '{}', '{}', 1, NULL);
INSERT INTO secrets VALUES (1, 1, 'token', x'0102');
INSERT INTO syncs (id, tenant, name, source, target, rules, revision, paused) VALUES (1, 1, 'rmm-to-psa', 1, 2, '{}', 2, 1);
INSERT INTO reads (id, tenant, connection, kind, started_at, cursor, records, total, ended_at, complete, missing, sound)
    VALUES (1, 1, 1, 'customer', 1000, NULL, 2, 2, 1100, 1, 0, 1), (2, 1, 1, 'asset', 1200, 'page-2', 1, 3, NULL, 0, 0, 1);
INSERT INTO records (number, tenant, connection, kind, id, digest, seen_at, gone_at, parent, name, stamp, fields, first_at)
    VALUES (1, 1, 1, 'customer', 'c1', x'00', 1100, NULL, NULL, 'Acme', NULL, '{"name":"Acme"}', 1000),
           (2, 1, 2, 'customer', '7', x'00', 1100, NULL, NULL, 'Acme Ltd', 'rmm:c1', '{"name":"Acme Ltd"}', NULL),
           (3, 1, 1, 'asset', 'd1', x'00', 1200, NULL, 'c1', 'PC-1', NULL, '{"name":"PC-1"}', 1200);
INSERT INTO sightings VALUES (1, 2, 3);
INSERT INTO links (number, tenant, sync, kind, source, target_kind, revision, state, target, made, decided_by, decided_at, reason, written)
    VALUES (1, 1, 1, 'customer', 'c1', 'customer', 2, 'linked', '7', 0, 'operator', 1100, 'the same', '{"name":"Acme"}');
INSERT INTO runs VALUES (1, 1, 1, 'apply', 1000, 1300, 'succeeded', 1, '{"done":1}', '');
INSERT INTO plans (id, tenant, sync, run, made_at, hash, totals, undecided, approved_at, whole, undoes)
    VALUES (1, 1, 1, 1, 1150, 'h', '[]', 0, 1200, 1, NULL);
INSERT INTO changes VALUES (1, 1, 0, 'customer', 'link', 'c1', 'c1', '7', 'Acme', 'low', 0, NULL, NULL, 1, 'the same', '[]');
INSERT INTO change_states VALUES
    (1, 1, 0, 'customer', 'link', NULL, 'done', 1, '7', NULL, ''),
    (1, 1, 1, 'asset', 'create', NULL, 'intended', 1, NULL, NULL, '');
INSERT INTO batches VALUES (1, 1, 1, 1, 1200);
INSERT INTO journal (id, tenant, sync, at, run, plan, sequence, kind, source, target, customer, event, message, detail)
    VALUES (1, 1, 1, 1200, 1, 1, 0, 'customer', 'c1', '7', 'c1', 'linked', 'linked', NULL);
INSERT INTO entries VALUES (1, 1, 1, 'space', 'key', 1, '"value"');
INSERT INTO wakeups (id, tenant, connection, job, payload, due_at, every_ms) VALUES (1, 1, 1, 'poll', '{}', 5000, 60000);
INSERT INTO budget VALUES (1, 1, 'minute', 0, 60000, 5);
INSERT INTO schedules VALUES (1, 1, 'run', 3600000, 5000, 5000, NULL, 1300, 0, 'ok', 'daily 02:30', 0);
INSERT INTO reverse_decisions VALUES (1, 1, '9', 'exclude', 1100);
INSERT INTO switches VALUES (1, 1, 'c1', 0, NULL);
INSERT INTO outcomes VALUES (1, 1, 'c1', 'succeeded', 1300, 1, '', NULL, NULL);
INSERT INTO counts VALUES (1, 1, 'c1', 'p1', '2026-10', 1000, 1100, 5, NULL);
INSERT INTO fetched VALUES (1, 1, NULL, '{}');
