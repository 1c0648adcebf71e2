/*
 * What a dump does when it is imported, beside bringing back what was there: it says so. Nobody has to think of it then.
 */

const NOW = "CAST(unixepoch('subsec') * 1000 AS INTEGER)";

/** Stands before the statements by which a dump knows that it was made for being restored. */
const MARK = "-- apionics: what this dump does when it is imported";

/**
 * The end of a dump: writes down when the database was restored, and has the sweeper wake the object of every post that may
 * stand otherwise by now.
 *
 * @param backupAt milliseconds since the epoch
 */
export function restoreStatements(backupAt: number): string {
  return `${MARK}
INSERT INTO restores (restored_at, backup_at) VALUES (${NOW}, ${backupAt});
UPDATE posts SET wake_by = ${NOW}
  WHERE wake_by IS NOT NULL OR status IN ('failed', 'unconfirmed', 'partially_published');
`;
}

/** Whether a dump says when it is restored. */
export function tellsOfRestore(dump: string): boolean {
  return dump.includes(`${MARK}\nINSERT INTO restores `);
}

/** Statements that leave an empty database: triggers first, which would keep lines of the audit log from going. */
export function dropStatements(objects: readonly { type: string; name: string }[]): string {
  const drop = (type: string) =>
    objects.filter((each) => each.type === type).map(({ name }) => `DROP ${type.toUpperCase()} "${name}";\n`);
  return [...drop("trigger"), ...drop("table")].join("");
}
