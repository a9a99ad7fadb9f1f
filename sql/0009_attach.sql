-- 0009: attach and detach.

-- The registry's row of a table: by its triggers, else by its name where no other table is captured under it.
create function heliograph.attachment_of(relation regclass) returns heliograph.attachment
language plpgsql stable set search_path = pg_catalog, pg_temp as $function$
declare
    found_row heliograph.attachment;
    other     oid;
begin
    select a.* into found_row
    from heliograph.attachment as a
    where heliograph.captured_relation(a.relid, a.sender, a.function_name) = relation;
    if found then
        return found_row;
    end if;
    select a.* into found_row from heliograph.attachment as a where a.sender = heliograph.sender_name(relation);
    other := heliograph.captured_relation(found_row.relid, found_row.sender, found_row.function_name);
    if other is not null then
        raise exception 'table % is captured as %, which is now the name of another table',
            other::regclass, found_row.sender
            using errcode = 'HG014', hint = format('SELECT heliograph.detach(%L);', other::regclass);
    end if;
    return found_row;
end
$function$;

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

-- Raises HG018 unless the segment that a script was made for is still the one to insert into.
create function heliograph.check_segment(segment int) returns void
language plpgsql stable set search_path = pg_catalog, pg_temp as $function$
begin
    if segment is distinct from heliograph.current_segment() then
        raise exception 'these statements were made before the log''s segment % was closed', segment
            using errcode = 'HG018', hint = 'Make them again.';
    end if;
end
$function$;

-- Whether a table is captured row by row. Partitioned ones, because PostgreSQL puts row triggers on new partitions by itself and
-- a row's partition is known; replicated ones, because nothing else fires for what is applied.
create function heliograph.is_by_row(relation regclass, always boolean) returns boolean
language sql stable set search_path = pg_catalog, pg_temp as $function$
    select always or c.relkind = 'p' or heliograph.has_mixed_cascades(relation)
    from pg_class as c where c.oid = relation
$function$;

create function heliograph.capture_sql(
    relation regclass, exclude text[] default '{}', key text[] default null,
    operations text[] default '{insert,update,delete,truncate}', bell boolean default true, always boolean default false,
    max_row bigint default null
) returns text
language plpgsql volatile set search_path = pg_catalog, pg_temp set quote_all_identifiers = off as $function$
declare
    attached      heliograph.attachment;
    known_columns text[] := array(select c.name from heliograph.columns_of(relation) as c where not c.is_virtual);
    key_columns   text[];
    stray         text;
    function_name text;
    sender        text;
begin
    perform heliograph.check_capturable(relation);
    -- In one order and without repetition, so that the same options make the same text.
    exclude := array(select distinct e.name from unnest(exclude) as e (name) order by 1);
    operations := array(select o.name from unnest('{insert,update,delete,truncate}'::text[]) as o (name)
                        where o.name = any (capture_sql.operations))
               || array(select o.name from unnest(operations) as o (name)
                        where o.name <> all ('{insert,update,delete,truncate}'));
    stray := (select o.name from unnest(operations) as o (name)
              where o.name <> all ('{insert,update,delete,truncate}') limit 1);
    if stray is not null or cardinality(operations) = 0 then
        raise exception 'there is no operation %', coalesce(quote_literal(stray), 'to capture')
            using errcode = 'HG013', hint = 'Operations are insert, update, delete and truncate.';
    end if;
    stray := (select coalesce(e.name, '') from unnest(exclude) as e (name)
              where coalesce(e.name <> all (known_columns), true) limit 1);
    if stray is not null then
        raise exception 'table % has no column % to exclude', relation, quote_ident(stray)
            using errcode = 'HG013', hint = 'If it was renamed, exclude it by its new name.';
    end if;
    if cardinality(key) > 0 then
        key_columns := array(select k.name from unnest(key) with ordinality as k (name, n)
                             group by k.name order by min(k.n));
        perform heliograph.check_key(relation, key_columns);
    else
        key_columns := heliograph.choose_key(relation);
    end if;
    stray := (select k.name from unnest(key_columns) as k (name) where k.name = any (exclude) limit 1);
    if stray is not null then
        raise exception 'column % of table % cannot be excluded: it is part of the key', quote_ident(stray), relation
            using errcode = 'HG011', hint = 'Name another key, or record the column.';
    end if;

    attached := heliograph.attachment_of(relation);
    attached.id := coalesce(attached.id, nextval(pg_get_serial_sequence('heliograph.attachment', 'id')));
    attached.sender := coalesce(attached.sender, heliograph.sender_name(relation));
    attached.function_name := coalesce(attached.function_name, 'capture_' || attached.id);
    attached.relid := relation;
    attached.key_columns := key_columns;
    attached.excluded := exclude;
    attached.operations := operations;
    attached.bell := bell;
    attached.always := always;
    attached.max_row := max_row;
    attached.by_row := heliograph.is_by_row(relation, always);
    attached.nests := heliograph.has_own_triggers(relation);
    return concat_ws(E'\n',
        -- Without the table's name, which may hold a line break.
        '-- Captures one table of this database. In another one: SELECT heliograph.attach(…);',
        'select pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtext(''heliograph''), pg_catalog.hashtext(''attach''));',
        format('select heliograph.check_segment(%s);', heliograph.current_segment()),
        heliograph.capture_function(
            attached,
            array(select c.name from unnest(known_columns) with ordinality as c (name, n)
                  where c.name <> all (exclude) order by c.n)),
        -- Nobody may put the function on another table. To take a function over, its new owner must be able to
        -- create in the schema, for this moment.
        format('revoke all on function heliograph.%I() from public;', attached.function_name),
        'grant create on schema heliograph to heliograph_capture;',
        format('alter function heliograph.%I() owner to heliograph_capture;', attached.function_name),
        'revoke create on schema heliograph from heliograph_capture;',
        -- But whoever makes a partition puts the row triggers on it, and that is the table's owner.
        (select format('grant execute on function heliograph.%I() to %s;', attached.function_name, c.relowner::regrole)
         from pg_class as c where c.oid = relation and c.relkind = 'p'),
        heliograph.trigger_sql(attached),
        'insert into heliograph.attachment',
        '    (id, sender, relid, key_columns, excluded, operations, bell, always, max_row, by_row, nests, function_name)',
        format('values (%s, %L, %s, %L, %L, %L, %L, %L, %L, %L, %L, %L)',
               attached.id, attached.sender, relation::oid, key_columns, exclude, operations, bell, always, max_row,
               attached.by_row, attached.nests, attached.function_name),
        'on conflict (id) do update set',
        '    relid = excluded.relid, key_columns = excluded.key_columns, excluded = excluded.excluded,',
        '    operations = excluded.operations, bell = excluded.bell, always = excluded.always, max_row = excluded.max_row,',
        '    by_row = excluded.by_row, nests = excluded.nests, refreshed_at = pg_catalog.clock_timestamp();',
        '');
