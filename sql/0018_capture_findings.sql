-- 0018: the doctor, continued: capture functions.

-- Why the text of a capture function is not what attach() would make now, as far as the table says.
create function heliograph.text_trouble(
    a heliograph.attachment, relation regclass, body text, out trouble text, out mend text
)
language plpgsql volatile set search_path = pg_catalog, pg_temp set quote_all_identifiers = off as $function$
declare
    whole   boolean := strpos(body, 'pg_catalog.row_to_json(t.*)') > 0 or strpos(body, 'x.image') > 0;
    wanted  heliograph.attachment := heliograph.attachment_now(a, relation);
    retyped text;
begin
    if wanted.by_row <> a.by_row then
        trouble := format('how its rows are captured, %s, does not fit its foreign keys or partitions any more: records of one '
                          'statement may be out of order', case when a.by_row then 'one by one' else 'by the statement' end);
        return;
    elsif wanted.nests <> a.nests then
        trouble := case when a.nests
            then 'it has no triggers of its own any more, and each statement of a writer takes longer than it must'
            else 'it has triggers of its own since it was attached: what they write to it while a statement is open may be '
                 'recorded before that' end;
        return;
    end if;
    -- A type that needs a setting which the text does not look at, or care that it does not take.
    select string_agg(quote_ident(c.name), ', ' order by c.number) into retyped
    from heliograph.columns_of(relation) as c
    where not c.is_virtual
      and (whole and heliograph.json_form(c.type) <> 'plain'
           or exists (select from unnest(heliograph.settings_of_type(c.type)) as s (name)
                      where strpos(body, heliograph.setting_holds(s.name)) = 0));
    if retyped is not null then
        trouble := format('column %s has another type since: it is recorded rightly, but by a way that takes milliseconds '
                          'for each statement of a writer', retyped);
    elsif not heliograph.is_unique_key(relation, a.key_columns) then
        trouble := format('its key (%s) is not kept unique any more: rows with the same key are one to who subscribes',
                          array_to_string(a.key_columns, ', '));
        mend := format('ALTER TABLE %s ADD UNIQUE (%s);', heliograph.sender_name(relation),
                       (select string_agg(quote_ident(k.name), ', ') from unnest(a.key_columns) as k (name)));
    else
        trouble := 'its capture function is not what attach would make now: made by another version, or changed by hand';
    end if;
end
$function$;

-- What the function of a table records, and what it does not.
create function heliograph.text_findings(
    a heliograph.attachment, relation regclass, body text, recorded text[], is_sound boolean
) returns setof heliograph.finding
language plpgsql volatile set search_path = pg_catalog, pg_temp as $function$
declare
    segment text := substring(body from 'signal_log_(\d+) /\* segment \*/');
    names   text[] := array(select c.name from heliograph.columns_of(relation) as c where not c.is_virtual);
    added   text := (select string_agg(quote_ident(n.name), ', ') from unnest(names) as n (name)
                     where n.name <> all (recorded || a.excluded));
    gone    text := (select string_agg(quote_ident(r.name), ', ') from unnest(recorded) as r (name)
                     where r.name <> all (names));
    -- The segment's number is no difference.
    pattern text := 'heliograph\.signal_log_\d+ /\* segment \*/';
    wanted  text;
    hints   text;
    found   record;
begin
    if segment is distinct from heliograph.current_segment()::text then
        return next ('error', 'segment', a.sender, format(
            'its capture function writes to segment %s of the log, which is closed: once that is dropped, whoever writes to '
            'the table fails', segment), heliograph.attach_call(a, relation, recorded))::heliograph.finding;
    end if;
    if recorded is null then
        null;
    elsif added is not null and a.excluded <> '{}' then
        return next ('error', 'columns', a.sender, format(
            'column %s was added or renamed since it was attached, and is NOT recorded: with excluded columns only those are '
            'that were there%s', added, ', and not ' || gone || ', which are gone'),
            heliograph.attach_call(a, relation, recorded))::heliograph.finding;
        return;
    elsif added is not null then
        return next ('warning', 'columns', a.sender, format(
            'column %s was added or renamed since it was attached: rows are recorded with it, but `changed` and `previous` of '
            'an update may not tell of it, or writers take longer%s', added, '; gone: ' || gone),
            heliograph.attach_call(a, relation, recorded))::heliograph.finding;
        return;
    elsif gone is not null then
        return next ('warning', 'columns', a.sender, format(
            'column %s is gone since it was attached, and is looked for by each statement of a writer', gone),
            heliograph.attach_call(a, relation, recorded))::heliograph.finding;
        return;
    end if;
    -- The numbers of a restored table are in the text; that they are old has been told.
    if a.relid <> relation then
        return;
    end if;
    begin
        wanted := heliograph.capture_now(a, relation);
    exception when others then
        -- What has been told already stands in the way of the comparison.
        if is_sound and sqlstate <> 'HG015' then
            get stacked diagnostics hints = pg_exception_hint;
            return next ('error', 'attach', a.sender, format('it could not be attached again: %s', sqlerrm), hints
            )::heliograph.finding;
        end if;
        return;
    end;
    if strpos(regexp_replace(wanted, pattern, '', 'g'), '$' || regexp_replace(body, pattern, '', 'g') || '$') > 0 then
        return;
    end if;
    if recorded is null and a.operations <> '{truncate}' then
        return next ('error', 'text', a.sender, 'its capture function was changed by hand: what is recorded cannot be told',
            heliograph.attach_call(a, relation, recorded))::heliograph.finding;
        return;
    end if;
    select t.* into found from heliograph.text_trouble(a, relation, body) as t;
    return next ('warning', 'text', a.sender, found.trouble,
        coalesce(found.mend, heliograph.attach_call(a, relation, recorded)))::heliograph.finding;
