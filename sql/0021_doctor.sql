-- 0021: the doctor, concluded: retention, subscriptions, and all findings together.

-- Committed records that a subscription has not acted upon: those after its lanes' `lo`, but not those of an open window that
-- are behind them. No row for one that has none.
create function heliograph.subscription_lag() returns table (subscription int, records bigint, oldest timestamptz)
language sql stable set search_path = pg_catalog, pg_temp as $function$
    with place as (
        select s.id, s.lanes, p.*
        from heliograph.subscription as s
        cross join lateral heliograph.current_positions(
            s.id, array(select l.lane::int2 from generate_series(0, s.lanes - 1) as l (lane))) as p
    ),
    source as (
        select s.id, item ->> 'sender' as sender, array(select json_array_elements_text(item -> 'operations')) as operations
        from heliograph.subscription as s
        cross join lateral json_array_elements(s.declaration -> 'sources') as item
    )
    select place.id, count(*), min(l.at)
    from place
    join source on source.id = place.id
    join heliograph.signal_log as l
        on l.xid >= pg_snapshot_xmin(place.lo_snapshot)
        and heliograph.lane(l.lane_hash, place.lanes) = place.lane
        and l.sender = source.sender and l.operation = any (source.operations)
        and not pg_visible_in_snapshot(l.xid, place.lo_snapshot)
        and (place.hi_snapshot is null or l.id > place.last_id or not pg_visible_in_snapshot(l.xid, place.hi_snapshot))
    group by place.id
$function$;
comment on function heliograph.subscription_lag() is
    'How many records each subscription has still to act upon, and when the oldest of them was written.';

-- How a subscription is forgotten. `otherwise`: what else can be done.
create function heliograph.forget_call(name text, otherwise text) returns text
language sql immutable set search_path = pg_catalog, pg_temp as $function$
    select format(
        '/* %s: */ SELECT heliograph.drop_subscription(%L);', otherwise, name)
$function$;

-- Parts of the log that are there for longer than they should be.
--   age    the policy: segments that were closed longer ago are dropped
--   bytes  a log from that size on is worth a word
create function heliograph.retention_findings(age interval default '7 days', bytes bigint default 10737418240)
returns setof heliograph.finding
language plpgsql volatile set search_path = pg_catalog, pg_temp as $function$
declare
    s       heliograph.segment;
    name    text;
    newest  xid8;
    needed  record;
    holder  record;
    size    bigint := (select sum(pg_total_relation_size(i.inhrelid)) from pg_inherits as i
                       where i.inhparent = 'heliograph.signal_log'::regclass);
    written boolean;
