-- What is told of a photo, its thumbnail apart.
select id, sha256, bytes, name, media_type, width, height, taken_at, latitude, longitude,
    thumbnail is not null as has_thumbnail, received_at, author_kind, author_id, author_name
from tiebeam.field_photo
