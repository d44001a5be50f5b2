-- A page of the records that are wanted, in the order of one of their fields; what has no value comes last.
with
-- include place
, valued as (
    select n.feed_id, n.key, n.raw
    from place f
    cross join lateral (
        select r.feed_id, r.key, r.payload #>> string_to_array(%(sort_path)s::text, '.') as raw
        from tiebeam.record r
        where
            -- include wanted
            and
            -- include span
            and
            -- include said
        offset 0
    ) n
), page as (
    select v.feed_id, v.key, row_number() over (
        order by
            %(sign)s::integer * case %(sort_type)s::text
                when 'moment' then extract(epoch from tiebeam.as_timestamptz(v.raw))
                when 'boolean' then tiebeam.as_boolean(v.raw)::integer::numeric
                when 'number' then tiebeam.as_numeric(v.raw)
            end nulls last,
            case when %(sort_type)s::text = 'text' and %(sign)s::integer > 0 then lower(v.raw) end nulls last,
            case when %(sort_type)s::text = 'text' and %(sign)s::integer < 0 then lower(v.raw) end desc nulls last,
            v.feed_id, v.key
    ) as position
    from valued v
    order by position
    limit %(limit)s offset %(offset)s
)
select
    -- include found
from page p
join place f on f.id = p.feed_id
join tiebeam.record r on r.tenant_id = %(tenant_id)s::uuid and r.feed_id = p.feed_id and r.key = p.key
order by p.position
