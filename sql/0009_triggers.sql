-- 0009: the triggers of a captured table.

-- The triggers that a capture takes: on the table, of a partitioned one on all its partitions as well. Row triggers PostgreSQL
-- puts on partitions itself, also on those that come later.
--
-- `guard` never runs. PostgreSQL refuses to make a partition or a child of a table that has row triggers with transition
-- tables: without it the table's own triggers would be passed over from then on, without a word.
create function heliograph.triggers_of(attached heliograph.attachment)
returns table (relation regclass, name text, procedure text, type int, has_rows boolean, enabled "char", definition text)
language sql stable set search_path = pg_catalog, pg_temp set quote_all_identifiers = off as $function$
    with options as (
        select format('heliograph.%I()', attached.function_name) as capture,
               format('heliograph.open_statement(%L)', attached.id) as open,
               format('heliograph.close_statement(%L, %L, %L)', attached.id, attached.sender, attached.bell) as close,
               case when attached.always then 'A' else 'O' end as enabled,
               c.relkind = 'p' as is_tree
        from pg_class as c where c.oid = attached.relid
    )
    select m.member, 'heliograph_' || t.name, t.procedure, t.type, t.has_rows, t.enabled::"char", t.definition
    from options as o
    cross join lateral (values
        -- type: row 1, before 2, insert 4, delete 8, update 16, truncate 32
        ('insert', 'insert', o.capture, 4, true, o.enabled, not attached.by_row, false,
         'after insert on %s referencing new table as __hg_n for each statement'),
        ('update', 'update', o.capture, 16, true, o.enabled, not attached.by_row, false,
         'after update on %s referencing old table as __hg_o new table as __hg_n for each statement'),
        ('delete', 'delete', o.capture, 8, true, o.enabled, not attached.by_row, false,
         'after delete on %s referencing old table as __hg_o for each statement'),
        ('insert', 'insert', o.capture, 5, false, o.enabled, attached.by_row, false, 'after insert on %s for each row'),
        ('update', 'update', o.capture, 17, false, o.enabled, attached.by_row, false, 'after update on %s for each row'),
        ('delete', 'delete', o.capture, 9, false, o.enabled, attached.by_row, false, 'after delete on %s for each row'),
        ('truncate', 'truncate', o.capture, 32, false, o.enabled, true, true, 'after truncate on %s for each statement'),
        ('open_truncate', 'truncate', 'heliograph.open_truncation()', 34, false, o.enabled, o.is_tree, true,
         'before truncate on %s for each statement'),
        ('open_insert', 'insert', o.open, 6, false, 'O', attached.nests, true, 'before insert on %s for each statement'),
        ('open_update', 'update', o.open, 18, false, 'O', attached.nests, true, 'before update on %s for each statement'),
        ('open_delete', 'delete', o.open, 10, false, 'O', attached.nests, true, 'before delete on %s for each statement'),
        ('note_truncate', 'truncate', o.open, 34, false, 'O', attached.nests, true, 'before truncate on %s for each statement'),
        ('close_insert', 'insert', o.close, 4, false, 'O', attached.nests and attached.by_row, true,
         'after insert on %s for each statement'),
        ('close_update', 'update', o.close, 16, false, 'O', attached.nests and attached.by_row, true,
         'after update on %s for each statement'),
        ('close_delete', 'delete', o.close, 8, false, 'O', attached.nests and attached.by_row, true,
         'after delete on %s for each statement'),
        ('guard', null, o.capture, 9, true, 'O', not o.is_tree, false,
         'after delete on %s referencing old table as __hg_o for each row when (false)')
    ) as t (name, operation, procedure, type, has_rows, enabled, is_wanted, is_on_partitions, definition)
    cross join lateral (
        select x.member from heliograph.members_of(attached.relid) as x (member)
        where t.is_on_partitions or x.member = attached.relid) as m
    where t.is_wanted and (t.operation = any (attached.operations)
                           or t.operation is null and cardinality(attached.operations) > 0)
$function$;

-- The DDL of the triggers, as far as they are not there yet: a refresh that changes only the function takes no lock
-- on the table. A trigger is known by its function, its event and its table, whatever it is called by now.
create function heliograph.trigger_sql(attached heliograph.attachment) returns text
language plpgsql stable set search_path = pg_catalog, pg_temp set quote_all_identifiers = off as $function$
declare
    dropped text[] := '{}';
    made    text[] := '{}';
    known   record;
