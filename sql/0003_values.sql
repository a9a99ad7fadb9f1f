-- 0003: how a value becomes JSON in a record, whatever the writer's session, and without running anybody's code.
--
-- Capture functions run as heliograph_capture inside the writer's session. to_json() and row_to_json() call a cast to
-- json where a type has one, and the owner of a type may define that cast: values of types that do not come with
-- PostgreSQL go through their output function instead.
--
-- The search path is the writer's, too. Functions that are called while a statement is planned pin it; those that are
-- inlined into the statement cannot, and write out every operator, and use no IN, NULLIF, IS DISTINCT FROM or
-- CASE x WHEN, which look one up.

-- The type at the bottom of a type: below domains, arrays and ranges.
create function heliograph.leaf_type(type oid) returns oid
language plpgsql stable set search_path = pg_catalog, pg_temp as $function$
declare
    leaf oid := type;
    t    pg_type;
begin
    loop
        select * into t from pg_type as p where p.oid = leaf;
        if t.typtype = 'd' then
            leaf := t.typbasetype;
        elsif t.typcategory = 'A' and t.typelem <> 0 then
            leaf := t.typelem;
        elsif t.typtype in ('r', 'm') then
            leaf := (select r.rngsubtype from pg_range as r where leaf in (r.rngtypid, r.rngmultitypid));
        else
            return leaf;
        end if;
    end loop;
end
$function$;

-- 'plain': to_json() runs no foreign code. 'array': an array of other types. 'text': everything else.
-- A composite type is never plain: an attribute can be added to it without the tables that use it noticing.
-- Declared IMMUTABLE so that it is folded when a statement is planned. That is safe because ALTER TABLE makes the
-- table's statements be planned again, and the base of a domain and the element of an array never change.
create function heliograph.json_form(type oid) returns text
language plpgsql immutable set search_path = pg_catalog, pg_temp as $function$
declare
    leaf     oid := type;
    is_array boolean := false;
    t        pg_type;
begin
    loop
        select * into t from pg_type as p where p.oid = leaf;
        if t.typtype = 'd' then
            leaf := t.typbasetype;
        elsif t.typcategory = 'A' and t.typelem <> 0 then
            leaf := t.typelem;
            is_array := true;
        else
            exit;
        end if;
    end loop;
    return case
        -- What initdb made lies below FirstNormalObjectId. to_json() looks for casts from there on, too.
        when leaf < 16384 then 'plain'
        when is_array and t.typdelim = ',' then 'array'
        else 'text'
    end;
end
$function$;

-- The same for an expression. Only its type matters: callers pass NULL. Every column of every captured table asks
-- once in a session, hence the short way for what comes with PostgreSQL.
create function heliograph.json_form_of(value anyelement) returns text
language plpgsql immutable as $function$
begin
    if pg_catalog.pg_typeof(value)::pg_catalog.oid operator(pg_catalog.<) 16384::pg_catalog.oid then
        return 'plain';
    end if;
    return heliograph.json_form(pg_catalog.pg_typeof(value)::pg_catalog.oid);
end
$function$;

-- Inlined. `case when false` leaves a constant NULL of the value's type, so the form is folded and only one branch
-- stays in the plan.
create function heliograph.json_of(value anyelement) returns json
language sql stable as $function$
    select case
        when heliograph.json_form_of(case when false then $1 end) operator(pg_catalog.=) 'plain'
            then pg_catalog.to_json($1)
        when pg_catalog.num_nulls($1) operator(pg_catalog.=) 1
            then null
        when heliograph.json_form_of(case when false then $1 end) operator(pg_catalog.=) 'array'
            then pg_catalog.to_json(pg_catalog.format('%s', $1)::pg_catalog.text[])
        else pg_catalog.to_json(pg_catalog.format('%s', $1))
    end
$function$;
comment on function heliograph.json_of(anyelement) is 'A column''s value as it stands in a record.';

-- Inlined. Compares images: no operator of the type runs, and none is needed (json has no equality).
create function heliograph.differs(anyelement, anyelement) returns boolean
language sql stable as $function$
    select pg_catalog.record_image_ne(row($1), row($2))
