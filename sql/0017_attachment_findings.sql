-- 0017: the doctor: what is wrong with the capture of the tables.
--
-- Findings are looked for by functions that change nothing, so that whoever has nothing but psql has the doctor, too:
--   SELECT * FROM heliograph.findings();
-- Each table is looked at by itself: one that is broken in whatever way does not hide what is wrong with another.

create type heliograph.finding as (
    -- error: changes are lost, or writers fail; warning: they may be, or something is held up; note: to be known
    severity   text,
    check_name text,
    subject    text,
    -- what is wrong, and what may be missing or lost because of it, in one line
    finding    text,
    -- what mends it: SQL as it stands, or what to do, in one line
    mend       text
);

-- The two places that know how a table is attached: what attach() would run now, with the options it had then,
create function heliograph.capture_now(a heliograph.attachment, relation regclass) returns text
language sql volatile set search_path = pg_catalog, pg_temp as $function$
    select heliograph.capture_sql(
        relation, exclude => a.excluded, key => a.key_columns, operations => a.operations, bell => a.bell,
        always => a.always, max_row => a.max_row)
$function$;

-- and what of it is no option, but looked at by attach().
create function heliograph.attachment_now(a heliograph.attachment, relation regclass) returns heliograph.attachment
language plpgsql stable set search_path = pg_catalog, pg_temp as $function$
begin
    a.by_row := heliograph.is_by_row(relation, a.always);
    a.nests := heliograph.has_own_triggers(relation);
    return a;
end
$function$;

-- The columns that a capture function was made for, as its text lists them; NULL where it lists none.
create function heliograph.recorded_columns(body text) returns text[]
language sql immutable set search_path = pg_catalog, pg_temp as $function$
    select nullif(array(
        select case when starts_with(m.names[1], '"')
                    then replace(substr(m.names[1], 2, length(m.names[1]) - 2), '""', '"')
                    else m.names[1] end
        from regexp_matches(
            substring(body from 'cross join \(select ((?:null::pg_catalog\.text as '
                                '(?:"(?:[^"]|"")*"|[^" ,)]+)(?:, )?)+)\) as f'),
            'null::pg_catalog\.text as ("(?:[^"]|"")*"|[^" ,)]+)', 'g') as m (names)
    ), '{}')
$function$;

-- Why these columns cannot be the key of a record any more, and what mends that; nothing where they can.
create function heliograph.key_trouble(relation regclass, key text[], out trouble text, out mend text)
language plpgsql volatile set search_path = pg_catalog, pg_temp set quote_all_identifiers = off as $function$
begin
    perform heliograph.check_key(relation, key);
exception when sqlstate 'HG011' or sqlstate 'HG013' then
    get stacked diagnostics trouble = message_text, mend = pg_exception_hint;
    mend := coalesce(
        (select format('ALTER TABLE %s %s;', heliograph.sender_name(relation),
                       string_agg(format('ALTER COLUMN %I SET NOT NULL', c.name), ', ' order by c.number))
         from heliograph.columns_of(relation) as c
         where c.name = any (key) and not c.is_not_null
         having count(*) > 0),
        (select format('ALTER TABLE %s %s;', heliograph.sender_name(relation),
                       string_agg(format('DROP CONSTRAINT %1$I, ADD CONSTRAINT %1$I %2$s', u.conname,
                                         regexp_replace(pg_get_constraintdef(u.oid), ' DEFERRABLE.*$', '')),
                                  ', ' order by u.conname))
         from pg_constraint as u
         where u.conrelid = relation and u.contype in ('p', 'u') and u.condeferrable
           and (select array_agg(c.attname::text) from pg_attribute as c
                where c.attrelid = relation and c.attnum = any (u.conkey)) <@ key
         having count(*) > 0),
        mend);
end
$function$;

-- The call of attach() that mends a table's capture: with the options it was attached with, as far as the table still has
-- what they name. Where an excluded column is gone, it may have another name by now: then all stays out that was not recorded.
create function heliograph.attach_call(a heliograph.attachment, relation regclass, recorded text[]) returns text
language plpgsql volatile set search_path = pg_catalog, pg_temp set quote_all_identifiers = off as $function$
declare
    names  text[] := array(select c.name from heliograph.columns_of(relation) as c where not c.is_virtual);
    hidden text[] := array(select c.name from unnest(names) as c (name)
                           where c.name = any (a.excluded)
                              or not a.excluded <@ names and c.name <> all (recorded || a.key_columns));
    key    text[] := a.key_columns;
    chosen text[];
begin
    begin
        chosen := heliograph.choose_key(relation);
    exception when sqlstate 'HG010' or sqlstate 'HG011' then
        null;
    end;
    if key = chosen or not key <@ names and chosen is not null then
        key := null;
    end if;
    return case when key <@ names or chosen is not null then '' else
            'Add a primary key, or name the columns that identify a row by key => ''{…}''; then: ' end
        || concat_ws(', ',
            format('SELECT heliograph.attach(%L', heliograph.sender_name(relation)),
            case when hidden <> '{}' then format('exclude => %L', hidden) end,
            case when key <@ names then format('key => %L', key) end,
            case when cardinality(a.operations) < 4 then format('operations => %L', a.operations) end,
            case when not a.bell then 'bell => false' end,
            case when a.always then 'always => true' end,
            case when a.max_row is not null then format('max_row => %s', a.max_row) end)
        || ');';
