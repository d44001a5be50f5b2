-- Which of these jobs had an item on a board once, and somebody has parted them.
select distinct p.job_id from tiebeam.link_pair p
where p.tenant_id = %(tenant_id)s::uuid and p.job_id = any(%(ids)s::uuid[])
    and p.board_id = %(board_id)s::uuid and p.state = 'unlinked'
