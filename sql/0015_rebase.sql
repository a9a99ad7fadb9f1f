-- 0015: a log that was restored from a dump into another cluster.
--
-- Records and places are in order by transaction ids, which belong to their cluster. Restored into one whose ids are ahead, they
-- stay what they are: all of them past. Restored into a younger one they are in its future: places would not move until its ids
-- had caught up, and what it wrote in the meantime would look as if it had been read. pg_upgrade takes the ids along; there is
-- nothing to do.

-- Whether an id is younger than the tuple that holds it can be: ids are drawn before they are stored. Modulo 2^32, as a tuple's
-- own ids are.
create function heliograph.is_younger(stored xid8, tuple xid) returns boolean
language sql immutable set search_path = pg_catalog, pg_temp as $function$
    select tuple::text::bigint >= 3
       and (stored::text::numeric - tuple::text::bigint + 4294967296) % 4294967296 between 1 and 2147483647
$function$;

-- Whether the log holds transaction ids of another cluster that this one has not drawn. `is_new`: the server's identifier is not the
-- one that was noted last. Only then is the whole log looked at.
create function heliograph.is_from_elsewhere(is_new boolean) returns boolean
language plpgsql stable set search_path = pg_catalog, pg_temp as $function$
begin
    return exists (select from heliograph.tick as t
                   where t.id = (select max(newest.id) from heliograph.tick as newest)
                     and pg_snapshot_xmax(t.snapshot) > pg_snapshot_xmax(pg_current_snapshot()))
        or exists (select from heliograph.signal_log as l
                   where l.xid >= pg_snapshot_xmax(pg_current_snapshot())
                     and l.xid is distinct from pg_current_xact_id_if_assigned())
        -- Its ids may have caught up by now.
        or is_new and exists (select from heliograph.tick as t
                              where heliograph.is_younger(pg_snapshot_xmax(t.snapshot), t.xmin))
        or is_new and exists (select from heliograph.signal_log as l where heliograph.is_younger(l.xid, l.xmin));
end
$function$;

-- Gives restored records and places transaction ids of this cluster, so that every subscription goes on where it was. The places of
-- one cluster are nested: a record is not visible in the first so many, and visible in all after them. So a record needs no
-- other id than one for that number, below all ids this cluster has written records under.
create function heliograph.rebase() returns text
language plpgsql volatile set search_path = pg_catalog, pg_temp set lock_timeout = '10s' as $function$
declare
    -- Restored rows come before the triggers are made: what has a younger tuple was captured here.
    boundary bigint := (select min(t.xmin::text::bigint) from pg_trigger as t
                        join pg_proc as p on p.oid = t.tgfoid
                        where p.pronamespace = 'heliograph'::regnamespace);
    system   bigint := (select c.system_identifier from pg_control_system() as c);
    records  bigint;
    places   bigint;
begin
    perform pg_advisory_xact_lock(hashtext('heliograph'), hashtext('attach'));
    perform pg_advisory_xact_lock(hashtext('heliograph'), hashtext('subscription'));
    lock table heliograph.position, heliograph.tick in share row exclusive mode;
    if not heliograph.is_from_elsewhere(system is distinct from (
        select i.system_identifier from heliograph.incarnation as i order by i.id desc limit 1)) then
        return 'The log is this cluster''s own: there is nothing to do.';
    end if;
    create temporary table rebased_place on commit drop as
        select t.id, t.snapshot, row_number() over (
            order by pg_snapshot_xmax(t.snapshot), (select count(*) from pg_snapshot_xip(t.snapshot)) desc, t.id) as number
        from heliograph.tick as t
        where t.id in (select u.id from heliograph.tick_in_use as u);
    create temporary table rebased_xid on commit drop as
        select d.xid, (select count(*) from rebased_place as p where not pg_visible_in_snapshot(d.xid, p.snapshot)) as unseen
        from (select l.xid from heliograph.signal_log as l
              where l.xmin::text::bigint < boundary or l.xmin::text::bigint = boundary and l.xid::text::bigint <> boundary
              union
              -- Nobody has parked anything here yet.
              select p.xid from heliograph.delivery as p) as d;
    -- A boundary that was frozen says nothing.
    if boundary is null or boundary < 3
       or exists (select from heliograph.signal_log as l
               where l.xmin::text::bigint > boundary and l.xid >= pg_snapshot_xmax(pg_current_snapshot()))
       or (select count(distinct x.unseen) from rebased_xid as x) + 4 > boundary then
        raise exception 'which records of the log were restored cannot be told'
            using errcode = 'HG021',
                  hint = 'Begin anew: DROP SCHEMA heliograph CASCADE, then migrate and attach the tables again.';
    end if;

    update heliograph.signal_log as l set xid = x.now
    from (select r.xid, (3 + dense_rank() over (order by r.unseen))::text::xid8 as now from rebased_xid as r) as x
    where l.xid = x.xid and l.xmin::text::bigint <= boundary
      and (l.xmin::text::bigint < boundary or l.xid::text::bigint <> boundary);
    get diagnostics records = row_count;
    update heliograph.delivery as p set xid = x.now
    from (select r.xid, (3 + dense_rank() over (order by r.unseen))::text::xid8 as now from rebased_xid as r) as x
    where p.xid = x.xid;
    update heliograph.tick as t set snapshot = format('%1$s:%1$s:', 4 + p.seen)::pg_snapshot
    from (select q.id, (select count(distinct x.unseen) from rebased_xid as x where x.unseen < q.number) as seen
          from rebased_place as q) as p
    where t.id = p.id;
    get diagnostics places = row_count;
    delete from heliograph.tick as t where not exists (select from rebased_place as p where p.id = t.id);
    -- What was written down of transactions that were open there.
    update heliograph.segment as s set sealed_xid = null, sealed_by = null where s.sealed_xid is not null;
    delete from heliograph.deferred;
    delete from heliograph.deferral;
    delete from heliograph.truncation;
    perform heliograph.note_incarnation();
    return format('%s records and %s places are this cluster''s now.', records, places);
end
$function$;
comment on function heliograph.rebase() is
    'After a dump was restored into a younger cluster: every subscription goes on where it was. Stop the workers of the old cluster first.';

revoke execute on function heliograph.rebase() from public;