$function$;

-- The settings that change how some types are written, and what they are pinned to.
create function heliograph.pinned_value(setting text) returns text
language sql immutable set search_path = pg_catalog, pg_temp as $function$
    select case setting
        when 'DateStyle' then 'ISO, YMD'
        when 'IntervalStyle' then 'iso_8601'
        when 'TimeZone' then 'UTC'
        when 'array_nulls' then 'on'
        when 'bytea_output' then 'hex'
        when 'extra_float_digits' then '1'
        when 'lc_monetary' then 'C'
        when 'quote_all_identifiers' then 'off'
        when 'search_path' then 'pg_catalog, pg_temp'
    end
$function$;

-- An expression that is true where a session's setting makes values look as the pinned one would.
create function heliograph.setting_holds(setting text) returns text
language sql immutable set search_path = pg_catalog, pg_temp as $function$
    select case setting
        -- The order of day and month matters to what is read, not to what is written.
        when 'DateStyle' then 'pg_catalog.starts_with(pg_catalog.current_setting(''DateStyle''), ''ISO'')'
        when 'TimeZone' then
            -- As initdb writes it on a system that runs in UTC, first.
            'pg_catalog.current_setting(''TimeZone'') operator(pg_catalog.=) any (''{Etc/UTC,UTC}''::pg_catalog.text[])'
        -- All of these write as many digits as it takes.
        when 'extra_float_digits' then
            'pg_catalog.current_setting(''extra_float_digits'') operator(pg_catalog.=) any (''{1,2,3}''::pg_catalog.text[])'
        else format('pg_catalog.current_setting(%L) operator(pg_catalog.=) %L', setting, heliograph.pinned_value(setting))
    end
$function$;

-- Those that any type may need.
create function heliograph.all_settings() returns text[]
language sql immutable set search_path = pg_catalog, pg_temp as $function$
    select '{DateStyle,IntervalStyle,TimeZone,array_nulls,bytea_output,extra_float_digits,lc_monetary,'
           'quote_all_identifiers,search_path}'::text[]
$function$;

-- Each pinned setting costs every write, so a type names only those it needs.
create function heliograph.settings_of_type(type oid) returns text[]
language plpgsql stable set search_path = pg_catalog, pg_temp as $function$
declare
    t       pg_type;
    subtype oid;
begin
    select * into t from pg_type as p where p.oid = type;
    if t.typtype = 'd' then
        return heliograph.settings_of_type(t.typbasetype);
    elsif t.typcategory = 'A' and t.typelem <> 0 then
        -- json_of() reads an array of foreign values back as text[], and NULL in it must stay NULL.
        return heliograph.settings_of_type(t.typelem)
            || case when heliograph.json_form(type) = 'array' then '{array_nulls}'::text[] end;
    elsif t.typtype = 'e' then
        return '{}';
    elsif t.typtype in ('r', 'm') then
        select r.rngsubtype into subtype from pg_range as r where type in (r.rngtypid, r.rngmultitypid);
        -- JSON writes dates and times in ISO form by itself. Inside a range they are text, and follow DateStyle.
        return case
            when subtype in ('date'::regtype, 'timestamp'::regtype, 'timestamptz'::regtype)
                then '{DateStyle,TimeZone}'
            else heliograph.settings_of_type(subtype)
        end;
    elsif type >= 16384 or t.oid is null then
        -- Composite and extension types can hold anything, and so can a type that is not known yet.
        return heliograph.all_settings();
    end if;
    return case
        when type = 'timestamptz'::regtype then '{TimeZone}'
        when type = 'interval'::regtype then '{IntervalStyle}'
        when type = 'bytea'::regtype then '{bytea_output}'
        when type = 'money'::regtype then '{lc_monetary}'
        when type in ('float4'::regtype, 'float8'::regtype) or t.typcategory = 'G' then '{extra_float_digits}'
        when t.typname like 'reg%' then '{quote_all_identifiers,search_path}'
        else '{}'
    end;
