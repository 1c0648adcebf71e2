import type { ApiKeyRow, AskerMember, KeyLimits } from "../db/api-keys.ts";
import { endsNoLater } from "../db/api-keys.ts";
import { unknownAccountMessage, unknownGroupMessage } from "../lib/refusal.ts";
import { printTime } from "../lib/time.ts";
import type { Access, Mode } from "../lib/vocabulary.ts";

/*
 * What a key may do: its scopes, on its accounts that are in its groups, until its end. Nobody gives away what they do not have.
 */

export type KeyRights = Pick<ApiKeyRow, "scopes" | "needsApproval" | "expiresAt"> & KeyLimits;

/** The key of a request, with which somebody asks for something, and what it reaches in this moment. */
export type AskingKey = Pick<ApiKeyRow, "id" | "workspaceId" | "mode"> & KeyRights & { access: Access };

/** A member who asks for something, with the rights that their role has. */
export type AskingMember = AskerMember & { mode: Mode } & KeyRights & { access: Access };

/** Who asks about keys, and may give no more than they have. */
export type Asker = AskingKey | AskingMember;

/** What of some rights the key of a request does not have itself. */
export interface Excess {
  /** The request's field that names it. */
  field: string;
  message: string;
}

/** @returns the first right that the key of the request does not have itself; null when it has them all */
export function findExcess(rights: KeyRights, own: Asker): Excess | null {
  const scope = rights.scopes.findIndex((each) => !own.scopes.includes(each));
  if (scope !== -1) {
    const field = `scopes.${scope}`;
    return { field, message: `${field} is ${rights.scopes[scope]}, which the key of this request does not have.` };
  }
  const { accountIds, groupIds } = own;
  if (accountIds !== null && rights.accountIds === null) {
    const message = "accounts is required: the key of this request is restricted to accounts, and can give no others.";
    return { field: "accounts", message };
  }
  const account = rights.accountIds?.findIndex((id) => accountIds !== null && !accountIds.includes(id)) ?? -1;
  if (account !== -1) {
    const field = `accounts.${account}`;
    return { field, message: unknownAccountMessage(field, own.mode) };
  }
  if (groupIds !== null && rights.groupIds === null) {
    const message = "groups is required: the key of this request is restricted to groups, and can give no others.";
    return { field: "groups", message };
  }
  const group = rights.groupIds?.findIndex((id) => groupIds !== null && !groupIds.includes(id)) ?? -1;
  if (group !== -1) {
    const field = `groups.${group}`;
    return { field, message: unknownGroupMessage(field) };
  }
  if (own.needsApproval && !rights.needsApproval) {
    const message = "needs_approval must be true: the posts of the key of this request wait for approval, too.";
    return { field: "needs_approval", message };
  }
  if (own.expiresAt !== null && !endsNoLater(rights, own)) {
    const message = `expires_at must not be later than ${printTime(own.expiresAt)}, when the key of this request ends.`;
    return { field: "expires_at", message };
  }
  return null;
}

/** Whether some rights are no more than others. */
export function isWithin(rights: KeyRights, others: KeyRights): boolean {
  return (
    rights.scopes.every((scope) => others.scopes.includes(scope)) &&
    (rights.needsApproval || !others.needsApproval) &&
    areAmong(rights.accountIds, others.accountIds) &&
    areAmong(rights.groupIds, others.groupIds) &&
    endsNoLater(rights, others)
  );
}

/** Null stands for everything. */
function areAmong(ids: readonly string[] | null, others: readonly string[] | null): boolean {
  return others === null || (ids?.every((id) => others.includes(id)) ?? false);
}
