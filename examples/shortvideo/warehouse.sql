-- The warehouse of Loopwing US, Inc.: structure and grants, no data.
-- Written by examples/shortvideo/build, for an empty PostgreSQL 15 or later.

DO $$ BEGIN
  EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());
  EXECUTE format('GRANT CONNECT ON DATABASE %I TO PUBLIC', current_database());
END $$;
REVOKE ALL ON SCHEMA public FROM PUBLIC;

-- Roles: owners, readers, roles of roles, and one for each service.
CREATE ROLE owner_core NOLOGIN;
CREATE ROLE owner_growth NOLOGIN;
CREATE ROLE owner_business NOLOGIN;
CREATE ROLE owner_trust NOLOGIN;
CREATE ROLE metrics_ro NOLOGIN;
CREATE ROLE growth_ro NOLOGIN;
CREATE ROLE account_ro NOLOGIN;
CREATE ROLE session_ro NOLOGIN;
CREATE ROLE device_ro NOLOGIN;
CREATE ROLE geo_ro NOLOGIN;
CREATE ROLE social_ro NOLOGIN;
CREATE ROLE video_ro NOLOGIN;
CREATE ROLE upload_ro NOLOGIN;
CREATE ROLE message_ro NOLOGIN;
CREATE ROLE event_ro NOLOGIN;
CREATE ROLE ads_ro NOLOGIN;
CREATE ROLE live_ro NOLOGIN;
CREATE ROLE creator_ro NOLOGIN;
CREATE ROLE trust_ro NOLOGIN;
CREATE ROLE request_ro NOLOGIN;
CREATE ROLE support_ro NOLOGIN;
CREATE ROLE feature_ro NOLOGIN;
CREATE ROLE analyst_ro NOLOGIN;
CREATE ROLE platform_ro NOLOGIN;
CREATE ROLE moderator_ro NOLOGIN;
CREATE ROLE etl_writer NOLOGIN;
CREATE ROLE ops_writer NOLOGIN;
CREATE ROLE svc_pulse LOGIN;
CREATE ROLE svc_lantern LOGIN;
CREATE ROLE svc_quarry LOGIN;
CREATE ROLE svc_compass LOGIN;
CREATE ROLE svc_orchard LOGIN;
CREATE ROLE svc_tidepool LOGIN;
CREATE ROLE svc_adloom LOGIN;
CREATE ROLE svc_ledgerline LOGIN;
CREATE ROLE svc_kite LOGIN;
CREATE ROLE svc_echo LOGIN;
CREATE ROLE svc_foundry_read LOGIN;
CREATE ROLE svc_foundry_write LOGIN;
CREATE ROLE svc_conveyor LOGIN;
CREATE ROLE svc_spyglass LOGIN;
CREATE ROLE svc_sundial LOGIN;
CREATE ROLE svc_watchtower LOGIN;
CREATE ROLE svc_stagehand LOGIN;
CREATE ROLE svc_backstage LOGIN;
CREATE ROLE svc_limelight LOGIN;
CREATE ROLE svc_playbill LOGIN;
CREATE ROLE svc_gavel LOGIN;
CREATE ROLE svc_sieve LOGIN;
CREATE ROLE svc_lighthouse LOGIN;
CREATE ROLE svc_docketeer LOGIN;
CREATE ROLE svc_harbour LOGIN;
CREATE ROLE svc_callback LOGIN;
CREATE ROLE svc_magpie LOGIN;
CREATE ROLE svc_nightly_load LOGIN;
CREATE ROLE svc_cohort_refresh LOGIN;
CREATE ROLE svc_ad_import LOGIN;
CREATE ROLE svc_gift_settlement LOGIN;
CREATE ROLE svc_consent_sweep LOGIN;
CREATE ROLE svc_deletion LOGIN;
CREATE ROLE svc_push LOGIN;
CREATE ROLE svc_recommend LOGIN;
CREATE ROLE svc_feed LOGIN;
CREATE ROLE svc_metrics_mail LOGIN;
CREATE ROLE svc_retention LOGIN;
GRANT growth_ro, metrics_ro, event_ro, social_ro TO analyst_ro;
GRANT analyst_ro, account_ro, device_ro, session_ro, ads_ro, live_ro, creator_ro TO platform_ro;
GRANT trust_ro, video_ro, upload_ro TO moderator_ro;
GRANT analyst_ro TO svc_pulse;
GRANT platform_ro TO svc_quarry;
GRANT feature_ro, video_ro, event_ro TO svc_compass;
GRANT feature_ro TO svc_orchard;
GRANT metrics_ro, feature_ro TO svc_tidepool;
GRANT ads_ro TO svc_adloom;
GRANT platform_ro, geo_ro, upload_ro, support_ro TO svc_foundry_read;
GRANT etl_writer TO svc_foundry_write;
GRANT growth_ro, creator_ro, live_ro, metrics_ro TO svc_conveyor;
GRANT ops_writer TO svc_sundial;
GRANT pg_monitor TO svc_watchtower;
GRANT live_ro TO svc_stagehand;
GRANT creator_ro TO svc_backstage;
GRANT creator_ro TO svc_limelight;
GRANT metrics_ro TO svc_playbill;
GRANT moderator_ro TO svc_gavel;
GRANT trust_ro TO svc_sieve;
GRANT trust_ro TO svc_lighthouse;
GRANT request_ro, account_ro, session_ro TO svc_docketeer;
GRANT support_ro TO svc_harbour;
GRANT account_ro, session_ro, geo_ro, message_ro TO svc_magpie;
GRANT etl_writer TO svc_nightly_load;
GRANT owner_growth TO svc_cohort_refresh;
GRANT ads_ro TO svc_ad_import;
GRANT live_ro TO svc_gift_settlement;
GRANT feature_ro TO svc_recommend;
GRANT video_ro TO svc_feed;
GRANT metrics_ro TO svc_metrics_mail;

