-- Candidates, grouped; those that are permitted into one group for each reason.
select
  cast(g.who as bigint) as who,
  cast(g.tool as bigint) as tool,
  cast(g.touch as bigint) as touch,
  cast(g.verb as bigint) as verb,
  cast(g.day as bigint) as day,
  cast(g.reason as bigint) as reason,
  count(*) as events,
  -- An event that doesn't say how many rows counts -1.
  cast(sum(g.rows) as bigint) as told,
  cast(sum(case when g.rows < 0 then 1 else 0 end) as bigint) as unsaid,
  min(g.time) as first,
  max(g.time) as last
from (
  select
    case when j.reason > 3 then j.who else 0 end as who,
    case when j.reason > 3 then j.tool else 0 end as tool,
    case when j.reason > 3 then j.touch else 0 end as touch,
    case when j.reason > 3 then j.verb else 0 end as verb,
    -- The remainder has the sign of the time, which may be before 1970.
    case
      when j.reason > 3
        then j.time - (j.time % 86400000000 + 86400000000) % 86400000000
      else 0
    end as day,
    j.reason, j.rows, j.time
  from judged as j
) as g
group by g.who, g.tool, g.touch, g.verb, g.day, g.reason
