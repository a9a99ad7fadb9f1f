-- 0013: what people do with subscriptions: pause, resume, rewind and drop them, retry and discard dead letters.

create function heliograph.subscription_named(name text) returns heliograph.subscription
language plpgsql volatile as $function$
declare
    known heliograph.subscription;
begin
    select s.* into known from heliograph.subscription as s where s.name = subscription_named.name for no key update;
    if not found then
        raise exception 'there is no subscription %', pg_catalog.quote_nullable(subscription_named.name)
            using errcode = 'HG030', hint = 'heliograph subscriptions list shows them.';
    end if;
    return known;
end
$function$;

-- Moves lanes to the same place under the next version: whoever holds them finds that out with its next commit at the latest, and
-- reads everything again. As advance() does, but for callers that know no versions: one that is written at this moment is waited for.
create function heliograph.move_lanes(subscription int, lanes smallint[]) returns void
language plpgsql volatile as $function$
#variable_conflict use_column
begin
    if pg_catalog.current_setting('transaction_isolation') <> 'read committed' then
        raise exception 'positions advance in READ COMMITTED only' using errcode = 'HG003';
    end if;
    for attempt in 1..100 loop
        begin
            insert into heliograph.position (subscription, lane, version, generation, lo, hi, last_id, frontier)
            select newest.subscription, newest.lane, newest.version + 1, newest.generation, newest.lo, newest.hi, newest.last_id,
                   newest.frontier
            from pg_catalog.unnest(lanes) as l (lane)
            cross join lateral (
                select p.* from heliograph.position as p
                where p.subscription = move_lanes.subscription and p.lane = l.lane
                order by p.version desc
                limit 1) as newest
            order by newest.lane;
            exit;
        exception when unique_violation then
            if attempt = 100 then
                raise;
            end if;
        end;
    end loop;
    update heliograph.subscription as s set changes = s.changes + 1 where s.id = move_lanes.subscription;
    perform pg_catalog.pg_notify('heliograph', '');
end
$function$;

create function heliograph.set_subscription_state(name text, state text) returns text
language plpgsql volatile as $function$
declare
    known heliograph.subscription := heliograph.subscription_named(name);
begin
    if set_subscription_state.state not in ('active', 'paused') then
        raise exception 'a subscription can be active or paused, not %', pg_catalog.quote_nullable(set_subscription_state.state)
            using errcode = 'invalid_parameter_value';
    end if;
    if known.state = 'lapsed' then
        raise exception 'subscription % has lapsed: records that it has not read may be gone', pg_catalog.quote_nullable(set_subscription_state.name)
            using errcode = 'HG034',
                  hint = 'Have it begin anew: heliograph subscriptions rewind NAME --to backfill, or beginning; or drop it.';
    end if;
    update heliograph.subscription as s
    set state = set_subscription_state.state, changes = s.changes + 1
    where s.id = known.id and s.state <> set_subscription_state.state;
    if found then
        perform pg_catalog.pg_notify('heliograph', '');
    end if;
    return known.state;
end
$function$;
comment on function heliograph.set_subscription_state(text, text) is
    'Pauses a subscription (its workers finish what runs, and hold it no longer) or makes it active again. Returns the former state.';

-- Sessions that work for a subscription: each holds a shared lock beside the lanes.
create function heliograph.subscription_workers(name text) returns bigint
language sql volatile as $function$
    select count(*)
    from pg_catalog.pg_locks as l
    where l.locktype = 'advisory' and l.granted and l.objsubid = 2 and l.mode = 'ShareLock'
      and l.database = (select d.oid from pg_catalog.pg_database as d where d.datname = pg_catalog.current_database())
      and l.classid::bigint = (pg_catalog.hashtext('heliograph/' || $1)::bigint & 4294967295) and l.objid::bigint = 4294967295
$function$;

create function heliograph.drop_subscription(name text) returns bigint
language plpgsql volatile as $function$
declare
    known   heliograph.subscription;
    workers bigint;
    parked  bigint;
begin
    -- Nobody registers meanwhile.
    perform pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtext('heliograph'), pg_catalog.hashtext('subscription'));
    known := heliograph.subscription_named(name);
    workers := heliograph.subscription_workers(name);
    if workers > 0 then
        raise exception 'subscription % is at work in % sessions', pg_catalog.quote_nullable(name), workers
            using errcode = 'HG031', hint = 'Stop its workers, and try again: one that runs would register it anew.';
    end if;
    delete from heliograph.delivery as d where d.subscription = known.id;
    get diagnostics parked = row_count;
    delete from heliograph.position as p where p.subscription = known.id;
    delete from heliograph.claim as c where c.subscription = known.id;
    delete from heliograph.subscription as s where s.id = known.id;
    return parked;
