import { and, eq, gt, gte, inArray, lt, sql } from "drizzle-orm";
import type { Millis } from "../lib/clock.ts";
import type { Mode } from "../lib/vocabulary.ts";
import type { Database } from "./database.ts";
import { prepared, SCOPE } from "./database.ts";
import { accounts, pauses } from "./schema.ts";

/** Something that is held back until a platform's limit lifts. */
export type Pause = Omit<typeof pauses.$inferSelect, "mode">;

/** Holds a scope back. Of two pauses the longer counts. */
export async function pause(db: Database, mode: Mode, made: Pause): Promise<void> {
  const { scope, ...values } = made;
  await db
    .insert(pauses)
    .values({ mode, ...made })
    .onConflictDoUpdate({
      target: [pauses.mode, pauses.scope],
      set: values,
      setWhere: sql`${pauses.until} < ${made.until}`,
    });
}

const APP = "app:";
/** Behind every name that begins so. */
const AFTER_APP = "app;";

/** The names under which an account, its grant and the app behind it are held back. */
export const PAUSE_SCOPES = {
  account: (platform: string, externalId: string) => `account:${platform}/${externalId}`,
  grant: (grantId: string) => `grant:${grantId}`,
  /** In live mode an app is one for the whole deployment, in test mode each workspace has a network of its own. */
  app: (mode: Mode, workspaceId: string, graphHost: string) => `${APP}${mode === "live" ? graphHost : workspaceId}`,
} as const;

/** The statement that reads the pauses an account of a scope is under, over or not. */
export const selectPauses = prepared((db) => {
  const { workspaceId, mode } = SCOPE;
  const app = sql`iif(${mode} = 'live', ${accounts.graphHost}, ${workspaceId})`;
  const isAccount = sql`${accounts.id} = ${sql.placeholder("accountId")} AND ${accounts.mode} = ${mode}`;
  const scopes = sql`
    SELECT 'account:' || ${accounts.platform} || '/' || ${accounts.externalId} FROM ${accounts} WHERE ${isAccount}
    UNION ALL SELECT 'grant:' || ${accounts.grantId} FROM ${accounts} WHERE ${isAccount}
    UNION ALL SELECT 'app:' || ${app} FROM ${accounts} WHERE ${isAccount}`;
  return db
    .select()
    .from(pauses)
    .where(and(eq(pauses.mode, mode), sql`${pauses.scope} IN (${scopes})`));
});

/** Which of these scopes are held back now. */
export async function findPausedScopes(db: Database, mode: Mode, scopes: string[], now: Millis): Promise<string[]> {
  const rows = await db
    .select({ scope: pauses.scope })
    .from(pauses)
    .where(and(eq(pauses.mode, mode), inArray(pauses.scope, scopes), gt(pauses.until, now)));
  return rows.map(({ scope }) => scope);
}

/** The statement that reads which apps are held back in live mode until later than `at`: a row for each host at most. */
export function selectHeldApps(db: Database, at: Millis) {
  const host = sql<string>`substr(${pauses.scope}, ${APP.length + 1})`;
  const { mode, scope, until, code } = pauses;
  return db
    .select({ host, until, code })
    .from(pauses)
    .where(and(eq(mode, "live"), gte(scope, APP), lt(scope, AFTER_APP), gt(until, at)));
}
