-- Add somebody; nothing happens when the company has the e-mail address already.
insert into tiebeam.person (id, tenant_id, email, name, role, password_hash, project_ids, made_at)
values (
    %(id)s, %(tenant_id)s, %(email)s, %(name)s, %(role)s, %(password_hash)s, %(project_ids)s, %(made_at)s
)
on conflict (tenant_id, email) do nothing
