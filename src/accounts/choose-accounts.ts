import { findConsent } from "../db/consents.ts";
import { sha256Hex } from "../lib/crypto.ts";
import type { GrantedAccount, TokenGrant } from "../platforms/platform.ts";
import type { CompletedConsent, ConsentDeps, FoundConsent } from "./complete-consent.ts";
import { connectOffered, platformFailure } from "./complete-consent.ts";
import { connectFailure } from "./connect-errors.ts";
import { offerOf } from "./offer.ts";
import { consentRow } from "./vault.ts";

/** The accounts that a person may choose among. */
export interface Choice {
  is: "choice";
  found: FoundConsent;
  accounts: GrantedAccount[];
  /** Permissions for want of which other accounts cannot be connected. */
  missing: string[];
}

/** Names an account among those of one grant, for a form. */
export function choiceKey({ platform, externalId }: Pick<GrantedAccount, "platform" | "externalId">): string {
  return `${platform}:${externalId}`;
}

/**
 * Loads what the person may choose among, in the browser that began. A consent that was completed before is shown
 * completed.
 */
export async function loadChoice(
  deps: ConsentDeps,
  consentId: string,
  browser: string | undefined,
): Promise<Choice | CompletedConsent> {
  const found = browser === undefined ? null : await findConsent(deps.db, { id: consentId }, await sha256Hex(browser));
  if (!found) return connectFailure("state_invalid", null);
  const { consent, link } = found;
  const { redirectUrl } = link;
  if (consent.result) return { is: "connected", consentId, redirectUrl, result: consent.result };
  if (link.usedBy !== null && link.usedBy !== consent.id) return connectFailure("link_used", redirectUrl);
  const grant = consent.expiresAt <= deps.clock() ? null : await openGrant(deps, found);
  const auth = deps.auths[consent.provider];
  if (!grant || !auth) return connectFailure("choice_expired", redirectUrl);
  const granted = await auth.accounts(grant, { fetch: deps.transport(link), now: deps.clock });
  if (granted.is !== "ok") return platformFailure(deps, found, granted);
  const offer = offerOf(auth, link.platform, grant, granted.value);
  if (offer.is === "nothing") return connectFailure(offer.error, redirectUrl, offer.missing);
  return { is: "choice", found, accounts: offer.accounts, missing: offer.missing };
}

async function openGrant(deps: ConsentDeps, { consent, link }: FoundConsent): Promise<TokenGrant | null> {
  if (consent.grantEnvelope === null) return null;
  const opened = await deps.vault.open(consent.grantEnvelope, consentRow(link.workspaceId, consent.id));
  return opened === null ? null : (JSON.parse(opened) as TokenGrant);
}

/**
 * Connects the chosen accounts.
 *
 * @param keys as `choiceKey` names them
 * @returns the choice again when nothing was chosen
 */
export async function chooseAccounts(
  deps: ConsentDeps,
  consentId: string,
  browser: string | undefined,
  keys: readonly string[],
): Promise<Choice | CompletedConsent> {
  const choice = await loadChoice(deps, consentId, browser);
  if (choice.is !== "choice") return choice;
  const chosen = choice.accounts.filter((account) => keys.includes(choiceKey(account)));
  if (chosen.length === 0) return choice;
  return connectOffered(deps, choice.found, chosen, choice.missing);
}
