-- In place of `asked`, where what another log tells too is judged outside of a stretch of
-- the window (see `counted_told`): the negative verb says what was done.
select
  e.time, e.who, e.tool, e.touch,
  case when e.verb < 0 then -e.verb else e.verb end as verb,
  e.rows, e.address,
  e.file, e."offset", e.length, e.line, e.actor, e.suspect, e.grade,
  c.state as touch_state
from events as e
inner join candidate as c on e.touch = c.touch
where e.time >= :first and e.time < :after
  and (e.verb > 0 or e.time < :told_first or e.time >= :told_after)
  and case when e.verb < 0 then -e.verb else e.verb end in (
    :verb_1, :verb_2, :verb_3, :verb_4, :verb_5, :verb_6,
    :verb_7, :verb_8, :verb_9, :verb_10, :verb_11
  )
