import { listAccountGroups } from "../db/account-groups.ts";
import type { Change } from "../db/change.ts";
import type { Database } from "../db/database.ts";
import { findMember } from "../db/members.ts";
import { invalid, Refusal, unknownGroupMessage } from "../lib/refusal.ts";
import type { KeyScope, Role } from "../lib/vocabulary.ts";
import { excessOf } from "./roles.ts";
import type { LinkDeps, SignInLink } from "./sign-in-link.ts";
import { createSignInLink } from "./sign-in-link.ts";

/** What somebody is to be in a workspace. */
export interface MemberRights {
  role: Role;
  /** The only groups of accounts that they see; null: all of them. */
  groupIds: string[] | null;
}

/**
 * Makes a link that lets somebody new in.
 *
 * @param own what who asks may do themselves: nobody makes somebody who may do more
 * @throws Refusal when a group is not there, an admin is to be limited to some, or the role may do more than who asks
 */
export async function inviteMember(
  deps: LinkDeps,
  workspaceId: string,
  rights: MemberRights,
  own: readonly KeyScope[],
  change: Change<SignInLink>,
): Promise<SignInLink> {
  refuseExcess(rights.role, own);
  await checkRights(deps.db, workspaceId, rights);
  return createSignInLink(deps, { workspaceId, personId: null, ...rights }, change);
}

/**
 * Makes a link by which a member gets back in who has lost their passkey. What they make with it opens this workspace alone:
 * whoever hands out the link has no say about the others that the person belongs to.
 *
 * @param own what who asks may do themselves: a link is as good as what it opens
 * @throws Refusal when there is no such member, or they may do more than who asks
 */
export async function letMemberBackIn(
  deps: LinkDeps,
  workspaceId: string,
  personId: string,
  own: readonly KeyScope[],
  change: Change<SignInLink>,
): Promise<SignInLink> {
  const { role, groupIds } = await existingMember(deps.db, workspaceId, personId);
  if (excessOf(role, own)) throw new Refusal("forbidden", "This member may do more than who asks for the link.");
  return createSignInLink(deps, { workspaceId, personId, role, groupIds }, change);
}

/** @throws Refusal when there is no such member */
export async function existingMember(db: Database, workspaceId: string, personId: string) {
  const member = await findMember(db, workspaceId, personId);
  if (!member) throw new Refusal("not_found", "Member does not exist in this workspace.");
  return member;
}

/** @throws Refusal when a role may do more than who asks */
export function refuseExcess(role: Role, own: readonly KeyScope[]): void {
  const excess = excessOf(role, own);
  if (excess) throw invalid("role", `role is ${role}, which may do what the key of this request may not: ${excess}.`);
}

/** @throws Refusal when a group is not there, or an admin is to be limited to some */
export async function checkRights(db: Database, workspaceId: string, { role, groupIds }: MemberRights): Promise<void> {
  if (groupIds === null) return;
  if (role === "admin") throw invalid("groups", "groups must be null for an admin, who sees every account.");
  const known = new Set((await listAccountGroups(db, workspaceId)).map(({ id }) => id));
  const unknown = groupIds.findIndex((id) => !known.has(id));
  if (unknown === -1) return;
  const field = `groups.${unknown}`;
  throw invalid(field, unknownGroupMessage(field));
}
