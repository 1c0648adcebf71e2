import type { Access, Scope } from "./vocabulary.ts";

/** All of a workspace in one mode: for who is not asked by a key, and for what no key is asked about. */
export function wholeOf(scope: Scope): Access {
  return { scope, accountIds: null };
}

export function reaches({ accountIds }: Access, accountId: string): boolean {
  return accountIds?.includes(accountId) ?? true;
}
