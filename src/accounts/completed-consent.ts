import type { AccountRow } from "../db/accounts.ts";
import { findAccounts } from "../db/accounts.ts";
import type { AskingWorkspace } from "../db/consents.ts";
import { findConsent } from "../db/consents.ts";
import type { Database } from "../db/database.ts";
import { wholeOf } from "../lib/access.ts";
import { sha256Hex } from "../lib/crypto.ts";

/** What a person who connected accounts is shown in the end. */
export interface CompletedView {
  workspace: AskingWorkspace;
  accounts: AccountRow[];
  missing: string[];
}

/** @returns null unless this browser completed this consent */
export async function findCompleted(
  db: Database,
  consentId: string,
  browser: string | undefined,
): Promise<CompletedView | null> {
  const found = browser === undefined ? null : await findConsent(db, { id: consentId }, await sha256Hex(browser));
  const result = found?.consent.result;
  if (!found || !result) return null;
  const { workspaceId, mode } = found.link;
  const accounts = await findAccounts(db, wholeOf({ workspaceId, mode }), result.accountIds);
  return { workspace: found.workspace, accounts, missing: result.missing };
}
