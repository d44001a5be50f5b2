-- End the sessions that somebody began with a PIN.
delete from tiebeam.session where tenant_id = %(tenant_id)s and person_id = %(person_id)s and how = 'pin'
