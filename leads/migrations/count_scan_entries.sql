create function leads_move_scan_count(job bigint, state text, moved bigint) returns void language sql as $$
    update leads_scanjob set
        pending = pending + case when state = 'pending' then moved else 0 end,
        scanned = scanned + case when state = 'scanned' then moved else 0 end,
        skipped = skipped + case when state = 'skipped' then moved else 0 end,
        failed = failed + case when state = 'failed' then moved else 0 end,
        cancelled = cancelled + case when state = 'cancelled' then moved else 0 end,
        moved_at = clock_timestamp()
    where id = job
$$;

-- Jobs in key order, as everybody locks them; what leaves a state goes before what comes into one.
create function leads_count_scan_entries() returns trigger language plpgsql as $$
begin
    if tg_op = 'INSERT' then
        perform leads_move_scan_count(job_id, state, moved)
        from (select job_id, state, count(*) as moved from added group by 1, 2 order by 1, 2) sums;
    elsif tg_op = 'DELETE' then
        perform leads_move_scan_count(job_id, state, moved)
        from (select job_id, state, -count(*) as moved from gone group by 1, 2 order by 1, 2) sums;
    else
        perform leads_move_scan_count(job_id, state, moved)
        from (
            select job_id, state, sum(step) as moved
            from (select job_id, state, 1 as step from added union all select job_id, state, -1 from gone) steps
            group by 1, 2 having sum(step) <> 0 order by 1, 3
        ) sums;
    end if;
    return null;
end $$;

create trigger leads_scanjobentry_added after insert on leads_scanjobentry
    referencing new table as added for each statement execute function leads_count_scan_entries();
create trigger leads_scanjobentry_moved after update on leads_scanjobentry
    referencing old table as gone new table as added for each statement execute function leads_count_scan_entries();
create trigger leads_scanjobentry_gone after delete on leads_scanjobentry
    referencing old table as gone for each statement execute function leads_count_scan_entries();

update leads_scanjob j set
    pending = e.pending, scanned = e.scanned, skipped = e.skipped, failed = e.failed, moved_at = e.moved_at
from (
    select job_id,
        count(*) filter (where state = 'pending') as pending,
        count(*) filter (where state = 'scanned') as scanned,
        count(*) filter (where state = 'skipped') as skipped,
        count(*) filter (where state = 'failed') as failed,
        max(finished_at) as moved_at
    from leads_scanjobentry group by job_id
) e where j.id = e.job_id;
-- What waits of the jobs of before has been asked for.
update leads_scanjobentry set is_asked = true where state = 'pending';
