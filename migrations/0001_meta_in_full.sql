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
CREATE TABLE `media_upload_parts` (
	`media_id` text NOT NULL,
	`number` integer NOT NULL,
	`attempts` integer NOT NULL,
	`r2_number` integer,
	`etag` text,
	PRIMARY KEY(`media_id`, `number`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `media_uploads` (
	`media_id` text PRIMARY KEY NOT NULL,
	`workspace_id` text NOT NULL,
	`mode` text NOT NULL,
	`bytes` integer,
	`file_name` text,
	`r2_upload_id` text,
	`created_at` integer NOT NULL,
	`expires_at` integer NOT NULL
) WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `media_uploads_by_expiry` ON `media_uploads` (`expires_at`);--> statement-breakpoint
CREATE TABLE `pauses` (
	`mode` text NOT NULL,
	`scope` text NOT NULL,
	`until` integer NOT NULL,
	`holds` text NOT NULL,
	`code` text NOT NULL,
	`message` text NOT NULL,
	PRIMARY KEY(`mode`, `scope`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `post_media` (
	`workspace_id` text NOT NULL,
	`mode` text NOT NULL,
	`media_id` text NOT NULL,
	`post_id` text NOT NULL,
	PRIMARY KEY(`workspace_id`, `mode`, `media_id`, `post_id`)
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
ALTER TABLE `media` ADD `duration_ms` integer;--> statement-breakpoint
ALTER TABLE `media` ADD `frame_rate` real;--> statement-breakpoint
ALTER TABLE `media` ADD `video_codec` text;--> statement-breakpoint
ALTER TABLE `media` ADD `audio_codec` text;--> statement-breakpoint
ALTER TABLE `media` ADD `fast_start` integer;--> statement-breakpoint
ALTER TABLE `media` ADD `color_space` text;--> statement-breakpoint
ALTER TABLE `media` ADD `rendition_of` text;--> statement-breakpoint
ALTER TABLE `media` ADD `expires_at` integer;--> statement-breakpoint
CREATE INDEX `media_by_workspace` ON `media` (`workspace_id`,`mode`,`id`);--> statement-breakpoint
CREATE INDEX `media_by_expiry` ON `media` (`expires_at`) WHERE expires_at IS NOT NULL;--> statement-breakpoint
CREATE UNIQUE INDEX `media_by_source` ON `media` (`workspace_id`,`mode`,`rendition_of`) WHERE rendition_of IS NOT NULL;--> statement-breakpoint
ALTER TABLE `workspaces` ADD `test_clock_offset` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `workspaces` ADD `logo_url` text;--> statement-breakpoint
CREATE INDEX `test_posts_to_wake` ON `posts` (`workspace_id`,`wake_by`) WHERE mode = 'test' AND wake_by IS NOT NULL;