-- The first rule that fits, as a place in `Reason`. What is so at all times is told by
-- the state (-1 no, -2 unknown, -3 yes), else by what it is now (0, 1, 2); what varies and
-- has no interval now is unknown, too.
select
  i.time, i.who, i.tool, i.touch, i.verb, i.rows,
  i.file, i."offset", i.length, i.line, i.address, i.actor, i.suspect, i.grade,
  case
    when i.touch_now = 0 then 1
    when not i.leave_who is null then 2
    when i.who = 0 then 4
    when i.who_state = -3 or i.who_now = 2
      then case when i.touch_state = -3 or i.touch_now = 2 then 9 else 6 end
    when i.who_state = -2 or i.who_now = 1 then 5
    when i.who_state >= 0 and i.who_now is null then 5
    when i.address_status = 2 then 7
    when i.address_status = 1 then 8
    else 3
  end as reason
from timed as i
