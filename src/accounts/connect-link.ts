import type { Change } from "../db/change.ts";
import type { AskingWorkspace, ConnectLinkRow } from "../db/consents.ts";
import { findConnectLink, insertConnectLink } from "../db/consents.ts";
import type { Database } from "../db/database.ts";
import type { Clock, Millis } from "../lib/clock.ts";
import { SECOND } from "../lib/clock.ts";
import { newSecret, sha256Hex } from "../lib/crypto.ts";
import { newId } from "../lib/ids.ts";
import { checkRedirectUrl } from "../lib/outbound-url.ts";
import { invalid, Refusal } from "../lib/refusal.ts";
import type { AuthProvider, PlatformId, Scope } from "../lib/vocabulary.ts";
import type { PlatformAuth } from "../platforms/platform.ts";
import type { Auths } from "../platforms/registry.ts";
import { AUTHS_OF_PLATFORM } from "../platforms/registry.ts";

export interface ConnectLinkRequest {
  platform: PlatformId;
  redirectUrl: string | null;
  /** In seconds. */
  expiresIn: number;
}

/** A link by which anybody can connect accounts to the workspace, once. Its address is the permission, shown this once. */
export interface ConnectLink {
  id: string;
  url: string;
  expiresAt: Millis;
}

/** The settings that each way to ask for consent needs. */
const SETTINGS_OF_AUTH: Readonly<Record<AuthProvider, string>> = {
  facebook: "META_APP_ID and META_APP_SECRET",
  instagram: "INSTAGRAM_APP_ID and INSTAGRAM_APP_SECRET",
};

/** @throws Refusal when the deployment cannot ask for consent, or the browser may not be sent to `redirect_url` */
export async function createConnectLink(
  deps: { db: Database; clock: Clock; auths: Auths; publicOrigin: string; allowPrivateTargets: boolean },
  scope: Scope,
  { platform, redirectUrl, expiresIn }: ConnectLinkRequest,
  change: Change<ConnectLink>,
): Promise<ConnectLink> {
  if (redirectUrl !== null) {
    const checked = checkRedirectUrl(redirectUrl, deps);
    if (checked.is === "refused") throw invalid("redirect_url", `redirect_url ${checked.reason}.`);
  }
  if (authsFor(deps.auths, platform).length === 0) {
    const message = `This deployment cannot ask for consent on ${platform}: set ${settingsFor(platform)}.`;
    throw new Refusal("platform_not_configured", message, "platform");
  }
  const now = deps.clock();
  const token = newSecret();
  const link: ConnectLinkRow = {
    id: newId("connectLink", now),
    ...scope,
    platform,
    tokenHash: await sha256Hex(token),
    redirectUrl,
    createdAt: now,
    expiresAt: now + expiresIn * SECOND,
    usedBy: null,
  };
  const created = { id: link.id, url: `${deps.publicOrigin}/connect/${token}`, expiresAt: link.expiresAt };
  const record = await change.record(
    { action: "connect_link.created", target: link.id, details: { platform } },
    created,
  );
  await insertConnectLink(deps.db, link, record);
  return created;
}

/** The settings by which a deployment can ask for a platform's accounts. */
export function settingsFor(platform: PlatformId): string {
  return AUTHS_OF_PLATFORM[platform].map((provider) => SETTINGS_OF_AUTH[provider]).join(", or ");
}

/** The ways in which this deployment can ask for a platform's accounts, the simpler one first. */
export function authsFor(auths: Auths, platform: PlatformId): PlatformAuth[] {
  return AUTHS_OF_PLATFORM[platform].flatMap((provider) => auths[provider] ?? []);
}

/** A link as whoever opened it finds it. */
export type OpenedLink =
  | { is: "open"; link: ConnectLinkRow; workspace: AskingWorkspace }
  | { is: "over"; error: "link_expired" | "link_used"; redirectUrl: string | null }
  | { is: "unknown" };

export async function openLink(deps: { db: Database; clock: Clock }, token: string): Promise<OpenedLink> {
  const found = await findConnectLink(deps.db, await sha256Hex(token));
  if (!found) return { is: "unknown" };
  const { link } = found;
  if (link.usedBy !== null) return { is: "over", error: "link_used", redirectUrl: link.redirectUrl };
  if (link.expiresAt <= deps.clock()) return { is: "over", error: "link_expired", redirectUrl: link.redirectUrl };
  return { is: "open", ...found };
}
