import { findAccountGroup } from "../db/account-groups.ts";
import type { AccountEdit, AccountRow } from "../db/accounts.ts";
import { disconnect, findAccount, updateAccount } from "../db/accounts.ts";
import type { Change } from "../db/change.ts";
import type { Database } from "../db/database.ts";
import type { Clock } from "../lib/clock.ts";
import { invalid, Refusal } from "../lib/refusal.ts";
import type { Access } from "../lib/vocabulary.ts";
import { accountNotFound } from "./search-locations.ts";

/**
 * Gives an account other labels, or puts it into another group.
 *
 * @throws Refusal when there is no such account within reach, or no such group, or who asks does not reach all accounts: who
 *   sees what goes by the groups
 */
export async function changeAccount(
  { db }: { db: Database },
  access: Access,
  id: string,
  edit: AccountEdit,
  change: Change<AccountRow>,
): Promise<AccountRow> {
  const known = await findAccount(db, access, id);
  if (!known) throw accountNotFound();
  if (edit.groupId !== undefined && access.accountIds !== null) {
    throw new Refusal("forbidden", "Groups are changed only by who reaches every account.", "group_id");
  }
  if (edit.groupId && !(await findAccountGroup(db, access.scope.workspaceId, edit.groupId))) {
    throw invalid("group_id", "group_id is not a group of this workspace.");
  }
  const changed = { ...known, ...edit };
  const details = { changed: Object.keys(edit) };
  const record = await change.record({ action: "account.updated", target: id, details }, changed);
  if (!(await updateAccount(db, access, id, edit, record))) throw accountNotFound();
  return changed;
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
