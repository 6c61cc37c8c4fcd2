-- Whoever writes a company: the key by which its name is found stands beside it, in a narrow table that is quick to compare.
create function leads_keep_name_key() returns trigger language plpgsql as $$
begin
    insert into leads_companynamekey as k (company_id, key) values (new.id, leads_name_key(new.name))
    on conflict (company_id) do update set key = excluded.key where k.key is distinct from excluded.key;
    return null;
end $$;

create trigger leads_company_name_key_new after insert on leads_company
    for each row execute function leads_keep_name_key();
create trigger leads_company_name_key_changed after update of name on leads_company
    for each row when (old.name is distinct from new.name) execute function leads_keep_name_key();
