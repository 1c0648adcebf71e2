import { and, eq, gt, inArray, isNotNull, isNull, lte, or } from "drizzle-orm";
import type { Millis } from "../lib/clock.ts";
import { DAY } from "../lib/clock.ts";
import type { ChangeRecord } from "./change.ts";
import { commitChange } from "./change.ts";
import type { Database } from "./database.ts";
import type { ConsentResult } from "./schema.ts";
import { connectLinks, consents, workspaces } from "./schema.ts";

export type ConnectLinkRow = typeof connectLinks.$inferSelect;
export type ConsentRow = typeof consents.$inferSelect;

/** Who asks by a link, as its page shows it. */
export interface AskingWorkspace {
  name: string;
  logoUrl: string | null;
}

export async function insertConnectLink(db: Database, link: ConnectLinkRow, record: ChangeRecord): Promise<void> {
  await commitChange(db, record, [db.insert(connectLinks).values(link)]);
}

export async function findConnectLink(
  db: Database,
  tokenHash: string,
): Promise<{ link: ConnectLinkRow; workspace: AskingWorkspace } | null> {
  const [row] = await db
    .select({ link: connectLinks, workspace: { name: workspaces.name, logoUrl: workspaces.logoUrl } })
    .from(connectLinks)
    .innerJoin(workspaces, eq(workspaces.id, connectLinks.workspaceId))
    .where(eq(connectLinks.tokenHash, tokenHash));
  return row ?? null;
}

export async function insertConsent(db: Database, consent: ConsentRow): Promise<void> {
  await db.insert(consents).values(consent);
}

/**
 * Takes the state that came back: one caller gets it, once, in the browser that began.
 *
 * @returns null when it is unknown, was taken, has ended or belongs to another browser or provider
 */
export async function takeState(
  db: Database,
  state: Pick<ConsentRow, "stateHash" | "browserHash" | "provider">,
  now: Millis,
): Promise<ConsentRow | null> {
  const [taken] = await db
    .update(consents)
    .set({ returnedAt: now })
    .where(
      and(
        eq(consents.stateHash, state.stateHash),
        eq(consents.browserHash, state.browserHash),
        eq(consents.provider, state.provider),
        isNull(consents.returnedAt),
        gt(consents.expiresAt, now),
      ),
    )
    .returning();
  return taken ?? null;
}

/** A consent of this browser with its link, whatever has become of it. */
export async function findConsent(
  db: Database,
  by: { id: string } | { stateHash: string },
  browserHash: string,
): Promise<{ consent: ConsentRow; link: ConnectLinkRow; workspace: AskingWorkspace } | null> {
  const isConsent = "id" in by ? eq(consents.id, by.id) : eq(consents.stateHash, by.stateHash);
  const [row] = await db
    .select({
      consent: consents,
      link: connectLinks,
      workspace: { name: workspaces.name, logoUrl: workspaces.logoUrl },
    })
    .from(consents)
    .innerJoin(connectLinks, eq(connectLinks.id, consents.linkId))
    .innerJoin(workspaces, eq(workspaces.id, consents.workspaceId))
    .where(and(isConsent, eq(consents.browserHash, browserHash)));
  return row ?? null;
}

/** Keeps the sealed grant until the person has chosen, or `until`. */
export async function keepGrant(db: Database, consentId: string, grantEnvelope: string, until: Millis): Promise<void> {
  await db.update(consents).set({ grantEnvelope, expiresAt: until }).where(eq(consents.id, consentId));
}

/** Uses a link up. @returns whether this consent is the one that did, now or before */
export async function useLink(db: Database, linkId: string, consentId: string): Promise<boolean> {
  const used = await db
    .update(connectLinks)
    .set({ usedBy: consentId })
    .where(and(eq(connectLinks.id, linkId), or(isNull(connectLinks.usedBy), eq(connectLinks.usedBy, consentId))))
    .returning({ id: connectLinks.id });
  return used.length > 0;
}

/** Gives a link back that a consent used up without getting anything for it. */
export async function releaseLink(db: Database, linkId: string, consentId: string): Promise<void> {
  await db
    .update(connectLinks)
    .set({ usedBy: null })
    .where(and(eq(connectLinks.id, linkId), eq(connectLinks.usedBy, consentId)));
}

/** Ends a consent: its grant is erased, and what came of it kept for the last page. */
export async function finishConsent(db: Database, consentId: string, result: ConsentResult | null): Promise<void> {
  await db.update(consents).set({ grantEnvelope: null, result }).where(eq(consents.id, consentId));
}

/** How long the pages of what is over can still say so. */
const KEPT_FOR: Millis = 7 * DAY;

/** Erases the grants of people who did not choose in time, and deletes what is long over, some at a time. */
export async function sweepConsents(db: Database, now: Millis, limit: number): Promise<void> {
  const unchosen = db
    .select({ id: consents.id })
    .from(consents)
    .where(and(lte(consents.expiresAt, now), isNotNull(consents.grantEnvelope)))
    .limit(limit);
  const oldConsents = db
    .select({ id: consents.id })
    .from(consents)
    .where(lte(consents.expiresAt, now - KEPT_FOR))
    .limit(limit);
  const oldLinks = db
    .select({ id: connectLinks.id })
    .from(connectLinks)
    .where(lte(connectLinks.expiresAt, now - KEPT_FOR))
    .limit(limit);
  await db.batch([
    db.update(consents).set({ grantEnvelope: null }).where(inArray(consents.id, unchosen)),
    db.delete(consents).where(inArray(consents.id, oldConsents)),
    db.delete(connectLinks).where(inArray(connectLinks.id, oldLinks)),
  ]);
}