end
$function$;
comment on function heliograph.drop_subscription(text) is
    'Forgets a subscription that no worker runs, with its places and parked records; returns how many of these there were.';

-- Raises the generation of a subscription whose lanes have been moved; one that has lapsed is active again.
create function heliograph.begin_generation(subscription int) returns void
language sql volatile as $function$
    update heliograph.subscription as s
    set generation = s.generation + 1, changes = s.changes + 1, idle_since = null,
        state = case when s.state = 'lapsed' then 'active' else s.state end
    where s.id = $1;
    select pg_catalog.pg_notify('heliograph', '');
$function$;

-- Has a subscription begin anew, with the rows that its tables hold.
create function heliograph.backfill(name text) returns text
language plpgsql volatile as $function$
#variable_conflict use_column
declare
    start_snapshot pg_catalog.pg_snapshot;
    known          heliograph.subscription;
    tick           bigint;
begin
    if pg_catalog.current_setting('transaction_isolation') <> 'read committed' then
        raise exception 'positions advance in READ COMMITTED only' using errcode = 'HG003';
    end if;
    -- Its records may be dropped, and it may lapse, until it has its new places: under the lock of those who do that. The snapshot
    -- before anything draws a transaction id.
    perform pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtext('heliograph'), pg_catalog.hashtext('subscription'));
    start_snapshot := heliograph.take_snapshot();
    known := heliograph.subscription_named(name);
    tick := heliograph.record_tick(start_snapshot);
    for attempt in 1..100 loop
        begin
            -- All of them: what they say is older than the rows will be.
            delete from heliograph.delivery as d where d.subscription = known.id;
            insert into heliograph.position (subscription, lane, version, generation, lo, frontier)
            select known.id, p.lane, p.version + 1, known.generation + 1, tick, '{}'
            from heliograph.current_positions(
                known.id, array(select l.lane::int2 from pg_catalog.generate_series(0, known.lanes - 1) as l (lane))) as p
            order by p.lane;
            exit;
        exception when unique_violation then
            if attempt = 100 then
                raise;
            end if;
        end;
    end loop;
    perform heliograph.begin_generation(known.id);
    return 'begins anew with the rows that there are';
end
$function$;
comment on function heliograph.backfill(text) is
    'Has a subscription begin anew, with the rows that its tables hold, and then what commits from now on. Its workers may run.';

-- Of two snapshots of one cluster the one that saw less.
create function heliograph.is_older(one pg_snapshot, other pg_snapshot) returns boolean
language sql immutable set search_path = pg_catalog, pg_temp as $function$
    select pg_snapshot_xmax(one) < pg_snapshot_xmax(other)
        or pg_snapshot_xmax(one) = pg_snapshot_xmax(other)
           and (select count(*) from pg_snapshot_xip(one)) > (select count(*) from pg_snapshot_xip(other))
$function$;

create function heliograph.rewind_to_tick(name text, target bigint) returns bigint
language plpgsql volatile as $function$
#variable_conflict use_column
declare
    known    heliograph.subscription := heliograph.subscription_named(name);
    place    pg_catalog.pg_snapshot := (select t.snapshot from heliograph.tick as t where t.id = target for key share);
    lanes    smallint[];
    versions bigint[];
    starts   bigint[];
    again    bigint;
begin
    if pg_catalog.current_setting('transaction_isolation') <> 'read committed' then
        raise exception 'positions advance in READ COMMITTED only' using errcode = 'HG003';
    end if;
    if place is null then
        raise exception 'a position must refer to ticks that exist' using errcode = 'HG004';
    end if;
    for attempt in 1..100 loop
        begin
            -- The older of the target and where a lane is: what it has not come to yet it is not to jump to.
            select pg_catalog.array_agg(newest.lane order by newest.lane), pg_catalog.array_agg(newest.version order by newest.lane),
                   pg_catalog.array_agg(case when heliograph.is_older(t.snapshot, place) then newest.lo else target end
                                        order by newest.lane)
            into lanes, versions, starts
            from pg_catalog.generate_series(0, known.lanes - 1) as l (lane)
            cross join lateral (
                select p.* from heliograph.position as p
                where p.subscription = known.id and p.lane = l.lane
                order by p.version desc
                limit 1) as newest
            join heliograph.tick as t on t.id = newest.lo;
            -- What will be read again is no longer parked. Before the positions: the order in which workers take their locks.
            delete from heliograph.delivery as d
            using rows from (pg_catalog.unnest(lanes), pg_catalog.unnest(starts)) as l (lane, start)
            join heliograph.tick as t on t.id = l.start
            where d.subscription = known.id and d.lane = l.lane and not pg_catalog.pg_visible_in_snapshot(d.xid, t.snapshot);
            get diagnostics again = row_count;
            -- Of the versions seen above: had a worker moved a lane since, it would have parked what was not looked at.
            insert into heliograph.position (subscription, lane, version, generation, lo, frontier)
            select p.subscription, p.lane, p.version + 1, known.generation + 1, l.start, p.frontier
            from rows from (pg_catalog.unnest(lanes), pg_catalog.unnest(versions), pg_catalog.unnest(starts))
                as l (lane, version, start)
            join heliograph.position as p
                on p.subscription = known.id and p.lane = l.lane and p.version = l.version
            order by p.lane;
            exit;
        exception when unique_violation then
            if attempt = 100 then
                raise;
            end if;
        end;
    end loop;
    perform heliograph.begin_generation(known.id);
    return again;