-- Schemas.
CREATE SCHEMA accounts AUTHORIZATION owner_core;
CREATE SCHEMA devices AUTHORIZATION owner_core;
CREATE SCHEMA geo AUTHORIZATION owner_core;
CREATE SCHEMA social AUTHORIZATION owner_core;
CREATE SCHEMA messaging AUTHORIZATION owner_core;
CREATE SCHEMA video AUTHORIZATION owner_core;
CREATE SCHEMA events AUTHORIZATION owner_core;
CREATE SCHEMA ref AUTHORIZATION owner_core;
CREATE SCHEMA staging AUTHORIZATION owner_core;
CREATE SCHEMA ops AUTHORIZATION owner_core;
CREATE SCHEMA growth AUTHORIZATION owner_growth;
CREATE SCHEMA metrics AUTHORIZATION owner_growth;
CREATE SCHEMA ml AUTHORIZATION owner_growth;
CREATE SCHEMA ads AUTHORIZATION owner_business;
CREATE SCHEMA live AUTHORIZATION owner_business;
CREATE SCHEMA creators AUTHORIZATION owner_business;
CREATE SCHEMA trust AUTHORIZATION owner_trust;
CREATE SCHEMA support AUTHORIZATION owner_trust;

CREATE TABLE accounts.profile (
  account_id bigint,
  handle text,
  display_name text,
  email text,
  phone text,
  birth_date date,
  region text,
  zip_code text,
  biography text,
  avatar_key text,
  created_at timestamptz
);

CREATE TABLE accounts.contact (
  account_id bigint,
  email text,
  email_verified boolean,
  phone text,
  phone_verified boolean,
  backup_email text,
  street text,
  city text,
  zip_code text,
  country text
);

CREATE TABLE accounts.login (
  account_id bigint,
  login_name text,
  password_hash text,
  totp_secret text,
  recovery_email text,
  recovery_phone text,
  last_login_at timestamptz,
  last_ip inet
);

CREATE TABLE accounts.session (
  session_id text,
  account_id bigint,
  ip inet,
  cookie_id text,
  device_id text,
  advertising_id text,
  user_agent text,
  started_at timestamptz,
  ended_at timestamptz
);

CREATE TABLE accounts.linked_identity (
  account_id bigint,
  provider text,
  provider_subject text,
  provider_email text,
  provider_name text,
  linked_at timestamptz
);

CREATE TABLE accounts.consent (
  account_id bigint,
  purpose text,
  granted boolean,
  ip inet,
  cookie_id text,
  changed_at timestamptz
);

