import type { Teller } from "../accounts/tell.ts";
import type { Vault } from "../accounts/vault.ts";
import { grantRow } from "../accounts/vault.ts";
import { noteQuota } from "../db/accounts.ts";
import type { ExternalAccount, TaskRef } from "../db/commits.ts";
import { claimPlatformPost, findUnclaimed, isAlone } from "../db/commits.ts";
import type { Database } from "../db/database.ts";
import type { TaskMaterial } from "../db/publishing.ts";
import type { Clock, Millis } from "../lib/clock.ts";
import type { Json } from "../lib/json.ts";
import type { Log } from "../lib/log.ts";
import type { AccountHealth, PostRef } from "../lib/vocabulary.ts";
import type { Fault, Io, Publication } from "../platforms/platform.ts";
import { MediaMissing } from "../platforms/platform.ts";
import type { Platforms } from "../platforms/registry.ts";
import { commentDraft, mediaOf, postDraft } from "./draft.ts";
import type { PausedAccount } from "./pauses.ts";
import { pausedBy } from "./pauses.ts";
import type { PostObjects } from "./post-calls.ts";
import type { Report } from "./report.ts";
import { KNOWN_REAUTH } from "./take-fault.ts";
import type { Tally } from "./tally.ts";
import type { MadeCall } from "./timeline.ts";
import type { SettleTiming } from "./timing.ts";
import { scaled } from "./timing.ts";
import type { Holder } from "./transition.ts";

/** What publishing needs from where it runs. */
export interface PublishDeps extends Teller {
  db: Database;
  posts: PostObjects;
  platforms: Platforms;
  vault: Vault;
  clock: Clock;
  timing: SettleTiming;
  settleScale: number;
  log: Log;
  /** How a mode's platform is reached: the network, or the workspace's sandbox as it is on a post's clock. */
  transport(ref: PostRef, clockOffset?: Millis): Io["fetch"];
  mediaUrl(mediaId: string): Promise<string>;
  readMedia(mediaId: string, range: { offset: number; length: number }): Promise<Blob | null>;
  sleep(span: Millis): Promise<void>;
}

/** The same on the clock of the post that is worked on. */
export type WorkDeps = PublishDeps & { realClock: Clock };

/** Everything that is known about the task while it is worked on. */
export interface Work {
  deps: WorkDeps;
  ref: PostRef;
  holder: Holder;
  version: number;
  publication: Publication<Json>;
  account: ExternalAccount & PausedAccount & { id: string; health: AccountHealth; tokenEnvelope: string };
  io: Io;
  /** When its material was loaded, by the real clock. */
  loadedAt: Millis;
  /** Calls that the object has not heard of. */
  calls: MadeCall[];
  tally: Tally;
}

/** A task ready to be worked on, or why it is not. */
export type Prepared =
  | { is: "ready"; work: Work }
  | { is: "fault"; fault: Fault }
  | Extract<Report, { is: "impossible" }>;

/** What the post's object said of the task it gave out. */
export interface Assignment {
  version: number;
  parentId: string | null;
  isArmed: boolean;
  /** When its material was loaded, by the real clock. */
  loadedAt: Millis;
  /** Where the calls to the platform are noted. */
  calls: MadeCall[];
  tally: Tally;
}

/** Puts together what working on a task takes. */
export async function prepareTask(
  deps: WorkDeps,
  ref: PostRef,
  holder: Holder,
  { version, parentId, isArmed, loadedAt, calls, tally }: Assignment,
  material: TaskMaterial | null,
): Promise<Prepared> {
  if (!material) throw new Error("the database does not have the version that the object names");
  const { account, tokenEnvelope } = material;
  tally.platform = account?.platform ?? null;
  if (!account) {
    return { is: "impossible", code: "account_disconnected", message: "The account was disconnected." };
  }
  const isComment = holder.part === "comment";
  const chosen = material.options[account.platform];
  const options = chosen !== null && typeof chosen === "object" && !Array.isArray(chosen) ? chosen : {};
  const content = { text: material.content, mediaIds: material.mediaIds, options };
  if (!isComment && mediaOf(content).some((id) => !material.media.some((row) => row.id === id))) {
    return { is: "impossible", code: "media_missing", message: "Media of the post was deleted." };
  }
  if (account.health === "needs_reconnect") {
    return { is: "fault", fault: needsReconnect(account.healthReason ?? "The account must be connected again.") };
  }
  // A limit on publishing alone does not keep anybody from reading what became of a commit.
  const held = pausedBy(
    isArmed ? material.pauses.filter(({ holds }) => holds === "calls") : material.pauses,
    deps.clock(),
  );
  if (held) return { is: "fault", fault: held };
  if (tokenEnvelope === null) return { is: "fault", fault: needsReconnect("The account's grant was taken back.") };
  const token = await deps.vault.open(tokenEnvelope, grantRow(ref.workspaceId, account.grantId));
  if (token === null) return { is: "fault", fault: needsReconnect("The account's stored token cannot be read.") };

  const external: ExternalAccount = { mode: ref.mode, platform: account.platform, externalId: account.externalId };
  const task: TaskRef = { postId: ref.postId, accountId: account.id };
  const io: Io = {
    connection: { externalId: account.externalId, host: account.graphHost, token },
    draft: isComment ? commentDraft(content, parentId) : postDraft(content, material.media),
    fetch: deps.transport(ref),
    mediaUrl: deps.mediaUrl,
    readMedia: async (mediaId, range) => {
      const bytes = await deps.readMedia(mediaId, range);
      if (!bytes) throw new MediaMissing();
      return bytes;
    },
    noteQuota: (quota) => noteQuota(deps.db, { id: account.id, mode: ref.mode }, { ...quota, readAt: deps.clock() }),
    unclaimed: (ids) => findUnclaimed(deps.db, external, ids, task),
    isAlone: () => isAlone(deps.db, external, task),
    claim: (id) => claimPlatformPost(deps.db, external, id, task),
    now: deps.clock,
    scaled: (span) => scaled(span, deps.settleScale),
    commitTimeout: deps.timing.commitTimeout,
  };
  const platform = deps.platforms[account.platform];
  const { id, health, grantId, graphHost, workspaceId } = account;
  return {
    is: "ready",
    work: {
      deps,
      ref,
      holder,
      version,
      publication: isComment ? platform.comment : platform.post,
      account: { ...external, workspaceId, id, health, grantId, graphHost, tokenEnvelope },
      io,
      loadedAt,
      calls,
      tally,
    },
  };
}

function needsReconnect(message: string): Fault {
  return { kind: "reauth", scope: "grant", code: KNOWN_REAUTH, message };
}
