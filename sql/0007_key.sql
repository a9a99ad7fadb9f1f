-- 0007: what can be captured, how, and the choice of a key.

-- A table and all its partitions, from the top.
create function heliograph.members_of(relation oid) returns setof regclass
language sql stable set search_path = pg_catalog, pg_temp as $function$
    select coalesce(t.relid, relation::regclass)
    from (values (1)) as one left join pg_partition_tree(relation) as t on true
    order by t.level, t.relid
$function$;

-- Whether something may write to a table while a statement on it is being captured: AFTER triggers of its own, or any triggers of
-- the tables that its foreign keys' actions reach.
create function heliograph.has_own_triggers(relation oid) returns boolean
language sql stable set search_path = pg_catalog, pg_temp as $function$
    with recursive reached (member, is_other) as (
        select m.member::oid, false from heliograph.members_of(relation) as m (member)
        union
        select m.member::oid, true
        from reached as r
        join pg_constraint as c on c.confrelid = r.member and c.contype = 'f'
            and (c.confdeltype in ('c', 'n', 'd') or c.confupdtype in ('c', 'n', 'd'))
        cross join lateral heliograph.members_of(c.conrelid) as m (member)
    )
    select exists (
        select from reached as r
        join pg_trigger as t on t.tgrelid = r.member
        join pg_proc as p on p.oid = t.tgfoid
        -- AFTER is neither BEFORE nor INSTEAD OF
        where not t.tgisinternal and t.tgenabled <> 'D' and (r.is_other or t.tgtype::int & 66 = 0)
          and p.pronamespace <> 'heliograph'::regnamespace)
$function$;

-- Whether one foreign key of a table deletes rows and another changes them. When parents of both go in one statement, each of the
-- two commands has its rows in one piece, and which came first is lost.
create function heliograph.has_mixed_cascades(relation oid) returns boolean
language sql stable set search_path = pg_catalog, pg_temp as $function$
    select exists (
        select from pg_constraint as d
        join pg_constraint as u on u.conrelid = d.conrelid and u.contype = 'f' and u.oid <> d.oid
            and (u.confdeltype in ('n', 'd') or u.confupdtype in ('c', 'n', 'd'))
        where d.conrelid = relation and d.contype = 'f' and d.confdeltype = 'c')
$function$;

create function heliograph.check_capturable(relation regclass) returns void
language plpgsql stable set search_path = pg_catalog, pg_temp as $function$
declare
    c      pg_class;
    schema text;
    reason text;
begin
    select * into c from pg_class as t where t.oid = relation;
    if not found then
        raise exception 'relation % does not exist', relation using errcode = 'undefined_table';
    end if;
    schema := c.relnamespace::regnamespace;
    reason := case
        when schema in ('pg_catalog', 'information_schema', 'pg_toast') then 'a system table'
        when schema = 'heliograph'::regnamespace::text then 'one of the log''s own tables'
        when c.relkind = 'v' then 'a view'
        when c.relkind = 'm' then 'a materialized view'
        when c.relkind = 'f' then 'a foreign table'
        when c.relkind not in ('r', 'p') then 'not a table'
        when c.relpersistence = 't' then 'a temporary table'
        -- A crash empties it without a word.
        when c.relpersistence = 'u' then 'an unlogged table'
        when c.relispartition then format('a partition of %s', pg_partition_root(relation))
        when c.relkind = 'r' and exists (select from pg_inherits as i where relation::oid in (i.inhrelid, i.inhparent))
            then 'part of an inheritance tree'
        -- An update's statement has each column twice, and PostgreSQL allows 1,664.
        when (select count(*) from heliograph.columns_of(relation)) > 800 then 'wider than 800 columns'
    end;
    if reason is null then
        select format('partitioned, and %s is %s', m.member,
                      case when p.relkind = 'f' then 'a foreign table' else 'unlogged' end)
        into reason
        from heliograph.members_of(relation) as m (member)
        join pg_class as p on p.oid = m.member and (p.relkind = 'f' or p.relpersistence = 'u')
        limit 1;
    end if;
    if reason is not null then
        raise exception '% cannot be captured: it is %', relation, reason
            using errcode = 'HG012',
                  hint = case when c.relispartition then 'Attach that table: its partitions are captured with it.'
                              else 'Attach an ordinary or a partitioned table.' end;
    end if;
end
$function$;

