-- 0016: who may do what. docs/roles.md says it for people; role_right says it for the server.
--
-- Group roles beside heliograph_capture, all NOLOGIN, to be granted to the roles that log in:
--   heliograph_owner   owns everything here: migrates, attaches, detaches
--   heliograph_worker  runs subscriptions: reads the log, and moves positions by the functions for it
--   heliograph_reader  reads
-- A writer needs none of them.
--
-- What a worker may change, it changes through functions that run as the owner. They take numbers, snapshots and texts, never
-- a name or an expression, and look nothing up in the caller's search path.

alter function heliograph.note_incarnation security definer set search_path = pg_catalog, pg_temp;
alter function heliograph.record_tick security definer set search_path = pg_catalog, pg_temp;
alter function heliograph.register_subscription security definer set search_path = pg_catalog, pg_temp;
alter function heliograph.advance security definer set search_path = pg_catalog, pg_temp;
alter function heliograph.purge_positions security definer set search_path = pg_catalog, pg_temp;
alter function heliograph.purge_ticks security definer set search_path = pg_catalog, pg_temp;
alter function heliograph.park security definer set search_path = pg_catalog, pg_temp;
alter function heliograph.finish_deliveries security definer set search_path = pg_catalog, pg_temp;
alter function heliograph.fail_delivery security definer set search_path = pg_catalog, pg_temp;
alter function heliograph.set_subscription_state security definer set search_path = pg_catalog, pg_temp;
alter function heliograph.drop_subscription security definer set search_path = pg_catalog, pg_temp;
alter function heliograph.rewind security definer set search_path = pg_catalog, pg_temp;
alter function heliograph.retry_deliveries security definer set search_path = pg_catalog, pg_temp;
alter function heliograph.discard_deliveries security definer set search_path = pg_catalog, pg_temp;

-- What the groups and PUBLIC may do, all of it: grant_roles() makes it so. A migration that makes something which workers or
-- readers need inserts here.
create table heliograph.role_right (
    grantee   text not null,
    privilege text not null,
    -- a table, a view, a sequence, or all functions of that name; empty for the schema itself
    object    text not null,
    constraint role_right_pkey primary key (grantee, privilege, object),
    constraint role_right_grantee_check check (grantee in ('public', 'heliograph_worker', 'heliograph_reader')),
    constraint role_right_privilege_check check (privilege in ('usage', 'select', 'update', 'execute'))
);

insert into heliograph.role_right (grantee, privilege, object)
-- Anybody may say who and what a transaction is for.
values ('public', 'usage', ''), ('public', 'execute', 'set_context')
union all
select grantee, privilege, object
from (values ('heliograph_worker'), ('heliograph_reader')) as g (grantee)
cross join (values
    ('usage', ''),
    ('select', 'migration'), ('select', 'incarnation'), ('select', 'tick'), ('select', 'signal_log'),
    ('select', 'segment'), ('select', 'attachment'), ('select', 'subscription'), ('select', 'position'),
    ('select', 'delivery'), ('select', 'attempt'),
    ('select', 'signal_log_id_seq'), ('select', 'incarnation_alive'), ('select', 'bell'),
    ('execute', 'take_snapshot'), ('execute', 'refuse_snapshot'), ('execute', 'note_incarnation'),
    ('execute', 'current_positions'),
    ('execute', 'needed_xid'), ('execute', 'lane'), ('execute', 'parked_keys'), ('execute', 'due_deliveries')
) as r (privilege, object)
union all
select 'heliograph_worker', privilege, object
from (values
    ('execute', 'record_tick'), ('execute', 'register_subscription'), ('execute', 'advance'),
    ('execute', 'park'), ('execute', 'finish_deliveries'), ('execute', 'fail_delivery'),
    ('execute', 'purge_positions'), ('execute', 'purge_ticks'), ('execute', 'rotate'), ('execute', 'drop_segment'),
    -- What an operator does.
    ('execute', 'set_subscription_state'), ('execute', 'drop_subscription'), ('execute', 'rewind'),
    ('execute', 'retry_deliveries'), ('execute', 'discard_deliveries'),
    -- The pump sets the flag.
    ('update', 'bell')
) as r (privilege, object);

