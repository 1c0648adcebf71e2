CREATE TABLE `audit_log` (
	`seq` integer PRIMARY KEY NOT NULL,
	`id` text NOT NULL,
	`workspace_id` text NOT NULL,
	`mode` text NOT NULL,
	`at` integer NOT NULL,
	`action` text NOT NULL,
	`actor` text NOT NULL,
	`target` text,
	`request_id` text,
	`ip` text,
	`details` text
);
--> statement-breakpoint
CREATE INDEX `audit_log_by_workspace` ON `audit_log` (`workspace_id`,`mode`,`seq`);--> statement-breakpoint
CREATE UNIQUE INDEX `audit_log_by_id` ON `audit_log` (`id`) WHERE action <> 'post.created';--> statement-breakpoint
CREATE TABLE `audit_seals` (
	`workspace_id` text NOT NULL,
	`mode` text NOT NULL,
	`through_seq` integer NOT NULL,
	`rows` integer NOT NULL,
	`hash` text NOT NULL,
	`sealed_at` integer NOT NULL,
	PRIMARY KEY(`workspace_id`, `mode`, `through_seq`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `audit_seals_by_seq` ON `audit_seals` (`through_seq`);--> statement-breakpoint
CREATE TABLE `post_metadata` (
	`workspace_id` text NOT NULL,
	`mode` text NOT NULL,
	`name` text NOT NULL,
	`value` text NOT NULL,
	`post_id` text NOT NULL,
	PRIMARY KEY(`workspace_id`, `mode`, `name`, `value`, `post_id`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `recent_contents` (
	`workspace_id` text NOT NULL,
	`mode` text NOT NULL,
	`account_id` text NOT NULL,
	`fingerprint` text NOT NULL,
	`post_id` text NOT NULL,
	`expires_at` integer NOT NULL,
	PRIMARY KEY(`workspace_id`, `mode`, `account_id`, `fingerprint`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `recent_contents_by_expiry` ON `recent_contents` (`expires_at`);--> statement-breakpoint
CREATE TABLE `__new_idempotency` (
	`workspace_id` text NOT NULL,
	`mode` text NOT NULL,
	`key` text NOT NULL,
	`fingerprint` text NOT NULL,
	`claim` text NOT NULL,
	`claimed_at` integer DEFAULT 0 NOT NULL,
	`post_id` text,
	`response_status` integer,
	`response_body` text,
	`is_sealed` integer DEFAULT false NOT NULL,
	`expires_at` integer NOT NULL,
	PRIMARY KEY(`workspace_id`, `mode`, `key`)
) WITHOUT ROWID;
--> statement-breakpoint
INSERT INTO `__new_idempotency` ("workspace_id", "mode", "key", "fingerprint", "claim", "response_status", "response_body", "expires_at") SELECT "workspace_id", "mode", "key", "fingerprint", "claim", "response_status", "response_body", "expires_at" FROM `idempotency`;--> statement-breakpoint
DROP TABLE `idempotency`;--> statement-breakpoint
ALTER TABLE `__new_idempotency` RENAME TO `idempotency`;--> statement-breakpoint
CREATE INDEX `idempotency_by_expiry` ON `idempotency` (`expires_at`);--> statement-breakpoint
ALTER TABLE `api_keys` ADD `pepper_id` text;--> statement-breakpoint
ALTER TABLE `posts` ADD `external_id` text;--> statement-breakpoint
ALTER TABLE `posts` ADD `metadata` text;--> statement-breakpoint
CREATE INDEX `unpublished_posts` ON `posts` (`workspace_id`,`mode`,`status`,`id`) WHERE status <> 'published';--> statement-breakpoint
CREATE INDEX `posts_by_external_id` ON `posts` (`workspace_id`,`mode`,`external_id`,`id`) WHERE external_id IS NOT NULL;--> statement-breakpoint
ALTER TABLE `replaced_secrets` ADD `pepper_id` text;--> statement-breakpoint
ALTER TABLE `workspaces` ADD `rate_limits` text;--> statement-breakpoint
ALTER TABLE `workspaces` ADD `duplicate_guard` integer DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE `workspaces` ADD `suspended_at` integer;--> statement-breakpoint
ALTER TABLE `workspaces` ADD `deleted_at` integer;--> statement-breakpoint
CREATE TRIGGER `audit_log_is_not_changed` BEFORE UPDATE ON `audit_log`
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
--> statement-breakpoint
CREATE TRIGGER `audit_log_is_not_replaced` BEFORE INSERT ON `audit_log`
WHEN EXISTS (SELECT 1 FROM audit_log WHERE seq = NEW.seq)
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
--> statement-breakpoint
CREATE TRIGGER `audit_log_is_not_shortened` BEFORE DELETE ON `audit_log`
WHEN EXISTS (SELECT 1 FROM workspaces WHERE id = OLD.workspace_id AND deleted_at IS NULL) OR OLD.workspace_id = ''
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