end
$function$;

-- Where the table is by now.
create function heliograph.place_findings(a heliograph.attachment, relation regclass, recorded text[])
returns setof heliograph.finding
language plpgsql volatile set search_path = pg_catalog, pg_temp set quote_all_identifiers = off as $function$
declare
    now_named oid := (select c.oid from pg_class as c
                      where c.relkind in ('r', 'p') and heliograph.sender_name(c.oid) = a.sender);
    other     record;
begin
    -- A partition that was detached keeps the triggers for TRUNCATE, which then do nothing.
    for other in
        select t.tgrelid as id, bool_and(t.tgtype::int & 32 <> 0) as is_detached,
               string_agg(format('DROP TRIGGER %I ON %s;', t.tgname, heliograph.sender_name(t.tgrelid)), ' '
                          order by t.tgname) as mend
        from pg_trigger as t
        join pg_proc as p on p.oid = t.tgfoid and p.pronamespace = 'heliograph'::regnamespace
        where not t.tgisinternal
          and exists (select from pg_trigger as o
                      where o.tgrelid = t.tgrelid and o.tgfoid = to_regproc(format('heliograph.%I', a.function_name)))
          and t.tgrelid <> all (array(select m.member from heliograph.members_of(relation) as m (member)))
        group by t.tgrelid
    loop
        return next (case when other.is_detached then 'note' else 'error' end, 'foreign-triggers', a.sender, format(
            case when other.is_detached
                then 'table %s was a partition, and keeps triggers that do nothing any more: its changes are not recorded'
                else 'table %s has its triggers, too, and may not log as %s: whoever writes to it fails (HG016)' end,
            heliograph.sender_name(other.id), a.sender), other.mend)::heliograph.finding;
    end loop;
    if relation is null and now_named is null then
        return next ('warning', 'table-gone', a.sender,
            'the table is gone, or has been renamed and has lost its triggers: nothing is recorded under this name any more'
            || coalesce((select format(' (%s has the number that it had)', heliograph.sender_name(c.oid))
                         from pg_class as c where c.oid = a.relid and c.relkind in ('r', 'p')), ''),
            format('SELECT heliograph.detach(%L);', a.sender))::heliograph.finding;
    elsif relation is null then
        return next ('error', 'triggers', a.sender,
            'none of its triggers is there: no change of it is recorded, and what is missing in the log stays missing',
            heliograph.attach_call(a, now_named, recorded))::heliograph.finding;
    else
        if now_named is distinct from relation then
            return next (case when now_named is null then 'note' else 'warning' end, 'renamed', a.sender, format(
                'the table is called %s by now: its records go on as %s, and who subscribes by the new name hears nothing%s',
                heliograph.sender_name(relation), a.sender,
                case when now_named is not null then '; another table, which is not captured, has the old one' end),
                format('SELECT heliograph.detach(%L); ', heliograph.sender_name(relation))
                || heliograph.attach_call(a, relation, recorded))::heliograph.finding;
        end if;
        if a.relid <> relation then
            return next (case when a.excluded = '{}' then 'warning' else 'error' end, 'renumbered', a.sender,
                'the database was restored and has other numbers: '
                || case when a.excluded = '{}' then 'each statement of a writer takes longer than it must'
                        else 'its columns are recorded as null, since the excluded ones cannot be told from the others' end,
                heliograph.attach_call(a, relation, recorded))::heliograph.finding;
        end if;
    end if;
end
$function$;

-- Whether the table is one that can be captured, and its key one.
create function heliograph.table_findings(a heliograph.attachment, relation regclass, recorded text[])
returns setof heliograph.finding
language plpgsql volatile set search_path = pg_catalog, pg_temp set quote_all_identifiers = off as $function$
declare
    name    text := heliograph.sender_name(relation);
    message text;
    mends   text;
    gone    text[];
