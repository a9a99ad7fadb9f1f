-- 0019: the doctor, continued: the role that capture functions run as.

-- The functions that run as the capture role, by what they say. Names stand in texts that are executed as well, but those after SELECT
-- are in hints.
create function heliograph.called_by_capture() returns setof oid
language sql stable set search_path = pg_catalog, pg_temp as $function$
    with recursive called as (
        select p.oid, p.prosrc from pg_proc as p
        where p.pronamespace = 'heliograph'::regnamespace and p.proname ~ '^capture_\d+$'
        union
        select p.oid, p.prosrc
        from called as c
        cross join lateral regexp_matches(c.prosrc, '(?<!SELECT )heliograph\.(\w+)\(', 'g') as m (names)
        join pg_proc as p on p.pronamespace = 'heliograph'::regnamespace and p.proname = m.names[1]
    )
    select c.oid from called as c join pg_proc as p on p.oid = c.oid where p.prorettype <> 'trigger'::regtype
$function$;

-- The GRANTs that the capture role lacks. What writers of captured tables do, it must be able to do.
create function heliograph.missing_grants() returns setof text
language sql stable set search_path = pg_catalog, pg_temp as $function$
    select format('GRANT %s TO heliograph_capture;', n.privilege)
    from (
        -- What capture functions call, and what that calls: EXECUTE may have been taken from PUBLIC.
        select 4 as n, format('EXECUTE ON FUNCTION %s', p.oid::regprocedure) as privilege, p.proacl as acl, 'f' as kind,
               p.proowner as owner, 'EXECUTE' as type
        from heliograph.called_by_capture() as f (id) join pg_proc as p on p.oid = f.id
        union all
        select 1, 'USAGE ON SCHEMA heliograph', s.nspacl, 'n', s.nspowner, 'USAGE'
        from pg_namespace as s where s.oid = 'heliograph'::regnamespace
        union all
        select 2, format('%s ON %s %s', w.type, case c.relkind when 'S' then 'SEQUENCE' else 'TABLE' end, c.oid::regclass),
               c.relacl, case c.relkind when 'S' then 's' else 'r' end, c.relowner, w.type
        from (values
            ('signal_log_id_seq', 'USAGE'), ('bell', 'SELECT'), ('deferred_seq_seq', 'USAGE'),
            ('deferred', 'INSERT'), ('deferred', 'SELECT'), ('deferred', 'DELETE'),
            ('deferral', 'INSERT'), ('deferral', 'SELECT'), ('deferral', 'DELETE'),
            ('truncation', 'INSERT'), ('truncation', 'SELECT'), ('truncation', 'UPDATE'), ('truncation', 'DELETE')
        ) as w (name, type)
        join pg_class as c on c.relname = w.name and c.relnamespace = 'heliograph'::regnamespace
        union all
        select 3, format('INSERT ON %s', c.oid::regclass), c.relacl, 'r', c.relowner, 'INSERT'
        from pg_inherits as i join pg_class as c on c.oid = i.inhrelid
        where i.inhparent = 'heliograph.signal_log'::regclass
    ) as n
    where not exists (
        select from aclexplode(coalesce(n.acl, acldefault(n.kind::"char", n.owner))) as e
        where e.privilege_type = n.type
          and (e.grantee = 0 or e.grantee = (select r.oid from pg_roles as r where r.rolname = 'heliograph_capture')))
    order by n.n, n.privilege
$function$;

-- What the capture role has beyond inserting into the log, in this database.
create function heliograph.excess_rights() returns table (thing text, mend text)
language sql stable set search_path = pg_catalog, pg_temp set quote_all_identifiers = off as $function$
    with capture as (select r.oid from pg_roles as r where r.rolname = 'heliograph_capture'),
    held as (
        select distinct d.deptype, d.classid, d.objid, i.type, i.schema, i.identity
        from pg_shdepend as d
        join capture as c on d.refclassid = 'pg_authid'::regclass and d.refobjid = c.oid
        cross join lateral pg_identify_object(d.classid, d.objid, 0) as i
        where d.dbid in (0, (select b.oid from pg_database as b where b.datname = current_database()))
          and d.deptype in ('o', 'a')
    )
    select format('%s %s', h.type, h.identity),
           case when h.deptype = 'o' then format('ALTER %s %s OWNER TO %I;', upper(h.type), h.identity, current_user)
                else format('REVOKE ALL ON %s %s FROM heliograph_capture;', upper(h.type), h.identity) end
    from held as h
    -- Other schemas may hold a log as well.
    where not exists (select from pg_proc as p
                      where p.proname = 'take_snapshot' and p.pronamespace::regnamespace::text = coalesce(h.schema, h.identity))
       or h.deptype = 'o' and h.classid <> 'pg_proc'::regclass
    union all
    select format('%s on %s', string_agg(e.privilege_type, ', ' order by e.privilege_type), t.oid::regclass),
           format('REVOKE %s ON %s FROM heliograph_capture;',
                  string_agg(e.privilege_type, ', ' order by e.privilege_type), t.oid::regclass)
    from pg_class as t
    cross join lateral aclexplode(t.relacl) as e
    where t.relnamespace = 'heliograph'::regnamespace and e.grantee = (select c.oid from capture as c)
      and (t.relname in ('signal_log', 'attachment', 'segment', 'subscription', 'position', 'tick', 'incarnation', 'migration')
           or t.oid in (select i.inhrelid from pg_inherits as i where i.inhparent = 'heliograph.signal_log'::regclass)
              and e.privilege_type <> 'INSERT')
    group by t.oid
    union all
    select 'to create in schema heliograph', 'REVOKE CREATE ON SCHEMA heliograph FROM heliograph_capture;'
    from pg_namespace as s cross join lateral aclexplode(s.nspacl) as e
    where s.oid = 'heliograph'::regnamespace and e.grantee = (select c.oid from capture as c) and e.privilege_type = 'CREATE'
