-- Conflicts, the newest first: those that wait for somebody, or all.
select
    -- include conflict
where c.tenant_id = %(tenant_id)s::uuid
    and (not %(open)s::boolean or (c.state = 'open' and m.state <> 'apart' and l.state = 'on'))
    and (%(link_id)s::uuid is null or m.link_id = %(link_id)s::uuid)
    and (%(item_id)s::uuid is null or m.item_id = %(item_id)s::uuid)
order by c.found_at desc, c.id
limit %(limit)s