CREATE TABLE accounts.guardian (
  account_id bigint,
  guardian_name text,
  guardian_email text,
  guardian_phone text,
  child_birth_date date,
  verified_at timestamptz
);

CREATE TABLE accounts.deletion_request (
  request_id bigint,
  account_id bigint,
  email text,
  reason text,
  requested_at timestamptz,
  done_at timestamptz
);

CREATE TABLE devices.device (
  device_id text,
  advertising_id text,
  account_id bigint,
  imei text,
  mac_address text,
  sim_serial text,
  model text,
  os_version text,
  first_seen timestamptz,
  last_seen timestamptz
);

CREATE TABLE devices.install (
  install_id bigint,
  device_id text,
  advertising_id text,
  account_id bigint,
  ip inet,
  cookie_id text,
  app_version text,
  installed_at timestamptz
);

CREATE TABLE devices.push_token (
  token text,
  account_id bigint,
  device_id text,
  platform text,
  refreshed_at timestamptz
);

CREATE TABLE devices.wifi (
  device_id text,
  ssid text,
  bssid text,
  seen_at timestamptz
);

CREATE TABLE geo.position (
  account_id bigint,
  device_id text,
  latitude double precision,
  longitude double precision,
  accuracy_m integer,
  seen_at timestamptz
);

CREATE TABLE geo.home_area (
  account_id bigint,
  latitude double precision,
  longitude double precision,
  zip_code text,
  confidence double precision
);

CREATE TABLE geo.check_in (
  check_in_id bigint,
  account_id bigint,
  venue text,
  latitude double precision,
  longitude double precision,
  seen_at timestamptz
);

CREATE TABLE social.follow (
  follower_id bigint,
  followed_id bigint,
  since timestamptz
);

CREATE TABLE social.contact_book (
  account_id bigint,
  contact_name text,
  contact_phone text,
  contact_email text,
  uploaded_at timestamptz
);

CREATE TABLE social.block (
  account_id bigint,
  blocked_id bigint,
  since timestamptz
);

CREATE TABLE social.comment (
  comment_id bigint,
  video_id bigint,
  account_id bigint,
  handle text,
  body text,
  ip inet,
  cookie_id text,
  posted_at timestamptz
);

CREATE TABLE messaging.thread (
  thread_id bigint,
  opened_by bigint,
  opened_at timestamptz
);

CREATE TABLE messaging.message (
  message_id bigint,
  thread_id bigint,
  sender_id bigint,
  recipient_id bigint,
  body text,
  attachment_key text,
  sent_at timestamptz
);

CREATE TABLE messaging.call (
  call_id bigint,
  caller_id bigint,
  callee_id bigint,
  caller_phone text,
  seconds integer,
  started_at timestamptz,
  caller_ip inet
);

CREATE TABLE video.video (
  video_id bigint,
  account_id bigint,
  title text,
  sound_id bigint,
  seconds integer,
  visibility text,
  published_at timestamptz
);

CREATE TABLE video.upload (
  upload_id bigint,
  video_id bigint,
  account_id bigint,
  ip inet,
  cookie_id text,
  device_id text,
  latitude double precision,
  longitude double precision,
  uploaded_at timestamptz
);

CREATE TABLE video.draft (
  draft_id bigint,
  account_id bigint,
  storage_key text,
  updated_at timestamptz
);

CREATE TABLE video.face_effect (
  video_id bigint,
  account_id bigint,
  face_points jsonb,
  voice_print jsonb,
  effect text
);

CREATE TABLE video.sound (
  sound_id bigint,
  title text,
  artist text,
  licence text
);

CREATE TABLE video.hashtag (
  hashtag text,
  first_used timestamptz,
  banned boolean
);

CREATE TABLE video.video_hashtag (
  video_id bigint,
  hashtag text
);

CREATE TABLE events.ad_click (
  event_id bigint,
  campaign_id bigint,
  account_id bigint,
  device_id text,
  advertising_id text,
  ip inet,
  cookie_id text,
  clicked_at timestamptz
);

CREATE TABLE events.search (
  event_id bigint,
  account_id bigint,
  query text,
  ip inet,
  cookie_id text,
  device_id text,
  searched_at timestamptz
);

