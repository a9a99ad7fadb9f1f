-- 0026: what programs' models say of their tables, so that heliograph doctor can compare them. Nothing here acts on it.

create table heliograph.model (
    -- as it calls itself; several may have models of one table
    program     text not null,
    name        text not null,
    -- the table, as the signal log names it
    sender      text not null,
    -- table, columns, types, constraints and rules, as the program's mapping has them
    declaration json not null,
    declared_at timestamptz not null default now(),
    constraint model_pkey primary key (program, name, sender),
    constraint model_program_check check (program <> '')
);
comment on table heliograph.model is 'Models of programs, as their mappings declare them. Written by declare_models().';

create function heliograph.declare_models(program text, models text) returns boolean
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $function$
declare
    is_new boolean;
begin
    -- Programs that start at the same time declare the same: one after the other, and only the first writes.
    perform pg_advisory_xact_lock(hashtextextended('heliograph.model', 0));
    with declared as (
        select distinct on (1, 2) e.value ->> 'model' as name, e.value ->> 'sender' as sender, e.value as declaration
        from json_array_elements(models::json) as e
    ), gone as (
        delete from heliograph.model as m
        where m.program = declare_models.program
            and not exists (select from declared as d where d.name = m.name and d.sender = m.sender)
        returning 1
    ), written as (
        insert into heliograph.model as m (program, name, sender, declaration)
        select declare_models.program, d.name, d.sender, d.declaration from declared as d
        on conflict on constraint model_pkey do update
        set declaration = excluded.declaration, declared_at = excluded.declared_at
        where m.declaration::text is distinct from excluded.declaration::text
        returning 1
    )
    select exists (select from gone) or exists (select from written) into is_new;
    return is_new;
end
$function$;
comment on function heliograph.declare_models(text, text) is
    'Notes a program''s models, a JSON array, in the place of those it had. Returns whether any was not known.';

insert into heliograph.role_right (grantee, privilege, object)
values ('heliograph_worker', 'execute', 'declare_models'), ('heliograph_worker', 'select', 'model'),
    ('heliograph_reader', 'select', 'model');
