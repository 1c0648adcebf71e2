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
CREATE TABLE `post_media` (
	`workspace_id` text NOT NULL,
	`mode` text NOT NULL,
	`media_id` text NOT NULL,
	`post_id` text NOT NULL,
	PRIMARY KEY(`workspace_id`, `mode`, `media_id`, `post_id`)
) WITHOUT ROWID;
--> statement-breakpoint
ALTER TABLE `media` ADD `rendition_of` text;--> statement-breakpoint
ALTER TABLE `media` ADD `expires_at` integer;--> statement-breakpoint
CREATE INDEX `media_by_workspace` ON `media` (`workspace_id`,`mode`,`id`);--> statement-breakpoint
CREATE INDEX `media_by_expiry` ON `media` (`expires_at`) WHERE expires_at IS NOT NULL;--> statement-breakpoint
CREATE UNIQUE INDEX `media_by_source` ON `media` (`workspace_id`,`mode`,`rendition_of`) WHERE rendition_of IS NOT NULL;