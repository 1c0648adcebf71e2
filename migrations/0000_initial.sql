CREATE TABLE `accounts` (
	`id` text PRIMARY KEY NOT NULL,
	`workspace_id` text NOT NULL,
	`mode` text NOT NULL,
	`platform` text NOT NULL,
	`external_id` text NOT NULL,
	`username` text NOT NULL,
	`graph_host` text NOT NULL,
	`grant_id` text NOT NULL,
	`health` text NOT NULL,
	`health_reason` text,
	`behavior` text,
	`created_at` integer NOT NULL
) WITHOUT ROWID;
--> statement-breakpoint
CREATE UNIQUE INDEX `accounts_by_external_id` ON `accounts` (`workspace_id`,`mode`,`platform`,`external_id`);--> statement-breakpoint
CREATE TABLE `api_keys` (
	`id` text PRIMARY KEY NOT NULL,
	`workspace_id` text NOT NULL,
	`mode` text NOT NULL,
	`digest` text NOT NULL,
	`last_four` text NOT NULL,
	`created_at` integer NOT NULL
) WITHOUT ROWID;
--> statement-breakpoint
CREATE UNIQUE INDEX `api_keys_by_digest` ON `api_keys` (`digest`);--> statement-breakpoint
CREATE TABLE `commit_locks` (
	`mode` text NOT NULL,
	`platform` text NOT NULL,
	`external_id` text NOT NULL,
	`fingerprint` text NOT NULL,
	`workspace_id` text NOT NULL,
	`post_id` text NOT NULL,
	`account_id` text NOT NULL,
	PRIMARY KEY(`mode`, `platform`, `external_id`, `fingerprint`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `commit_locks_by_holder` ON `commit_locks` (`post_id`,`account_id`);--> statement-breakpoint
CREATE TABLE `events` (
	`id` text PRIMARY KEY NOT NULL,
	`workspace_id` text NOT NULL,
	`mode` text NOT NULL,
	`type` text NOT NULL,
	`post_id` text NOT NULL,
	`body` text NOT NULL,
	`created_at` integer NOT NULL
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `grants` (
	`id` text PRIMARY KEY NOT NULL,
	`workspace_id` text NOT NULL,
	`mode` text NOT NULL,
	`token_envelope` text NOT NULL,
	`expires_at` integer,
	`updated_at` integer NOT NULL
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `idempotency` (
	`workspace_id` text NOT NULL,
	`mode` text NOT NULL,
	`key` text NOT NULL,
	`fingerprint` text NOT NULL,
	`claim` text NOT NULL,
	`response_status` integer NOT NULL,
	`response_body` text NOT NULL,
	`expires_at` integer NOT NULL,
	PRIMARY KEY(`workspace_id`, `mode`, `key`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `idempotency_by_expiry` ON `idempotency` (`expires_at`);--> statement-breakpoint
CREATE TABLE `media` (
	`id` text PRIMARY KEY NOT NULL,
	`workspace_id` text NOT NULL,
	`mode` text NOT NULL,
	`mime_type` text NOT NULL,
	`bytes` integer NOT NULL,
	`width` integer NOT NULL,
	`height` integer NOT NULL,
	`created_at` integer NOT NULL
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `platform_posts` (
	`mode` text NOT NULL,
	`platform` text NOT NULL,
	`external_id` text NOT NULL,
	`platform_post_id` text NOT NULL,
	`post_id` text NOT NULL,
	`account_id` text NOT NULL,
	PRIMARY KEY(`mode`, `platform`, `external_id`, `platform_post_id`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `post_counts` (
	`workspace_id` text NOT NULL,
	`mode` text NOT NULL,
	`awaiting_approval` integer DEFAULT 0 NOT NULL,
	`queued` integer DEFAULT 0 NOT NULL,
	`publishing` integer DEFAULT 0 NOT NULL,
	`published` integer DEFAULT 0 NOT NULL,
	`partially_published` integer DEFAULT 0 NOT NULL,
	`failed` integer DEFAULT 0 NOT NULL,
	`unconfirmed` integer DEFAULT 0 NOT NULL,
	`canceled` integer DEFAULT 0 NOT NULL,
	PRIMARY KEY(`workspace_id`, `mode`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `posts` (
	`workspace_id` text NOT NULL,
	`mode` text NOT NULL,
	`id` text NOT NULL,
	`created_at` integer NOT NULL,
	`version` integer NOT NULL,
	`content` text NOT NULL,
	`media` text NOT NULL,
	`options` text NOT NULL,
	`platforms` text NOT NULL,
	`scheduled_at` integer NOT NULL,
	`status` text NOT NULL,
	`state` text NOT NULL,
	`seq` integer NOT NULL,
	`wake_by` integer,
	PRIMARY KEY(`workspace_id`, `mode`, `id`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `posts_by_schedule` ON `posts` (`workspace_id`,`mode`,`scheduled_at`,`id`);--> statement-breakpoint
CREATE INDEX `posts_to_wake` ON `posts` (`wake_by`) WHERE wake_by IS NOT NULL;--> statement-breakpoint
CREATE TABLE `tasks` (
	`workspace_id` text NOT NULL,
	`mode` text NOT NULL,
	`account_id` text NOT NULL,
	`post_id` text NOT NULL,
	`platform` text NOT NULL,
	PRIMARY KEY(`workspace_id`, `mode`, `account_id`, `post_id`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `workspaces` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`created_at` integer NOT NULL
) WITHOUT ROWID;