CREATE TABLE events.page_visit (
  event_id bigint,
  account_id bigint,
  url text,
  referrer text,
  ip inet,
  cookie_id text,
  device_id text,
  advertising_id text,
  visited_at timestamptz
);

CREATE TABLE ads.advertiser (
  advertiser_id bigint,
  company text,
  country text,
  opened_at timestamptz
);

CREATE TABLE ads.campaign (
  campaign_id bigint,
  advertiser_id bigint,
  title text,
  budget numeric(12, 2),
  starts_on date,
  ends_on date
);

CREATE TABLE ads.creative (
  creative_id bigint,
  campaign_id bigint,
  storage_key text,
  approved boolean
);

CREATE TABLE ads.audience (
  audience_id bigint,
  advertiser_id bigint,
  title text,
  size integer
);

CREATE TABLE ads.audience_member (
  audience_id bigint,
  account_id bigint,
  advertising_id text,
  email_sha256 text,
  phone_sha256 text
);

CREATE TABLE ads.conversion (
  conversion_id bigint,
  campaign_id bigint,
  account_id bigint,
  advertising_id text,
  ip inet,
  amount numeric(12, 2),
  happened_at timestamptz
);

CREATE TABLE ads.invoice (
  invoice_id bigint,
  advertiser_id bigint,
  amount numeric(12, 2),
  issued_on date
);

CREATE TABLE trust.report (
  report_id bigint,
  reporter_id bigint,
  reported_id bigint,
  reason text,
  details text,
  reporter_email text,
  reported_ip inet,
  filed_at timestamptz
);

CREATE TABLE trust.appeal (
  appeal_id bigint,
  account_id bigint,
  handle text,
  email text,
  statement text,
  filed_at timestamptz
);

CREATE TABLE trust.ban (
  ban_id bigint,
  account_id bigint,
  handle text,
  email text,
  phone text,
  ip inet,
  device_id text,
  reason text,
  banned_at timestamptz
);

CREATE TABLE trust.law_enforcement_request (
  request_id bigint,
  account_id bigint,
  handle text,
  full_name text,
  email text,
  phone text,
  ip inet,
  agency text,
  received_on date
);

CREATE TABLE trust.moderation_queue (
  item_id bigint,
  video_id bigint,
  account_id bigint,
  reason text,
  state text,
  queued_at timestamptz
);

CREATE TABLE trust.rule (
  rule_id bigint,
  title text,
  body text
);

CREATE TABLE support.ticket (
  ticket_id bigint,
  account_id bigint,
  handle text,
  full_name text,
  email text,
  phone text,
  subject text,
  body text,
  opened_at timestamptz
);

CREATE TABLE support.attachment (
  attachment_id bigint,
  ticket_id bigint,
  storage_key text,
  added_at timestamptz
);

CREATE TABLE support.callback (
  callback_id bigint,
  ticket_id bigint,
  phone text,
  wanted_at timestamptz
);

CREATE TABLE support.macro (
  macro_id bigint,
  title text,
  body text
);

CREATE TABLE live.stream (
  stream_id bigint,
  account_id bigint,
  title text,
  started_at timestamptz,
  ended_at timestamptz
);

CREATE TABLE live.viewer (
  stream_id bigint,
  account_id bigint,
  handle text,
  ip inet,
  joined_at timestamptz,
  left_at timestamptz
);

CREATE TABLE live.gift (
  gift_id bigint,
  stream_id bigint,
  giver_id bigint,
  receiver_id bigint,
  coins integer,
  given_at timestamptz
);

CREATE TABLE creators.creator (
  account_id bigint,
  handle text,
  legal_name text,
  email text,
  phone text,
  tier text,
  joined_on date
);

CREATE TABLE creators.contract (
  contract_id bigint,
  account_id bigint,
  legal_name text,
  street text,
  zip_code text,
  signed_on date
);

CREATE TABLE creators.campaign_offer (
  offer_id bigint,
  campaign_id bigint,
  account_id bigint,
  amount numeric(12, 2),
  offered_on date
);

CREATE TABLE ml.interest (
  account_id bigint,
  topic text,
  score double precision
);