end
$function$;

create function heliograph.owner_findings(a heliograph.attachment, relation regclass, f pg_proc, recorded text[])
returns setof heliograph.finding
language plpgsql volatile set search_path = pg_catalog, pg_temp as $function$
declare
    grantees text := (select string_agg(case when e.grantee = 0 then 'PUBLIC' else e.grantee::regrole::text end, ', ')
                      from aclexplode(coalesce(f.proacl, acldefault('f', f.proowner))) as e
                      where e.grantee <> f.proowner and e.privilege_type = 'EXECUTE'
                        -- Whoever owns a partitioned table makes partitions of it, and PostgreSQL its triggers on them for him.
                        and e.grantee <> all (array(select c.relowner from pg_class as c
                                                    where c.oid = relation and c.relkind = 'p')));
begin
    if f.proowner <> all (array(select r.oid from pg_roles as r where r.rolname = 'heliograph_capture')) then
        return next ('error', 'owner', a.sender, format(
            'its capture function is owned by %s: what goes wrong in it goes wrong with that role''s rights, or for lack of '
            'them fails the writer', f.proowner::regrole),
            heliograph.attach_call(a, relation, recorded))::heliograph.finding;
    end if;
    if not f.prosecdef then
        return next ('error', 'owner', a.sender,
            'its capture function runs as whoever writes (SECURITY INVOKER): a writer without rights on the log fails',
            heliograph.attach_call(a, relation, recorded))::heliograph.finding;
    end if;
    if (select c.relkind = 'p' and not has_function_privilege(c.relowner, f.oid, 'EXECUTE')
        from pg_class as c where c.oid = relation) then
        return next ('warning', 'execute', a.sender,
            'the table has another owner since, who may not put the triggers on a partition: to make one fails',
            heliograph.attach_call(a, relation, recorded))::heliograph.finding;
    end if;
    if grantees is not null then
        return next ('warning', 'execute', a.sender, format(
            '%s may put its capture function on other tables, whose writers then fail (HG016)', grantees),
            format('REVOKE ALL ON FUNCTION heliograph.%I() FROM %s;', a.function_name, grantees))::heliograph.finding;
    end if;
end
$function$;

-- All findings of one table.
create function heliograph.attachment_findings(a heliograph.attachment) returns setof heliograph.finding
language plpgsql volatile set search_path = pg_catalog, pg_temp as $function$
declare
    relation regclass := heliograph.captured_relation(a.relid, a.sender, a.function_name);
    f        pg_proc;
    recorded text[];
    trouble  boolean;
begin
    select p.* into f from pg_proc as p where p.oid = to_regproc(format('heliograph.%I', a.function_name));
    recorded := heliograph.recorded_columns(f.prosrc);
    return query select * from heliograph.place_findings(a, relation, recorded);
    if relation is null then
        return;
    end if;
    return query select * from heliograph.table_findings(a, relation, recorded);
    trouble := found;
    return query select * from heliograph.trigger_findings(a, relation, recorded);
    return query select * from heliograph.owner_findings(a, relation, f, recorded);
    return query select * from heliograph.text_findings(a, relation, f.prosrc, recorded, not trouble);
end
$function$;

create function heliograph.capture_findings() returns setof heliograph.finding
language plpgsql volatile set search_path = pg_catalog, pg_temp set quote_all_identifiers = off as $function$
declare
    a     heliograph.attachment;
    stray record;
begin
    for a in select * from heliograph.attachment as t order by t.sender loop
        begin
            return query select * from heliograph.attachment_findings(a);
        exception when others then
            return next ('error', 'capture', a.sender, format('cannot be looked at: %s (%s)', sqlerrm, sqlstate),
                case when sqlstate = '42501' then 'Look again as the owner of the schema, or as a superuser.'
                     else format('SELECT heliograph.detach(%L); /* and attach it again */', a.sender) end)::heliograph.finding;
        end;
    end loop;
    -- A function that the registry does not know: rotate() passes it over.
    for stray in
        select p.proname,
               (select string_agg(distinct format('SELECT heliograph.attach(%L);', heliograph.sender_name(t.tgrelid)), ' ')
                from pg_trigger as t where t.tgfoid = p.oid and not t.tgisinternal) as attach
        from pg_proc as p
        where p.pronamespace = 'heliograph'::regnamespace and p.prorettype = 'trigger'::regtype
          and p.proname ~ '^capture_\d+$'
          and p.proname <> all (array(select t.function_name from heliograph.attachment as t))
    loop
        return next ('error', 'stray', stray.proname,
            'a capture function that the registry does not know: when the log''s segment that it writes to is dropped, whoever '
            'writes to its table fails',
            concat_ws(' ', format('DROP FUNCTION heliograph.%I() CASCADE;', stray.proname), stray.attach))::heliograph.finding;
    end loop;
end
$function$;