-- What there is in the schema, as GRANT and ALTER name it, with its owner and its rights.
create function heliograph.objects()
returns table (kind text, name text, target text, owner oid, rights aclitem[], is_part boolean)
language sql stable set search_path = pg_catalog, pg_temp as $function$
    select 'schema', '', quote_ident(n.nspname), n.nspowner, coalesce(n.nspacl, acldefault('n', n.nspowner)), false
    from pg_namespace as n where n.oid = 'heliograph'::regnamespace
    union all
    select case when c.relkind = 'S' then 'sequence' else 'table' end, c.relname, c.oid::regclass::text, c.relowner,
           coalesce(c.relacl, acldefault(case when c.relkind = 'S' then 's' else 'r' end::"char", c.relowner)),
           -- Its owner is the table's.
           exists (select from pg_depend as d
                   where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.refclassid = 'pg_class'::regclass
                     and d.deptype in ('a', 'i') and c.relkind = 'S')
    from pg_class as c
    where c.relnamespace = 'heliograph'::regnamespace and c.relkind in ('r', 'p', 'v', 'm', 'f', 'S')
    union all
    select 'routine', p.proname, p.oid::regprocedure::text, p.proowner, coalesce(p.proacl, acldefault('f', p.proowner)), false
    from pg_proc as p where p.pronamespace = 'heliograph'::regnamespace
    union all
    -- Whoever may use a table's row type can make a column of it, and the table can be changed no more.
    select 'type', t.typname, t.oid::regtype::text, t.typowner, coalesce(t.typacl, acldefault('T', t.typowner)),
           exists (select from pg_class as c where c.oid = t.typrelid and c.relkind <> 'c')
    from pg_type as t
    where t.typnamespace = 'heliograph'::regnamespace and t.typcategory <> 'A'
$function$;

-- The statements that make the rights of the groups and of PUBLIC what role_right says. Groups that do not exist are left out.
create function heliograph.right_statements() returns setof text
language sql stable set search_path = pg_catalog, pg_temp as $function$
    with wanted as (
        select o.kind, o.target, r.grantee, upper(r.privilege) as privilege
        from heliograph.role_right as r
        join heliograph.objects() as o on o.name = r.object and o.kind = any (case
            when r.object = '' then '{schema}'
            when r.privilege = 'execute' then '{routine}'
            else '{table,sequence}' end::text[])
        where r.grantee = 'public' or to_regrole(r.grantee) is not null
    ), found as (
        select o.kind, o.target, case when a.grantee = 0 then 'public' else a.grantee::regrole::text end, a.privilege_type
        from heliograph.objects() as o
        cross join lateral aclexplode(o.rights) as a
        where a.grantee in (0, to_regrole('heliograph_worker'), to_regrole('heliograph_reader'))
    )
    select format('revoke %s on %s %s from %s', f.privilege_type, f.kind, f.target, f.grantee)
    from (select * from found except select * from wanted) as f (kind, target, grantee, privilege_type)
    union all
    select format('grant %s on %s %s to %s', w.privilege, w.kind, w.target, w.grantee)
    from (select * from wanted except select * from found) as w
$function$;

-- The statements that make everything belong to one role, but what runs as heliograph_capture. The schema comes first: a new
-- owner of something in it must be able to create there.
create function heliograph.owner_statements(new_owner regrole) returns setof text
language sql stable set search_path = pg_catalog, pg_temp as $function$
    select format('alter %s %s owner to %s', o.kind, o.target, new_owner)
    from heliograph.objects() as o
    where not o.is_part and o.owner <> new_owner and o.owner <> to_regrole('heliograph_capture')
    order by o.kind <> 'schema'
$function$;