CREATE TABLE ml.watch_feature (
  account_id bigint,
  advertising_id text,
  age_band text,
  hour_profile jsonb
);

CREATE TABLE ml.embedding (
  account_id bigint,
  vector jsonb,
  trained_at timestamptz
);

CREATE TABLE ml.model (
  model_id bigint,
  title text,
  trained_at timestamptz
);

CREATE TABLE staging.import_profile (
  account_id bigint,
  handle text,
  email text,
  phone text,
  birth_date date,
  ip inet,
  imported_at timestamptz
);

CREATE TABLE staging.import_device (
  device_id text,
  advertising_id text,
  account_id bigint,
  imported_at timestamptz
);

CREATE TABLE ref.country (
  code text,
  title text
);

CREATE TABLE ref.age_band (
  band text,
  from_age integer,
  to_age integer
);

CREATE TABLE ref.currency (
  code text,
  title text
);

CREATE TABLE ref.calendar (
  day date,
  week integer,
  is_holiday boolean
);

CREATE TABLE ops.job (
  job_id bigint,
  title text,
  schedule text
);

CREATE TABLE ops.job_run (
  run_id bigint,
  job_id bigint,
  started_at timestamptz,
  ended_at timestamptz,
  state text
);

CREATE TABLE events.watch (
  event_id bigint,
  video_id bigint,
  account_id bigint,
  device_id text,
  advertising_id text,
  ip inet,
  cookie_id text,
  seconds integer,
  seen_at timestamptz
) PARTITION BY RANGE (seen_at);
CREATE TABLE events.watch_2021_11 PARTITION OF events.watch
  FOR VALUES FROM ('2021-11-01') TO ('2021-12-01');
CREATE TABLE events.watch_2021_12 PARTITION OF events.watch
  FOR VALUES FROM ('2021-12-01') TO ('2022-01-01');
CREATE TABLE events.watch_2022_01 PARTITION OF events.watch
  FOR VALUES FROM ('2022-01-01') TO ('2022-02-01');

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


-- Owners. A view reads with its owner's rights: they read across schemas.
GRANT USAGE ON SCHEMA accounts, events, social, video, ads TO owner_growth;
GRANT USAGE ON SCHEMA accounts, events TO owner_business;
GRANT USAGE ON SCHEMA accounts TO owner_trust;
GRANT SELECT ON accounts.profile, accounts.login, events.watch,
  social.contact_book, video.video, ads.audience_member TO owner_growth;
