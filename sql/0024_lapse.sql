-- 0024: subscriptions that nobody runs any more lapse, or the log would be kept for them until the disk is full.

-- Who keeps house looks now and then; only what was seen without long gaps counts, so that a subscription does not lapse because
-- everything was switched off for a while.
--   unused    after so long without a worker a subscription lapses, if parts of the log that were closed that long ago are kept for it
--   max_bytes when the log is larger, an hour will do; NULL for no such limit
create function heliograph.lapse_subscriptions(unused interval, max_bytes bigint default null)
returns table (name text, reason text)
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp set jit = off as $function$
#variable_conflict use_column
declare
    moment   timestamptz := clock_timestamp();
    bytes    bigint := (select sum(pg_total_relation_size(i.inhrelid)) from pg_inherits as i
                        where i.inhparent = 'heliograph.signal_log'::regclass);
    is_large boolean := coalesce(bytes > max_bytes, false);
    patience interval := case when is_large then least(unused, '1 hour') else unused end;
    s        record;
    segment  record;
    newest   xid8;
    holds    boolean;
begin
    if current_setting('transaction_isolation') <> 'read committed' then
        raise exception 'subscriptions lapse in READ COMMITTED only' using errcode = 'HG003';
    end if;
    -- Nobody registers or rewinds meanwhile.
    perform pg_advisory_xact_lock(hashtext('heliograph'), hashtext('subscription'));
    update heliograph.subscription as u
    set looked_at = moment,
        idle_since = case
            when heliograph.subscription_workers(u.name) > 0 then null
            when u.idle_since is null or u.looked_at < moment - interval '1 hour' then moment
            else u.idle_since end
    where u.state <> 'lapsed' and (u.looked_at is null or u.looked_at < moment - interval '30 seconds');
    for s in
        select u.id, u.name, u.idle_since, min(pg_snapshot_xmin(t.snapshot)) as needed
        from heliograph.subscription as u
        cross join lateral heliograph.current_positions(
            u.id, array(select l.lane::int2 from generate_series(0, u.lanes - 1) as l (lane))) as p
        join heliograph.tick as t on t.id = p.lo
        where u.state <> 'lapsed' and u.idle_since <= moment - patience
        group by u.id, u.name, u.idle_since
        order by u.name
    loop
        holds := false;
        for segment in
            select g.id from heliograph.segment as g
            where g.dropped_at is null and g.closed_at <= moment - patience order by g.id
        loop
            execute format('select l.xid from heliograph.signal_log_%s as l order by l.xid desc limit 1', segment.id) into newest;
            holds := holds or coalesce(s.needed <= newest, false);
            exit when holds;
        end loop;
        continue when not holds;
        update heliograph.subscription as u set state = 'lapsed', changes = u.changes + 1 where u.id = s.id;
        name := s.name;
        reason := format('no worker has run it since %s, and %s', s.idle_since::timestamptz(0),
                         case when is_large then format('the log has grown to %s', pg_size_pretty(bytes))
                              else format('the log was kept for it for %s', unused) end);
        return next;
    end loop;
end
$function$;
comment on function heliograph.lapse_subscriptions(interval, bigint) is
    'Has subscriptions lapse that no worker has run for so long and for which the log is kept; says which and why. They go on when '
    'they are rewound or begun anew.';

insert into heliograph.role_right (grantee, privilege, object) values ('heliograph_worker', 'execute', 'lapse_subscriptions');
