-- What a company is called, without its legal form, letters plain: "Fabrikam Gıda San. ve Tic. A.Ş." -> "fabrikam gida".
-- The letters are told one by one and the rest is ASCII alone, so that no locale of a server changes it.
create function leads_name_key(name text) returns text language plpgsql immutable strict parallel safe cost 1000 as $$
begin
    return btrim(regexp_replace(regexp_replace(regexp_replace(
        lower(translate(
            name,
            'ÇĞİıÖŞÜçğöşüÄäÀàÁáÂâÃãÅåÈèÉéÊêËëÌìÍíÎîÏïÑñÒòÓóÔôÕõØøÙùÚúÛûÝýŁłŃńŚśŹźŻżĄąĆćĘęČčŠšŽžŘřŮůĚě',
            'CGIiOSUcgosuAaAaAaAaAaAaEeEeEeEeIiIiIiIiNnOoOoOoOoOoUuUuUuYyLlNnSsZzZzAaCcEeCcSsZzRrUuEe'
        ) collate "C"),
        '[\x01-\x2f\x3a-\x40\x5b-\x60\x7b-\x7f]+', ' ', 'g'),
        '\m(a s|as|anonim|sirketi|sti|ltd|limited|sanayi|san|ticaret|tic|ve|and|the|inc|incorporated|llc|llp|corp|'
        || 'corporation|co|company|plc|gmbh|mbh|ag|kg|ohg|ug|se|bv|b v|nv|n v|sa|s a|sas|sarl|srl|s r l|spa|s p a|'
        || 'sl|s l|oy|oyj|ab|aps|asa|pty|pvt|private|sp z o o|s r o|kft|zrt)\M', ' ', 'g'),
        ' +', ' ', 'g'));
end $$;

-- By what a mail address can be found: the address itself, and "@" with its domain. Takes lists of addresses and of contacts.
create function leads_mail_keys(emails jsonb, contacts jsonb) returns text[] language sql immutable parallel safe as $$
    select coalesce(array_agg(distinct key), '{}')
    from (
        select lower(case jsonb_typeof(one)
            when 'string' then one #>> '{}'
            when 'object' then coalesce(one ->> 'email', one ->> 'value') end) as address
        from jsonb_array_elements(
            case jsonb_typeof(emails) when 'array' then emails else '[]' end
            || case jsonb_typeof(contacts) when 'array' then contacts else '[]' end) one
    ) told
    cross join lateral (values (address), ('@' || split_part(address, '@', 2))) keys (key)
    where address like '%_@_%'
$$;
