-- What is known of each without looking at its time. `person` holds what principals are
-- all through the window, 3 when it changes.
select
  b.time, b.who, b.tool, b.touch, b.verb, b.rows, b.address,
  b.file, b."offset", b.length, b.line, b.actor, b.suspect, b.grade,
  b.touch_kind,
  -- A key that nothing has spares the search through the intervals.
  case when b.touch_kind = 3 then b.touch else -1 end as touch_key,
  p.kind as who_kind,
  case when p.kind = 3 then b.who else -1 end as who_key,
  -- Only of somebody who is not excluded does the address tell anything.
  case when p.kind = 0 or p.kind = 3 then b.address else -1 end as address_key
from asked as b
-- Everybody has a row, so that nobody goes; whoever has none is missed in the sum.
inner join person as p on b.who = p.who
