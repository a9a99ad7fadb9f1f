-- 0025: how a subscription receives, for people to read. Nothing here acts on it: it is each worker's own, and may change without a
-- new revision.

alter table heliograph.subscription
    -- as the last worker that registered it has it; NULL until one that tells does
    add column policy json;

create function heliograph.note_policy(subscription int, revision int, policy text) returns boolean
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $function$
begin
    -- Only by who runs the revision in force; and not where it is known, or each new session would write a row.
    update heliograph.subscription as s
    set policy = note_policy.policy::json
    where s.id = note_policy.subscription and s.revision = note_policy.revision
      and s.policy::text is distinct from note_policy.policy;
    return found;
end
$function$;
comment on function heliograph.note_policy(int, int, text) is
    'Notes with which tries, waits, order and limits the workers of this revision receive. Returns whether it was not known.';

insert into heliograph.role_right (grantee, privilege, object) values ('heliograph_worker', 'execute', 'note_policy');
