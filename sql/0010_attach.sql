-- 0010: attach and detach.

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
