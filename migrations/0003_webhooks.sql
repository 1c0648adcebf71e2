CREATE TABLE `deliveries` (
	`webhook_id` text NOT NULL,
	`event_at` integer NOT NULL,
	`event_id` text NOT NULL,
	`status` text NOT NULL,
	`attempts` integer DEFAULT 0 NOT NULL,
	`log` text DEFAULT '[]' NOT NULL,
	`next_attempt_at` integer,
	`claimed_until` integer,
	PRIMARY KEY(`webhook_id`, `event_at`, `event_id`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `deliveries_due` ON `deliveries` (`next_attempt_at`) WHERE next_attempt_at IS NOT NULL;--> statement-breakpoint
CREATE INDEX `deliveries_held` ON `deliveries` (`webhook_id`,`event_at`) WHERE status = 'held';--> statement-breakpoint
CREATE TABLE `webhooks` (
	`id` text PRIMARY KEY NOT NULL,
	`workspace_id` text NOT NULL,
	`mode` text NOT NULL,
	`url` text NOT NULL,
	`description` text,
	`events` text NOT NULL,
	`active` integer NOT NULL,
	`secret_envelope` text NOT NULL,
	`created_at` integer NOT NULL,
	`disabled_at` integer,
	`disabled_reason` text,
	`failures` integer DEFAULT 0 NOT NULL,
	`failing_since` integer,
	`probes` integer DEFAULT 0 NOT NULL,
	`probe_at` integer
) WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `webhooks_by_workspace` ON `webhooks` (`workspace_id`,`mode`,`id`);--> statement-breakpoint
CREATE INDEX `webhooks_to_probe` ON `webhooks` (`probe_at`) WHERE probe_at IS NOT NULL;--> statement-breakpoint
ALTER TABLE `grants` ADD `warn_at` integer;--> statement-breakpoint
UPDATE `grants` SET `warn_at` = min(coalesce(`expires_at`, `data_access_expires_at`), coalesce(`data_access_expires_at`, `expires_at`)) - 604800000
	WHERE `token_envelope` IS NOT NULL;--> statement-breakpoint
CREATE INDEX `grants_to_warn_of` ON `grants` (`warn_at`) WHERE warn_at IS NOT NULL;--> statement-breakpoint
CREATE INDEX `events_by_time` ON `events` (`workspace_id`,`mode`,`created_at`,`id`);