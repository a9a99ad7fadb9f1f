-- 0006: the statement that logs an operation.

-- What a capture function knows of its table.
create type heliograph.shape as (
    relation    oid,
    sender      text,
    -- all that may be recorded, the key's among them
    columns     text[],
    -- of these columns, where others are left out: for column_scope()
    numbers     int[],
    key_columns text[],
    -- the row is taken as it is, else column by column
    whole       boolean,
    -- an immediate unique index keeps the key unique: the rows' own order is one that can have been
    is_unique   boolean,
    -- a row trigger: one row, new and old
    by_row      boolean,
    is_tree     boolean,
    -- the label of its special variables, which a column may be called as
    function_name text,
    -- of an image, in bytes of its JSON at worst; NULL for any
    max_row     bigint
);

-- Where a statement finds its rows. In a row trigger's own statements in its variables; in those made on the spot, which do
-- not see these, in parameters: $1 and $2 for new and old.
create function heliograph.row_source(shape heliograph.shape, is_new boolean, is_static boolean) returns text
language sql immutable set search_path = pg_catalog, pg_temp as $function$
    select case
        when not shape.by_row then case when is_new then '__hg_n' else '__hg_o' end
        when is_static then case when is_new then '(select new.*)' else '(select old.*)' end
        else case when is_new then '(select ($1).*)' else '(select ($2).*)' end
    end
$function$;

-- An upper limit of the bytes that a row's JSON takes; NULL where no column can be large. What is stored compressed or apart
-- counts as it is when unpacked. JSON writes a control character in six bytes, and bytea a byte in two.
create function heliograph.size_expression(relation oid, columns text[], source text) returns text
language sql stable set search_path = pg_catalog, pg_temp as $function$
    select string_agg(
        format(case
                   when c.type = 'bytea'::regtype then '(coalesce(pg_catalog.octet_length(%1$s), 0)::pg_catalog.int8 operator(pg_catalog.*) 2)'
                   when c.type in ('text'::regtype, 'varchar'::regtype)
                       then '(coalesce(pg_catalog.octet_length(%1$s), 0)::pg_catalog.int8 operator(pg_catalog.*) 6)'
                   else '(pg_catalog.pg_column_size(row(%1$s))::pg_catalog.int8 operator(pg_catalog.*) 6)'
               end,
               source || array_position(columns, c.name)),
        ' operator(pg_catalog.+) ' order by c.number)
    from heliograph.columns_of(relation) as c
    join pg_type as t on t.oid = c.type
    where c.name = any (columns) and t.typlen = -1 and c.type not in ('numeric'::regtype, 'bit'::regtype)
$function$;

-- An image, or NULL where it is larger than the limit.
create function heliograph.image_expression(shape heliograph.shape, image text, source text) returns text
language sql stable set search_path = pg_catalog, pg_temp as $function$
    select case
        when shape.max_row < 0 then 'null::pg_catalog.json'
        when shape.max_row is null or s.size is null then image
        else format('case when %s operator(pg_catalog.<=) %s then %s end', s.size, shape.max_row, image)
    end
    from heliograph.size_expression(shape.relation, shape.columns, source) as s (size)
$function$;

-- The SELECT of rows as they are recorded: sender, operation, key, instance, lane_hash.
--   source    where from, as `t`
--   name      a partition's name and a comma, or NULL
--   more      columns after these, from c.v1, c.v2, …: a comma and expressions, or NULL
create function heliograph.image_select(
    operation text, shape heliograph.shape, source text, name text, more text default null
) returns text
language sql stable set search_path = pg_catalog, pg_temp as $function$
    select concat_ws(E'\n',
        format('select %s%L, %L, pg_catalog.row_to_json(k.*), %s, %s%s',
               name, shape.sender, operation,
               heliograph.image_expression(
                   shape, format('pg_catalog.row_to_json(%s.*)', case when shape.whole then 't' else 'e' end), 'c.v'),
               heliograph.lane_hash_expression(
                   shape.sender,
                   (select string_agg(array_position(shape.columns, u.name)::text, ',' order by u.n)
                    from unnest(shape.key_columns) with ordinality as u (name, n)),
                   'c.v'),
               more),
        format('from %s as t', source),
        heliograph.column_scope(shape.columns, 'v', shape.relation, shape.numbers),
        heliograph.object_scope(shape.key_columns, shape.columns, 'c.v', 'k', shape.whole),
        case when not shape.whole then heliograph.object_scope(shape.columns, shape.columns, 'c.v', 'e') end)
