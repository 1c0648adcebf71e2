CREATE TABLE `connect_links` (
	`id` text PRIMARY KEY NOT NULL,
	`workspace_id` text NOT NULL,
	`mode` text NOT NULL,
	`platform` text NOT NULL,
	`token_hash` text NOT NULL,
	`redirect_url` text,
	`created_at` integer NOT NULL,
	`expires_at` integer NOT NULL,
	`used_by` text
) WITHOUT ROWID;
--> statement-breakpoint
CREATE UNIQUE INDEX `connect_links_by_token` ON `connect_links` (`token_hash`);--> statement-breakpoint
CREATE INDEX `connect_links_by_expiry` ON `connect_links` (`expires_at`);--> statement-breakpoint
CREATE TABLE `consents` (
	`id` text PRIMARY KEY NOT NULL,
	`link_id` text NOT NULL,
	`workspace_id` text NOT NULL,
	`mode` text NOT NULL,
	`provider` text NOT NULL,
	`state_hash` text NOT NULL,
	`browser_hash` text NOT NULL,
	`expires_at` integer NOT NULL,
	`returned_at` integer,
	`grant_envelope` text,
	`result` text
) WITHOUT ROWID;
--> statement-breakpoint
CREATE UNIQUE INDEX `consents_by_state` ON `consents` (`state_hash`);--> statement-breakpoint
CREATE INDEX `consents_by_expiry` ON `consents` (`expires_at`);--> statement-breakpoint
CREATE TABLE `data_deletions` (
	`code` text PRIMARY KEY NOT NULL,
	`completed_at` integer NOT NULL
) WITHOUT ROWID;
--> statement-breakpoint
PRAGMA foreign_keys=OFF;--> statement-breakpoint
CREATE TABLE `__new_events` (
	`id` text PRIMARY KEY NOT NULL,
	`workspace_id` text NOT NULL,
	`mode` text NOT NULL,
	`type` text NOT NULL,
	`post_id` text,
	`account_id` text,
	`body` text NOT NULL,
	`created_at` integer NOT NULL
) WITHOUT ROWID;
--> statement-breakpoint
INSERT INTO `__new_events`("id", "workspace_id", "mode", "type", "post_id", "body", "created_at") SELECT "id", "workspace_id", "mode", "type", "post_id", "body", "created_at" FROM `events`;--> statement-breakpoint
DROP TABLE `events`;--> statement-breakpoint
ALTER TABLE `__new_events` RENAME TO `events`;--> statement-breakpoint
PRAGMA foreign_keys=ON;--> statement-breakpoint
CREATE TABLE `__new_grants` (
	`id` text PRIMARY KEY NOT NULL,
	`workspace_id` text NOT NULL,
	`mode` text NOT NULL,
	`token_envelope` text,
	`expires_at` integer,
	`data_access_expires_at` integer,
	`scopes` text,
	`person_id` text,
	`updated_at` integer NOT NULL,
	`renew_at` integer,
	`renew_lease_until` integer,
	`renew_fault` text
) WITHOUT ROWID;
--> statement-breakpoint
INSERT INTO `__new_grants`("id", "workspace_id", "mode", "token_envelope", "expires_at", "updated_at") SELECT "id", "workspace_id", "mode", "token_envelope", "expires_at", "updated_at" FROM `grants`;--> statement-breakpoint
DROP TABLE `grants`;--> statement-breakpoint
ALTER TABLE `__new_grants` RENAME TO `grants`;--> statement-breakpoint
CREATE INDEX `grants_by_person` ON `grants` (`person_id`) WHERE person_id IS NOT NULL;--> statement-breakpoint
CREATE INDEX `grants_to_renew` ON `grants` (`renew_at`) WHERE renew_at IS NOT NULL;--> statement-breakpoint
ALTER TABLE `accounts` ADD `name` text;--> statement-breakpoint
ALTER TABLE `accounts` ADD `avatar_url` text;--> statement-breakpoint
ALTER TABLE `accounts` ADD `profile_url` text;--> statement-breakpoint
ALTER TABLE `accounts` ADD `labels` text DEFAULT '[]' NOT NULL;--> statement-breakpoint
ALTER TABLE `accounts` ADD `quota` text;--> statement-breakpoint
ALTER TABLE `accounts` ADD `disconnected_at` integer;--> statement-breakpoint
ALTER TABLE `workspaces` ADD `logo_url` text;