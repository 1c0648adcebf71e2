import type { Database } from "../db/database.ts";
import type { Pause } from "../db/pauses.ts";
import { PAUSE_SCOPES, pause } from "../db/pauses.ts";
import type { Millis } from "../lib/clock.ts";
import type { Mode } from "../lib/vocabulary.ts";
import type { Fault } from "../platforms/platform.ts";

/*
 * A platform's limit holds back exactly what it is about, until the platform says it lifts: one account, one person's
 * grant, or the app for everybody. Calling on would lengthen it.
 */

/** Whom a limit may be about. */
export interface PausedAccount {
  mode: Mode;
  workspaceId: string;
  platform: string;
  externalId: string;
  grantId: string;
  graphHost: string;
}

/** Holds back what a limit is about. Nothing happens for a fault of another kind. */
export async function pauseFor(db: Database, account: PausedAccount, fault: Fault): Promise<void> {
  const scope = scopeOf(account, fault);
  if (fault.kind !== "quota" || fault.until === undefined || scope === null) return;
  const { until, code, message, holds = "posts" } = fault;
  await pause(db, account.mode, { scope, until, code, message, holds });
}

function scopeOf({ mode, workspaceId, platform, externalId, grantId, graphHost }: PausedAccount, fault: Fault) {
  switch (fault.scope) {
    case "account":
      return PAUSE_SCOPES.account(platform, externalId);
    case "grant":
      return PAUSE_SCOPES.grant(grantId);
    case "app":
      return PAUSE_SCOPES.app(mode, workspaceId, graphHost);
    case "post":
      return null;
  }
}

/** The pause that holds longest now, as the fault it was; null when none does. */
export function pausedBy(pauses: Pause[], now: Millis): Fault | null {
  const [longest] = pauses.filter(({ until }) => until > now).sort((a, b) => b.until - a.until);
  if (!longest) return null;
  const { code, message, until, holds } = longest;
  return { kind: "quota", scope: "post", code, message, until, holds };
}
