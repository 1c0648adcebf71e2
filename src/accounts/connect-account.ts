import type { AccountRow } from "../db/accounts.ts";
import type { Change } from "../db/change.ts";
import { invalid, platformError } from "../lib/refusal.ts";
import type { PlatformId, Scope } from "../lib/vocabulary.ts";
import { hostOfToken } from "../platforms/meta/graph.ts";
import type { Io } from "../platforms/platform.ts";
import type { Auths, Platforms } from "../platforms/registry.ts";
import { detailsOf } from "./platform-answer.ts";
import type { StoreDeps } from "./store-account.ts";
import { occasionOf, storeAccount } from "./store-account.ts";

export interface ConnectDeps extends StoreDeps {
  platforms: Platforms;
  auths: Auths;
  transport(scope: Scope): Io["fetch"];
}

/** An account as its owner names it, with a token for it. */
export interface AccountCredentials {
  platform: PlatformId;
  externalId: string;
  token: string;
}

/**
 * Connects an account: asks its platform whether the token is good for it, and stores it.
 *
 * @throws Refusal when the platform refuses the token, knows the account by another id or says that a permission is
 *   missing, and when it does not answer
 */
export async function connectAccount(
  deps: ConnectDeps,
  scope: Scope,
  { platform, externalId, token }: AccountCredentials,
  change: Change<AccountRow>,
): Promise<AccountRow> {
  const host = hostOfToken(token);
  const io = { connection: { externalId, host, token }, fetch: deps.transport(scope), now: deps.clock };
  const answer = await deps.platforms[platform].profile(io);
  if (answer.is === "lost") throw platformError();
  if (answer.is === "refused") {
    const { kind, code, message } = answer.fault;
    const details = detailsOf(answer.fault, deps.clock());
    // What a token may not see looks to it as if it were not there.
    if (/^(100|803)\b/.test(code))
      throw invalid("external_id", `The platform knows no such account (${code}): ${message}`, details);
    if (kind === "retry" || kind === "quota") throw platformError(details);
    throw invalid("access_token", `The platform refused the token (${code}): ${message}`, details);
  }
  if (answer.profile.externalId !== externalId) {
    throw invalid("external_id", "The token belongs to another account of the platform.");
  }
  const auth = deps.auths[host];
  const nothingKnown = { token, expiresAt: null, dataAccessExpiresAt: null, scopes: null, personId: null };
  const grant = auth ? await auth.describe(token, io) : nothingKnown;
  const { scopes } = grant;
  const missing = auth && scopes ? auth.required(platform).filter((permission) => !scopes.includes(permission)) : [];
  if (missing.length > 0) throw invalid("access_token", `The token lacks these permissions: ${missing.join(", ")}.`);
  const connected = { ...answer.profile, platform, host, grant, behavior: null };
  return storeAccount(deps, scope, connected, occasionOf(deps, change));
}
