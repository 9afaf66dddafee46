-- How many events there are by day and what was done, and how many of them touched what
-- is not protected at any time of the window (`plain`): of days that the window holds
-- whole, out of what was counted when the table was sealed.
select
  cast(c.day as bigint) as day,
  cast(c.verb as bigint) as verb,
  cast(sum(c.events) as bigint) as events,
  cast(sum(case when p.touch is null then 0 else c.events end) as bigint) as plain
from counts as c
left join plain as p on c.touch = p.touch
where c.day >= :first and c.day <= :last
group by c.day, c.verb
