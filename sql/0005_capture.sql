-- 0005: the text of a capture function.
--
-- One function for each table, with static SQL, whose plans are kept. The text must go on working whatever happens to
-- the table after it was written, until the table is attached again:
--   * A column that is gone or renamed is found in a fall-back scope, as NULL: `"id"` is looked up in the row first
--     (`select t.*`), and then in a row of NULLs outside. The planner folds both away.
--   * row_to_json(t.*) takes in new columns by itself, as long as all of them are of types to_json() may see.
--   * Where that is not so, fits() or fits_value() is folded to false, the static statement logs nothing, and the
--     function logs by a statement made on the spot (slow, some ms, but right).
--   * With columns left out, a value is taken only where its column still has the name it had: is_still().
-- A user's column may have any name, that of an alias too, so a row is written `t.*`, never `t`, which would be the
-- column; everything else carries a name of ours and its alias.

-- quote_all_identifiers is pinned where a sender's name is made: public.users must not become "public"."users".
create function heliograph.sender_name(relation regclass) returns text
language sql stable set search_path = pg_catalog, pg_temp set quote_all_identifiers = off as $function$
    select format('%I.%I', n.nspname, c.relname)
    from pg_class as c join pg_namespace as n on n.oid = c.relnamespace
    where c.oid = relation
$function$;

-- The table that a capture function was generated for: the registered one, or after a restore, when that number is
-- somebody else's, the one that has the function's triggers and the sender's name, or the only one that has them.
-- Not by to_regclass(), which fails where the role may not use the schema.
create function heliograph.captured_relation(registered oid, sender text, function_name text) returns oid
language sql stable set search_path = pg_catalog, pg_temp as $function$
    with captured as (
        select distinct t.tgrelid
        from pg_trigger as t
        where t.tgfoid = to_regproc('heliograph.' || quote_ident(function_name)) and not t.tgisinternal
          -- not the partitions
          and not exists (
              select from pg_partition_ancestors(t.tgrelid) as a
              join pg_trigger as o on o.tgrelid = a.relid and o.tgfoid = t.tgfoid
              where a.relid <> t.tgrelid)
    )
    select coalesce(
        (select c.tgrelid from captured as c where c.tgrelid = registered),
        (select c.tgrelid from captured as c where heliograph.sender_name(c.tgrelid) = sender),
        (select min(c.tgrelid::text)::oid from captured as c having count(*) = 1))
$function$;

-- Whether a capture function is the table's, or that of a partitioned table above it.
create function heliograph.is_captured(relation oid, registered oid, sender text, function_name text) returns boolean
language plpgsql stable set search_path = pg_catalog, pg_temp as $function$
declare
    captured oid := heliograph.captured_relation(registered, sender, function_name);
begin
    return captured is not null
        and (captured = relation or captured in (select a.relid from pg_partition_ancestors(relation) as a));
end
$function$;

-- Called by a capture function that finds itself on another table than it was generated for. CREATE TRIGGER takes
-- EXECUTE on the function, which nobody has, but a dump restored without privileges gives it to everybody.
create function heliograph.check_captured(relation oid, registered oid, sender text, function_name text) returns void
language plpgsql stable set search_path = pg_catalog, pg_temp as $function$
begin
    if not heliograph.is_captured(relation, registered, sender, function_name) then
        raise exception 'table % may not log as %', relation::regclass, sender
            using errcode = 'HG016',
                  hint = format('Drop its heliograph triggers and attach it: SELECT heliograph.attach(%L);',
                                relation::regclass);
    end if;
end
$function$;

-- Whether the static statements of a capture function still say all there is to say about the table's columns.
-- `columns` are those listed one by one, or NULL where the whole row is taken. IMMUTABLE for the same reason as
-- json_form(). False where the writer's snapshot is so old that it does not see the triggers.
create function heliograph.fits(
    registered oid, sender text, function_name text, columns text[], settings text[]
) returns boolean
language plpgsql immutable set search_path = pg_catalog, pg_temp as $function$
declare
    relation oid := heliograph.captured_relation(registered, sender, function_name);
begin
    return relation is not null
        and coalesce(heliograph.settings_of_table(relation, null) <@ settings, false)
        and not exists (
            select from heliograph.columns_of(relation) as c
            where case
                when columns is null then c.is_virtual or heliograph.json_form(c.type) <> 'plain'
                else not c.is_virtual and c.name <> all (columns)
            end);
end
$function$;

