-- 0004: the text of a capture function.
--
-- One function for each table, with static SQL, whose plans are kept. The text must go on working whatever happens to
-- the table after it was written, until the table is attached again:
--   * A column that is gone or renamed is found in a fall-back scope, as NULL: `"id"` is looked up in the row first
--     (`select t.*`), and then in a row of NULLs outside. The planner folds both away.
--   * row_to_json(t.*) takes in new columns by itself, as long as all of them are of types to_json() may see.
--   * Where that is not so, fits() is folded to false, the static statement logs nothing, and the function logs by
--     a statement made on the spot (slow, some ms, but right).
-- A user's column may have any name, that of an alias too, so a row is written `t.*`, never `t`, which would be the
-- column; everything else carries a name of ours and its alias.

-- The table that a capture function was generated for: the registered one, or after a restore, when that number is
-- somebody else's, the one that has the function's triggers and the sender's name, or the only one that has them.
create function heliograph.captured_relation(registered oid, sender text, function_name text) returns oid
language sql stable set search_path = pg_catalog, pg_temp as $function$
    with captured as (
        select distinct t.tgrelid
        from pg_trigger as t
        where t.tgfoid = to_regproc('heliograph.' || quote_ident(function_name)) and not t.tgisinternal
    )
    select coalesce(
        (select c.tgrelid from captured as c where c.tgrelid = registered),
        (select c.tgrelid from captured as c where c.tgrelid = to_regclass(sender)),
        (select min(c.tgrelid::text)::oid from captured as c having count(*) = 1))
$function$;

-- Called by a capture function that finds itself on another table than it was generated for. CREATE TRIGGER takes
-- EXECUTE on the function, which nobody has, but a dump restored without privileges gives it to everybody.
create function heliograph.check_captured(relation oid, registered oid, sender text, function_name text) returns void
language plpgsql stable set search_path = pg_catalog, pg_temp as $function$
begin
    if relation is distinct from heliograph.captured_relation(registered, sender, function_name) then
        raise exception 'table % may not log as %', relation::regclass, sender
            using errcode = 'HG016',
                  hint = format('Drop its heliograph triggers and attach it: SELECT heliograph.attach(%L);',
                                relation::regclass);
    end if;
end
$function$;

-- Whether the static statements of a capture function still say all there is to say. `columns` are those listed one by
-- one, or NULL where the whole row is taken. IMMUTABLE for the same reason as json_form().
create function heliograph.fits(
    registered oid, sender text, function_name text, columns text[], settings text[]
) returns boolean
language plpgsql immutable set search_path = pg_catalog, pg_temp as $function$
declare
    relation oid := heliograph.captured_relation(registered, sender, function_name);
begin
    return coalesce(heliograph.settings_of_table(relation, null) <@ settings, false)
        and not exists (
            select from heliograph.columns_of(relation) as c
            where case when columns is null then heliograph.json_form(c.type) <> 'plain' else c.name <> all (columns) end);
end
$function$;

-- The FROM items that give the columns of row alias `t` the names <prefix>1, <prefix>2, … in alias `c`.
create function heliograph.column_scope(columns text[], prefix text) returns text
language sql immutable set search_path = pg_catalog, pg_temp as $function$
    select format('cross join (select %s) as f cross join lateral (select %s from (select t.*) as s) as c',
                  string_agg(format('null::pg_catalog.text as %I', u.name), ', ' order by u.n),
                  string_agg(format('%I as %s%s', u.name, prefix, u.n), ', ' order by u.n))
    from unnest(columns) with ordinality as u (name, n)
$function$;

-- A LATERAL item with the given columns as JSON, by their own names. row_to_json(<item>.*) makes the object.
create function heliograph.object_scope(columns text[], among text[], source text, alias text) returns text
language sql immutable set search_path = pg_catalog, pg_temp as $function$
    select format('cross join lateral (select %s) as %s',
                  string_agg(format('heliograph.json_of(%s%s) as %I', source, array_position(among, u.name), u.name),
                             ', ' order by u.n),
                  alias)
    from unnest(columns) with ordinality as u (name, n)
$function$;

-- 31 bits of sender and key, by the hash of the types and not of their text: numeric 1.0 and 1.00 are one key.
-- `key` is the list of the key's expressions, in the order of the key; NULL for the sender's own.
create function heliograph.lane_hash_expression(sender text, key text) returns text
language sql immutable set search_path = pg_catalog, pg_temp as $function$
    select format('(pg_catalog.hash_record_extended(row(%s), 0) operator(pg_catalog.&) 2147483647)::pg_catalog.int4',
                  concat_ws(', ', format('%L::pg_catalog.text', sender), key))
$function$;

-- The INSERT … SELECT of one operation. `columns`: all that may be recorded, the key's among them. `whole`: the row
-- is taken as it is, else column by column. `fits`: a condition, or NULL.
create function heliograph.capture_statement(
    operation text, sender text, columns text[], key_columns text[], whole boolean, fits text
) returns text
language plpgsql immutable set search_path = pg_catalog, pg_temp as $function$
declare
    listed   text[] := case when whole and operation <> 'update' then key_columns else columns end;
    key_expr text := (select string_agg('%1$s' || array_position(listed, u.name), ', ' order by u.n)
                      from unnest(key_columns) with ordinality as u (name, n));
    chosen   text;
    compared text;
    changed  text;
    previous text;
