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
