-- 0008: the capture function of a table.

-- Called by a capture function whose text no longer fits: makes the settings what they must be for as long as its
-- statement runs, and returns what they were. Local to the transaction, so an error undoes it.
create function heliograph.pin_settings(settings text[]) returns text[]
language plpgsql volatile as $function$
declare
    former pg_catalog.text[] := array(select pg_catalog.current_setting(s.name)
                                      from pg_catalog.unnest(settings) as s (name));
begin
    perform pg_catalog.set_config(s.name, heliograph.pinned_value(s.name), true)
    from pg_catalog.unnest(settings) as s (name);
    return former;
end
$function$;

create function heliograph.restore_settings(settings text[], former text[]) returns void
language plpgsql volatile as $function$
begin
    perform pg_catalog.set_config(s.name, s.value, true)
    from rows from (pg_catalog.unnest(settings), pg_catalog.unnest(former)) as s (name, value);
end
$function$;

-- The statement that logs an operation of a table as it is now, column by column. A key column that is gone stays in, as
-- NULL. `numbers`, where given, say that only the named columns may be recorded.
create function heliograph.statement_for_now(relation oid, operation text, shape heliograph.shape, target text) returns text
language plpgsql stable set search_path = pg_catalog, pg_temp as $function$
begin
    shape.whole := false;
    if shape.numbers is null then
        shape.relation := relation;
        shape.columns := array(
            select c.name from heliograph.columns_of(relation) as c where not c.is_virtual order by c.number);
        shape.columns := shape.columns
            || array(select k.name from unnest(shape.key_columns) as k (name) where k.name <> all (shape.columns));
    end if;
    return heliograph.capture_statement(lower(operation), shape, null, null, target);
end
$function$;

-- The same with the key alone: for a row that is wider than a statement can be, rather than a writer that fails.
create function heliograph.statement_for_key(operation text, shape heliograph.shape, target text) returns text
language plpgsql stable set search_path = pg_catalog, pg_temp as $function$
begin
    shape.numbers := array(select shape.numbers[array_position(shape.columns, k.name)]
                           from unnest(shape.key_columns) with ordinality as k (name, n) order by k.n);
    if array_position(shape.numbers, null) is not null then
        shape.numbers := null;
    end if;
    shape.columns := shape.key_columns;
    shape.whole := false;
    -- No image is so small.
    shape.max_row := -1;
    return heliograph.capture_statement(lower(operation), shape, null, null, target);
end
$function$;

-- CREATE FUNCTION for one table. `columns` are those that may be recorded, the key's among them.
create function heliograph.capture_function(attached heliograph.attachment, columns text[]) returns text
language plpgsql stable set search_path = pg_catalog, pg_temp set quote_all_identifiers = off as $function$
declare
    relation  oid := attached.relid;
    -- With columns left out the list is all there is: a column that comes later, or a renamed one, may be a secret.
    closed    boolean := cardinality(attached.excluded) > 0;
    shape     heliograph.shape;
    settings  text[] := heliograph.settings_of_table(relation, columns);
    segment   text := heliograph.segment_text(heliograph.current_segment());
    identity  text := format('%s, %L, %L', relation, attached.sender, attached.function_name);
    elsewhere text := format('tg_relid operator(pg_catalog.<>) %s::pg_catalog.oid', relation);
    -- What is told before the statement may keep it from running: it is looked at in two steps.
    late      boolean := attached.by_row or attached.nests;
    target    text := case when attached.nests then 'target' else quote_literal(segment) end;
    flush     text := concat_ws(E'\n',
                  'if target operator(pg_catalog.<>) ''heliograph.deferred'' then',
                  format('perform heliograph.log_deferred(%L);', attached.sender),
                  'end if;');
    variables text;
    fits      text;
    branches  text;
    body      text;
    quote     text := '$capture$';
