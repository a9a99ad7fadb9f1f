-- 0014: retention. The log is a row of segments; the oldest are dropped when nobody needs them any more.

-- Opens a new segment and has all capture functions insert into it. A writer that is calling one at this moment goes on with
-- the old text, and the old segment, which is there until it has ended.
create function heliograph.rotate() returns int
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $function$
declare
    number   int;
    captured record;
begin
    perform pg_advisory_xact_lock(hashtext('heliograph'), hashtext('attach'));
    number := heliograph.open_segment();
    -- Their text as it is, but for the segment: to make it anew could take in columns that were renamed since.
    for captured in
        select pg_get_functiondef(to_regproc(f.name)) as definition
        from (select format('heliograph.%I', a.function_name) from heliograph.attachment as a
              union all select 'heliograph.log_deferred') as f (name)
        where to_regproc(f.name) is not null
    loop
        execute regexp_replace(captured.definition, 'heliograph\.signal_log_\d+ /\* segment \*/',
                               heliograph.segment_text(number), 'g');
    end loop;
    return number;
end
$function$;
comment on function heliograph.rotate() is
    'Opens the next segment of the log and returns its number. Sessions plan their capture statements anew with their next write.';

-- The first transaction that some subscription has not passed: everything below is visible in all their positions, or was
-- rolled back. NULL without subscriptions.
create function heliograph.needed_xid(out needed xid8, out subscription text)
language sql stable set search_path = pg_catalog, pg_temp as $function$
    select pg_snapshot_xmin(t.snapshot), s.name
    from heliograph.subscription as s
    cross join lateral generate_series(0, s.lanes - 1) as l (lane)
    cross join lateral (
        select p.lo from heliograph.position as p
        where p.subscription = s.id and p.lane = l.lane
        order by p.version desc
        limit 1) as newest
    join heliograph.tick as t on t.id = newest.lo
    -- One that has lapsed must begin anew anyhow.
    where s.state <> 'lapsed'
    order by pg_snapshot_xmin(t.snapshot)
    limit 1
$function$;
comment on function heliograph.needed_xid() is
    'The oldest transaction id whose records a subscription may still need, and which subscription that is.';

-- Drops a segment that is older than an age and that nobody needs. Each condition by itself is not enough: what is visible
-- in all positions may have a neighbour in the segment that commits later.
-- Without JIT: the planner takes a few lanes for many, and would compile for half a second while nobody can read the segment.
create function heliograph.drop_segment(number int, older_than interval, out dropped boolean, out reason text)
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp set lock_timeout = '100ms' set jit = off as $function$
declare
    known  heliograph.segment;
    newest xid8;
    needed record;
    name   text := format('heliograph.signal_log_%s', number);
begin
    dropped := false;
    -- Each statement must see what was committed while another waited.
    if current_setting('transaction_isolation') <> 'read committed' then
        raise exception 'segments are dropped in READ COMMITTED only' using errcode = 'HG003';
    end if;
    select s.* into known from heliograph.segment as s where s.id = number for update skip locked;
    reason := case
        when known.id is null then 'somebody else looks at it'
        when known.dropped_at is not null then 'it is dropped'
        when known.closed_at is null then 'records are written to it'
        when known.closed_at > clock_timestamp() - older_than then 'it is not old enough'
    end;
    if reason is not null then
        return;
    end if;
    -- Whoever calls a capture function has a transaction id. The function was replaced before this moment, so whoever
    -- still inserts into this segment has one below.
    if known.sealed_xid is null then
        known.sealed_xid := pg_snapshot_xmax(pg_current_snapshot());
        -- One that has no id yet may be in a long statement, and hear of the new text only after it has called the old.
        known.sealed_by := array(
            select l.virtualtransaction from pg_locks as l
            where l.locktype = 'virtualxid' and l.mode = 'ExclusiveLock' and l.granted and l.pid <> pg_backend_pid());
        update heliograph.segment as s set sealed_xid = known.sealed_xid, sealed_by = known.sealed_by where s.id = number;
    end if;
    if pg_snapshot_xmin(pg_current_snapshot()) < known.sealed_xid
       or exists (select from pg_locks as l
                  where l.locktype = 'virtualxid' and l.virtualtransaction = any (known.sealed_by)) then
        reason := 'a transaction that may write to it is still open';
        return;
    end if;
    begin
        -- Whoever registers a subscription takes its place under this lock, and not before.
        perform pg_advisory_xact_lock(hashtext('heliograph'), hashtext('subscription'));
        execute format('lock table %s in access exclusive mode', name);
    exception when lock_not_available then
        reason := 'it is being read';
        return;
    end;
    execute format('select l.xid from %s as l order by l.xid desc limit 1', name) into newest;
    execute format('select max(l.id) from %s as l', name) into known.last_id;
    select n.* into needed from heliograph.needed_xid() as n;
    if needed.needed <= newest then
        reason := format('subscription %s has not read all of it', needed.subscription);
        return;
    end if;
    execute format('drop table %s', name);
    update heliograph.segment as s set dropped_at = clock_timestamp(), last_id = known.last_id where s.id = number;
    dropped := true;
end
$function$;
comment on function heliograph.drop_segment(int, interval) is
    'Drops a closed segment, or says why not. Waits for no lock longer than 100 ms. To be called in a transaction of its own: the '
    'first call marks the segment, a later one finds that all who wrote then have ended.';

-- Both run as the schema's owner.
revoke execute on function heliograph.rotate(), heliograph.drop_segment(int, interval) from public;
