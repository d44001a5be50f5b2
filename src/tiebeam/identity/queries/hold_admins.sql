-- Hold the standing administrators of a company: two who go at once must not leave none.
select id from tiebeam.person
where tenant_id = %(tenant_id)s and role = 'tenant_admin' and active
order by id
for update
