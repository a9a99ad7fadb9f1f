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
-- on the table.
create function heliograph.trigger_sql(relation regclass, function_name text, operations text[]) returns text
language plpgsql stable set search_path = pg_catalog, pg_temp set quote_all_identifiers = off as $function$
declare
    procedure oid := to_regproc(format('heliograph.%I', function_name));
    result    text[] := '{}';
    known     record;
begin
    for known in
        select o.name, 'heliograph_' || o.name as trigger, t.tgenabled, t.tgfoid, o.name = any (operations) as wanted,
               case o.name
                   when 'insert' then 'referencing new table as __hg_n '
                   when 'update' then 'referencing old table as __hg_o new table as __hg_n '
                   when 'delete' then 'referencing old table as __hg_o '
                   else ''
               end as referencing
        from unnest('{insert,update,delete,truncate}'::text[]) with ordinality as o (name, n)
        left join pg_trigger as t on t.tgrelid = relation and t.tgname = 'heliograph_' || o.name
        order by o.n
    loop
        if known.tgfoid is distinct from procedure and known.tgfoid is not null then
            raise exception 'table % has a trigger % that is not ours', relation, known.trigger
                using errcode = 'HG015', hint = format('DROP TRIGGER %I ON %s;', known.trigger, relation);
        elsif known.wanted and known.tgfoid is null then
            result := result || format(
                'create trigger %I after %s on %s %sfor each statement execute function heliograph.%I();',
                known.trigger, known.name, relation, known.referencing, function_name);
        elsif known.wanted and known.tgenabled <> 'O' then
            result := result || format('alter table %s enable trigger %I;', relation, known.trigger);
        elsif not known.wanted and known.tgfoid is not null then
            result := result || format('drop trigger %I on %s;', known.trigger, relation);
        end if;
    end loop;
    return nullif(array_to_string(result, E'\n'), '');
end
$function$;

create function heliograph.capture_sql(
    relation regclass, exclude text[] default '{}', key text[] default null,
    operations text[] default '{insert,update,delete,truncate}', bell boolean default true
) returns text
language plpgsql volatile set search_path = pg_catalog, pg_temp set quote_all_identifiers = off as $function$
declare
    known         heliograph.attachment;
    known_columns text[] := array(select c.name from heliograph.columns_of(relation) as c);
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
    stray := (select e.name from unnest(exclude) as e (name) where e.name <> all (known_columns) limit 1);
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
        format('-- Captures table %s of this database. In another one: SELECT heliograph.attach(…);', relation),
        'select pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtext(''heliograph''), pg_catalog.hashtext(''attach''));',
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
begin
    perform pg_advisory_xact_lock(hashtext('heliograph'), hashtext('attach'));
    execute heliograph.capture_sql(relation, exclude, key, operations, bell);
    return (heliograph.attachment_of(relation)).sender;
end
$function$;
comment on function heliograph.attach(regclass, text[], text[], text[], boolean) is
    'Captures a table from now on, or refreshes how; returns the sender''s name.';

create function heliograph.detach(relation regclass) returns boolean
language plpgsql volatile set search_path = pg_catalog, pg_temp as $function$
declare
    known heliograph.attachment;
begin
    perform pg_advisory_xact_lock(hashtext('heliograph'), hashtext('attach'));
    known := heliograph.attachment_of(relation);
    if known.id is null then
        return false;
    end if;
    execute concat_ws(E'\n',
        heliograph.trigger_sql(relation, known.function_name, '{}'),
        format('drop function if exists heliograph.%I();', known.function_name));
    delete from heliograph.attachment as a where a.id = known.id;
    return true;
end
$function$;
comment on function heliograph.detach(regclass) is
    'Stops capturing a table; what was logged stays. False if it was not captured.';
