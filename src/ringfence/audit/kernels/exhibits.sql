-- Candidates of one reason, one by one, in the order of their time.
select
  cast(j.time as bigint) as time,
  cast(j.who as bigint) as who,
  cast(j.tool as bigint) as tool,
  cast(j.touch as bigint) as touch,
  cast(j.verb as bigint) as verb,
  cast(j.rows as bigint) as rows,
  cast(j.address as bigint) as address,
  cast(j.actor as bigint) as actor,
  cast(j.suspect as bigint) as suspect,
  cast(j.grade as bigint) as grade,
  cast(j.file as bigint) as file,
  cast(j."offset" as bigint) as "offset",
  cast(j.length as bigint) as length,
  cast(j.line as bigint) as line,
  cast(j.reason as bigint) as reason
from judged as j
where j.reason >= :low and j.reason <= :high
order by j.time, j.file, j."offset"
