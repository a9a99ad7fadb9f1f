-- 0020: the doctor, continued: the bell, old transactions, and the server.

-- `queue`: from how full a queue of notifications on it is worth a word.
create function heliograph.wake_findings(queue float8 default 0.1) returns setof heliograph.finding
language plpgsql volatile set search_path = pg_catalog, pg_temp as $function$
declare
    usage    float8 := pg_notification_queue_usage();
    oldest   pg_stat_activity;
    a        heliograph.attachment;
    relation regclass;
    body     text;
begin
    if pg_sequence_last_value('heliograph.bell') is not null and not exists (
        select from pg_locks as l
        where l.locktype = 'advisory' and l.objsubid = 2 and l.granted
          and l.database = (select d.oid from pg_database as d where d.datname = current_database())
          and (l.classid::int8, l.objid::int8)
              = (hashtext('heliograph')::int8 & 4294967295, hashtext('pump')::int8 & 4294967295)
    ) then
        return next ('warning', 'pump', 'bell',
            'writers rely on a pump to ring for them, and there is none: readers hear of a change up to a second late',
            'SELECT setval(''heliograph.bell'', 0, false);')::heliograph.finding;
    end if;
    if usage > queue then
        -- Which session listens, and how far it has read, no view tells. One in a transaction reads nothing.
        select s.* into oldest from pg_stat_activity as s
        where s.backend_type = 'client backend' and s.xact_start is not null and s.pid <> pg_backend_pid()
        order by s.state like 'idle%' desc, s.xact_start
        limit 1;
        return next (case when usage >= 0.5 then 'error' else 'warning' end, 'queue', 'notifications',
            format('the queue of notifications is %s %% full: from 50 on writers ring no more, and whoever notifies fails when '
                   'it is full', round((usage * 100)::numeric, 4))
            || case when oldest.pid is null then '' else format(
                   '; a session that listens does not read, perhaps process %s (%s, %s, in its transaction since %s)',
                   oldest.pid, coalesce(nullif(oldest.application_name, ''), 'without a name'), oldest.state,
                   oldest.xact_start::timestamptz(0)) end,
            case when oldest.pid is null
                then 'End the session that listens and does not read: the server''s log names it.'
                else format('SELECT pg_terminate_backend(%s);', oldest.pid) end)::heliograph.finding;
    end if;
    if current_setting('max_prepared_transactions')::int = 0 then
        return;
    end if;
    for a in select * from heliograph.attachment as t where t.bell order by t.sender loop
        begin
            relation := heliograph.captured_relation(a.relid, a.sender, a.function_name);
            if relation is not null then
                select p.prosrc into body
                from pg_proc as p where p.oid = to_regproc(format('heliograph.%I', a.function_name));
                a.bell := false;
                return next ('warning', 'prepare', a.sender,
                    'the server allows prepared transactions, and one that has rung the bell cannot be prepared: a writer that '
                    'uses PREPARE TRANSACTION fails',
                    heliograph.attach_call(a, relation, heliograph.recorded_columns(body)))::heliograph.finding;
            end if;
        exception when others then
            -- capture_findings() says that it cannot be looked at.
            null;
        end;
    end loop;
end
$function$;

-- What keeps the server from clearing away old rows, and us from dropping segments.
--   longer   transactions open for longer than that are worth a word
--   xids     so many transaction ids may a replication slot lie behind
create function heliograph.transaction_findings(longer interval default '1 hour', xids int default 10000000)
returns setof heliograph.finding
language plpgsql volatile set search_path = pg_catalog, pg_temp as $function$
declare
    costs text := 'no segment of the log that was closed since can be dropped, and no row that was deleted since be cleared away';
    held  record;
