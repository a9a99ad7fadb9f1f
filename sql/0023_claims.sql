-- 0023: records that kill the process that receives them.
--
-- Who holds a lane leaves a claim while it does, and takes it away when it gives the lane up. Whoever finds another's knows that
-- the holder has ended, perhaps because of a record. Then it receives few records a transaction for a while, and says before which
-- lanes have some of them, and that no more with their commit; whoever finds that receives one a transaction, and says which. When
-- workers end in the middle of the same one again and again, it is a dead letter. One that ends between two transactions says nothing
-- about any record, and a suspect is received only by a worker that has lived for a while: so workers that are killed from outside,
-- however often, make no dead letters. In the ordinary course a claim costs nothing but when lanes change hands.

-- Unlogged: a crash of the server is not the records' fault.
create unlogged table heliograph.claim (
    subscription int not null,
    lane         smallint not null,
    -- the process
    worker       text not null,
    -- what it is in the middle of: a record, or how many of the lane ('some:7'); NULL between two transactions, and while there is
    -- no suspicion
    item         text,
    -- what the last one was in the middle of that has ended so, and how many did
    suspect      text,
    deaths       int not null default 0,
    -- the last of them; it may turn out to be alive
    victim       text,
    constraint claim_pkey primary key (subscription, lane)
);

create function heliograph.take_claims(subscription int, lanes smallint[], worker text)
returns table (lane smallint, is_inherited boolean, suspect text)
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
                item = null,
                suspect = case when c.worker = excluded.worker then c.suspect else coalesce(c.item, c.suspect) end,
                deaths = case when c.item is null or c.worker = excluded.worker then c.deaths
                              when c.item = c.suspect then c.deaths + 1
                              else 1 end,
                victim = case when c.item is not null and c.worker <> excluded.worker then c.worker else c.victim end
            returning c.lane, c.suspect, c.deaths
        )
        select t.lane, f.worker is not null and (f.worker <> take_claims.worker or t.suspect is not null),
               case when t.deaths > 0 then t.suspect end
        from taken as t left join former as f on f.lane = t.lane;
end
$function$;
comment on function heliograph.take_claims(int, smallint[], text) is
    'Says that a worker holds these lanes, whose locks it has. is_inherited: their last holder has not given them up; suspect: what '
    'it has ended in the middle of, if it had named that.';

create function heliograph.claim_items(subscription int, lanes smallint[], items text[]) returns int
language sql volatile as $function$
    with claimed as (
        update heliograph.claim as c set item = i.item
        from rows from (pg_catalog.unnest($2), pg_catalog.unnest($3)) as i (lane, item)
        where c.subscription = $1 and c.lane = i.lane
        returning case when c.suspect = i.item then c.deaths else 0 end as deaths)
    select coalesce(max(c.deaths), 0) from claimed as c
$function$;
comment on function heliograph.claim_items(int, smallint[], text[]) is
    'Says what of each of these lanes is about to be received. Returns how many workers have ended in the middle of it before.';

create function heliograph.finish_item(subscription int, lanes smallint[], worker text) returns void
language sql volatile as $function$
    update heliograph.claim as c
    set item = null, suspect = nullif(c.suspect, c.item), deaths = case when c.suspect = c.item then 0 else c.deaths end
    where c.subscription = $1 and c.lane = any ($2) and c.worker = $3
$function$;
comment on function heliograph.finish_item(int, smallint[], text) is
    'Says that what claim_items() named is done with. In the transaction that moves the position.';

create function heliograph.drop_claims(subscription int, lanes smallint[], worker text) returns void
language sql volatile as $function$
    delete from heliograph.claim as c where c.subscription = $1 and ($2 is null or c.lane = any ($2)) and c.worker = $3
$function$;
comment on function heliograph.drop_claims(int, smallint[], text) is
    'Takes back what take_claims() said, before the locks are given up; without lanes, all of the worker''s.';

create function heliograph.clear_suspicion(subscription int, lanes smallint[], worker text) returns void
language sql volatile as $function$
    update heliograph.claim as c set item = null, suspect = null, deaths = 0, victim = null
    where c.subscription = $1 and c.lane = any ($2) and c.worker = $3
$function$;
comment on function heliograph.clear_suspicion(int, smallint[], text) is
    'Says that these lanes'' records are received many at a time again.';

alter function heliograph.take_claims security definer set search_path = pg_catalog, pg_temp;
alter function heliograph.claim_items security definer set search_path = pg_catalog, pg_temp;
alter function heliograph.finish_item security definer set search_path = pg_catalog, pg_temp;
alter function heliograph.drop_claims security definer set search_path = pg_catalog, pg_temp;
alter function heliograph.clear_suspicion security definer set search_path = pg_catalog, pg_temp;

insert into heliograph.role_right (grantee, privilege, object)
values
    ('heliograph_worker', 'execute', 'take_claims'), ('heliograph_worker', 'execute', 'claim_items'),
    ('heliograph_worker', 'execute', 'drop_claims'), ('heliograph_worker', 'execute', 'clear_suspicion'), ('heliograph_worker', 'execute', 'finish_item'),
    ('heliograph_worker', 'select', 'claim'), ('heliograph_reader', 'select', 'claim');