end
$function$;
comment on function heliograph.capture_sql(regclass, text[], text[], text[], boolean, boolean, bigint) is
    'The statements attach() would run. To be run in one transaction, in this database.';

create function heliograph.attach(
    relation regclass, exclude text[] default '{}', key text[] default null,
    operations text[] default '{insert,update,delete,truncate}', bell boolean default true, always boolean default false,
    max_row bigint default null
) returns text
language plpgsql volatile set search_path = pg_catalog, pg_temp as $function$
declare
    script text;
begin
    perform pg_advisory_xact_lock(hashtext('heliograph'), hashtext('attach'));
    perform heliograph.check_capturable(relation);
    if (heliograph.attachment_of(relation)).id is not null then
        script := heliograph.capture_sql(relation, exclude, key, operations, bell, always, max_row);
    end if;
    -- Where triggers change, all checks are made (again) under a lock, of the table as it is now and stays.
    if script is null or script ~ '\n(create|drop) trigger |\nalter table ' then
        perform heliograph.lock_for_triggers(relation, coalesce(script, ''));
        script := heliograph.capture_sql(relation, exclude, key, operations, bell, always, max_row);
    end if;
    perform heliograph.change_triggers(relation, script);
    return (heliograph.attachment_of(relation)).sender;
end
$function$;
comment on function heliograph.attach(regclass, text[], text[], text[], boolean, boolean, bigint) is
    'Captures a table from now on, or refreshes how; returns the sender''s name. 55P03 if its writers hold it up.';

-- After DDL, a restore, or new triggers.
create function heliograph.refresh(relation regclass) returns text
language plpgsql volatile set search_path = pg_catalog, pg_temp as $function$
declare
    known heliograph.attachment := heliograph.attachment_of(relation);
begin
    if known.id is null then
        raise exception 'table % is not captured', relation
            using errcode = 'undefined_object', hint = format('SELECT heliograph.attach(%L);', relation);
    end if;
    return heliograph.attach(relation, known.excluded, known.key_columns, known.operations, known.bell, known.always,
                             known.max_row);
end
$function$;
comment on function heliograph.refresh(regclass) is
    'Attaches a captured table again with the options it has, for its columns and triggers as they are now.';

create function heliograph.detach(relation regclass) returns boolean
language plpgsql volatile set search_path = pg_catalog, pg_temp as $function$
declare
    known    heliograph.attachment;
    triggers text;
begin
    perform pg_advisory_xact_lock(hashtext('heliograph'), hashtext('attach'));
    known := heliograph.attachment_of(relation);
    if known.id is null then
        return false;
    end if;
    known.operations := '{}';
    known.relid := relation;
    if heliograph.trigger_sql(known) is not null then
        perform heliograph.lock_for_triggers(relation, heliograph.trigger_sql(known));
        triggers := heliograph.trigger_sql(known);
    end if;
    perform heliograph.change_triggers(
        relation, concat_ws(E'\n', triggers, format('drop function if exists heliograph.%I();', known.function_name)));
    delete from heliograph.attachment as a where a.id = known.id;
    return true;
end
$function$;
comment on function heliograph.detach(regclass) is
    'Stops capturing a table; what was logged stays. False if it was not captured. 55P03 if its writers hold it up.';

-- By a table's name, or by the sender's where the table is gone.
create function heliograph.detach(name text) returns boolean
language plpgsql volatile as $function$
declare
    relation pg_catalog.regclass := pg_catalog.to_regclass(name);
    known    heliograph.attachment;
begin
    if relation is not null then
        return heliograph.detach(relation);
    end if;
    perform pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtext('heliograph'), pg_catalog.hashtext('attach'));
    delete from heliograph.attachment as a
    where a.sender operator(pg_catalog.=) name
      and heliograph.captured_relation(a.relid, a.sender, a.function_name) is null
    returning a.* into known;
    if not found then
        raise exception 'relation "%" does not exist', name using errcode = 'undefined_table';
    end if;
    execute pg_catalog.format('drop function if exists heliograph.%I();', known.function_name);
    return true;
end
$function$;
comment on function heliograph.detach(text) is
    'Stops capturing the table of that name; of a table that is gone, by the sender''s name, forgets it.';