end
$function$;

-- The columns of a table as they are now, in order. VIRTUAL generated columns (PostgreSQL 18) are left out: they are
-- not stored, and no trigger sees them.
-- Which columns there are is asked of the system's caches, which are always current: a writer in REPEATABLE READ, or in
-- a cascade that had to wait, sees pg_attribute as it was. A column that is newer than that has no type here.
create function heliograph.columns_of(relation oid)
returns table (name text, type oid, is_not_null boolean, number int2, is_virtual boolean)
language sql stable set search_path = pg_catalog, pg_temp as $function$
    select coalesce(a.attname,
                    (pg_identify_object_as_address('pg_class'::regclass, relation, n.number)).object_names[3]),
           a.atttypid, coalesce(a.attnotnull, false), n.number::int2, coalesce(a.attgenerated = 'v', false)
    from generate_series(1, 1600) as n (number)
    left join pg_attribute as a on a.attrelid = relation and a.attnum = n.number
    -- NULL for a column that does not exist
    where has_column_privilege(relation, n.number::int2, 'SELECT') is not null
    order by n.number
$function$;

-- The settings a table needs for the named columns (NULL: for all).
create function heliograph.settings_of_table(relation oid, columns text[]) returns text[]
language sql stable set search_path = pg_catalog, pg_temp as $function$
    select array(
        select distinct s.name collate "C"
        from heliograph.columns_of(relation) as c
        cross join lateral unnest(heliograph.settings_of_type(c.type)) as s (name)
        where not c.is_virtual and (columns is null or c.name = any (columns))
        order by 1)
$function$;

-- Whether a value of this expression's type may be written by a statement that was made for plain or for any values
-- (whole) under these settings. Only the type matters: callers pass NULL. Folded when the statement is planned, with
-- the type as the statement has it, which no snapshot makes look older than it is.
--
-- Every column of every captured table asks once in a session: hence the short way for the types that need nothing.
create function heliograph.fits_value(value anyelement, whole boolean, settings text[]) returns boolean
language plpgsql immutable as $function$
begin
    if pg_catalog.pg_typeof(value)::pg_catalog.oid operator(pg_catalog.=) any (
        '{16,18,19,20,21,23,25,26,114,1042,1043,1082,1083,1114,1266,1700,2950,3802}'::pg_catalog.oid[]) then
        return true;
    end if;
    return heliograph.fits_type(pg_catalog.pg_typeof(value), whole, settings);
end
$function$;

create function heliograph.fits_type(type oid, whole boolean, settings text[]) returns boolean
language plpgsql immutable set search_path = pg_catalog, pg_temp as $function$
begin
    return (not whole or heliograph.json_form(type) = 'plain') and heliograph.settings_of_type(type) <@ settings;
end
$function$;

-- Keeps the statement that is being planned from being compiled. A plan that is made for a large statement is kept, with the
-- order to compile it, and each later statement of one row would take a second. Folded, so it happens when a plan is made and
-- costs nothing else; it holds for the rest of the transaction. (A SET clause of the capture function would cost each statement
-- of each writer a twentieth of all that capture does.)
create function heliograph.plan_without_jit() returns boolean
language plpgsql immutable as $function$
begin
    perform pg_catalog.set_config('jit', 'off', true);
    return true;
end
$function$;

-- What runs as heliograph_capture, it must be able to run: EXECUTE may have been taken from PUBLIC.
grant execute on function
    heliograph.leaf_type(oid), heliograph.json_form(oid), heliograph.json_form_of(anyelement), heliograph.json_of(anyelement),
    heliograph.differs(anyelement, anyelement), heliograph.pinned_value(text), heliograph.all_settings(), heliograph.settings_of_type(oid),
    heliograph.columns_of(oid), heliograph.settings_of_table(oid, text[]),
    heliograph.fits_value(anyelement, boolean, text[]), heliograph.fits_type(oid, boolean, text[]), heliograph.plan_without_jit()
    to heliograph_capture;
