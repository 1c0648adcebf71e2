import type { ConsentRow } from "../db/consents.ts";
import { insertConsent } from "../db/consents.ts";
import type { Database } from "../db/database.ts";
import type { Clock, Millis } from "../lib/clock.ts";
import { MINUTE } from "../lib/clock.ts";
import { newSecret, sha256Hex } from "../lib/crypto.ts";
import { newId } from "../lib/ids.ts";
import type { AuthProvider } from "../lib/vocabulary.ts";
import type { Auths } from "../platforms/registry.ts";
import type { ConnectFailure } from "./connect-errors.ts";
import { connectFailure } from "./connect-errors.ts";
import { authsFor, openLink } from "./connect-link.ts";

/** How long a person may take in the platform's dialog. */
const STATE_LIFE: Millis = 10 * MINUTE;

export type BegunConsent =
  /** The platform's address at which the person is asked. */
  { is: "asked"; url: string } | { is: "unknown" } | ConnectFailure;

/**
 * Begins a consent with a click: from here on it belongs to this browser. The link is not used up by it.
 *
 * @param provider the login that the person chose; null where there is but one
 * @param browser the secret in the browser's cookie
 */
export async function beginConsent(
  deps: { db: Database; clock: Clock; auths: Auths; publicOrigin: string },
  token: string,
  provider: AuthProvider | null,
  browser: string,
): Promise<BegunConsent> {
  const opened = await openLink(deps, token);
  if (opened.is === "unknown") return opened;
  if (opened.is === "over") return connectFailure(opened.error, opened.redirectUrl);
  const { link } = opened;
  const auths = authsFor(deps.auths, link.platform);
  const auth = auths.find((each) => each.provider === provider) ?? auths[0];
  if (!auth) return connectFailure("platform_error", link.redirectUrl);
  const now = deps.clock();
  const state = newSecret();
  const consent: ConsentRow = {
    id: newId("consent", now),
    linkId: link.id,
    workspaceId: link.workspaceId,
    mode: link.mode,
    provider: auth.provider,
    stateHash: await sha256Hex(state),
    browserHash: await sha256Hex(browser),
    expiresAt: now + STATE_LIFE,
    returnedAt: null,
    grantEnvelope: null,
    result: null,
  };
  await insertConsent(deps.db, consent);
  return { is: "asked", url: auth.authorizeUrl(redirectUri(deps.publicOrigin, auth.provider), state) };
}

/** Where a platform sends the browser back to. One for each login, so that answers cannot be mixed up. */
export function redirectUri(publicOrigin: string, provider: AuthProvider): string {
  return `${publicOrigin}/connect/${provider}/callback`;
}
