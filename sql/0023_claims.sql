-- 0023: records that kill the process that receives them.
--
-- Who holds a lane leaves a claim while it does, and takes it away when it gives the lane up. Whoever finds another's knows that
-- the holder has ended in the middle of something; then it receives one record a transaction for a while, each after saying which.
-- When they die of the same record again and again, it is a dead letter. In the ordinary course a claim costs nothing but when
-- lanes change hands.

-- Unlogged: a crash of the server is not the records' fault.
create unlogged table heliograph.claim (
    subscription int not null,
    lane         smallint not null,
    -- the process
    worker       text not null,
    -- the one record it is at; NULL for many
    item         text,
    -- how many workers have ended at this record
    deaths       int not null default 0,
    -- the last of them; it may turn out to be alive
    victim       text,
    constraint claim_pkey primary key (subscription, lane)
);

create function heliograph.take_claims(subscription int, lanes smallint[], worker text)
returns table (lane smallint, is_inherited boolean)
language plpgsql volatile as $function$
#variable_conflict use_column
begin
    -- A worker whose session has ended but which is alive has died of nothing.
    update heliograph.claim as c
    set deaths = greatest(c.deaths - 1, 0), victim = null
    where c.subscription = take_claims.subscription and c.victim = take_claims.worker;
    return query
        with former as (
            select c.lane, c.worker from heliograph.claim as c
            where c.subscription = take_claims.subscription and c.lane = any (lanes)
        ), taken as (
            insert into heliograph.claim as c (subscription, lane, worker)
            select take_claims.subscription, l.lane, take_claims.worker from pg_catalog.unnest(lanes) as l (lane)
            on conflict (subscription, lane) do update
            set worker = excluded.worker,
                deaths = c.deaths + case when c.worker <> excluded.worker and c.item is not null then 1 else 0 end,
                victim = case when c.worker <> excluded.worker and c.item is not null then c.worker else c.victim end
            returning c.lane, c.deaths
        )
        select t.lane, f.worker is not null and (f.worker <> take_claims.worker or t.deaths > 0)
        from taken as t left join former as f on f.lane = t.lane;
end
$function$;
comment on function heliograph.take_claims(int, smallint[], text) is
    'Says that a worker holds these lanes, whose locks it has. is_inherited: their last holder has not given them up.';

create function heliograph.claim_item(subscription int, lane smallint, item text) returns int
language sql volatile as $function$
    update heliograph.claim as c
    set item = $3, deaths = case when c.item = $3 then c.deaths else 0 end, victim = case when c.item = $3 then c.victim end
    where c.subscription = $1 and c.lane = $2
    returning c.deaths
$function$;
comment on function heliograph.claim_item(int, smallint, text) is
    'Says which record of a lane is about to be received, alone. Returns how many workers have ended at it before.';

create function heliograph.drop_claims(subscription int, lanes smallint[], worker text) returns void
language sql volatile as $function$
    delete from heliograph.claim as c where c.subscription = $1 and ($2 is null or c.lane = any ($2)) and c.worker = $3
$function$;
comment on function heliograph.drop_claims(int, smallint[], text) is
    'Takes back what take_claims() said, before the locks are given up; without lanes, all of the worker''s.';

create function heliograph.clear_item(subscription int, lanes smallint[], worker text) returns void
language sql volatile as $function$
    update heliograph.claim as c set item = null, deaths = 0, victim = null
    where c.subscription = $1 and c.lane = any ($2) and c.worker = $3
$function$;
comment on function heliograph.clear_item(int, smallint[], text) is
    'Says that these lanes'' records are received many at a time again.';

alter function heliograph.take_claims security definer set search_path = pg_catalog, pg_temp;
alter function heliograph.claim_item security definer set search_path = pg_catalog, pg_temp;
alter function heliograph.drop_claims security definer set search_path = pg_catalog, pg_temp;
alter function heliograph.clear_item security definer set search_path = pg_catalog, pg_temp;

insert into heliograph.role_right (grantee, privilege, object)
values
    ('heliograph_worker', 'execute', 'take_claims'), ('heliograph_worker', 'execute', 'claim_item'),
    ('heliograph_worker', 'execute', 'drop_claims'), ('heliograph_worker', 'execute', 'clear_item'),
    ('heliograph_worker', 'select', 'claim'), ('heliograph_reader', 'select', 'claim');