end
$function$;

create function heliograph.rewind(name text, to_time timestamptz default null, to_record bigint default null) returns text
language plpgsql volatile as $function$
#variable_conflict use_column
declare
    known   heliograph.subscription;
    target  bigint;
    reached timestamptz;
    written xid8;
    dropped bigint;
begin
    if to_time is not null and to_record is not null then
        raise exception 'a subscription is rewound to a time or to a record' using errcode = 'invalid_parameter_value';
    end if;
    -- A segment that is dropped meanwhile may be needed again.
    perform pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtext('heliograph'), pg_catalog.hashtext('subscription'));
    known := heliograph.subscription_named(name);
    if to_record is not null then
        written := (select l.xid from heliograph.signal_log as l where l.id = to_record);
        if written is null then
            raise exception 'the log does not hold record %', to_record
                using errcode = 'HG032', hint = 'It was dropped, rolled back, or never written; rewind to a time, or to the beginning.';
        end if;
        -- The newest place that has not seen it.
        select t.id, t.at into target, reached from heliograph.tick as t
        where not pg_catalog.pg_visible_in_snapshot(written, t.snapshot)
        order by pg_catalog.pg_snapshot_xmax(t.snapshot) desc, t.id desc
        limit 1;
    elsif to_time is not null then
        select t.id, t.at into target, reached from heliograph.tick as t
        where t.at <= to_time
        -- Not by time: places of long ago are recorded again, by a rewind to them.
        order by pg_catalog.pg_snapshot_xmax(t.snapshot) desc, t.id desc
        limit 1;
    end if;
    if target is null then
        target := heliograph.record_tick('1:1:');
    end if;
    perform heliograph.rewind_to_tick(name, target);
    dropped := (select max(s.last_id) from heliograph.segment as s where s.dropped_at is not null);
    return pg_catalog.concat_ws(' ',
        case when reached is null then 'rewound to the beginning of the log'
             else pg_catalog.format('rewound to %s', pg_catalog.to_char(reached at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')) end,
        case when reached is null and dropped is not null
             then pg_catalog.format('(records up to %s have been dropped)', dropped) end);
end
$function$;
comment on function heliograph.rewind(text, timestamptz, bigint) is
    'Has a subscription read again from the last recorded place before a time or a record; without either, from the beginning of the '
    'log. Its workers may run. Returns where it stands now.';

create function heliograph.retry_deliveries(deliveries bigint[]) returns bigint
language plpgsql volatile as $function$
#variable_conflict use_column
declare
    changed bigint;
begin
    with retried as (
        update heliograph.delivery as d
        set state = 'waiting', failures = 0, due_at = pg_catalog.clock_timestamp()
        where d.id = any (deliveries)
        returning d.id, d.subscription, d.lane)
    select count(*) into changed from retried;
    perform heliograph.move_lanes(d.subscription, pg_catalog.array_agg(distinct d.lane))
    from heliograph.delivery as d where d.id = any (deliveries)
    group by d.subscription
    order by d.subscription;
    return changed;
end
$function$;
comment on function heliograph.retry_deliveries(bigint[]) is
    'Has parked records tried at once, dead ones with all their tries anew. Returns how many there were.';

create function heliograph.discard_deliveries(deliveries bigint[]) returns bigint
language plpgsql volatile as $function$
#variable_conflict use_column
declare
    affected record;
    changed  bigint := 0;
begin
    for affected in
        with discarded as (
            delete from heliograph.delivery as d where d.id = any (deliveries) returning d.subscription, d.lane)
        select d.subscription, pg_catalog.array_agg(distinct d.lane) as lanes, count(*) as number
        from discarded as d
        group by d.subscription
        order by d.subscription
    loop
        perform heliograph.move_lanes(affected.subscription, affected.lanes);
        changed := changed + affected.number;
    end loop;
    return changed;
end
$function$;
comment on function heliograph.discard_deliveries(bigint[]) is
    'Gives parked records up: they will not be received. Those of their keys that wait behind them go on. Returns how many.';
