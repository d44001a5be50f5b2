-- Which company of the vendor's a connection reads.
update tiebeam.connection set company_id = %(company_id)s
where tenant_id = %(tenant_id)s and id = %(id)s
