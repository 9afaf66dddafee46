-- The same of days that the window cuts through, event by event.
select
  cast(e.verb as bigint) as verb,
  count(*) as events,
  count(p.touch) as plain
from cut_days as e
left join plain as p on e.touch = p.touch
where e.time >= :first and e.time < :after
group by e.verb
