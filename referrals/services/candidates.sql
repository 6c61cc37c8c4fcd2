(select c.domain, 'named_domain' as clue, 0::real as likeness from leads_company c where c.domain = %(named)s)
union all
(select c.domain, 'contact_domain', 0 from leads_company c where c.domain = any(%(contacts)s))
union all
(select c.domain, 'same_registrable_domain', 0 from leads_company c
 where c.registrable_domain = any(%(registrables)s) limit %(most)s)
union all
(select c.domain, 'same_tenant', 0 from leads_company c
 where c.azure_tenant_id = %(tenant)s and c.azure_tenant_id <> '' limit %(most)s)
union all
(select c.domain, 'same_address', 0 from leads_company c
 where leads_mail_keys(c.contact_emails, c.contacts) && %(addresses)s limit %(most)s)
union all
(select c.domain, 'mail_domain_known_there', 0 from leads_company c
 where leads_mail_keys(c.contact_emails, c.contacts) && %(at_domains)s limit %(most)s)
union all
(select distinct c.domain, 'other_referrals', 0::real from referrals_referral r join leads_company c on c.id = r.company_id
 where r.domain = any(%(domains)s) and r.referral_id <> %(referral_id)s limit %(most)s)
union all
(select c.domain, 'similar_name', k.likeness
 from (select company_id, similarity(key, %(name_key)s) as likeness from leads_companynamekey
       where key %% %(name_key)s order by likeness desc limit %(most)s) k
 join leads_company c on c.id = k.company_id)
