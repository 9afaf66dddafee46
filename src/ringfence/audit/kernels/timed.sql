-- Each candidate as of its time. Intervals of one code never overlap, so that no event
-- becomes two. A state below 0 holds at all times and is no code, which spares the search
-- through the intervals; where there is none, what it is now is null.
select
  k.time, k.who, k.tool, k.touch, k.verb, k.rows,
  k.file, k."offset", k.length, k.line, k.address, k.actor, k.suspect, k.grade,
  k.touch_state, t.status as touch_now,
  k.who_state, s.status as who_now,
  a.status as address_status,
  l.who as leave_who
from candidates as k
left join touched as t
  on k.touch_state = t.touch and k.time >= t.since and k.time < t.until
left join standing as s
  on k.who_state = s.who and k.time >= s.since and k.time < s.until
left join leave as l
  on k.who = l.who and k.touch = l.touch and k.time >= l.since and k.time < l.until
left join abroad as a on k.address = a.address
