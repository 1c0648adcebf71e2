import type { OpenSandboxAccount } from "./accounts/create-sandbox-account.ts";
import type { Vault } from "./accounts/vault.ts";
import { createVault } from "./accounts/vault.ts";
import type { Database } from "./db/database.ts";
import { database } from "./db/database.ts";
import type { DeliveryRef } from "./db/deliveries.ts";
import { findClockOffset } from "./db/test-clock.ts";
import { findWorkspace } from "./db/workspaces.ts";
import type { Env, Settings } from "./env.ts";
import { settingsOf } from "./env.ts";
import type { Clock, Millis } from "./lib/clock.ts";
import { systemClock } from "./lib/clock.ts";
import type { Log } from "./lib/log.ts";
import { consoleLog } from "./lib/log.ts";
import type { OutboundPolicy } from "./lib/outbound-url.ts";
import type { Scope } from "./lib/vocabulary.ts";
import type { Limiter } from "./limits/rate-limiter.ts";
import { createLimiter } from "./limits/rate-limiter.ts";
import type { Shield } from "./limits/shield.ts";
import { createShield } from "./limits/shield.ts";
import type { MediaLibrary } from "./media/library.ts";
import { publicUrl, readMedia, serveMedia } from "./media/library.ts";
import type { Io } from "./platforms/platform.ts";
import type { Auths, Platforms, Renewals } from "./platforms/registry.ts";
import { createAuths, createPlatforms, createRenewals } from "./platforms/registry.ts";
import type { PublicPage, PublicPosts } from "./platforms/sandbox/network.ts";
import type { SandboxPost } from "./platforms/sandbox/store.ts";
import { sandboxTransport } from "./platforms/sandbox/transport.ts";
import type { PublishMessage } from "./post/messages.ts";
import type { PostCalls, PostObjects } from "./post/post-calls.ts";
import { objectName } from "./post/post-calls.ts";
import { resumeHeldTasks } from "./post/resume-held-tasks.ts";
import type { SweeperStatus } from "./post/sweeper.ts";
import { SWEEPER_NAME } from "./post/sweeper.ts";
import type { SettleTiming } from "./post/timing.ts";
import { settleTiming } from "./post/timing.ts";
import type { WebhookMessage } from "./webhooks/messages.ts";
import { sendDeliveries } from "./webhooks/messages.ts";

/**
 * Everything that requests and messages are served with, made from the bindings in one place. Each part of the house
 * asks for the few members it needs.
 */
export interface Services {
  settings: Settings;
  settleScale: number;
  timing: SettleTiming;
  clock: Clock;
  log: Log;
  db: Database;
  /** Decides by the rate limits of a key and its workspace. */
  limit: Limiter;
  /** Counts by address what comes without a good key. */
  isTooMuch: Shield;
  vault: Vault;
  platforms: Platforms;
  auths: Auths;
  renewals: Renewals;
  publicOrigin: string;
  posts: PostObjects;
  publishQueue: Queue<PublishMessage>;
  webhookQueue: Queue<WebhookMessage>;
  library: MediaLibrary;
  bucket: R2Bucket;
  images: ImagesBinding | null;
  replayCache: KVNamespace;
  /** @param clockOffset how far the clock is ahead that the sandbox answers by */
  transport(scope: Scope, clockOffset?: Millis): Io["fetch"];
  mediaUrl(mediaId: string): Promise<string>;
  /** Part of a file's bytes. */
  readMedia(mediaId: string, range: { offset: number; length: number }): Promise<Blob | null>;
  /** A new address for media whose address is at hand and may have expired. */
  renewMediaUrl(address: string): Promise<string>;
  openSandboxAccount: OpenSandboxAccount;
  /** Has webhooks sent that were just stored. Never throws. */
  sendDeliveries(deliveries: readonly DeliveryRef[]): Promise<void>;
  /** Where a client may send the Worker. */
  outbound: OutboundPolicy;
  /** One of the static files that are deployed with the Worker; `headers` may say which version is known already. */
  readAsset(name: string, headers: Headers): Promise<Response>;
  /** The network. */
  fetch(url: string, init: RequestInit): Promise<Response>;
  /** Lets the tasks go on that waited for their account to be connected again. Never throws. */
  resumeHeldTasks(scope: Scope, accountId: string): Promise<void>;
  findSandboxPost(workspaceId: string, postId: string): Promise<SandboxPost | null>;
  listSandboxPosts(workspaceId: string, page: PublicPage): Promise<PublicPosts>;
  /** Removes what was public in the sandbox at a moment of real time. */
  clearSandbox(workspaceId: string, at: Millis): Promise<void>;
  /** Sees to it that the sweeper's alarm is set. */
  keepSweeperAwake(): Promise<void>;
  sweeperStatus(): Promise<SweeperStatus>;
  /** Has what deleted workspaces had erased soon. */
  beginErasing(): Promise<void>;
  sleep(span: Millis): Promise<void>;
}

