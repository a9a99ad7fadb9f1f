-- 0012: records that a subscription has parked, because a receiver failed with them or with an earlier one of their row.

-- A parked record: a copy, because the log is dropped after a while. Written together with the position of its lane, always:
-- so who holds the lane may keep in memory which keys are parked, and whoever changes a delivery behind its back makes its next
-- commit fail.
create table heliograph.delivery (
    -- The order of a key's records; those of other keys have none.
    id           bigint generated always as identity,
    subscription int not null,
    lane         smallint not null,
    -- Which row it is of. Two rows with the same hash wait for each other, which does no harm.
    lane_hash    int not null,
    state        text not null default 'waiting',
    -- since it was parked, or since somebody had it tried again
    failures     int not null default 0,
    -- NULL: when those of its key that are before it are done
    due_at       timestamptz,
    parked_at    timestamptz not null default pg_catalog.clock_timestamp(),
    -- as in the log, but record, which is its id there; of a row that was backfilled negative, and without a transaction
    record       bigint not null,
    xid          xid8,
    at           timestamptz not null,
    sender       text not null,
    partition    text,
    operation    text not null,
    key          json,
    previous_key json,
    instance     json,
    previous     json,
    changed      text[],
    context      text,
    writer       name not null,
    constraint delivery_pkey primary key (id),
    constraint delivery_state_check check (state in ('waiting', 'dead')),
    constraint delivery_failures_check check (failures >= 0)
);
create index delivery_key_idx on heliograph.delivery (subscription, lane, lane_hash, id);

-- What came of the tries of a parked record. Insert-only, until the record is done with.
create table heliograph.attempt (
    delivery bigint not null,
    number   int not null,
    at       timestamptz not null default pg_catalog.clock_timestamp(),
    -- how the worker's session calls itself
    worker   text not null,
    error    text not null,
    constraint attempt_pkey primary key (delivery, number),
    constraint attempt_delivery_fkey foreign key (delivery) references heliograph.delivery (id) on delete cascade
);

-- Behind these two only the worker's and the operator's functions write.

create function heliograph.note_attempt(delivery bigint, error text) returns void
language sql volatile as $function$
    insert into heliograph.attempt (delivery, number, worker, error)
    select $1, coalesce(max(a.number), 0) + 1, pg_catalog.current_setting('application_name'), $2
    from heliograph.attempt as a where a.delivery = $1
$function$;

create function heliograph.note_attempts(deliveries bigint[], records bigint[], errors text[]) returns void
language sql volatile as $function$
    select heliograph.note_attempt(d.id, w.error)
    from rows from (pg_catalog.unnest($2), pg_catalog.unnest($3)) as w (record, error)
    join heliograph.delivery as d on d.record = w.record and d.id = any ($1)
    where w.error is not null
$function$;

create function heliograph.park(
    subscription int, records bigint[], delays float8[], errors text[], dead boolean[], unordered boolean
) returns bigint[]
language plpgsql volatile as $function$
#variable_conflict use_column
declare
    parked bigint[];
begin
    with wanted as (
        select w.*
        from rows from (pg_catalog.unnest(records), pg_catalog.unnest(delays), pg_catalog.unnest(errors), pg_catalog.unnest(dead))
            as w (record, delay, error, is_dead)
    ), written as (
        insert into heliograph.delivery (
            subscription, lane, lane_hash, state, failures, due_at, record, xid, at, sender, partition, operation, key,
            previous_key, instance, previous, changed, context, writer)
        select s.id, heliograph.lane(l.lane_hash, s.lanes),
               -- Each for itself.
               case when unordered then pg_catalog.hashint8(l.id) else l.lane_hash end,
               case when w.is_dead then 'dead' else 'waiting' end,
               case when w.error is null then 0 else 1 end,
               pg_catalog.clock_timestamp() + pg_catalog.make_interval(secs => w.delay),
               l.id, l.xid, l.at, l.sender, l.partition, l.operation, l.key, l.previous_key, l.instance, l.previous, l.changed,
               l.context, l.writer
        from wanted as w
        join heliograph.signal_log as l on l.id = w.record
        cross join heliograph.subscription as s
        where s.id = park.subscription
        order by l.id
        returning id, record)
    select pg_catalog.array_agg(d.id order by d.id) into parked from written as d;
    if pg_catalog.cardinality(parked) is distinct from pg_catalog.cardinality(records) then
        raise exception 'the log does not hold all the records to be parked' using errcode = 'HG006';
    end if;
    perform heliograph.note_attempts(parked, records, errors);
    return parked;
