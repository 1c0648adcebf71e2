import type { Change } from "../db/change.ts";
import type { Database } from "../db/database.ts";
import { retryWrite } from "../db/retry.ts";
import type { SignInLinkRow } from "../db/sign-in-links.ts";
import { acceptSignInLink, findSignInLink, insertSignInLink } from "../db/sign-in-links.ts";
import type { Clock, Millis } from "../lib/clock.ts";
import { DAY } from "../lib/clock.ts";
import { newSecret, sha256Hex } from "../lib/crypto.ts";
import { newId } from "../lib/ids.ts";
import type { Role } from "../lib/vocabulary.ts";

/*
 * Links by which somebody gets into a workspace once: to become a member, or back in without their passkey. Whoever opens one
 * makes a passkey, and signs in with that from then on.
 */

const LINK_LIFE: Millis = 3 * DAY;

/** What a link leads to. */
export interface SignInLink {
  /** Shown this once. */
  url: string;
  role: Role;
  expiresAt: Millis;
}

/** Whom a link lets in. */
export interface Invitation {
  workspaceId: string;
  /** Who gets back in; null: somebody new. */
  personId: string | null;
  role: Role;
  groupIds: string[] | null;
}

export interface LinkDeps {
  db: Database;
  clock: Clock;
  publicOrigin: string;
}

/** Makes a link. It ends after three days, and by being used. */
export async function createSignInLink(
  { db, clock, publicOrigin }: LinkDeps,
  invitation: Invitation,
  change: Change<SignInLink>,
): Promise<SignInLink> {
  const now = clock();
  const secret = newSecret();
  const row: SignInLinkRow = {
    ...invitation,
    tokenHash: await sha256Hex(secret),
    createdBy: change.asker,
    createdAt: now,
    expiresAt: now + LINK_LIFE,
    usedAt: null,
  };
  const link: SignInLink = { url: `${publicOrigin}/join/${secret}`, role: row.role, expiresAt: row.expiresAt };
  const target = invitation.personId ?? invitation.workspaceId;
  const entry = { action: "member.invited", target, details: { role: row.role } } as const;
  const record = await change.record(entry, link);
  await retryWrite(() => insertSignInLink(db, row, record));
  return link;
}

/** What a link's secret opens, as long as it can be used. */
export async function openSignInLink({ db, clock }: LinkDeps, secret: string) {
  return findSignInLink(db, await sha256Hex(secret), clock());
}

/**
 * Lets somebody who is signed in already into the workspace of a link that is for somebody new, and uses it up.
 *
 * @returns the workspace that they belong to from now on; null when the link cannot be used, or they belong there already
 */
export async function joinBySignInLink(
  deps: LinkDeps,
  secret: string,
  personId: string,
  request: { id: string; ip: string | null },
): Promise<string | null> {
  const found = await openSignInLink(deps, secret);
  if (!found) return null;
  const { workspaceId, role } = found.link;
  const now = deps.clock();
  const isJoined = await acceptSignInLink(deps.db, found.link, {
    id: newId("auditLine", now),
    workspaceId,
    mode: "live",
    at: now,
    action: "member.joined",
    actor: personId,
    target: personId,
    requestId: request.id,
    ip: request.ip,
    details: { role },
  });
  return isJoined ? workspaceId : null;
}