const known = new WeakMap<object, Services>();

/** @throws SettingsError naming what is missing or wrong */
export function servicesOf(env: Env): Services {
  const cached = known.get(env);
  if (cached) return cached;
  const settings = settingsOf(env);
  const db = database(env.DB);
  const library = libraryOf(env, settings, db);
  const services: Services = {
    settings,
    settleScale: settings.settleScale,
    timing: settleTiming(settings.settleScale),
    clock: systemClock,
    log: consoleLog,
    db,
    limit: createLimiter({
      objects: ({ workspaceId, mode }) => env.RATE_LIMITS.getByName(`${workspaceId}/${mode}`),
      clock: systemClock,
      log: consoleLog,
    }),
    isTooMuch: createShield({ binding: env.SHIELD, log: consoleLog }),
    vault: createVault(settings.encryptionKeys),
    platforms: createPlatforms(settings.meta),
    auths: createAuths(settings.meta, settings.login),
    renewals: createRenewals(settings.meta),
    publicOrigin: settings.publicOrigin,
    posts: (ref) => env.POSTS.getByName(objectName(ref)) as unknown as PostCalls,
    publishQueue: env.PUBLISH,
    webhookQueue: env.WEBHOOKS,
    sendDeliveries: (deliveries) => sendDeliveries({ queue: env.WEBHOOKS, log: consoleLog }, deliveries),
    outbound: { allowPrivateTargets: settings.allowPrivateTargets, publicOrigin: settings.publicOrigin },
    readAsset: (name, headers) => env.ASSETS.fetch(new URL(name, settings.publicOrigin), { headers }),
    fetch: (url, init) => fetch(url, init),
    library,
    bucket: env.MEDIA,
    images: env.IMAGES ?? null,
    replayCache: env.IDEMPOTENCY,
    transport: (scope, clockOffset = 0) =>
      scope.mode === "live"
        ? (url, init) => fetch(url, init)
        : sandboxTransport(() => env.SANDBOX.getByName(scope.workspaceId), clockOffset),
    mediaUrl: (mediaId) => publicUrl(library, mediaId),
    readMedia: (mediaId, range) => readMedia(library, mediaId, range),
    renewMediaUrl: (address) => publicUrl(library, mediaIdOf(new URL(address)) ?? ""),
    findSandboxPost: async (workspaceId, postId) => {
      // First the database: an object must not be touched for an id that was made up.
      const workspace = await findWorkspace(db, workspaceId);
      return workspace ? env.SANDBOX.getByName(workspaceId).publicPost(postId, workspace.testClockOffset) : null;
    },
    listSandboxPosts: async (workspaceId, page) =>
      env.SANDBOX.getByName(workspaceId).allPosts(page, await findClockOffset(db, workspaceId)),
    clearSandbox: async (workspaceId, at) =>
      env.SANDBOX.getByName(workspaceId).clearPosts(at + (await findClockOffset(db, workspaceId))),
    openSandboxAccount: (scope, account) => env.SANDBOX.getByName(scope.workspaceId).openAccount(account),
    resumeHeldTasks: (scope, accountId) =>
      resumeHeldTasks({ db, queue: env.PUBLISH, log: consoleLog }, scope, accountId),
    keepSweeperAwake: () => env.SWEEPER.getByName(SWEEPER_NAME).keepAwake(),
    beginErasing: () => env.SWEEPER.getByName(SWEEPER_NAME).beginErasing(),
    sweeperStatus: () => env.SWEEPER.getByName(SWEEPER_NAME).status(),
    sleep: (span) => scheduler.wait(span),
  };
  known.set(env, services);
  return services;
}

function libraryOf(env: Env, settings: Settings, db: Database): MediaLibrary {
  const { publicOrigin, encryptionKeys } = settings;
  return { bucket: env.MEDIA, db, clock: systemClock, publicOrigin, keys: encryptionKeys };
}

function mediaIdOf(url: URL): string | null {
  return /^\/media\/([^/]+)$/.exec(url.pathname)?.[1] ?? null;
}

/** Fetches from our own public media route, without leaving the Worker. */
export async function fetchOwnMedia(env: Env, address: string): Promise<Response> {
  const settings = settingsOf(env);
  const url = new URL(address);
  const mediaId = mediaIdOf(url);
  if (url.origin !== settings.publicOrigin || mediaId === null) return new Response(null, { status: 404 });
  const query = {
    expires: Number(url.searchParams.get("expires")),
    signature: url.searchParams.get("signature") ?? "",
  };
  const served = await serveMedia(libraryOf(env, settings, database(env.DB)), mediaId, query);
  return served ?? new Response(null, { status: 404 });
}

/** Where a sandbox post can be looked at. */
export function sandboxPermalink(env: Env, workspaceId: string, postId: string): string {
  return `${settingsOf(env).publicOrigin}/sandbox/${workspaceId}/${postId}`;
}
