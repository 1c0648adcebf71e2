CREATE TABLE `dead_letters` (
	`id` text PRIMARY KEY NOT NULL,
	`kind` text NOT NULL,
	`post_id` text,
	`received_at` integer NOT NULL
) WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `dead_letters_by_time` ON `dead_letters` (`received_at`);--> statement-breakpoint
CREATE TABLE `manual_pauses` (
	`scope` text NOT NULL,
	`id` text NOT NULL,
	`paused_at` integer NOT NULL,
	`lifted_at` integer,
	`lifted_by` text,
	`overdue` text,
	`reschedule_to` integer,
	PRIMARY KEY(`scope`, `id`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE UNIQUE INDEX `manual_pauses_in_force` ON `manual_pauses` (`scope`) WHERE lifted_at IS NULL;--> statement-breakpoint
CREATE TABLE `post_contents` (
	`workspace_id` text NOT NULL,
	`mode` text NOT NULL,
	`post_id` text NOT NULL,
	`id` text NOT NULL,
	`content` text NOT NULL,
	`media` text NOT NULL,
	`options` text NOT NULL,
	PRIMARY KEY(`workspace_id`, `mode`, `post_id`, `id`)
) WITHOUT ROWID;
--> statement-breakpoint
ALTER TABLE `commit_locks` ADD `epoch` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `posts` ADD `content_id` text;--> statement-breakpoint
ALTER TABLE `posts` ADD `publish_before` integer;--> statement-breakpoint
ALTER TABLE `posts` ADD `timeline` text DEFAULT '[]' NOT NULL;--> statement-breakpoint
ALTER TABLE `workspaces` ADD `publish_within` integer;