-- What the views of the warehouse select; tables.txt says what their columns hold.

CREATE VIEW growth.user_search AS
SELECT p.account_id, p.handle, p.email, p.phone, p.region, l.last_login_at, l.last_ip
FROM accounts.profile p JOIN accounts.login l USING (account_id);

CREATE VIEW growth.active_account AS
SELECT p.account_id, p.region, p.birth_date, count(*)::int AS views
FROM accounts.profile p JOIN events.watch w USING (account_id)
GROUP BY p.account_id, p.region, p.birth_date;

CREATE VIEW growth.invite_graph AS
SELECT account_id, contact_phone, contact_email FROM social.contact_book;

CREATE VIEW growth.signup AS
SELECT account_id, email, region, created_at FROM accounts.profile;

CREATE VIEW ads.reach AS
SELECT campaign_id, account_id, advertising_id FROM events.ad_click;

CREATE VIEW ads.campaign_total AS
SELECT campaign_id, count(*) AS clicks, sum(amount) AS amount
FROM ads.conversion GROUP BY campaign_id HAVING count(*) >= 50;

CREATE VIEW live.top_giver AS
SELECT g.giver_id, p.handle, sum(g.coins) AS coins
FROM live.gift g JOIN accounts.profile p ON p.account_id = g.giver_id
GROUP BY g.giver_id, p.handle;

CREATE VIEW creators.directory AS
SELECT account_id, handle, email, tier FROM creators.creator;

CREATE VIEW trust.open_case AS
SELECT r.report_id, r.reported_id, p.handle, r.reason
FROM trust.report r JOIN accounts.profile p ON p.account_id = r.reported_id;

-- This one looks with the rights of whoever asks.
CREATE VIEW support.open_ticket WITH (security_invoker) AS
SELECT ticket_id, account_id, handle, email, subject, opened_at FROM support.ticket;

CREATE VIEW metrics.daily_active AS
SELECT w.seen_at::date AS day, p.region, count(DISTINCT p.account_id) AS accounts
FROM events.watch w JOIN accounts.profile p USING (account_id)
GROUP BY 1, 2 HAVING count(DISTINCT p.account_id) >= 50;

CREATE VIEW metrics.weekly_growth AS
SELECT extract(week FROM created_at)::int AS week, region, count(*) AS sign_ups
FROM accounts.profile GROUP BY 1, 2 HAVING count(*) >= 50;

CREATE VIEW metrics.video_day AS
SELECT published_at::date AS day, count(*) AS videos, sum(seconds) AS seconds
FROM video.video GROUP BY 1;

CREATE MATERIALIZED VIEW growth.cohort AS
SELECT account_id, region, extract(week FROM created_at)::int AS cohort_week, birth_date
FROM accounts.profile;

CREATE MATERIALIZED VIEW ml.audience_seed AS
SELECT m.account_id, m.advertising_id, p.email, f.age_band
FROM ads.audience_member m JOIN accounts.profile p USING (account_id)
JOIN ml.watch_feature f USING (account_id);

CREATE MATERIALIZED VIEW metrics.region_day AS
SELECT w.seen_at::date AS day, p.region,
  count(DISTINCT p.account_id) AS accounts, count(*) AS views
FROM events.watch w JOIN accounts.profile p USING (account_id)
GROUP BY 1, 2 HAVING count(DISTINCT p.account_id) >= 50;
