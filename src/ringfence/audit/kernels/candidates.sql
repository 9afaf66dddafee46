-- What is known of each without looking at its time. `person` holds what principals are
-- all through the window, -1 not excluded, -2 unknown or -3 excluded; the principal
-- itself when it changes.
select
  b.time, b.who, b.tool, b.touch, b.verb, b.rows, b.address,
  b.file, b."offset", b.length, b.line, b.actor, b.suspect, b.grade,
  b.touch_state, p.state as who_state
from asked as b
-- Everybody has a row, so that nobody goes; whoever has none is missed in the sum.
inner join person as p on b.who = p.who
