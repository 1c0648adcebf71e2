import type { Change } from "../db/change.ts";
import type { Database } from "../db/database.ts";
import type { NamedMember } from "../db/members.ts";
import { deleteMember, updateMember } from "../db/members.ts";
import { retryWrite } from "../db/retry.ts";
import { Refusal } from "../lib/refusal.ts";
import type { KeyScope } from "../lib/vocabulary.ts";
import type { MemberRights } from "./invite-member.ts";
import { checkRights, existingMember, refuseExcess } from "./invite-member.ts";
import { mayAs, ROLE_SCOPES } from "./roles.ts";

/**
 * Changes what a member is, from the next page on that they open.
 *
 * @param own what who asks may do themselves: only a change that narrows what the member may is open to everybody
 * @throws Refusal when there is no such member, a group is not there, nobody would be admin any more, or the member would be
 *   allowed more than who asks
 */
export async function changeMember(
  { db }: { db: Database },
  workspaceId: string,
  personId: string,
  edit: Partial<MemberRights>,
  own: readonly KeyScope[],
  change: Change<NamedMember>,
): Promise<NamedMember> {
  const member = await existingMember(db, workspaceId, personId);
  const changed = { ...member, ...edit };
  if (!isWithin(changed, member)) refuseExcess(changed.role, own);
  await checkRights(db, workspaceId, changed);
  const details = { role: changed.role, changed: Object.keys(edit) };
  const record = await change.record({ action: "member.updated", target: personId, details }, changed);
  if (!(await retryWrite(() => updateMember(db, changed, record)))) throw await refusalOf(db, workspaceId, personId);
  return changed;
}

/**
 * Takes a person out of a workspace: what they have open there shows them nothing more, and links that they made, or that were
 * made for them, let nobody in.
 *
 * @throws Refusal when there is no such member, or nobody would be admin any more
 */
export async function removeMember(
  { db }: { db: Database },
  workspaceId: string,
  personId: string,
  change: Change<void>,
): Promise<void> {
  const { role } = await existingMember(db, workspaceId, personId);
  const record = await change.record({ action: "member.removed", target: personId, details: { role } }, undefined);
  if (!(await retryWrite(() => deleteMember(db, { workspaceId, personId }, record)))) {
    throw await refusalOf(db, workspaceId, personId);
  }
}

/** Whether some rights are no more than others. */
function isWithin(rights: MemberRights, others: MemberRights): boolean {
  const { groupIds } = others;
  return (
    ROLE_SCOPES[rights.role].every((scope) => mayAs(others.role, scope)) &&
    (groupIds === null || (rights.groupIds?.every((id) => groupIds.includes(id)) ?? false))
  );
}

/** Why nothing was changed of a member. */
async function refusalOf(db: Database, workspaceId: string, personId: string): Promise<Refusal> {
  await existingMember(db, workspaceId, personId);
  return new Refusal("conflict", "This is the last admin of the workspace: make somebody else admin first.");
}
