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
ALTER TABLE `accounts` ADD `quota` text;--> statement-breakpoint
ALTER TABLE `media` ADD `duration_ms` integer;--> statement-breakpoint
ALTER TABLE `media` ADD `frame_rate` real;--> statement-breakpoint
ALTER TABLE `media` ADD `video_codec` text;--> statement-breakpoint
ALTER TABLE `media` ADD `audio_codec` text;--> statement-breakpoint
ALTER TABLE `media` ADD `fast_start` integer;--> statement-breakpoint
ALTER TABLE `media` ADD `color_space` text;