GRANT SELECT ON accounts.profile, events.ad_click TO owner_business;
GRANT SELECT ON accounts.profile TO owner_trust;
ALTER TABLE accounts.consent OWNER TO owner_core;
ALTER TABLE accounts.contact OWNER TO owner_core;
ALTER TABLE accounts.deletion_request OWNER TO owner_core;
ALTER TABLE accounts.guardian OWNER TO owner_core;
ALTER TABLE accounts.linked_identity OWNER TO owner_core;
ALTER TABLE accounts.login OWNER TO owner_core;
ALTER TABLE accounts.profile OWNER TO owner_core;
ALTER TABLE accounts.session OWNER TO owner_core;
ALTER TABLE ads.advertiser OWNER TO owner_business;
ALTER TABLE ads.audience OWNER TO owner_business;
ALTER TABLE ads.audience_member OWNER TO owner_business;
ALTER TABLE ads.campaign OWNER TO owner_business;
ALTER VIEW ads.campaign_total OWNER TO owner_business;
ALTER TABLE ads.conversion OWNER TO owner_business;
ALTER TABLE ads.creative OWNER TO owner_business;
ALTER TABLE ads.invoice OWNER TO owner_business;
ALTER VIEW ads.reach OWNER TO owner_business;
ALTER TABLE creators.campaign_offer OWNER TO owner_business;
ALTER TABLE creators.contract OWNER TO owner_business;
ALTER TABLE creators.creator OWNER TO owner_business;
ALTER VIEW creators.directory OWNER TO owner_business;
ALTER TABLE devices.device OWNER TO owner_core;
ALTER TABLE devices.install OWNER TO owner_core;
ALTER TABLE devices.push_token OWNER TO owner_core;
ALTER TABLE devices.wifi OWNER TO owner_core;
ALTER TABLE events.ad_click OWNER TO owner_core;
ALTER TABLE events.page_visit OWNER TO owner_core;
ALTER TABLE events.search OWNER TO owner_core;
ALTER TABLE events.watch OWNER TO owner_core;
ALTER TABLE events.watch_2021_11 OWNER TO owner_core;
ALTER TABLE events.watch_2021_12 OWNER TO owner_core;
ALTER TABLE events.watch_2022_01 OWNER TO owner_core;
ALTER TABLE geo.check_in OWNER TO owner_core;
ALTER TABLE geo.home_area OWNER TO owner_core;
ALTER TABLE geo.position OWNER TO owner_core;
ALTER VIEW growth.active_account OWNER TO owner_growth;
ALTER MATERIALIZED VIEW growth.cohort OWNER TO owner_growth;
ALTER VIEW growth.invite_graph OWNER TO owner_growth;
ALTER VIEW growth.signup OWNER TO owner_growth;
ALTER VIEW growth.user_search OWNER TO owner_growth;
ALTER TABLE live.gift OWNER TO owner_business;
ALTER TABLE live.stream OWNER TO owner_business;
ALTER VIEW live.top_giver OWNER TO owner_business;
ALTER TABLE live.viewer OWNER TO owner_business;
ALTER TABLE messaging.call OWNER TO owner_core;
ALTER TABLE messaging.message OWNER TO owner_core;
ALTER TABLE messaging.thread OWNER TO owner_core;
ALTER VIEW metrics.daily_active OWNER TO owner_growth;
ALTER MATERIALIZED VIEW metrics.region_day OWNER TO owner_growth;
ALTER VIEW metrics.video_day OWNER TO owner_growth;
ALTER VIEW metrics.weekly_growth OWNER TO owner_growth;
ALTER MATERIALIZED VIEW ml.audience_seed OWNER TO owner_growth;
ALTER TABLE ml.embedding OWNER TO owner_growth;
ALTER TABLE ml.interest OWNER TO owner_growth;
ALTER TABLE ml.model OWNER TO owner_growth;
ALTER TABLE ml.watch_feature OWNER TO owner_growth;
ALTER TABLE ops.job OWNER TO owner_core;
ALTER TABLE ops.job_run OWNER TO owner_core;
ALTER TABLE ref.age_band OWNER TO owner_core;
ALTER TABLE ref.calendar OWNER TO owner_core;
ALTER TABLE ref.country OWNER TO owner_core;
ALTER TABLE ref.currency OWNER TO owner_core;
ALTER TABLE social.block OWNER TO owner_core;
ALTER TABLE social.comment OWNER TO owner_core;
ALTER TABLE social.contact_book OWNER TO owner_core;
ALTER TABLE social.follow OWNER TO owner_core;
ALTER TABLE staging.import_device OWNER TO owner_core;
ALTER TABLE staging.import_profile OWNER TO owner_core;
ALTER TABLE support.attachment OWNER TO owner_trust;
ALTER TABLE support.callback OWNER TO owner_trust;
ALTER TABLE support.macro OWNER TO owner_trust;
ALTER VIEW support.open_ticket OWNER TO owner_trust;
ALTER TABLE support.ticket OWNER TO owner_trust;
ALTER TABLE trust.appeal OWNER TO owner_trust;
ALTER TABLE trust.ban OWNER TO owner_trust;
ALTER TABLE trust.law_enforcement_request OWNER TO owner_trust;
ALTER TABLE trust.moderation_queue OWNER TO owner_trust;
ALTER VIEW trust.open_case OWNER TO owner_trust;
ALTER TABLE trust.report OWNER TO owner_trust;
ALTER TABLE trust.rule OWNER TO owner_trust;
ALTER TABLE video.draft OWNER TO owner_core;
ALTER TABLE video.face_effect OWNER TO owner_core;
ALTER TABLE video.hashtag OWNER TO owner_core;
ALTER TABLE video.sound OWNER TO owner_core;
ALTER TABLE video.upload OWNER TO owner_core;
ALTER TABLE video.video OWNER TO owner_core;
ALTER TABLE video.video_hashtag OWNER TO owner_core;