begin
    for known in
        with present as (
            select t.*, p.pronamespace = 'heliograph'::regnamespace as is_ours, t.tgtype::int as type,
                   t.tgoldtable is not null or t.tgnewtable is not null as has_rows,
                   substring(pg_get_triggerdef(t.oid) from 'EXECUTE FUNCTION (.*)$') as procedure
            from heliograph.members_of(attached.relid) as m (member)
            join pg_trigger as t on t.tgrelid = m.member and not t.tgisinternal and t.tgparentid = 0
            join pg_proc as p on p.oid = t.tgfoid
        ), wanted as (
            select * from heliograph.triggers_of(attached)
        )
        select p.tgrelid::regclass as relation, p.tgname, p.tgenabled, p.is_ours, w.name, w.relation as wanted_on,
               w.procedure, w.enabled, w.definition, n.tgname as namesake, n.is_ours as is_namesake_ours
        from present as p
        full join wanted as w
            on p.is_ours and p.tgrelid = w.relation and p.type = w.type and p.has_rows = w.has_rows and p.procedure = w.procedure
        left join present as n on w.name is not null and p.tgname is null and n.tgrelid = w.relation and n.tgname = w.name
        where p.is_ours or w.name is not null
        order by w.relation, w.name
    loop
        if known.name is null then
            dropped := dropped || format('drop trigger %I on %s;', known.tgname, known.relation);
        elsif known.tgname is null then
            if not known.is_namesake_ours then
                raise exception 'table % has a trigger % that is not ours', known.wanted_on, known.namesake
                    using errcode = 'HG015', hint = format('DROP TRIGGER %I ON %s;', known.namesake, known.wanted_on);
            end if;
            made := made || format('create trigger %I %s execute function %s;',
                                   known.name, format(known.definition, known.wanted_on), known.procedure);
        end if;
        if known.name is not null and coalesce(known.tgenabled, 'O') <> known.enabled then
            made := made || format('alter table %s enable %strigger %I;', known.wanted_on,
                                   case known.enabled when 'A' then 'always ' end, coalesce(known.tgname, known.name));
        end if;
    end loop;
    return nullif(array_to_string(dropped || made, E'\n'), '');
end
$function$;

-- Raises HG023 unless the caller may do to the triggers of a table and its partitions what the statements do.
create function heliograph.check_trigger_right(relation regclass, statements text) returns void
language plpgsql stable set search_path = pg_catalog, pg_temp as $function$
declare
    -- PostgreSQL lets only a table's owner take a trigger away or change it, even one that somebody else has put there.
    takes_owner boolean := statements ~ '(^|\n)(drop trigger|alter table) ';
    refused     record;
begin
    select c.oid::regclass as name, c.relowner::regrole as owner into refused
    from pg_class as c
    where (takes_owner or statements ~ '(^|\n)create trigger ')
      and (c.oid = relation or c.oid in (select t.relid from pg_partition_tree(relation) as t))
      and not case when takes_owner then pg_has_role(c.relowner, 'USAGE') else has_table_privilege(c.oid, 'TRIGGER') end
    limit 1;
    if found then
        raise exception '% may not % the triggers of table %', quote_ident(current_user),
            case when takes_owner then 'change' else 'make' end, refused.name
            using errcode = 'HG023',
                  hint = case when takes_owner then format('GRANT %s TO %I;', refused.owner, current_user)
                         else format('GRANT TRIGGER ON %s TO %I;', refused.name, current_user) end;
    end if;
end
$function$;

-- Whether this transaction keeps writers of another table waiting. Then it may not wait itself: a writer that waits for it and holds
-- what it waits for would be the one that PostgreSQL ends.
create function heliograph.holds_up_writers(relation regclass) returns boolean
language sql volatile set search_path = pg_catalog, pg_temp as $function$
    select exists (
        select from pg_locks as l
        where l.pid = pg_backend_pid() and l.locktype = 'relation' and l.granted
          and l.mode in ('ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')
          and l.relation <> holds_up_writers.relation::oid and l.relation >= 16384
          and l.database = (select d.oid from pg_database as d where d.datname = current_database())
          and exists (select from pg_trigger as t where t.tgrelid = l.relation))
$function$;

-- Locks a table, and its partitions, whose triggers are about to change, so that what has been checked of it still holds. Waits a
-- second at most: every writer that comes meanwhile would wait behind us.
create function heliograph.lock_for_triggers(relation regclass, statements text default '') returns void
language plpgsql volatile set search_path = pg_catalog, pg_temp set quote_all_identifiers = off
set lock_timeout = '1s' as $function$
declare
    name   text := relation;
    -- DROP TRIGGER would take the stronger lock later.
    mode   text := case when statements ~ '(^|\n)drop trigger ' then 'access exclusive' else 'share row exclusive' end;
    member regclass;
begin
    begin
        foreach member in array array(select m.member from heliograph.members_of(relation) as m (member)) loop
            execute format('lock table only %s in %s mode %s', member, mode,
                           case when member <> relation or heliograph.holds_up_writers(relation) then 'nowait' end);
        end loop;
    exception when insufficient_privilege then
        -- LOCK TABLE takes the right to change rows, CREATE TRIGGER does not. The lock that parsing a statement takes needs no
        -- right and stays: nobody renames or alters the table, and CREATE TRIGGER takes the other one.
        execute format('prepare heliograph_lock as delete from %s', name);
        deallocate heliograph_lock;
    end;
    if to_regclass(name) is distinct from relation then
        raise exception 'table % was renamed or dropped meanwhile', name
            using errcode = 'HG017', hint = 'Try again.';
    end if;
exception when lock_not_available then
    raise exception 'table % is in use by open transactions: its triggers were not changed', name
        using errcode = 'lock_not_available', hint = 'Try again when they have ended.';
end
$function$;

-- Runs statements that change triggers. Where the table could not be locked before, they wait for it, and a second at most, too.
create function heliograph.change_triggers(relation regclass, statements text) returns void
language plpgsql volatile set search_path = pg_catalog, pg_temp set lock_timeout = '1s' as $function$
begin
    perform heliograph.check_trigger_right(relation, statements);
    if heliograph.holds_up_writers(relation)
       or exists (select from pg_class as c where c.oid = relation and c.relkind = 'p') then
        perform set_config('lock_timeout', '1ms', true);
    end if;
    execute statements;
exception when lock_not_available then
    raise exception 'table % is in use by open transactions: its triggers were not changed', relation
        using errcode = 'lock_not_available', hint = 'Try again when they have ended.';
end
$function$;
