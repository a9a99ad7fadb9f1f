-- 0022: existing rows as signals, for subscriptions that begin with them.
--
-- A lane's position has a frontier while that lasts: rows with keys up to there have been told, as they were in `lo`, and their
-- records since are; of keys behind it nothing is. A step takes a snapshot and the next rows in it (a chunk), reads the log up to
-- that snapshot without the records of keys behind the frontier, whose rows are or will be in a chunk with what they say, and then
-- tells the chunk and moves the frontier. Netflix's DBLog does so with watermarks in the log; snapshots need none.
--
-- frontier: {} before the first table, {sender} before its first row, {sender, names of the key's columns, values…} after that
-- row. Tables come in the order of their senders.

-- How a table's rows are read, with $1 the frontier, $2 the lanes (NULL for all), $3 their number in all, $4 how many rows at most.
-- And how a record's key is: names for json_to_record(), with types and collations, which order keys.
--   is_started  whether the frontier names a row
create function heliograph.backfill_source(sender text, is_started boolean)
returns table (statement text, key_columns text[], key_names text[], key_types text[])
language plpgsql volatile as $function$
#variable_conflict use_column
declare
    attached heliograph.attachment;
    relation oid;
    shape    heliograph.shape;
    keys     text;
    former   text;
    behind   text;
    hash     text;
    sorting  text;
begin
    select a.* into attached from heliograph.attachment as a where a.sender = backfill_source.sender;
    relation := heliograph.captured_relation(attached.relid, attached.sender, attached.function_name);
    if relation is null then
        raise exception '% is not captured', backfill_source.sender
            using errcode = 'HG013', hint = format('SELECT heliograph.attach(%L);', backfill_source.sender);
    end if;
    -- A column that is not excluded by name may be one that was, and has been renamed.
    if cardinality(attached.excluded) > 0 and strpos(
        heliograph.capture_now(attached, relation),
        (select p.prosrc from pg_proc as p
         where p.pronamespace = 'heliograph'::regnamespace and p.proname = attached.function_name)) = 0 then
        raise exception '% has been altered since it was attached, and has columns that must not be recorded', relation::regclass
            using errcode = 'HG033', hint = format('Attach it again: SELECT heliograph.refresh(%L);', relation::regclass::text);
    end if;
    shape.relation := relation;
    shape.sender := attached.sender;
    shape.columns := array(
        select c.name from heliograph.columns_of(relation) as c
        where not c.is_virtual and c.name <> all (attached.excluded) order by c.number);
    shape.key_columns := attached.key_columns;
    shape.whole := cardinality(attached.excluded) = 0 and not exists (
        select from heliograph.columns_of(relation) as c where c.is_virtual or heliograph.json_form(c.type) <> 'plain');
    shape.max_row := attached.max_row;
    if not attached.key_columns <@ shape.columns then
        raise exception 'a key column of % is gone or renamed', relation::regclass
            using errcode = 'HG011',
                  hint = format('Attach it again, with a key it has: SELECT heliograph.refresh(%L);', relation::regclass::text);
    end if;
    key_columns := attached.key_columns;
    select array_agg(quote_ident(u.name) order by u.n),
           array_agg(t.type || t.collated order by u.n),
           string_agg(t.value, ', ' order by u.n),
           string_agg(format('($1)[%s]::%s%s', u.n + 2, t.type, t.collated), ', ' order by u.n),
           string_agg(format('t.%I', u.name), ', ' order by u.n),
           -- Said once more by an operator, for the index. What counts is record_gt(), which compares as the types do by default.
           case when bool_and(heliograph.leaf_type(a.atttypid) < 16384)
                then format('row(%s) operator(pg_catalog.>) row(%s)',
                            string_agg(format('t.%I', u.name), ', ' order by u.n),
                            string_agg(format('($1)[%s]::%s%s', u.n + 2, t.type, t.collated), ', ' order by u.n))
                else (
                    select format('t.%I operator(%s.>=) ($1)[3]::%s', f.attname, o.oprnamespace::regnamespace,
                                  format_type(f.atttypid, f.atttypmod))
                    from pg_attribute as f
                    join pg_opclass as oc on oc.opcintype = f.atttypid and oc.opcdefault and oc.opcmethod = 403
                    join pg_amop as m on m.amopfamily = oc.opcfamily and m.amopstrategy = 4 and m.amoplefttype = f.atttypid
                        and m.amoprighttype = f.atttypid
                    join pg_operator as o on o.oid = m.amopopr and o.oprname = '>='
                    where f.attrelid = relation and f.attname = (attached.key_columns)[1])
           end
    into key_names, key_types, keys, former, sorting, behind
    from unnest(attached.key_columns) with ordinality as u (name, n)
    join pg_attribute as a on a.attrelid = relation and a.attname = u.name
    cross join lateral (
        select format_type(a.atttypid, a.atttypmod),
               case when a.attcollation <> 0 then format(' collate %s', a.attcollation::regcollation) else '' end,
               format('c.v%s', array_position(shape.columns, u.name))) as t (type, collated, value);
    hash := heliograph.lane_hash_expression(
        attached.sender,
        (select string_agg(array_position(shape.columns, u.name)::text, ',' order by u.n)
         from unnest(shape.key_columns) with ordinality as u (name, n)), 'c.v');
    statement := concat_ws(E'\n',
        heliograph.image_select(
            'insert', shape, relation::regclass::text,
            case when (select c.relkind = 'p' from pg_class as c where c.oid = relation)
                 then '(select format(''%I.%I'', n.nspname, p.relname) from pg_class as p '
                      'join pg_namespace as n on n.oid = p.relnamespace where p.oid = t.tableoid), '
                 else 'null::text, ' end,
            -- 62 bits of sender and key, to tell rows apart; and the frontier after this row.
            format(', -1 - (case when heliograph.is_key(row(%2$s)) then hash_record_extended(row(%1$L::text, %2$s), 0) '
                   'else hashtextextended(concat_ws('','', %1$L, %2$s), 0) end & 4611686018427387903), '
                   'array[%1$L, %3$L, %4$s]',
                   attached.sender, keys, array_to_string(attached.key_columns, ','),
                   (select string_agg(format('format(''%%s'', %s)', k.value), ', ' order by k.n)
                    from unnest(string_to_array(keys, ', ')) with ordinality as k (value, n)))),
        format('where ($2 is null or (%s & 2147483647) %% $3 = any ($2))', hash),
        case when is_started then concat_ws(' and ', 'and ' || coalesce(behind, 'true'),
            format('record_gt(row(%s), row(%s))', sorting, former)) end,
        format('order by %s limit $4', sorting));
    return next;
end
$function$;

-- The next rows of a table after the frontier, as they are in the transaction's snapshot. As the caller, who must be allowed to
-- read the table.
create function heliograph.backfill_rows(sender text, frontier text[], lanes int[], lane_count int, max_rows int)
returns table (
    partition text, of_sender text, operation text, key json, instance json, lane_hash int, number bigint, next text[]
)
language plpgsql volatile as $function$
#variable_conflict use_column
declare
    is_started boolean := pg_catalog.cardinality(backfill_rows.frontier) > 1;
    source     record;
begin
    select b.* into strict source from heliograph.backfill_source(backfill_rows.sender, is_started) as b;
    if is_started and (backfill_rows.frontier[2] <> pg_catalog.array_to_string(source.key_columns, ',')
                       or pg_catalog.cardinality(backfill_rows.frontier) <> pg_catalog.cardinality(source.key_columns) + 2) then
        raise exception 'the key of % has changed since its backfill began', backfill_rows.sender
            using errcode = 'HG033', hint = 'Begin it anew: heliograph subscriptions rewind NAME --to backfill';
    end if;
    -- For values as capture writes them, and for the names in the statement.
    perform pg_catalog.set_config(p.name, heliograph.pinned_value(p.name), true)
    from pg_catalog.unnest(heliograph.all_settings()) as p (name);
    return query execute source.statement using backfill_rows.frontier, lanes, lane_count, max_rows;
end
$function$;
comment on function heliograph.backfill_rows(text, text[], int[], int, int) is
    'The next rows of an attached table, in the order of its key, as records of an insert have them. next: the frontier after the row.';

create function heliograph.park_rows(
    subscription int, records bigint[], delays float8[], errors text[], dead boolean[], unordered boolean, lane_hashes int[],
    senders text[], partitions text[], keys text[], instances text[], at timestamptz[]
) returns bigint[]
language plpgsql volatile as $function$
#variable_conflict use_column
declare
    parked bigint[];
begin
    with written as (
        insert into heliograph.delivery (
            subscription, lane, lane_hash, state, failures, due_at, record, at, sender, partition, operation, key, instance, writer)
        select s.id, heliograph.lane(w.lane_hash, s.lanes),
               case when unordered then pg_catalog.hashint8(w.record) else w.lane_hash end,
               case when w.is_dead then 'dead' else 'waiting' end,
               case when w.error is null then 0 else 1 end,
               pg_catalog.clock_timestamp() + pg_catalog.make_interval(secs => w.delay),
               w.record, w.at, w.sender, w.partition, 'insert', w.key::pg_catalog.json, w.instance::pg_catalog.json, session_user
        from rows from (
            pg_catalog.unnest(records), pg_catalog.unnest(delays), pg_catalog.unnest(errors), pg_catalog.unnest(dead),
            pg_catalog.unnest(lane_hashes), pg_catalog.unnest(senders), pg_catalog.unnest(partitions), pg_catalog.unnest(keys),
            pg_catalog.unnest(instances), pg_catalog.unnest(park_rows.at))
            with ordinality as w (record, delay, error, is_dead, lane_hash, sender, partition, key, instance, at, n)
        cross join heliograph.subscription as s
        where s.id = park_rows.subscription and w.record < 0
        order by w.n
        returning id)
    select pg_catalog.array_agg(d.id order by d.id) into parked from written as d;
    if pg_catalog.cardinality(parked) is distinct from pg_catalog.cardinality(records) then
        raise exception 'not all of these are rows that are backfilled' using errcode = 'invalid_parameter_value';
    end if;
    perform heliograph.note_attempts(parked, records, errors);
    return parked;
end
$function$;
comment on function heliograph.park_rows is
    'Parks rows that are backfilled, whose records have negative numbers: as park(), with what they are.';

alter function heliograph.backfill_source security definer set search_path = pg_catalog, pg_temp set quote_all_identifiers = off;
alter function heliograph.park_rows security definer set search_path = pg_catalog, pg_temp;
alter function heliograph.backfill security definer set search_path = pg_catalog, pg_temp;

insert into heliograph.role_right (grantee, privilege, object)
values
    ('heliograph_worker', 'execute', 'backfill'), ('heliograph_worker', 'execute', 'park_rows'),
    ('heliograph_worker', 'execute', 'backfill_source'), ('heliograph_worker', 'execute', 'backfill_rows'),
    -- What the statements of backfill_source() call.
    ('heliograph_worker', 'execute', 'all_settings'), ('heliograph_worker', 'execute', 'pinned_value'),
    ('heliograph_worker', 'execute', 'json_of'), ('heliograph_worker', 'execute', 'json_form_of'),
    ('heliograph_worker', 'execute', 'json_form'), ('heliograph_worker', 'execute', 'is_key');