-- Readers.
GRANT USAGE ON SCHEMA metrics, ref TO metrics_ro;
GRANT SELECT ON ALL TABLES IN SCHEMA metrics TO metrics_ro;
GRANT SELECT ON ALL TABLES IN SCHEMA ref TO metrics_ro;
GRANT USAGE ON SCHEMA growth, events TO growth_ro;
GRANT SELECT ON ALL TABLES IN SCHEMA growth TO growth_ro;
GRANT SELECT ON events.search TO growth_ro;
GRANT SELECT ON events.page_visit TO growth_ro;
GRANT USAGE ON SCHEMA accounts TO account_ro;
GRANT SELECT ON accounts.profile TO account_ro;
GRANT SELECT ON accounts.contact TO account_ro;
GRANT SELECT ON accounts.linked_identity TO account_ro;
GRANT USAGE ON SCHEMA accounts TO session_ro;
GRANT SELECT ON accounts.session TO session_ro;
GRANT SELECT ON accounts.login TO session_ro;
GRANT USAGE ON SCHEMA devices TO device_ro;
GRANT SELECT ON ALL TABLES IN SCHEMA devices TO device_ro;
GRANT USAGE ON SCHEMA geo, devices TO geo_ro;
GRANT SELECT ON ALL TABLES IN SCHEMA geo TO geo_ro;
GRANT SELECT ON devices.wifi TO geo_ro;
GRANT USAGE ON SCHEMA social TO social_ro;
GRANT SELECT ON ALL TABLES IN SCHEMA social TO social_ro;
GRANT USAGE ON SCHEMA video TO video_ro;
GRANT SELECT ON video.video TO video_ro;
GRANT SELECT ON video.sound TO video_ro;
GRANT SELECT ON video.hashtag TO video_ro;
GRANT SELECT ON video.video_hashtag TO video_ro;
GRANT USAGE ON SCHEMA video TO upload_ro;
GRANT SELECT ON video.upload TO upload_ro;
GRANT SELECT ON video.draft TO upload_ro;
GRANT SELECT ON video.face_effect TO upload_ro;
GRANT USAGE ON SCHEMA messaging TO message_ro;
GRANT SELECT ON ALL TABLES IN SCHEMA messaging TO message_ro;
GRANT USAGE ON SCHEMA events TO event_ro;
GRANT SELECT ON ALL TABLES IN SCHEMA events TO event_ro;
GRANT USAGE ON SCHEMA ads, events TO ads_ro;
GRANT SELECT ON ALL TABLES IN SCHEMA ads TO ads_ro;
GRANT SELECT ON events.ad_click TO ads_ro;
GRANT USAGE ON SCHEMA live TO live_ro;
GRANT SELECT ON ALL TABLES IN SCHEMA live TO live_ro;
GRANT USAGE ON SCHEMA creators TO creator_ro;
GRANT SELECT ON ALL TABLES IN SCHEMA creators TO creator_ro;
GRANT USAGE ON SCHEMA trust TO trust_ro;
GRANT SELECT ON trust.report TO trust_ro;
GRANT SELECT ON trust.appeal TO trust_ro;
GRANT SELECT ON trust.ban TO trust_ro;
GRANT SELECT ON trust.moderation_queue TO trust_ro;
GRANT SELECT ON trust.rule TO trust_ro;
GRANT SELECT ON trust.open_case TO trust_ro;
GRANT USAGE ON SCHEMA trust TO request_ro;
GRANT SELECT ON trust.law_enforcement_request TO request_ro;
GRANT USAGE ON SCHEMA support TO support_ro;
GRANT SELECT ON ALL TABLES IN SCHEMA support TO support_ro;
GRANT USAGE ON SCHEMA ml TO feature_ro;
GRANT SELECT ON ALL TABLES IN SCHEMA ml TO feature_ro;

