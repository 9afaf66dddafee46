-- Candidates, grouped; those that are permitted into one group for each reason. Three
-- numbers hold six keys, which is quicker to group and to put in order: `whose` is
-- the principal and the tool, both below 2^31; `marks` is the first microsecond of the
-- day, a multiple of 2^13, with the verb and the reason, both below 16.
select
  cast(g.whose as bigint) as whose,
  cast(g.touch as bigint) as touch,
  cast(g.marks as bigint) as marks,
  count(*) as events,
  -- An event that doesn't say how many rows counts -1.
  cast(sum(g.rows) as bigint) as told,
  cast(sum(case when g.rows < 0 then 1 else 0 end) as bigint) as unsaid,
  min(g.time) as first,
  max(g.time) as last
from (
  select
    case
      when j.reason > 3 then cast(j.who as bigint) * 2147483648 + j.tool
      else 0
    end as whose,
    case when j.reason > 3 then j.touch else 0 end as touch,
    case
      when j.reason > 3
        -- The remainder has the sign of the time, which may be before 1970.
        then j.time - (j.time % 86400000000 + 86400000000) % 86400000000
          + cast(j.verb as bigint) * 16 + j.reason
      else j.reason
    end as marks,
    j.rows, j.time
  from judged as j
) as g
group by g.whose, g.touch, g.marks