$function$;

-- The INSERT … SELECT of one operation.
--   fits      a condition, or NULL: the statement is made on the spot, for what the table is now
--   settings  those that are pinned
--   target    where to: a segment's text, or heliograph.deferred
create function heliograph.capture_statement(
    operation text, shape heliograph.shape, fits text, settings text[], target text
) returns text
language plpgsql stable set search_path = pg_catalog, pg_temp as $function$
declare
    columns   text[] := shape.columns;
    key       text := (select string_agg(array_position(columns, u.name)::text, ',' order by u.n)
                       from unnest(shape.key_columns) with ordinality as u (name, n));
    new_rows  text := heliograph.row_source(shape, true, fits is not null);
    old_rows  text := heliograph.row_source(shape, false, fits is not null);
    -- of a tree: the partition
    named     text := case when shape.is_tree then 'partition, ' end;
    name      text := case
                  when not shape.is_tree then null
                  when fits is null then '$3, '
                  else format('pg_catalog.format(''%%I.%%I'', %1$I.tg_table_schema, %1$I.tg_table_name), ', shape.function_name)
              end;
    condition text := fits;
    sides     text[];
    chosen    text;
    compared  text;
    changed   text;
    previous  text;
begin
    if operation = 'truncate' then
        if shape.is_tree and fits is not null then
            -- Of the table itself there is no partition.
            name := format('case when tg_relid operator(pg_catalog.<>) %s::pg_catalog.oid then %s end, ',
                           shape.relation, rtrim(name, ', '));
        end if;
        return format('insert into %s (%ssender, operation, lane_hash) values (%s%L, %L, %s)',
                      target, named, name, shape.sender, operation, heliograph.sender_hash_expression(shape.sender));
    end if;
    if fits is not null then
        -- By the types that the statement itself sees, whatever the catalog looks like to this snapshot.
        condition := concat_ws(E'\n        and ', 'heliograph.plan_without_jit()', fits, (
            select string_agg(format('heliograph.fits_value(case when false then %s%s end, %L, %L)',
                                     case operation when 'update' then 'n.n' else 'c.v' end, u.n, shape.whole, settings),
                              E'\n        and ' order by u.n)
            from unnest(columns) with ordinality as u (name, n)));
        -- A row trigger's statement names no table. The constant has it planned anew when the table is altered.
        if shape.by_row then
            condition := condition || format(E'\n        and %L::pg_catalog.regclass is not null', shape.relation);
        end if;
    end if;
    if operation <> 'update' then
        return concat_ws(E'\n',
            format('insert into %s (%ssender, operation, key, instance, lane_hash)', target, named),
            heliograph.image_select(operation, shape, case operation when 'insert' then new_rows else old_rows end, name),
            'where ' || condition);
    end if;

    -- Made in the sorted subquery, which stays one, so that each is computed once: the key columns of the record as
    -- k1, k2, …, and which columns differ as d (an array: a row has at most 1,664 columns).
    select string_agg(format('case when p.gone then p.o%1$s else p.n%1$s end as k%1$s, ', array_position(columns, u.name)),
                      '' order by u.n)
    into chosen
    from unnest(shape.key_columns) with ordinality as u (name, n);
    select format('array[%s] as d', string_agg(format('heliograph.differs(p.o%1$s, p.n%1$s)', u.n), ', ' order by u.n)),
           string_agg(format('case when x.d[%s] then %L end', u.n, u.name), E',\n        ' order by u.n),
           string_agg(format('case when x.d[%1$s] then pg_catalog.concat(%2$L, '
                             'coalesce(heliograph.json_of(x.o%1$s), ''null'')) end', u.n, to_json(u.name)::text || ':'),
                      E',\n        ' order by u.n)
    into compared, changed, previous
    from unnest(columns) with ordinality as u (name, n);
    sides := array(
        select format(E'(select %s%sc.*'
                      '\n              from %s as t %s) as %s',
                      case when not shape.by_row then format('pg_catalog.row_number() over () as %si, ', s.name) end,
                      case when shape.whole then format('coalesce(t.*) as %s, ', s.name) end,
                      s.source, heliograph.column_scope(columns, s.name, shape.relation, shape.numbers), s.name)
        from (values (1, 'o', old_rows), (2, 'n', new_rows)) as s (n, name, source)
        order by s.n);

    -- Old and new rows are paired by their order in the transition tables: two cascades to one table share them, so
    -- a key may be there twice. Only by FULL JOIN: the plan is kept, and a nested loop chosen for one row would be
    -- quadratic in the next statement. A changed key is a delete (gone) and an insert (not gone); of an ordinary update
    -- `gone` is NULL. In the order of the rows: an immediate unique index allows only orders in which no key is there
    -- twice, also where two cascades change one row's key one after the other. Where nothing keeps the key unique, all
    -- deletes come first, so that two rows that swap their keys are not deleted after they were inserted.
    return concat_ws(E'\n',
        'insert into ' || target,
        format('    (%ssender, operation, key, previous_key, instance, previous, changed, lane_hash)', named),
        format('select %s%L, case when x.gone then ''delete'' when not x.gone then ''insert'' else ''update'' end,',
               name, shape.sender),
        '    pg_catalog.row_to_json(k.*),',
        '    case when not x.gone then pg_catalog.row_to_json(ok.*) end,',
        '    ' || case
            when shape.max_row is not null then format(
                'case when x.gone then %s else %s end',
                heliograph.image_expression(
                    shape, format('pg_catalog.row_to_json(%s)', case when shape.whole then 'x.image' else 'oe.*' end), 'x.o'),
                heliograph.image_expression(
                    shape, format('pg_catalog.row_to_json(%s)', case when shape.whole then 'x.image' else 'ne.*' end), 'x.n'))
            when shape.whole then 'pg_catalog.row_to_json(x.image)'
            else 'case when x.gone then pg_catalog.row_to_json(oe.*) else pg_catalog.row_to_json(ne.*) end'
        end || ',',
        '    ' || heliograph.image_expression(
            shape,
            concat_ws(E'\n',
                'case when x.gone is null then pg_catalog.concat(''{'', pg_catalog.array_to_string(array[',
                '        ' || previous,
                '    ], '',''), ''}'')::pg_catalog.json end'),
            'x.o') || ',',
        '    case when x.gone is null then pg_catalog.array_remove(array[',
        '        ' || changed,
        '    ], null) end,',
        '    ' || heliograph.lane_hash_expression(shape.sender, key, 'x.k'),
        'from (',
        format('    select p.*, %s%s', chosen,
               case when shape.whole then 'case when p.gone then p.o else p.n end as image,' end),
        '        ' || compared,
        '    from (',
        '        select o.*, n.*, pg_catalog.unnest(case',
        format('            when case when heliograph.is_key(%s) then pg_catalog.record_ne(%s, %s)',
               heliograph.key_row(key, 'n.n', true), heliograph.key_row(key, 'o.o'), heliograph.key_row(key, 'n.n')),
        format('                else pg_catalog.record_image_ne(%s, %s) end then array[true, false]',
               heliograph.key_row(key, 'o.o'), heliograph.key_row(key, 'n.n')),
        '            else array[null::pg_catalog.bool] end) as gone',
        '        from ' || sides[1],
        case when shape.by_row
            then '        cross join ' || sides[2]
            else '        full join ' || sides[2] || E'\n            on o.oi operator(pg_catalog.=) n.ni'
        end,
        '        where ' || condition,
        '    ) as p',
        case
            when shape.by_row then '    order by coalesce(p.gone, false) desc'
            when shape.is_unique then '    order by p.ni, coalesce(p.gone, false) desc'
            else '    order by coalesce(p.gone, false) desc, p.ni'
        end,
        ') as x',
        heliograph.object_scope(shape.key_columns, columns, 'x.k', 'k', shape.whole),
        heliograph.object_scope(shape.key_columns, columns, 'x.o', 'ok', shape.whole),
        case when not shape.whole then heliograph.object_scope(columns, columns, 'x.o', 'oe') end,
        case when not shape.whole then heliograph.object_scope(columns, columns, 'x.n', 'ne') end);
end
$function$;

grant execute on function
    heliograph.row_source(heliograph.shape, boolean, boolean), heliograph.size_expression(oid, text[], text),
    heliograph.image_expression(heliograph.shape, text, text), heliograph.image_select(text, heliograph.shape, text, text, text),
    heliograph.capture_statement(text, heliograph.shape, text, text[], text)
    to heliograph_capture;