-- Whether a column has the name that it had when the list of recorded columns was made. Folded; the name is asked of the
-- system's caches. What a restore has renumbered is not the column that was meant, until the table is attached again.
create function heliograph.is_still(registered oid, number int, name text) returns boolean
language sql immutable set search_path = pg_catalog, pg_temp as $function$
    select coalesce(
        (pg_identify_object_as_address('pg_class'::regclass, registered, number)).object_names[3] = name
            and has_column_privilege(registered, number::int2, 'SELECT') is not null,
        false)
$function$;

-- Whether keys of these types can be hashed and compared by their types. Folded; the value does not matter.
create function heliograph.is_key(key record) returns boolean
language plpgsql immutable set search_path = pg_catalog, pg_temp as $function$
begin
    perform hash_record_extended(key, 0), record_ne(key, key);
    return true;
exception when undefined_function then
    return false;
end
$function$;

-- The FROM items that give the columns of row alias `t` the names <prefix>1, <prefix>2, … in alias `c`. `numbers`, where
-- given, are the columns' numbers in table `relation`: a column that has another name by now is NULL.
create function heliograph.column_scope(columns text[], prefix text, relation oid, numbers int[]) returns text
language sql immutable set search_path = pg_catalog, pg_temp as $function$
    select format('cross join (select %s) as f cross join lateral (select %s from (select t.*) as s) as c',
                  string_agg(format('null::pg_catalog.text as %I', u.name), ', ' order by u.n),
                  string_agg(
                      case
                          when numbers is null then format('%I as %s%s', u.name, prefix, u.n)
                          else format('case when heliograph.is_still(%s, %s, %L) then %I end as %s%s',
                                      relation, numbers[u.n], u.name, u.name, prefix, u.n)
                      end,
                      ', ' order by u.n))
    from unnest(columns) with ordinality as u (name, n)
$function$;

-- A LATERAL item with the given columns as JSON, by their own names. row_to_json(<item>.*) makes the object.
-- `plain`: row_to_json() does the same by itself.
create function heliograph.object_scope(
    columns text[], among text[], source text, alias text, plain boolean default false
) returns text
language sql immutable set search_path = pg_catalog, pg_temp as $function$
    select format('cross join lateral (select %s) as %s',
                  string_agg(format(case when plain then '%s%s as %I' else 'heliograph.json_of(%s%s) as %I' end,
                                    source, array_position(among, u.name), u.name),
                             ', ' order by u.n),
                  alias)
    from unnest(columns) with ordinality as u (name, n)
$function$;

-- A row of the key's expressions, for functions of records: `list` has %1$s for what stands before each number.
create function heliograph.key_row(list text, source text, is_typed_null boolean default false) returns text
language sql immutable set search_path = pg_catalog, pg_temp as $function$
    select format('row(%s)', string_agg(
        case when is_typed_null then format('case when false then %s%s end', source, k.number) else source || k.number end,
        ', ' order by k.n))
    from unnest(string_to_array(list, ',')) with ordinality as k (number, n)
$function$;

-- 32 bits of sender and key, by the hash of the types and not of their text: numeric 1.0 and 1.00 are one key. Where the
-- key's type has become one without a hash, by its text.
-- `key` are the numbers of the key's columns with commas between, `source` what stands before them.
create function heliograph.lane_hash_expression(sender text, key text, source text) returns text
language sql immutable set search_path = pg_catalog, pg_temp as $function$
    select format(
        'case when heliograph.is_key(%1$s) then pg_catalog.hash_record(row(%2$L::pg_catalog.text, %3$s)) '
        'else pg_catalog.hashtext(pg_catalog.concat_ws('','', %2$L, %3$s)) end',
        heliograph.key_row(key, source, true),
        sender,
        (select string_agg(source || k.number, ', ' order by k.n)
         from unnest(string_to_array(key, ',')) with ordinality as k (number, n)))
$function$;

-- The lane of what concerns a whole table.
create function heliograph.sender_hash_expression(sender text) returns text
language sql immutable set search_path = pg_catalog, pg_temp as $function$
    select format('pg_catalog.hash_record(row(%L::pg_catalog.text))', sender)
$function$;

grant execute on function
    heliograph.sender_name(regclass), heliograph.captured_relation(oid, text, text),
    heliograph.is_captured(oid, oid, text, text), heliograph.check_captured(oid, oid, text, text), heliograph.fits(oid, text, text, text[], text[]),
    heliograph.is_still(oid, int, text), heliograph.is_key(record),
    heliograph.column_scope(text[], text, oid, int[]), heliograph.object_scope(text[], text[], text, text, boolean),
    heliograph.key_row(text, text, boolean), heliograph.lane_hash_expression(text, text, text),
    heliograph.sender_hash_expression(text)
    to heliograph_capture;
