CREATE TABLE `replaced_secrets` (
	`digest` text PRIMARY KEY NOT NULL,
	`key_id` text NOT NULL,
	`good_until` integer NOT NULL
) WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `replaced_secrets_by_key` ON `replaced_secrets` (`key_id`);--> statement-breakpoint
ALTER TABLE `api_keys` ADD `name` text DEFAULT 'First key' NOT NULL;--> statement-breakpoint
ALTER TABLE `api_keys` ADD `scopes` text DEFAULT '["posts:read","posts:write","media:write","accounts:read","accounts:write","webhooks:read","webhooks:write","approvals:write","keys:admin","audit:read"]' NOT NULL;--> statement-breakpoint
ALTER TABLE `api_keys` ADD `account_ids` text;--> statement-breakpoint
ALTER TABLE `api_keys` ADD `expires_at` integer;--> statement-breakpoint
ALTER TABLE `api_keys` ADD `revoked_at` integer;--> statement-breakpoint
ALTER TABLE `api_keys` ADD `last_used_at` integer;--> statement-breakpoint
CREATE INDEX `api_keys_by_workspace` ON `api_keys` (`workspace_id`,`mode`,`id`);--> statement-breakpoint
CREATE INDEX `api_keys_by_revocation` ON `api_keys` (`revoked_at`) WHERE revoked_at IS NOT NULL;