import type { Vault } from "../accounts/vault.ts";
import { grantRow } from "../accounts/vault.ts";
import type { ExternalAccount, TaskRef } from "../db/commits.ts";
import { claimPlatformPost, findUnclaimed } from "../db/commits.ts";
import type { Database } from "../db/database.ts";
import type { TaskMaterial } from "../db/publishing.ts";
import type { Clock, Millis } from "../lib/clock.ts";
import type { Json } from "../lib/json.ts";
import type { Log } from "../lib/log.ts";
import type { AccountHealth, PostRef } from "../lib/vocabulary.ts";
import type { Fault, Io, Platform } from "../platforms/platform.ts";
import type { Platforms } from "../platforms/registry.ts";
import { draftMedia } from "./draft.ts";
import type { PostObjects } from "./post-calls.ts";
import type { Report } from "./report.ts";
import { KNOWN_REAUTH } from "./report.ts";
import type { SettleTiming } from "./timing.ts";
import { scaled } from "./timing.ts";
import type { Holder } from "./transition.ts";

/** What publishing needs from where it runs. */
export interface PublishDeps {
  db: Database;
  posts: PostObjects;
  platforms: Platforms;
  vault: Vault;
  clock: Clock;
  timing: SettleTiming;
  settleScale: number;
  log: Log;
  /** How a mode's platform is reached: the network, or the workspace's sandbox. */
  transport(ref: PostRef): Io["fetch"];
  mediaUrl(mediaId: string): Promise<string>;
  sleep(span: Millis): Promise<void>;
}

/** Everything that is known about the task while it is worked on. */
export interface Work {
  deps: PublishDeps;
  ref: PostRef;
  holder: Holder;
  version: number;
  platform: Platform<Json>;
  account: ExternalAccount & { id: string; health: AccountHealth; tokenEnvelope: string };
  io: Io;
}

/** A task ready to be worked on, or why it is not. */
export type Prepared =
  | { is: "ready"; work: Work }
  | { is: "fault"; fault: Fault }
  | Extract<Report, { is: "impossible" }>;

/** Puts together what working on a task takes. */
export async function prepareTask(
  deps: PublishDeps,
  ref: PostRef,
  holder: Holder,
  version: number,
  material: TaskMaterial | null,
): Promise<Prepared> {
  if (!material) throw new Error("the database does not have the version that the object names");
  const { account, tokenEnvelope } = material;
  if (!account) {
    return { is: "impossible", code: "account_disconnected", message: "The account was disconnected." };
  }
  const media = material.mediaIds.flatMap((id) => material.media.find((row) => row.id === id) ?? []);
  if (media.length < material.mediaIds.length) {
    return { is: "impossible", code: "media_missing", message: "Media of the post was deleted." };
  }
  if (account.health === "needs_reconnect") {
    return { is: "fault", fault: needsReconnect(account.healthReason ?? "The account must be connected again.") };
  }
  if (tokenEnvelope === null) return { is: "fault", fault: needsReconnect("The account's grant was taken back.") };
  const token = await deps.vault.open(tokenEnvelope, grantRow(ref.workspaceId, account.grantId));
  if (token === null) return { is: "fault", fault: needsReconnect("The account's stored token cannot be read.") };

  const external: ExternalAccount = { mode: ref.mode, platform: account.platform, externalId: account.externalId };
  const task: TaskRef = { postId: ref.postId, accountId: account.id };
  const options = material.options[account.platform];
  const io: Io = {
    connection: { externalId: account.externalId, host: account.graphHost, token },
    draft: {
      text: material.content,
      media: media.map(draftMedia),
      options: options !== null && typeof options === "object" && !Array.isArray(options) ? options : {},
    },
    fetch: deps.transport(ref),
    mediaUrl: deps.mediaUrl,
    unclaimed: (ids) => findUnclaimed(deps.db, external, ids, task),
    claim: (id) => claimPlatformPost(deps.db, external, id, task),
    now: deps.clock,
    scaled: (span) => scaled(span, deps.settleScale),
    commitTimeout: deps.timing.commitTimeout,
  };
  const platform = deps.platforms[account.platform];
  return {
    is: "ready",
    work: {
      deps,
      ref,
      holder,
      version,
      platform,
      account: { ...external, id: account.id, health: account.health, tokenEnvelope },
      io,
    },
  };
}

function needsReconnect(message: string): Fault {
  return { kind: "reauth", scope: "grant", code: KNOWN_REAUTH, message };
}
