-- The events of the window that are not settled by what was done and what was touched:
-- asked for, and of a touch that is protected, or may be, at some time of the window.
-- `candidate` holds these touches and what they are: -2 unknown or -3 protected all the
-- time, the touch itself when it changes. They are few: all else is joined to them alone.
select
  e.time, e.who, e.tool, e.touch, e.verb, e.rows, e.address,
  e.file, e."offset", e.length, e.line, e.actor, e.suspect, e.grade,
  c.state as touch_state
from events as e
inner join candidate as c on e.touch = c.touch
where e.time >= :first and e.time < :after
  and e.verb in (
    :verb_1, :verb_2, :verb_3, :verb_4, :verb_5, :verb_6,
    :verb_7, :verb_8, :verb_9, :verb_10, :verb_11
  )
