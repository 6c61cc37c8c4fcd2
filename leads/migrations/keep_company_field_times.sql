-- Whoever writes a company: when each field changed that the CRM may change too, so that the newer change can win.
create function leads_keep_field_times() returns trigger language plpgsql as $$
declare
    changed jsonb := '{}';
    field text;
begin
    if tg_op = 'INSERT' then
        insert into leads_companyfieldtimes (company_id, since, times) values (new.id, clock_timestamp(), '{}')
        on conflict (company_id) do nothing;
        return null;
    end if;
    foreach field in array tg_argv loop
        if to_jsonb(new) -> field is distinct from to_jsonb(old) -> field then
            changed := changed || jsonb_build_object(field, clock_timestamp());
        end if;
    end loop;
    insert into leads_companyfieldtimes as t (company_id, since, times) values (new.id, null, changed)
    on conflict (company_id) do update set times = t.times || excluded.times;
    return null;
end $$;

create trigger leads_company_field_times_new after insert on leads_company
    for each row execute function leads_keep_field_times();
create trigger leads_company_field_times_changed after update on leads_company
    for each row when (
        (old.name, old.phone, old.contact_emails, old.address_line1, old.address_city, old.address_state,
         old.address_postal_code, old.address_country)
        is distinct from
        (new.name, new.phone, new.contact_emails, new.address_line1, new.address_city, new.address_state,
         new.address_postal_code, new.address_country)
    ) execute function leads_keep_field_times(
        'name', 'phone', 'contact_emails', 'address_line1', 'address_city', 'address_state', 'address_postal_code',
        'address_country'
    );
