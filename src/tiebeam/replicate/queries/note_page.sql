-- Remember which keys a page held: what no page held is evidence of absence.
insert into tiebeam.pull_page (tenant_id, pull_id, segment, page, total, keys, gone)
values (%(tenant_id)s::uuid, %(pull_id)s, %(segment)s, %(page)s, %(total)s, %(keys)b::text[], %(gone)b::text[])
on conflict (pull_id, segment, page) do update
set keys = array(select distinct unnest(tiebeam.pull_page.keys || excluded.keys)),
    gone = array(select distinct unnest(tiebeam.pull_page.gone || excluded.gone)), total = excluded.total