-- What is missing of the group roles and their memberships, as statements for somebody who may run them. `is_given`: by a
-- person only, because who is made an owner here is one in all databases of the cluster.
create function heliograph.role_statements() returns table (statement text, is_given boolean)
language plpgsql stable set search_path = pg_catalog, pg_temp as $function$
declare
    -- From PostgreSQL 16 on a member may be barred from SET ROLE, which it takes to hand something over to a role.
    is_16   boolean := current_setting('server_version_num')::int >= 160000;
    to_set  text := case when is_16 then 'SET' else 'MEMBER' end;
    options text := case when is_16 then ' WITH INHERIT TRUE, SET TRUE' else '' end;
    capture oid := to_regrole('heliograph_capture');
    owners  oid := to_regrole('heliograph_owner');
    present oid := (select n.nspowner from pg_namespace as n where n.oid = 'heliograph'::regnamespace);
begin
    return query
        select format('CREATE ROLE %s NOLOGIN', r.name), false
        from (values ('heliograph_owner'), ('heliograph_worker'), ('heliograph_reader')) as r (name)
        where to_regrole(r.name) is null;
    -- rotate() runs as the owner, and replaces functions of heliograph_capture.
    if (pg_has_role(owners, capture, 'USAGE') and pg_has_role(owners, capture, to_set)) is not true then
        return query select 'GRANT heliograph_capture TO heliograph_owner' || options, false;
        if not is_16 and (select not r.rolinherit from pg_roles as r where r.oid = owners) then
            return query select 'ALTER ROLE heliograph_owner INHERIT', false;
        end if;
    end if;
    -- Nobody loses what he has: whoever owned the schema must be able to go on with it.
    return query
        select format('GRANT heliograph_owner TO %s%s', r.oid::regrole, options), r.rolname <> current_user
        from pg_roles as r
        where (r.rolname = current_user or r.oid = present) and not r.rolsuper
          and (pg_has_role(r.oid, owners, 'USAGE') and pg_has_role(r.oid, owners, to_set)) is not true;
    if present is distinct from owners and not has_database_privilege(current_database(), 'CREATE') then
        return query select format('GRANT CREATE ON DATABASE %I TO %I', current_database(), current_user), true;
    end if;
end
$function$;

-- Changes only what is not as it should be, and nothing where all is.
create function heliograph.grant_roles() returns text[]
language plpgsql volatile set search_path = pg_catalog, pg_temp set lock_timeout = '1s' as $function$
declare
    statement text;
    missing   text[];
    new_owner oid;
begin
    foreach statement in array array(select s.statement from heliograph.role_statements() as s where not s.is_given) loop
        -- Roles belong to the cluster, and migrations of other databases may do the same at this moment.
        for attempt in 1..10 loop
            begin
                execute statement;
                exit;
            exception
                when duplicate_object then
                    exit;
                when unique_violation or internal_error then
                    -- XX000: "tuple concurrently updated"
                    if attempt = 10 then
                        raise;
                    end if;
                    perform pg_sleep(0.02 * attempt);
                when insufficient_privilege or undefined_object then
                    exit;
            end;
        end loop;
    end loop;
    missing := array(select s.statement || ';' from heliograph.role_statements() as s);
    -- Without the roles the schema stays whose it is, and so does what was added to it by another.
    new_owner := case
        when cardinality(missing) = 0 then to_regrole('heliograph_owner')
        else (select n.nspowner from pg_namespace as n where n.oid = 'heliograph'::regnamespace)
    end;
    foreach statement in array array(select s.text from heliograph.owner_statements(new_owner) as s (text)) loop
        execute statement;
    end loop;
    foreach statement in array array(select s.text from heliograph.right_statements() as s (text)) loop
        execute statement;
    end loop;
    return missing;
exception when lock_not_available then
    -- To change a table's owner takes a lock on it for a moment.
    return '{SELECT heliograph.grant_roles();}';
end
$function$;
comment on function heliograph.grant_roles() is
    'Makes the roles and rights of this schema what they should be, as far as the caller may. Returns the statements that somebody '
    'has to run before it is called again; none when all is done.';

do $roles$
declare
    missing text[] := heliograph.grant_roles();
begin
    if pg_catalog.cardinality(missing) > 0 then
        raise warning 'the roles of heliograph are not complete: workers and readers need the owner''s rights until they are'
            using hint = pg_catalog.array_to_string(missing || '{SELECT heliograph.grant_roles();}'::text[], ' ');
    end if;
end
$roles$;
