import type { OpenSandboxAccount } from "./accounts/create-sandbox-account.ts";
import type { Vault } from "./accounts/vault.ts";
import { createVault } from "./accounts/vault.ts";
import type { Database } from "./db/database.ts";
import { database } from "./db/database.ts";
import { workspaceExists } from "./db/workspaces.ts";
import type { Env, Settings } from "./env.ts";
import { settingsOf } from "./env.ts";
import type { Clock, Millis } from "./lib/clock.ts";
import { systemClock } from "./lib/clock.ts";
import type { Log } from "./lib/log.ts";
import { consoleLog } from "./lib/log.ts";
import type { Scope } from "./lib/vocabulary.ts";
import type { MediaLibrary } from "./media/library.ts";
import { publicUrl, serveMedia } from "./media/library.ts";
import type { Io } from "./platforms/platform.ts";
import type { Platforms } from "./platforms/registry.ts";
import { createPlatforms } from "./platforms/registry.ts";
import type { SandboxPost } from "./platforms/sandbox/store.ts";
import { sandboxTransport } from "./platforms/sandbox/transport.ts";
import type { PostCalls, PostObjects } from "./post/post-calls.ts";
import { objectName } from "./post/post-calls.ts";
import { SWEEPER_NAME } from "./post/sweeper.ts";
import type { SettleTiming } from "./post/timing.ts";
import { settleTiming } from "./post/timing.ts";

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
  vault: Vault;
  platforms: Platforms;
  posts: PostObjects;
  library: MediaLibrary;
  bucket: R2Bucket;
  images: ImagesBinding | null;
  replayCache: KVNamespace;
  transport(scope: Scope): Io["fetch"];
  mediaUrl(mediaId: string): Promise<string>;
  /** A new address for media whose address is at hand and may have expired. */
  renewMediaUrl(address: string): Promise<string>;
  openSandboxAccount: OpenSandboxAccount;
  findSandboxPost(workspaceId: string, postId: string): Promise<SandboxPost | null>;
  /** Sees to it that the sweeper's alarm is set. */
  keepSweeperAwake(): Promise<void>;
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
    vault: createVault(settings.encryptionKeys),
    platforms: createPlatforms(settings.meta),
    posts: (ref) => env.POSTS.getByName(objectName(ref)) as unknown as PostCalls,
    library,
    bucket: env.MEDIA,
    images: env.IMAGES ?? null,
    replayCache: env.IDEMPOTENCY,
    transport: (scope) =>
      scope.mode === "live"
        ? (url, init) => fetch(url, init)
        : sandboxTransport(() => env.SANDBOX.getByName(scope.workspaceId)),
    mediaUrl: (mediaId) => publicUrl(library, mediaId),
    renewMediaUrl: (address) => publicUrl(library, mediaIdOf(new URL(address)) ?? ""),
    findSandboxPost: async (workspaceId, postId) => {
      // First the database: an object must not be touched for an id that was made up.
      const exists = await workspaceExists(db, workspaceId);
      return exists ? env.SANDBOX.getByName(workspaceId).publicPost(postId) : null;
    },
    openSandboxAccount: (scope, account) => env.SANDBOX.getByName(scope.workspaceId).openAccount(account),
    keepSweeperAwake: () => env.SWEEPER.getByName(SWEEPER_NAME).keepAwake(),
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