end
$function$;
comment on function heliograph.park(int, bigint[], float8[], text[], boolean[], boolean) is
    'Parks records of the log, which are in the order of their ids. delays: seconds from now until they are tried, NULL to wait for '
    'those of their key. errors: of the failed try, NULL if there was none. In one transaction with advance() of their lanes.';

create function heliograph.finish_deliveries(subscription int, deliveries bigint[]) returns void
language plpgsql volatile as $function$
#variable_conflict use_column
declare
    finished bigint;
begin
    delete from heliograph.delivery as d where d.subscription = finish_deliveries.subscription and d.id = any (deliveries);
    get diagnostics finished = row_count;
    if finished <> pg_catalog.cardinality(deliveries) then
        raise exception 'parked records of subscription % have been changed', finish_deliveries.subscription
            using errcode = 'HG001', hint = 'Forget what is in memory, and read them again.';
    end if;
end
$function$;
comment on function heliograph.finish_deliveries(int, bigint[]) is
    'Removes parked records that are done. In one transaction with advance() of their lane.';

create function heliograph.fail_delivery(subscription int, delivery bigint, delay float8, error text, is_dead boolean) returns void
language plpgsql volatile as $function$
#variable_conflict use_column
begin
    update heliograph.delivery as d
    set state = case when is_dead then 'dead' else 'waiting' end,
        failures = d.failures + case when error is null then 0 else 1 end,
        due_at = pg_catalog.clock_timestamp() + pg_catalog.make_interval(secs => delay)
    where d.subscription = fail_delivery.subscription and d.id = fail_delivery.delivery;
    if not found then
        raise exception 'parked records of subscription % have been changed', fail_delivery.subscription
            using errcode = 'HG001', hint = 'Forget what is in memory, and read them again.';
    end if;
    if error is not null then
        perform heliograph.note_attempt(fail_delivery.delivery, error);
    end if;
end
$function$;
comment on function heliograph.fail_delivery(int, bigint, float8, text, boolean) is
    'Notes a failed try of a parked record (error NULL: it is only put off). In one transaction with advance() of its lane.';

-- What waits in these lanes: the first of each key. The dead count where the key waits for a person (dead_block).
create function heliograph.parked_keys(subscription int, lanes smallint[], dead_block boolean, key_hash int default null)
returns table (
    lane smallint, lane_hash int, head bigint, is_dead boolean, failures int, due_in float8, waiting bigint
)
language sql stable as $function$
    select distinct on (d.lane, d.lane_hash)
           d.lane, d.lane_hash, d.id, d.state = 'dead', d.failures,
           extract(epoch from d.due_at - pg_catalog.clock_timestamp())::float8,
           count(*) over (partition by d.lane, d.lane_hash)
    from heliograph.delivery as d
    where d.subscription = $1 and d.lane = any ($2) and ($3 or d.state = 'waiting')
      and ($4 is null or d.lane_hash = $4)
    order by d.lane, d.lane_hash, d.id
$function$;
comment on function heliograph.parked_keys(int, smallint[], boolean, int) is
    'The parked keys of lanes: the first record of each, in how many seconds it is due (NULL: at once), how many wait.';

-- The records of a key from its first, if that one is due by this server's clock.
create function heliograph.due_deliveries(subscription int, lane smallint, lane_hash int, dead_block boolean, max_rows int)
returns setof heliograph.delivery
language sql stable as $function$
    select d.*
    from heliograph.delivery as d
    where d.subscription = $1 and d.lane = $2 and d.lane_hash = $3 and d.state = 'waiting'
      and exists (
          select from (
              select head.* from heliograph.delivery as head
              where head.subscription = $1 and head.lane = $2 and head.lane_hash = $3 and ($4 or head.state = 'waiting')
              order by head.id
              limit 1) as first
          where first.state = 'waiting' and coalesce(first.due_at <= pg_catalog.clock_timestamp(), true))
    order by d.id
    limit $5
$function$;
comment on function heliograph.due_deliveries(int, smallint, int, boolean, int) is
    'The parked records of a key that can be tried now, in their order; none while the first of them is not due.';
