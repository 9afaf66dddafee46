-- How many events there are by what was done, and how many of them touched what is not
-- protected at any time of the window (`plain`). All days lie in the window whole.
select
  cast(e.verb as bigint) as verb,
  count(*) as events,
  count(p.touch) as plain
from whole_days as e
left join plain as p on e.touch = p.touch
group by e.verb