begin
    shape.relation := relation;
    shape.sender := attached.sender;
    shape.columns := columns;
    shape.key_columns := attached.key_columns;
    shape.numbers := case when closed then array(
        select c.number::int from heliograph.columns_of(relation) as c
        where c.name = any (columns) order by array_position(columns, c.name)) end;
    shape.whole := not closed and not exists (
        select from heliograph.columns_of(relation) as c where c.is_virtual or heliograph.json_form(c.type) <> 'plain');
    shape.is_unique := heliograph.is_unique_key(relation, attached.key_columns);
    shape.by_row := attached.by_row;
    shape.is_tree := (select c.relkind = 'p' from pg_class as c where c.oid = relation);
    shape.max_row := attached.max_row;
    shape.function_name := attached.function_name;
    if shape.is_tree then
        -- For the partition's name.
        settings := array(select s.name from unnest(settings || '{quote_all_identifiers}'::text[]) as s (name)
                          group by s.name order by s.name collate "C");
        elsewhere := elsewhere || format(
            ' and coalesce(pg_catalog.pg_partition_root(tg_relid)::pg_catalog.oid operator(pg_catalog.<>) %s::pg_catalog.oid, true)',
            relation);
    end if;
    if shape.by_row then
        variables := ' using new, old' || case when shape.is_tree then
            ', pg_catalog.format(''%I.%I'', tg_table_schema, tg_table_name)' else '' end;
    end if;
    fits := case when closed then 'true' else format(
        'heliograph.fits(%s, %L, %L)', identity, case when not shape.whole then columns end, settings) end;
    select string_agg(concat_ws(E'\n',
               format('if tg_op operator(pg_catalog.=) %L then', upper(o.name)),
               heliograph.capture_statement(o.name, shape, fits, settings, segment) || ';'),
               E'\nels' order by o.n)
    into branches
    from unnest(attached.operations) with ordinality as o (name, n);

    -- Each expression here is evaluated for each statement that writes to the table: as few as can be.
    body := concat_ws(E'\n',
        '',
        -- A column may be called as a variable is; the statements use none of these.
        '#variable_conflict use_column',
        'declare',
        'missed boolean;',
        'settings pg_catalog.text[];',
        'former pg_catalog.text[];',
        case when attached.nests then format('target pg_catalog.text := %L;', segment) end,
        'begin',
        case when attached.nests then concat_ws(E'\n',
            format('if heliograph.is_nested(%s, tg_op, %s) then', attached.id,
                   case when shape.by_row then 'tg_op operator(pg_catalog.=) ''TRUNCATE''' else 'true' end),
            'missed := true;',
            'target := ''heliograph.deferred'';',
            -- The writer may have said SET CONSTRAINTS ALL IMMEDIATE.
            'set constraints heliograph.end_deferral deferred;',
            format('insert into heliograph.deferral (bell) values (%L);', attached.bell),
            'end if;') end,
        case when shape.is_tree then concat_ws(E'\n',
            'if tg_op operator(pg_catalog.=) ''TRUNCATE'' then',
            'if heliograph.is_covered_truncation(tg_relid)',
            -- A partition keeps its trigger when it is detached.
            format('or not heliograph.is_captured(tg_relid, %s) then', identity),
            case when attached.nests then flush end,
            'return null;',
            'end if;',
            'end if;') end,
        -- Settings not by SET clauses, which cost a writer the same whether anything is to be set or not. Local to the
        -- transaction, so that an error undoes it.
        format('if %s%s then', elsewhere,
               (select string_agg(' or not ' || heliograph.setting_holds(s.name), '') from unnest(settings) as s (name))),
        format('perform heliograph.check_captured(tg_relid, %s);', identity),
        case when cardinality(settings) > 0 then concat_ws(E'\n',
            format('settings := %L;', settings),
            'former := heliograph.pin_settings(settings);') end,
        -- After a restore nobody tells the plans of a row trigger that the table was altered.
        case when shape.by_row then format('missed := case when %s then true else missed end;', elsewhere) end,
        'end if;',
        case when late then 'if missed is null then' end,
        branches,
        'end if;',
        case when late then concat_ws(E'\n',
            'if not found then',
            'missed := true;',
            'end if;',
            'end if;') end,
        -- The usual end, while a pump looks after the log.
        case when not late then concat_ws(E'\n',
            format('if found and former is null%s then',
                   case when attached.bell then
                       ' and pg_catalog.pg_sequence_last_value(''heliograph.bell'') is not null' end),
            'return null;',
            'end if;') end,
        -- Nothing logged: the statement touched no row, or no longer fits the table.
        case when late then 'if missed then' else 'if not found then' end,
        case when not shape.by_row then concat_ws(E'\n',
            'if tg_op operator(pg_catalog.=) ''DELETE'' then',
            'missed := exists (select from __hg_o);',
            case when late then 'elsif tg_op operator(pg_catalog.<>) ''TRUNCATE'' then' else 'else' end,
            'missed := exists (select from __hg_n);',
            'end if;') end,
        'if missed then',
        'if former is not null then',
        'perform heliograph.restore_settings(settings, former);',
        'end if;',
        -- All of them: which ones the columns need, the writer's snapshot may be too old to tell.
        'settings := heliograph.all_settings();',
        'former := heliograph.pin_settings(settings);',
        'begin',
        format('execute heliograph.statement_for_now(tg_relid, tg_op, %L, %s)%s;', shape, target, variables),
        -- Wider than a statement can be.
        'exception when program_limit_exceeded then',
        format('execute heliograph.statement_for_key(tg_op, %L, %s)%s;', shape, target, variables),
        'end;',
        'end if;',
        'end if;',
        'if former is not null then',
        'perform heliograph.restore_settings(settings, former);',
        'end if;',
        -- The rows of a statement that is captured row by row are not all there yet: see close_statement().
        case
            when attached.nests and shape.by_row
                then concat_ws(E'\n', 'if tg_op operator(pg_catalog.=) ''TRUNCATE'' then', flush, 'end if;')
            when attached.nests then flush
        end,
        -- After the insert: its lock on the log is what a pump that goes quiet waits for. And no more bells once the
        -- queue of notifications is half full: a full one would fail the writer's commit.
        case when attached.bell then concat_ws(E'\n',
            'if pg_catalog.pg_sequence_last_value(''heliograph.bell'') is null',
            'and pg_catalog.pg_notification_queue_usage() operator(pg_catalog.<) 0.5',
            'and missed is not false then',
            'perform pg_catalog.pg_notify(''heliograph'', '''');',
            'end if;') end,
        'return null;',
        'end',
        '');
    while strpos(body, quote) > 0 loop
        quote := '$' || 'capture_' || ltrim(quote, '$');
    end loop;
    return concat_ws(E'\n',
        format('create or replace function heliograph.%I() returns trigger', attached.function_name),
        'language plpgsql security definer',
        'as ' || quote || body || quote || ';');
end
$function$;

grant execute on function
    heliograph.pin_settings(text[]), heliograph.restore_settings(text[], text[]),
    heliograph.statement_for_now(oid, text, heliograph.shape, text), heliograph.statement_for_key(text, heliograph.shape, text)
    to heliograph_capture;
