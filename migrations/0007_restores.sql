CREATE TABLE `restores` (
	`restored_at` integer PRIMARY KEY NOT NULL,
	`backup_at` integer NOT NULL
) WITHOUT ROWID;