begin
    for held in
        select s.pid, s.datname, s.state, s.xact_start, coalesce(nullif(s.application_name, ''), 'without a name') as program
        from pg_stat_activity as s
        where s.backend_type = 'client backend' and s.pid <> pg_backend_pid()
          and s.xact_start < clock_timestamp() - longer
        order by s.xact_start
        limit 3
    loop
        return next ('warning', 'transaction', format('process %s', held.pid), format(
            '%s in database %s (%s) is in its transaction since %s: %s', held.program, held.datname, held.state,
            held.xact_start::timestamptz(0), costs), format('SELECT pg_terminate_backend(%s);', held.pid))::heliograph.finding;
    end loop;
    for held in
        select p.* from pg_prepared_xacts as p where p.prepared < clock_timestamp() - longer order by p.prepared limit 3
    loop
        return next ('warning', 'transaction', format('prepared transaction %s', held.gid), format(
            '%s has prepared it in database %s at %s, and nobody has ended it: %s', held.owner, held.database,
            held.prepared::timestamptz(0), costs),
            format('/* in database %s, or COMMIT PREPARED: */ ROLLBACK PREPARED %L;', held.database, held.gid)
        )::heliograph.finding;
    end loop;
    for held in
        select s.slot_name, s.active_pid, greatest(age(s.xmin), age(s.catalog_xmin)) as behind
        from pg_replication_slots as s
        where greatest(age(s.xmin), age(s.catalog_xmin)) >= xids
        order by 3 desc
    loop
        return next ('warning', 'slot', held.slot_name, format(
            'replication slot %s is %s transactions behind%s: rows that were deleted since are not cleared away, and every table '
            'that is written to often gets slow', held.slot_name, held.behind,
            case when held.active_pid is null then ', and nobody uses it' end),
            case when held.active_pid is null
                then format('/* if nobody needs it any more: */ SELECT pg_drop_replication_slot(%L);', held.slot_name)
                else format('Find out why process %s, which uses it, does not keep up.', held.active_pid) end
        )::heliograph.finding;
    end loop;
end
$function$;

-- A server that is the wrong one, or set up in a way that matters.
create function heliograph.server_findings() returns setof heliograph.finding
language plpgsql volatile set search_path = pg_catalog, pg_temp as $function$
declare
    locks   int := current_setting('max_locks_per_transaction')::int;
    workers int := current_setting('max_connections')::int + current_setting('max_prepared_transactions')::int;
    lanes   int := (select sum(s.lanes) from heliograph.subscription as s);
    known   heliograph.incarnation;
    setting record;
begin
    if pg_is_in_recovery() then
        return next ('error', 'standby', 'server',
            'this server is a standby: the log can only be read, and tables only be attached, on its primary',
            'Connect to the primary; target_session_attrs=read-write finds it.')::heliograph.finding;
        return;
    end if;
    select i.* into known from heliograph.incarnation as i order by i.id desc limit 1;
    if heliograph.is_from_elsewhere(
           known.system_identifier is distinct from (select c.system_identifier from pg_control_system() as c)) then
        return next ('error', 'other-cluster', 'server',
            'the log was restored from another cluster, whose transaction ids are ahead: readers are refused (HG021), or would '
            'hear nothing until this one has caught up', 'SELECT heliograph.rebase();')::heliograph.finding;
    end if;
    if known.id is not null and (known.started_at <> pg_postmaster_start_time()
                  or known.id is distinct from pg_sequence_last_value('heliograph.incarnation_alive')::int) then
        return next ('note', 'incarnation', 'server', format(
            'nobody has read the log since the server began its present life, at %s: no worker and no observer runs',
            pg_postmaster_start_time()::timestamptz(0)),
            '/* start a worker, which does the same: */ SELECT heliograph.note_incarnation();')::heliograph.finding;
    end if;
    for setting in
        select s.name, v.severity, v.text,
               case s.source
                   when 'database' then format('ALTER DATABASE %I RESET %s;', current_database(), s.name)
                   when 'user' then format('ALTER ROLE %I RESET %s;', session_user, s.name)
                   when 'database user' then format('ALTER ROLE %I IN DATABASE %I RESET %s;', session_user,
                                                    current_database(), s.name)
                   else format('ALTER SYSTEM SET %s = on; SELECT pg_reload_conf();', s.name)
               end as mend
        from (values
            ('fsync', 'error', 'a crash of the machine may damage every table, the log among them'),
            ('full_page_writes', 'error', 'a crash of the machine may damage every table, the log among them'),
            ('synchronous_commit', 'note', 'a crash takes back the newest commits: changes, records, positions and effects '
                                           'together, but not what the outside world was told of them')
        ) as v (name, severity, text)
        join pg_settings as s on s.name = v.name
        where s.setting = 'off' and s.source <> all ('{client,session,interactive}')
    loop
        return next (setting.severity, 'setting', setting.name, format('it is off: %s', setting.text), setting.mend
        )::heliograph.finding;
    end loop;
    -- Each lane that a worker holds is a lock of its session, in the table of locks that all writers share.
    if lanes > locks * workers / 2 then
        return next ('warning', 'locks', 'max_locks_per_transaction', format(
            'the %s lanes of all subscriptions take more than half of the %s locks that the server has room for: when it is full, '
            'anybody''s statement fails', lanes, locks * workers),
            format('/* and restart the server: */ ALTER SYSTEM SET max_locks_per_transaction = %s;',
                   4 * lanes / workers + 64))::heliograph.finding;
    end if;
end
$function$;
