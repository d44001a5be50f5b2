-- Channels that are no longer set have no health to speak of; an own one that is off for now has.
delete from tiebeam.alert_channel h
where h.tenant_id = %(tenant_id)s::uuid and h.channel <> all(%(channels)s::text[])
    and not exists (
        select 1
        from tiebeam.own_channel c
        where c.tenant_id = h.tenant_id and h.channel = 'own/' || c.id::text
    )
