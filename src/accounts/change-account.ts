import type { AccountRow } from "../db/accounts.ts";
import { disconnect, findAccount, setLabels } from "../db/accounts.ts";
import type { Change } from "../db/change.ts";
import type { Database } from "../db/database.ts";
import type { Clock } from "../lib/clock.ts";
import type { Access } from "../lib/vocabulary.ts";
import { accountNotFound } from "./search-locations.ts";

/**
 * Gives an account other labels.
 *
 * @throws Refusal when there is no such account within reach
 */
export async function labelAccount(
  { db }: { db: Database },
  access: Access,
  id: string,
  labels: string[],
  change: Change<AccountRow>,
): Promise<AccountRow> {
  const known = await findAccount(db, access, id);
  if (!known) throw accountNotFound();
  const labelled = { ...known, labels };
  const record = await change.record(
    { action: "account.updated", target: id, details: { changed: ["labels"] } },
    labelled,
  );
  if (!(await setLabels(db, access, id, labels, record))) throw accountNotFound();
  return labelled;
}

/**
 * Disconnects an account and erases its token.
 *
 * @throws Refusal when there is no such account within reach
 */
export async function disconnectAccount(
  { db, clock }: { db: Database; clock: Clock },
  access: Access,
  id: string,
  change: Change<void>,
): Promise<void> {
  const record = await change.record({ action: "account.disconnected", target: id });
  if (!(await disconnect(db, access, id, record, clock()))) throw accountNotFound();
}
