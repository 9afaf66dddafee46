-- The same of what another log tells too (its verb is negative), where nobody can be sure
-- that the other is asked as well: outside of a stretch of the window.
select
  cast(e.verb as bigint) as verb,
  count(*) as events,
  count(p.touch) as plain
from events as e
left join plain as p on e.touch = p.touch
where e.verb < 0 and e.time >= :first and e.time < :after
  and (e.time < :told_first or e.time >= :told_after)
group by e.verb
