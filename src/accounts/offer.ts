import type { PlatformId } from "../lib/vocabulary.ts";
import type { GrantedAccount, PlatformAuth, TokenGrant } from "../platforms/platform.ts";

/** What a consent gives: accounts that can be connected, and why there are none, or not all. */
export type Offer =
  | {
      is: "accounts";
      accounts: GrantedAccount[] /** Whether there is a choice to make. */;
      isMany: boolean;
      missing: string[];
    }
  | { is: "nothing"; error: "missing_permissions" | "no_accounts"; missing: string[] };

/** Pure: sorts what a person's grant gives for a link that asks for accounts of a platform. */
export function offerOf(
  auth: PlatformAuth,
  platform: PlatformId,
  grant: TokenGrant,
  granted: readonly GrantedAccount[],
): Offer {
  const accounts = granted.filter((account) => account.missing.length === 0);
  const missing = [...new Set(granted.flatMap((account) => account.missing))];
  if (accounts.some((account) => account.platform === platform)) {
    const roots = new Set(accounts.map((account) => account.parentId ?? account.externalId));
    return { is: "accounts", accounts, isMany: roots.size > 1, missing };
  }
  const { scopes } = grant;
  // Without its permission an account may not even be listed.
  const lacking = scopes === null ? [] : auth.required(platform).filter((scope) => !scopes.includes(scope));
  const wanted = granted.filter((account) => account.platform === platform).flatMap((account) => account.missing);
  const needed = [...new Set([...lacking, ...wanted])];
  return needed.length > 0
    ? { is: "nothing", error: "missing_permissions", missing: needed }
    : { is: "nothing", error: "no_accounts", missing: [] };
}