begin
    begin
        perform heliograph.check_capturable(relation);
    exception when sqlstate 'HG012' then
        get stacked diagnostics message = message_text;
        select case
                   when c.relpersistence = 'u' then format('ALTER TABLE %s SET LOGGED;', name)
                   when c.relispartition then (
                       select format('ALTER TABLE %s DETACH PARTITION %s; ', heliograph.sender_name(i.inhparent), name)
                       from pg_inherits as i where i.inhrelid = relation) || heliograph.attach_call(a, relation, recorded)
                   when c.relkind = 'p' then (
                       select string_agg(
                           case when p.relkind = 'f'
                               then format('ALTER TABLE %s DETACH PARTITION %s;',
                                           (select heliograph.sender_name(i.inhparent) from pg_inherits as i
                                            where i.inhrelid = p.oid), heliograph.sender_name(p.oid))
                               else format('ALTER TABLE %s SET LOGGED;', heliograph.sender_name(p.oid)) end, ' ' order by p.oid)
                       from heliograph.members_of(relation) as m (member)
                       join pg_class as p on p.oid = m.member and (p.relkind = 'f' or p.relpersistence = 'u'))
                   when exists (select from pg_inherits as i where relation::oid in (i.inhrelid, i.inhparent)) then (
                       select string_agg(format('ALTER TABLE %s NO INHERIT %s;', heliograph.sender_name(i.inhrelid),
                                                heliograph.sender_name(i.inhparent)), ' ' order by i.inhrelid)
                       from pg_inherits as i where relation::oid in (i.inhrelid, i.inhparent))
                   else format('SELECT heliograph.detach(%L);', name)
               end
        into mends from pg_class as c where c.oid = relation;
        return next ('error', 'table-kind', a.sender, message || ': '
            || case when mends like '% SET LOGGED;' then 'a crash empties it, and the log would still have its rows'
                    else 'changes may be missing in the log, or be there twice' end, mends)::heliograph.finding;
    end;
    select k.trouble, k.mend into message, mends from heliograph.key_trouble(relation, a.key_columns) as k;
    gone := array(select k.name from unnest(a.key_columns) as k (name)
                  where not exists (select from heliograph.columns_of(relation) as c where c.name = k.name));
    if gone <> '{}' then
        return next ('error', 'key', a.sender, format(
            'column %s of its key is gone or renamed: the key of its records has null there, and the order of each row''s '
            'records is lost', array_to_string(gone, ', ')),
            heliograph.attach_call(a, relation, recorded))::heliograph.finding;
    elsif message is not null then
        return next ('error', 'key', a.sender, message || ': records of one row may be out of order, or of two be taken for '
            'one''s', mends)::heliograph.finding;
    end if;
    gone := array(select e.name from unnest(a.excluded) as e (name)
                  where not exists (select from heliograph.columns_of(relation) as c where c.name = e.name));
    if gone <> '{}' then
        return next ('warning', 'excluded', a.sender, format(
            'excluded column %s is gone or renamed: under a new name it stays out only as long as the table is not attached '
            'without excluding that', array_to_string(gone, ', ')),
            heliograph.attach_call(a, relation, recorded))::heliograph.finding;
    end if;
end
$function$;

create function heliograph.trigger_findings(a heliograph.attachment, relation regclass, recorded text[])
returns setof heliograph.finding
language plpgsql volatile set search_path = pg_catalog, pg_temp as $function$
declare
    changes text;
    hints   text;
    message text;
    found   record;
begin
    a.relid := relation;
    begin
        changes := heliograph.trigger_sql(a);
    exception when sqlstate 'HG015' then
        get stacked diagnostics message = message_text, hints = pg_exception_hint;
        return next ('error', 'triggers', a.sender, message || ': what its own would record is not in the log',
            hints || ' ' || heliograph.attach_call(a, relation, recorded))::heliograph.finding;
    end;
    for found in
        with changed as (
            select m.parts[1] as what, m.parts[2] as name, m.parts[3] as place
            from regexp_matches(changes, '^(create) trigger (.+?) (?:after|before) \w+ on (.+?) (?:referencing|for each) ', 'gn')
                as m (parts)
            union all
            select 'enable', m.parts[2], m.parts[1]
            from regexp_matches(changes, '^alter table (.+?) enable (?:always )?trigger (.+);$', 'gn') as m (parts)
            -- Those that are made are enabled for everybody as well.
            where strpos(E'\n' || changes, format(E'\ncreate trigger %s ', m.parts[2])) = 0
            union all
            select 'drop', m.parts[1], m.parts[2]
            from regexp_matches(changes, '^drop trigger (.+?) on (.+);$', 'gn') as m (parts)
        )
        select k.severity, k.text,
               string_agg(distinct c.name || case when c.place <> relation::text then ' on ' || c.place else '' end, ', ') as names
        from (values
            (1, 'error', 'create', '^(?!heliograph_(guard|open_|close_))',
             'missing: %s; what it would have recorded is not in the log, and stays missing'),
            (2, 'error', 'enable', '^(?!heliograph_guard)',
             'disabled, or does not fire for everybody: %s; what it would have recorded is not in the log'),
            -- Disabled, it keeps the table from that as well.
            (3, 'warning', 'create', '^heliograph_guard',
             'missing: %s; the table may become a partition, of which its own triggers would see nothing'),
            (4, 'warning', 'create', '^heliograph_open_truncate',
             'missing: %s; a TRUNCATE of the whole table may be recorded for a partition once more'),
            (5, 'warning', 'create', '^heliograph_(open|close)_(?!truncate)',
             'missing: %s; what other triggers write while a statement is open may be recorded before it'),
            (6, 'warning', 'drop', '', 'there, but not wanted any more by how the table is attached: %s')
        ) as k (n, severity, what, pattern, text)
        join changed as c on c.what = k.what and c.name ~ k.pattern
        group by k.n, k.severity, k.text
        order by k.n
    loop
        return next (found.severity, 'triggers', a.sender, format('trigger ' || found.text, found.names),
            heliograph.attach_call(a, relation, recorded))::heliograph.finding;
    end loop;
end
$function$;
