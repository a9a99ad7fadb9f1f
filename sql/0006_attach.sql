-- 0006: attach and detach.

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

-- The DDL of the triggers, as far as they are not there yet: a refresh that changes only the function takes no lock
-- on the table. A trigger is known by its function and event, whatever it is called by now.
--
-- `guard` never runs. PostgreSQL refuses to make a partition or a child of a table that has row triggers with transition
-- tables: without it the table's own triggers would be passed over from then on, without a word.
create function heliograph.trigger_sql(relation regclass, function_name text, operations text[]) returns text
language plpgsql stable set search_path = pg_catalog, pg_temp set quote_all_identifiers = off as $function$
declare
    procedure oid := to_regproc(format('heliograph.%I', function_name));
    result    text[] := '{}';
    known     record;
begin
    for known in
        select o.name, t.tgname, t.tgenabled, t.tgfoid, o.definition,
               o.name = any (operations) or o.name = 'guard' and cardinality(operations) > 0 as wanted
        from (values
            (1, 'insert', 4, 'after insert on %s referencing new table as __hg_n for each statement'),
            (2, 'update', 16, 'after update on %s referencing old table as __hg_o new table as __hg_n for each statement'),
            (3, 'delete', 8, 'after delete on %s referencing old table as __hg_o for each statement'),
            (4, 'truncate', 32, 'after truncate on %s for each statement'),
            (5, 'guard', 9, 'after delete on %s referencing old table as __hg_o for each row when (false)')
        ) as o (n, name, type, definition)
        left join pg_trigger as t
            on t.tgrelid = relation and not t.tgisinternal
            -- the row bit and the events
            and (t.tgfoid = procedure and t.tgtype::int & 61 = o.type
                 or t.tgname = 'heliograph_' || o.name and t.tgfoid is distinct from procedure)
        order by o.n
    loop
        if known.tgfoid is distinct from procedure and known.tgfoid is not null then
            raise exception 'table % has a trigger % that is not ours', relation, known.tgname
                using errcode = 'HG015', hint = format('DROP TRIGGER %I ON %s;', known.tgname, relation);
        elsif known.wanted and known.tgfoid is null then
            result := result || format(
                'create trigger %I %s execute function heliograph.%I();',
                'heliograph_' || known.name, format(known.definition, relation), function_name);
        elsif known.wanted and known.tgenabled <> 'O' then
            result := result || format('alter table %s enable trigger %I;', relation, known.tgname);
        elsif not known.wanted and known.tgfoid is not null then
            result := result || format('drop trigger %I on %s;', known.tgname, relation);
        end if;
    end loop;
    return nullif(array_to_string(result, E'\n'), '');
end
$function$;

-- Locks a table whose triggers are about to change, so that what has been checked of it still holds. Waits a second at
-- most: every writer that comes meanwhile would wait behind us.
create function heliograph.lock_for_triggers(relation regclass) returns void
language plpgsql volatile set search_path = pg_catalog, pg_temp set quote_all_identifiers = off
set lock_timeout = '1s' as $function$
declare
    name text := relation;
begin
    execute format('lock table %s in share row exclusive mode', name);
    if to_regclass(name) is distinct from relation then
        raise exception 'table % was renamed or dropped meanwhile', name
            using errcode = 'HG017', hint = 'Try again.';
    end if;
exception when lock_not_available then
    raise exception 'table % is in use by open transactions: its triggers were not changed', name
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

create function heliograph.capture_sql(
    relation regclass, exclude text[] default '{}', key text[] default null,
    operations text[] default '{insert,update,delete,truncate}', bell boolean default true
) returns text
language plpgsql volatile set search_path = pg_catalog, pg_temp set quote_all_identifiers = off as $function$
declare
    known         heliograph.attachment;
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

    known := heliograph.attachment_of(relation);
    if known.id is null then
        known.id := nextval(pg_get_serial_sequence('heliograph.attachment', 'id'));
    end if;
    sender := coalesce(known.sender, heliograph.sender_name(relation));
    function_name := coalesce(known.function_name, 'capture_' || known.id);
    return concat_ws(E'\n',
        -- Without the table's name, which may hold a line break.
        '-- Captures one table of this database. In another one: SELECT heliograph.attach(…);',
        'select pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtext(''heliograph''), pg_catalog.hashtext(''attach''));',
        format('select heliograph.check_segment(%s);', heliograph.current_segment()),
        heliograph.capture_function(
            relation, sender, function_name,
            array(select c.name from unnest(known_columns) with ordinality as c (name, n)
                  where c.name <> all (exclude) order by c.n),
            key_columns, exclude, operations, bell),
        -- Nobody may put the function on another table. To take a function over, its new owner must be able to
        -- create in the schema, for this moment.
        format('revoke all on function heliograph.%I() from public;', function_name),
        'grant create on schema heliograph to heliograph_capture;',
        format('alter function heliograph.%I() owner to heliograph_capture;', function_name),
        'revoke create on schema heliograph from heliograph_capture;',
        heliograph.trigger_sql(relation, function_name, operations),
        'insert into heliograph.attachment',
        '    (id, sender, relid, key_columns, excluded, operations, bell, function_name)',
        format('values (%s, %L, %s, %L, %L, %L, %L, %L)',
               known.id, sender, relation::oid, key_columns, exclude, operations, bell, function_name),
        'on conflict (id) do update set',
        '    relid = excluded.relid, key_columns = excluded.key_columns, excluded = excluded.excluded,',
        '    operations = excluded.operations, bell = excluded.bell, refreshed_at = pg_catalog.clock_timestamp();',
        '');
end
$function$;
comment on function heliograph.capture_sql(regclass, text[], text[], text[], boolean) is
    'The statements attach() would run. To be run in one transaction, in this database.';

create function heliograph.attach(
    relation regclass, exclude text[] default '{}', key text[] default null,
    operations text[] default '{insert,update,delete,truncate}', bell boolean default true
) returns text
language plpgsql volatile set search_path = pg_catalog, pg_temp as $function$
declare
    known heliograph.attachment;
begin
    perform pg_advisory_xact_lock(hashtext('heliograph'), hashtext('attach'));
    perform heliograph.check_capturable(relation);
    known := heliograph.attachment_of(relation);
    if known.id is null or heliograph.trigger_sql(relation, known.function_name, operations) is not null then
        perform heliograph.lock_for_triggers(relation);
    end if;
    -- All checks again, of the table as it is now and stays.
    execute heliograph.capture_sql(relation, exclude, key, operations, bell);
    return (heliograph.attachment_of(relation)).sender;
end
$function$;
comment on function heliograph.attach(regclass, text[], text[], text[], boolean) is
    'Captures a table from now on, or refreshes how; returns the sender''s name. 55P03 if its writers hold it up.';

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
    if heliograph.trigger_sql(relation, known.function_name, '{}') is not null then
        perform heliograph.lock_for_triggers(relation);
        triggers := heliograph.trigger_sql(relation, known.function_name, '{}');
    end if;
    execute concat_ws(E'\n', triggers, format('drop function if exists heliograph.%I();', known.function_name));
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