-- Whether a unique index that is checked at once keeps a key, or a part of it, unique.
create function heliograph.is_unique_key(relation regclass, key text[]) returns boolean
language sql stable set search_path = pg_catalog, pg_temp as $function$
    select exists (
        select from pg_index as i
        where i.indrelid = relation and i.indisunique and i.indimmediate and i.indisvalid
          and i.indpred is null and i.indexprs is null
          and (select array_agg(a.attname::text)
               from unnest(i.indkey::int2[]) with ordinality as k (attnum, n)
               join pg_attribute as a on a.attrelid = i.indrelid and a.attnum = k.attnum
               where k.n <= i.indnkeyatts) <@ key)
$function$;

-- Raises HG011 unless the columns can be the key of a record: NOT NULL, hashable, and not kept unique by a deferrable
-- constraint alone, under which an insert can be logged before the delete that makes room for it.
create function heliograph.check_key(relation regclass, key text[]) returns void
language plpgsql volatile set search_path = pg_catalog, pg_temp as $function$
declare
    reason text;
    base   oid;
    c      record;
begin
    for c in
        select k.name, a.type, a.is_not_null
        from unnest(key) with ordinality as k (name, n)
        left join heliograph.columns_of(relation) as a on a.name = k.name and not a.is_virtual
        order by k.n
    loop
        if c.type is null then
            raise exception 'table % has no column %', relation, quote_ident(c.name)
                using errcode = 'HG013', hint = 'Name columns of the table as its key.';
        elsif not c.is_not_null then
            reason := format('column %I may be NULL', c.name);
        elsif (select t.typtype from pg_type as t where t.oid = heliograph.leaf_type(c.type)) = 'c' then
            -- An attribute can be added to it that has no hash, without the table noticing.
            reason := format('type %s of column %I is composite', format_type(c.type, null), c.name);
        else
            -- Never the domain itself: its checks would run as whoever attaches.
            base := c.type;
            while (select t.typtype from pg_type as t where t.oid = base) = 'd' loop
                base := (select t.typbasetype from pg_type as t where t.oid = base);
            end loop;
            begin
                -- The type cache says whether there is a default hash operator class, also for arrays and ranges.
                execute format('select hash_record_extended(row(null::%s), 0)', format_type(base, null));
            exception when undefined_function then
                reason := format('type %s of column %I has no hash function', format_type(c.type, null), c.name);
            end;
        end if;
    end loop;
    if reason is null and not heliograph.is_unique_key(relation, key) and exists (
        select from pg_constraint as u
        where u.conrelid = relation and u.contype in ('p', 'u', 'x') and u.condeferrable
          and (select array_agg(a.attname::text) from pg_attribute as a
               where a.attrelid = relation and a.attnum = any (u.conkey)) <@ key
    ) then
        reason := 'its uniqueness is deferrable';
    end if;
    if reason is not null then
        raise exception 'key (%) of table % cannot be used: %',
            (select string_agg(quote_ident(k.name), ', ') from unnest(key) as k (name)), relation, reason
            using errcode = 'HG011',
                  hint = 'Use NOT NULL columns of hashable types under an immediate primary key or unique constraint.';
    end if;
end
$function$;

-- The columns of the primary key, else of the oldest unique index that can serve.
create function heliograph.choose_key(relation regclass) returns text[]
language plpgsql volatile set search_path = pg_catalog, pg_temp as $function$
declare
    candidate record;
    failure   text;
    hints     text;
begin
    for candidate in
        select array(select a.attname::text
                     from unnest(i.indkey::int2[]) with ordinality as k (attnum, n)
                     join pg_attribute as a on a.attrelid = i.indrelid and a.attnum = k.attnum
                     where k.n <= i.indnkeyatts
                     order by k.n) as columns
        from pg_index as i
        where i.indrelid = relation and i.indisunique and i.indisvalid and i.indpred is null and i.indexprs is null
        order by i.indisprimary desc, i.indexrelid
    loop
        begin
            perform heliograph.check_key(relation, candidate.columns);
            return candidate.columns;
        exception when sqlstate 'HG011' then
            if failure is null then
                get stacked diagnostics failure = message_text, hints = pg_exception_hint;
            end if;
        end;
    end loop;
    if failure is not null then
        raise exception '%', failure using errcode = 'HG011', hint = hints;
    end if;
    raise exception 'table % has no key', relation
        using errcode = 'HG010', hint = 'Add a primary key, or name the columns that identify a row.';
end
$function$;
