import type { KeyScope, Role } from "../lib/vocabulary.ts";
import { KEY_SCOPES } from "../lib/vocabulary.ts";

const LOOKS: readonly KeyScope[] = ["posts:read", "accounts:read", "webhooks:read"];

/** What each role may do, in the words in which keys are allowed things. */
export const ROLE_SCOPES: Readonly<Record<Role, readonly KeyScope[]>> = {
  viewer: LOOKS,
  approver: [...LOOKS, "approvals:write"],
  editor: [...LOOKS, "posts:write", "media:write"],
  admin: KEY_SCOPES,
};

/** @returns the first thing that a role may do and who asks may not; null when they may do it all */
export function excessOf(role: Role, own: readonly KeyScope[]): KeyScope | null {
  return ROLE_SCOPES[role].find((scope) => !own.includes(scope)) ?? null;
}

export function mayAs(role: Role, scope: KeyScope): boolean {
  return ROLE_SCOPES[role].includes(scope);
}
