DROP INDEX `idempotency_by_expiry`;--> statement-breakpoint
CREATE INDEX `idempotency_by_expiry` ON `idempotency` (`expires_at`) WHERE post_id IS NULL;--> statement-breakpoint
ALTER TABLE `platform_posts` ADD `workspace_id` text;--> statement-breakpoint
ALTER TABLE `platform_posts` ADD `epoch` integer;--> statement-breakpoint
INSERT INTO `platform_posts` (`mode`, `platform`, `external_id`, `platform_post_id`, `post_id`, `account_id`, `workspace_id`, `epoch`)
SELECT `mode`, `platform`, `external_id`, 'commit:' || `fingerprint`, `post_id`, `account_id`, `workspace_id`, `epoch` FROM `commit_locks`;
