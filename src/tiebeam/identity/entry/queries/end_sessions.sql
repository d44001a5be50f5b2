-- End the sessions of somebody or on a device, but for one.
delete from tiebeam.session
where tenant_id = %(tenant_id)s
    and (person_id = %(person_id)s or device_id = %(device_id)s)
    and id is distinct from %(but)s::uuid