$function$;

create function heliograph.role_findings() returns setof heliograph.finding
language plpgsql volatile set search_path = pg_catalog, pg_temp as $function$
declare
    r       pg_roles;
    grants  text := (select string_agg(g.statement, ' ') from heliograph.missing_grants() as g (statement));
    owner   regrole := (select s.nspowner from pg_namespace as s where s.oid = 'heliograph'::regnamespace);
    powers  text[];
    others  text;
    excess  record;
begin
    select * into r from pg_roles as p where p.rolname = 'heliograph_capture';
    if not found then
        return next ('error', 'role', 'heliograph_capture',
            'the role is missing, so capture functions run as another one: nobody can attach a table, and writers may fail',
            concat_ws(' ', 'CREATE ROLE heliograph_capture NOLOGIN;', format('GRANT heliograph_capture TO %s;', owner), grants)
        )::heliograph.finding;
    elsif grants is not null then
        return next ('error', 'role', r.rolname,
            'the role lacks rights on the log: whoever writes to a captured table fails', grants)::heliograph.finding;
    end if;
    for excess in
        select p.oid::regprocedure as thing, p.proowner::regrole as owner from pg_proc as p
        where p.pronamespace = 'heliograph'::regnamespace and p.prosecdef and p.prorettype = 'trigger'::regtype
          and p.proname !~ '^capture_\d+$' and p.proowner is distinct from to_regrole('heliograph_capture')
    loop
        return next ('error', 'owner', excess.thing::text, format(
            'it runs as %s instead of heliograph_capture: what goes wrong in it goes wrong with that role''s rights', excess.owner),
            'GRANT CREATE ON SCHEMA heliograph TO heliograph_capture; '
            || format('ALTER FUNCTION %s OWNER TO heliograph_capture; ', excess.thing)
            || 'REVOKE CREATE ON SCHEMA heliograph FROM heliograph_capture;')::heliograph.finding;
    end loop;
    powers := array_remove(array[
        case when r.rolsuper then 'SUPERUSER' end, case when r.rolcanlogin then 'LOGIN' end,
        case when r.rolcreaterole then 'CREATEROLE' end, case when r.rolcreatedb then 'CREATEDB' end,
        case when r.rolreplication then 'REPLICATION' end, case when r.rolbypassrls then 'BYPASSRLS' end], null);
    if powers <> '{}' then
        return next ('error', 'role', r.rolname, format(
            'the role has %s: a flaw in a capture function would give that away', array_to_string(powers, ', ')),
            format('ALTER ROLE heliograph_capture NO%s;', array_to_string(powers, ' NO')))::heliograph.finding;
    end if;
    others := (select string_agg(m.roleid::regrole::text, ', ' order by m.roleid::regrole::text) from pg_auth_members as m where m.member = r.oid);
    if others is not null then
        return next ('error', 'role', r.rolname, format(
            'the role is a member of %s: a flaw in a capture function would give away what these may', others),
            format('REVOKE %s FROM heliograph_capture;', others))::heliograph.finding;
    end if;
    for excess in select e.thing, e.mend from heliograph.excess_rights() as e loop
        return next ('warning', 'role', r.rolname, format(
            'the role has more rights than to insert into the log: %s', excess.thing), excess.mend)::heliograph.finding;
    end loop;
end
$function$;

-- The groups, and what they and PUBLIC may do. What PUBLIC may do with capture functions is said with their tables.
create function heliograph.right_findings() returns setof heliograph.finding
language plpgsql volatile set search_path = pg_catalog, pg_temp as $function$
declare
    missing text := (select string_agg(r.statement || ';', ' ') from heliograph.role_statements() as r);
    too_few text;
    excess  text;
begin
    if missing is not null then
        return next ('note', 'groups', 'roles',
            'the group roles are not complete: workers and readers need the rights of the schema''s owner',
            concat_ws(' ', missing, 'SELECT heliograph.grant_roles();'))::heliograph.finding;
    end if;
    select string_agg(r.text, '; ') filter (where r.text like 'grant %'),
           string_agg(r.text, '; ') filter (where r.text like 'revoke %')
    into too_few, excess
    from heliograph.right_statements() as r (text)
    where r.text !~ '^revoke EXECUTE on routine heliograph\.capture_\d+\(\) from public$';
    if excess is not null then
        return next ('error', 'rights', 'roles', format(
            'there are rights in the schema that nobody should have; missing: %s', excess),
            'SELECT heliograph.grant_roles();')::heliograph.finding;
    end if;
    if too_few is not null then
        return next ('warning', 'rights', 'roles', format(
            'workers, readers or writers lack rights, and what they do fails; missing: %s', too_few),
            'SELECT heliograph.grant_roles();')::heliograph.finding;
    end if;
end
$function$;