begin
    if size >= bytes then
        return next ('note', 'log-size', 'log', format('the log takes %s: what is kept of it is what was not pruned for %s, and '
            'what subscriptions have not read', pg_size_pretty(size), age),
            format('SELECT d.* FROM heliograph.segment AS s, heliograph.drop_segment(s.id, %L) AS d WHERE s.dropped_at IS NULL;',
                   '1 day'::interval))::heliograph.finding;
    end if;
    select t.* into s from heliograph.segment as t where t.closed_at is null;
    if s.opened_at < clock_timestamp() - interval '2 days' then
        execute format('select exists (select from heliograph.signal_log_%s)', s.id) into written;
        if written then
            return next ('note', 'rotation', format('segment %s', s.id), format(
                'records are written to it since %s, where a segment is closed after a day: no worker runs that keeps house',
                s.opened_at::timestamptz(0)), 'SELECT heliograph.rotate();')::heliograph.finding;
        end if;
    end if;
    -- The oldest; what holds it holds the others.
    select t.* into s from heliograph.segment as t
    where t.dropped_at is null and t.closed_at < clock_timestamp() - age - interval '1 hour'
    order by t.id limit 1;
    if not found then
        return;
    end if;
    name := format('heliograph.signal_log_%s', s.id);
    execute format('select l.xid from %s as l order by l.xid desc limit 1', name) into newest;
    select n.* into needed from heliograph.needed_xid() as n;
    -- As drop_segment() would have it: whoever may still write to it.
    select l.pid, p.gid, p.database into holder
    from pg_locks as l left join pg_prepared_xacts as p on l.pid is null and p.transaction = l.transactionid
    where l.granted and l.mode = 'ExclusiveLock' and l.pid is distinct from pg_backend_pid()
      and (l.locktype = 'virtualxid' and l.virtualtransaction = any (s.sealed_by)
           or l.locktype = 'transactionid' and pg_snapshot_xmin(pg_current_snapshot()) < s.sealed_xid
              and l.transactionid = pg_snapshot_xmin(pg_current_snapshot())::xid)
    limit 1;
    if needed.needed <= newest then
        return next ('warning', 'retention', format('segment %s', s.id), format(
            'closed %s, and cannot be dropped: subscription %s has not read all of it; the log grows until it has',
            s.closed_at::timestamptz(0), needed.subscription), heliograph.forget_call(
                needed.subscription, 'start a worker that runs it; or, if nobody needs it any more'))::heliograph.finding;
    elsif holder.pid is not null then
        return next ('warning', 'retention', format('segment %s', s.id), format(
            'closed %s, and cannot be dropped: process %s is in a transaction that began before that; the log grows until it ends',
            s.closed_at::timestamptz(0), holder.pid), format('SELECT pg_terminate_backend(%s);', holder.pid)
        )::heliograph.finding;
    elsif holder.gid is not null then
        return next ('warning', 'retention', format('segment %s', s.id), format(
            'closed %s, and cannot be dropped: prepared transaction %s may have written to it; the log grows until it ends',
            s.closed_at::timestamptz(0), holder.gid),
            format('/* in database %s, or COMMIT PREPARED: */ ROLLBACK PREPARED %L;', holder.database, holder.gid)
        )::heliograph.finding;
    else
        return next ('warning', 'retention', format('segment %s', s.id), format(
            'closed %s, and nobody drops it: no worker runs that keeps house', s.closed_at::timestamptz(0)),
            format('SELECT * FROM heliograph.drop_segment(%s, %L);', s.id, age))::heliograph.finding;
    end if;
end
$function$;

-- `behind`: records may wait for so long.
create function heliograph.subscription_findings(behind interval default '5 minutes') returns setof heliograph.finding
language plpgsql volatile set search_path = pg_catalog, pg_temp as $function$
declare
    s       heliograph.subscription;
    lag     record;
    sender  text;
    workers bigint;
begin
    for s in select * from heliograph.subscription as t order by t.name loop
        if s.state = 'paused' then
            return next ('note', 'paused', s.name, 'the subscription is paused: what it has not read is kept, and the log grows',
                format('SELECT heliograph.set_subscription_state(%L, ''active'');', s.name))::heliograph.finding;
        elsif s.state = 'lapsed' then
            return next ('error', 'lapsed', s.name,
                'the subscription has lapsed: records that it had not read are dropped, and it acts on no others',
                heliograph.forget_call(s.name, 'to be registered anew by its next worker'))::heliograph.finding;
        end if;
        for sender in
            select item ->> 'sender' from json_array_elements(s.declaration -> 'sources') as item
            where item ->> 'sender' <> all (array(select a.sender from heliograph.attachment as a))
        loop
            return next ('error', 'not-captured', s.name, format(
                'the subscription hears %s, which is not captured: nothing comes from there', sender),
                case when exists (select from pg_class as c where c.relkind in ('r', 'p')
                                                            and heliograph.sender_name(c.oid) = sender)
                    then format('SELECT heliograph.attach(%L);', sender)
                    else heliograph.forget_call(s.name, 'if nobody needs it any more') end)::heliograph.finding;
        end loop;
    end loop;
    for lag in
        select t.name, count(*) as records, min(d.parked_at) as oldest
        from heliograph.delivery as d join heliograph.subscription as t on t.id = d.subscription
        where d.state = 'dead'
        group by t.name
        order by t.name
    loop
        return next ('warning', 'dead-letters', lag.name, format(
            'records were tried as often as they may be, and wait for somebody: %s, the oldest parked since %s',
            lag.records, lag.oldest::timestamptz(0)), format(
            '/* when the cause is mended; heliograph dead-letters list shows it: */ SELECT heliograph.retry_deliveries(array('
            'SELECT d.id FROM heliograph.delivery AS d JOIN heliograph.subscription AS s ON s.id = d.subscription '
            'WHERE s.name = %L AND d.state = ''dead''));', lag.name))::heliograph.finding;
    end loop;
    for lag in
        select t.name, t.lanes, l.records, l.oldest
        from heliograph.subscription_lag() as l join heliograph.subscription as t on t.id = l.subscription
        where t.state = 'active' and l.oldest < clock_timestamp() - behind
        order by l.oldest
    loop
        -- Each worker holds a shared lock beside its lanes.
        workers := (
            select count(distinct k.pid) from pg_locks as k
            where k.locktype = 'advisory' and k.objsubid = 2 and k.granted
              and k.database = (select d.oid from pg_database as d where d.datname = current_database())
              and k.classid::int8 = hashtext('heliograph' || '/' || lag.name)::int8 & 4294967295);
        return next ('warning', 'behind', lag.name, format(
            'records wait to be acted upon: %s, the oldest since %s; %s', lag.records, lag.oldest::timestamptz(0),
            case when workers = 0 then 'no worker runs the subscription'
                 else format('%s of its workers run, but its receiver fails or is too slow: their log says which', workers) end),
            heliograph.forget_call(
                lag.name, 'start a worker that runs it, or more of them; or, if nobody needs it any more'))::heliograph.finding;
    end loop;
