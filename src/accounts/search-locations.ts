import { findAccountToken } from "../db/accounts.ts";
import type { Database } from "../db/database.ts";
import type { Clock } from "../lib/clock.ts";
import { platformError, Refusal } from "../lib/refusal.ts";
import type { Access, Scope } from "../lib/vocabulary.ts";
import type { MetaSettings } from "../platforms/meta/graph.ts";
import type { Place } from "../platforms/meta/places.ts";
import { searchPlaces } from "../platforms/meta/places.ts";
import type { Io } from "../platforms/platform.ts";
import { markNeedsReconnect } from "./mark-needs-reconnect.ts";
import { detailsOf } from "./platform-answer.ts";
import type { Teller } from "./tell.ts";
import type { Vault } from "./vault.ts";
import { grantRow } from "./vault.ts";

export interface SearchDeps extends Teller {
  db: Database;
  vault: Vault;
  clock: Clock;
  meta: MetaSettings;
  transport(scope: Scope): Io["fetch"];
}

/** The codes of a token's end. That it lacks a permission to search says nothing of the account. */
const ENDED_TOKEN = /^(102|190)(\/|$)/;

/**
 * Searches places that posts of an account can be tagged with.
 *
 * @throws Refusal when there is no such account within reach, the platform does not let it search, or does not answer
 */
export async function searchLocations(
  deps: SearchDeps,
  access: Access,
  accountId: string,
  query: string,
): Promise<Place[]> {
  const { scope } = access;
  const found = await findAccountToken(deps.db, access, accountId);
  if (!found) throw accountNotFound();
  const { account, tokenEnvelope } = found;
  if (account.graphHost === "instagram") {
    const message =
      "Meta does not let accounts connected by Instagram Login search locations. Connect the account by Facebook Login.";
    throw new Refusal("conflict", message);
  }
  const row = grantRow(scope.workspaceId, account.grantId);
  const token = tokenEnvelope === null ? null : await deps.vault.open(tokenEnvelope, row);
  if (token === null || account.health === "needs_reconnect") {
    throw new Refusal("conflict", "The account must be connected again before it can search locations.");
  }
  const connection = { externalId: account.externalId, host: account.graphHost, token };
  const answer = await searchPlaces(deps.meta, { connection, fetch: deps.transport(scope), now: deps.clock }, query);
  if (answer.is === "ok") return answer.places;
  if (answer.is === "lost") throw platformError();
  const { kind, code, message } = answer.fault;
  if (ENDED_TOKEN.test(code) && tokenEnvelope !== null) {
    await markNeedsReconnect(deps, scope, { id: account.id, tokenEnvelope }, message);
  }
  const details = detailsOf(answer.fault, deps.clock());
  if (kind === "retry" || kind === "quota") throw platformError(details);
  const refused = `The platform does not let this account search locations (${code}): ${message}`;
  throw new Refusal("conflict", refused, undefined, details);
}

export function accountNotFound(): Refusal {
  return new Refusal("not_found", "Account does not exist in this workspace.");
}
