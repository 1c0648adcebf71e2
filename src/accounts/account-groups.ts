import type { AccountGroupRow } from "../db/account-groups.ts";
import { deleteAccountGroup, findAccountGroup, insertAccountGroup, renameAccountGroup } from "../db/account-groups.ts";
import type { Change } from "../db/change.ts";
import type { Database } from "../db/database.ts";
import { retryWrite } from "../db/retry.ts";
import type { Clock } from "../lib/clock.ts";
import { newId } from "../lib/ids.ts";
import { Refusal } from "../lib/refusal.ts";

/*
 * Groups of accounts: those of one client, say. Members and keys can be limited to some.
 */

/** How many groups a workspace may have. */
const MAX_GROUPS = 500;

/** @throws Refusal when another group has the name, or there are as many as there may be */
export async function createAccountGroup(
  { db, clock }: { db: Database; clock: Clock },
  workspaceId: string,
  name: string,
  change: Change<AccountGroupRow>,
): Promise<AccountGroupRow> {
  const now = clock();
  const row: AccountGroupRow = { id: newId("group", now), workspaceId, name, createdAt: now };
  const record = await change.record({ action: "group.created", target: row.id }, row);
  if (await retryWrite(() => insertAccountGroup(db, row, MAX_GROUPS, record))) return row;
  throw new Refusal("conflict", `The name is taken, or the workspace has ${MAX_GROUPS} groups already.`, "name");
}

/** @throws Refusal when there is no such group, or another one has the name */
export async function changeAccountGroup(
  { db }: { db: Database },
  workspaceId: string,
  id: string,
  name: string,
  change: Change<AccountGroupRow>,
): Promise<AccountGroupRow> {
  const changed = { ...(await existingGroup(db, workspaceId, id)), name };
  const record = await change.record({ action: "group.updated", target: id, details: { changed: ["name"] } }, changed);
  if (await retryWrite(() => renameAccountGroup(db, changed, record))) return changed;
  await existingGroup(db, workspaceId, id);
  throw new Refusal("conflict", "Another group of the workspace has this name.", "name");
}

/**
 * Deletes a group; its accounts are in none then.
 *
 * @throws Refusal when there is no such group, or a member, a link or a key is limited to it
 */
export async function removeAccountGroup(
  { db }: { db: Database },
  workspaceId: string,
  id: string,
  change: Change<void>,
): Promise<void> {
  await existingGroup(db, workspaceId, id);
  const record = await change.record({ action: "group.deleted", target: id }, undefined);
  if (await retryWrite(() => deleteAccountGroup(db, { workspaceId, id }, record))) return;
  throw new Refusal("conflict", "A member, an invitation or an API key is limited to this group.");
}

/** @throws Refusal when there is no such group */
async function existingGroup(db: Database, workspaceId: string, id: string): Promise<AccountGroupRow> {
  const group = await findAccountGroup(db, workspaceId, id);
  if (!group) throw new Refusal("not_found", "Group does not exist in this workspace.");
  return group;
}