end
$function$;

create function heliograph.findings() returns setof heliograph.finding
language plpgsql volatile set search_path = pg_catalog, pg_temp as $function$
declare
    area text;
begin
    foreach area in array '{server,role,capture,right,wake,transaction,retention,subscription}'::text[] loop
        begin
            return query execute format('select * from heliograph.%I()', area || '_findings');
        exception when others then
            return next ('error', area, 'doctor', format('cannot be looked at: %s (%s)', sqlerrm, sqlstate),
                'Look again as the owner of the schema, or as a superuser.')::heliograph.finding;
        end;
    end loop;
    -- Whose session it is and in which database is never hidden; the server's own processes are in none, or nobody's.
    if exists (select from pg_stat_activity as s
               where s.backend_type is null and s.datid is not null and s.usesysid is not null) then
        return next ('note', 'blind', 'doctor', format(
            'other roles'' sessions are hidden from %s: who holds up what could not be seen', current_user),
            format('/* as a superuser: */ GRANT pg_read_all_stats TO %I;', current_user))::heliograph.finding;
    end if;
end
$function$;
comment on function heliograph.findings() is
    'What is wrong, or may become so, with what it costs and how it is mended. Changes nothing; no row when all is well.';

-- The doctor is the owner's. What a reader needs for `status` and `explain`:
insert into heliograph.role_right (grantee, privilege, object)
select grantee, 'execute', object
from (values ('heliograph_worker'), ('heliograph_reader')) as g (grantee)
cross join (values ('subscription_lag'), ('sender_name'), ('is_captured'), ('captured_relation')) as r (object);

-- The tables that are not captured as attach() would capture them now, and that refresh() puts right: without a choice for a person
-- to make.
create function heliograph.drifted() returns table (sender text, relation regclass)
language plpgsql volatile set search_path = pg_catalog, pg_temp as $function$
declare
    a      heliograph.attachment;
    checks text[];
begin
    for a in select * from heliograph.attachment order by id loop
        begin
            checks := array(select f.check_name from heliograph.attachment_findings(a) as f);
        exception when others then
            -- The doctor says it.
            checks := '{}';
        end;
        if checks && '{renumbered,columns,text,triggers,segment}' and not checks && '{excluded,key,table-kind,foreign-triggers,attach}' then
            sender := a.sender;
            relation := heliograph.captured_relation(a.relid, a.sender, a.function_name);
            if relation is not null then
                return next;
            end if;
        end if;
    end loop;
end
$function$;
