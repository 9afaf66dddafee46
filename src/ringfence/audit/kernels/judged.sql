-- The first rule that fits, as a place in `Reason`.
select
  i.time, i.who, i.tool, i.touch, i.verb, i.rows,
  i.file, i."offset", i.length, i.line, i.address, i.actor, i.suspect, i.grade,
  case
    when i.touch_status = 0 then 1
    when not i.leave_who is null then 2
    when i.who = 0 then 4
    when i.who_status = 2 then case when i.touch_status = 2 then 9 else 6 end
    when i.who_status = 1 then 5
    when i.address_status = 2 then 7
    when i.address_status = 1 then 8
    else 3
  end as reason
from timed as i
