-- Give the present tenant another name.
update tiebeam.tenant set name = %(name)s where id = %(id)s