-- What services and writers hold themselves.
GRANT USAGE ON SCHEMA accounts TO svc_pulse;
GRANT SELECT (email, region, created_at) ON accounts.profile TO svc_pulse;
GRANT USAGE ON SCHEMA ads TO svc_ledgerline;
GRANT SELECT ON ads.advertiser, ads.campaign, ads.invoice TO svc_ledgerline;
GRANT USAGE ON SCHEMA ads TO svc_kite;
GRANT SELECT, INSERT, UPDATE ON ads.campaign, ads.creative TO svc_kite;
GRANT USAGE ON SCHEMA ads TO svc_kite, svc_echo;
GRANT SELECT ON ads.campaign_total TO svc_kite, svc_echo;
GRANT USAGE ON SCHEMA ads TO svc_echo;
GRANT SELECT ON ads.reach TO svc_echo;
GRANT USAGE ON SCHEMA support TO svc_callback;
GRANT SELECT (ticket_id, phone, wanted_at) ON support.callback TO svc_callback;
GRANT USAGE ON SCHEMA accounts TO svc_feed, svc_recommend;
GRANT SELECT (account_id, handle, display_name, region) ON accounts.profile TO svc_feed, svc_recommend;
GRANT USAGE ON SCHEMA accounts TO svc_consent_sweep;
GRANT SELECT (account_id, purpose, granted) ON accounts.consent TO svc_consent_sweep;
GRANT USAGE ON SCHEMA accounts TO svc_deletion;
GRANT SELECT, UPDATE ON accounts.deletion_request TO svc_deletion;
GRANT USAGE ON SCHEMA accounts TO svc_deletion;
GRANT DELETE ON accounts.profile, accounts.contact, accounts.login TO svc_deletion;
GRANT USAGE ON SCHEMA devices TO svc_push;
GRANT SELECT (token, account_id) ON devices.push_token TO svc_push;
GRANT USAGE ON SCHEMA events TO svc_retention;
GRANT SELECT (event_id, seen_at), DELETE ON events.watch TO svc_retention;
GRANT USAGE ON SCHEMA ops TO ops_writer;
GRANT SELECT, INSERT, UPDATE ON ops.job, ops.job_run TO ops_writer;
GRANT USAGE ON SCHEMA staging TO etl_writer;
GRANT SELECT, INSERT, UPDATE, DELETE ON staging.import_profile, staging.import_device TO etl_writer;
GRANT USAGE ON SCHEMA accounts TO etl_writer;
GRANT INSERT, UPDATE ON accounts.profile, accounts.contact TO etl_writer;

-- Looking up one account by its handle runs with its owner's rights.
CREATE FUNCTION accounts.look_up(wanted text) RETURNS SETOF accounts.contact
  LANGUAGE sql SECURITY DEFINER
  BEGIN ATOMIC
    SELECT c.* FROM accounts.contact c JOIN accounts.profile p USING (account_id)
    WHERE p.handle = wanted;
  END;
ALTER FUNCTION accounts.look_up(text) OWNER TO owner_core;
REVOKE ALL ON FUNCTION accounts.look_up(text) FROM PUBLIC;
GRANT USAGE ON SCHEMA accounts TO svc_lantern;
GRANT EXECUTE ON FUNCTION accounts.look_up(text) TO svc_lantern;

-- Moderators see the reports of their own region; the law team sees what it opened.
ALTER TABLE trust.report ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_region ON trust.report FOR SELECT TO trust_ro
  USING (reason <> 'escalated');
ALTER TABLE trust.law_enforcement_request ENABLE ROW LEVEL SECURITY;
CREATE POLICY open_only ON trust.law_enforcement_request FOR SELECT TO request_ro
  USING (received_on > '2021-01-01');

-- Whatever the growth team makes from now on, analysts may read at once.
ALTER DEFAULT PRIVILEGES FOR ROLE owner_growth IN SCHEMA growth
  GRANT SELECT ON TABLES TO growth_ro;

-- The search index is fed from here.
CREATE PUBLICATION search_feed FOR TABLE
  accounts.profile (account_id, handle, display_name, region),
  social.comment (comment_id, video_id, account_id, body),
  video.video;

-- The replica and the backup are fed by this role.
CREATE ROLE replicator LOGIN REPLICATION;

-- "Master admin": made for a night of emergency in 2020, never taken back.
CREATE ROLE master_admin LOGIN BYPASSRLS;
GRANT owner_core, owner_growth, owner_business, owner_trust TO master_admin;
GRANT pg_read_all_data, pg_write_all_data TO master_admin;
