-- Each candidate as of its time. Intervals of one code never overlap, so that no event
-- becomes two; where there is none, nobody knows: 1.
select
  k.time, k.who, k.tool, k.touch, k.verb, k.rows,
  k.file, k."offset", k.length, k.line, k.address, k.actor, k.suspect, k.grade,
  a.status as address_status,
  case
    when k.touch_kind < 3 then k.touch_kind
    when t.status is null then 1
    else t.status
  end as touch_status,
  case
    when k.who_kind < 3 then k.who_kind
    when s.status is null then 1
    else s.status
  end as who_status,
  l.who as leave_who
from candidates as k
left join touched as t
  on k.touch_key = t.touch and k.time >= t.since and k.time < t.until
left join standing as s
  on k.who_key = s.who and k.time >= s.since and k.time < s.until
left join leave as l
  on k.who = l.who and k.touch = l.touch and k.time >= l.since and k.time < l.until
left join abroad as a on k.address_key = a.address