begin
    if operation = 'truncate' then
        return format('insert into heliograph.signal_log (sender, operation, lane_hash) values (%L, %L, %s)',
                      sender, operation, heliograph.lane_hash_expression(sender, null));
    elsif operation <> 'update' then
        return concat_ws(E'\n',
            'insert into heliograph.signal_log (sender, operation, key, instance, lane_hash)',
            format('select %L, %L, pg_catalog.row_to_json(k.*), pg_catalog.row_to_json(%s.*), %s',
                   sender, operation, case when whole then 't' else 'e' end,
                   heliograph.lane_hash_expression(sender, format(key_expr, 'c.v'))),
            format('from %s as t', case operation when 'insert' then '__hg_n' else '__hg_o' end),
            heliograph.column_scope(listed, 'v'),
            heliograph.object_scope(key_columns, listed, 'c.v', 'k'),
            case when not whole then heliograph.object_scope(columns, listed, 'c.v', 'e') end,
            'where ' || fits);
    end if;

    -- Made in the sorted subquery, which stays one, so that each is computed once: the key columns of the record as
    -- k1, k2, …, and whether a column differs as d1, d2, ….
    select string_agg(format('case when p.gone then p.o%1$s else p.n%1$s end as k%1$s, ', array_position(columns, u.name)),
                      '' order by u.n)
    into chosen
    from unnest(key_columns) with ordinality as u (name, n);
    select string_agg(format('heliograph.differs(p.o%1$s, p.n%1$s) as d%1$s', u.n), ', ' order by u.n),
           string_agg(format('case when x.d%s then %L end', u.n, u.name), E',\n        ' order by u.n),
           string_agg(format('case when x.d%1$s then pg_catalog.concat(%2$L, '
                             'coalesce(heliograph.json_of(x.o%1$s), ''null'')) end', u.n, to_json(u.name)::text || ':'),
                      E',\n        ' order by u.n)
    into compared, changed, previous
    from unnest(columns) with ordinality as u (name, n);

    -- Old and new rows are paired by their order in the transition tables: two cascades to one table share them, so
    -- a key may be there twice. Only by FULL JOIN: the plan is kept, and a nested loop chosen for one row would be
    -- quadratic in the next statement. A changed key is a delete (gone) and an insert (not gone), and all deletes
    -- come first, so that two rows that swap their keys are not deleted after they were inserted. Of an ordinary
    -- update `gone` is NULL.
    return concat_ws(E'\n',
        'insert into heliograph.signal_log',
        '    (sender, operation, key, previous_key, instance, previous, changed, lane_hash)',
        format('select %L, case when x.gone then ''delete'' when not x.gone then ''insert'' else ''update'' end,', sender),
        '    pg_catalog.row_to_json(k.*),',
        '    case when not x.gone then pg_catalog.row_to_json(ok.*) end,',
        case when whole
            then '    pg_catalog.row_to_json(x.image),'
            else '    case when x.gone then pg_catalog.row_to_json(oe.*) else pg_catalog.row_to_json(ne.*) end,'
        end,
        '    case when x.gone is null then pg_catalog.concat(''{'', pg_catalog.array_to_string(array[',
        '        ' || previous,
        '    ], '',''), ''}'')::pg_catalog.json end,',
        '    case when x.gone is null then pg_catalog.array_remove(array[',
        '        ' || changed,
        '    ], null) end,',
        '    ' || heliograph.lane_hash_expression(sender, format(key_expr, 'x.k')),
        'from (',
        format('    select p.*, %s%s', chosen, case when whole then 'case when p.gone then p.o else p.n end as image,' end),
        '        ' || compared,
        '    from (',
        '        select o.*, n.*, pg_catalog.unnest(case',
        format('            when pg_catalog.record_ne(row(%s), row(%s)) then array[true, false]',
               format(key_expr, 'o.o'), format(key_expr, 'n.n')),
        '            else array[null::pg_catalog.bool] end) as gone',
        format('        from (select pg_catalog.row_number() over () as oi, %sc.*',
               case when whole then 'coalesce(t.*) as o, ' end),
        '              from __hg_o as t ' || heliograph.column_scope(columns, 'o') || ') as o',
        format('        full join (select pg_catalog.row_number() over () as ni, %sc.*',
               case when whole then 'coalesce(t.*) as n, ' end),
        '              from __hg_n as t ' || heliograph.column_scope(columns, 'n') || ') as n',
        '            on o.oi operator(pg_catalog.=) n.ni',
        '        where ' || fits,
        '    ) as p',
        '    order by coalesce(p.gone, false) desc, p.ni',
        ') as x',
        heliograph.object_scope(key_columns, columns, 'x.k', 'k'),
        heliograph.object_scope(key_columns, columns, 'x.o', 'ok'),
        case when not whole then heliograph.object_scope(columns, columns, 'x.o', 'oe') end,
        case when not whole then heliograph.object_scope(columns, columns, 'x.n', 'ne') end);
end
$function$;
