import * as z from "zod";
import { fromBase64 } from "./lib/bytes.ts";
import type { EncryptionKey } from "./lib/crypto.ts";
import { checkOutboundUrl } from "./lib/outbound-url.ts";
import type { RateLimitObject } from "./limits/rate-limit-object.ts";
import type { MetaSettings } from "./platforms/meta/graph.ts";
import type { AppCredentials, LoginSettings } from "./platforms/meta/login-settings.ts";
import type { SandboxObject } from "./platforms/sandbox/sandbox-object.ts";
import type { PublishMessage } from "./post/messages.ts";
import type { SweeperObject } from "./post/sweeper.ts";
import type { WebhookMessage } from "./webhooks/messages.ts";
import type { Peppers } from "./workspace/peppers.ts";

/** What `wrangler.toml` binds, and the secrets and variables that are set beside it. */
export interface Env {
  DB: D1Database;
  IDEMPOTENCY: KVNamespace;
  MEDIA: R2Bucket;
  /** Makes renditions; without it there are none. */
  IMAGES?: ImagesBinding;
  /** Sends e-mail; without it, or without `EMAIL_FROM`, none is sent. */
  EMAIL?: SendEmail;
  /** Swagger UI's files, for the documentation page. */
  ASSETS: Fetcher;
  /** Objects of `PostObject`. Its calls are typed by `PostCalls`: what RPC makes of recursive JSON is too deep a type. */
  POSTS: DurableObjectNamespace;
  SWEEPER: DurableObjectNamespace<SweeperObject>;
  SANDBOX: DurableObjectNamespace<SandboxObject>;
  RATE_LIMITS: DurableObjectNamespace<RateLimitObject>;
  /** Counts by address what comes without a good key; without it nothing is counted. */
  SHIELD?: RateLimit;
  /** Takes measurements; without it nothing is measured. */
  METRICS?: AnalyticsEngineDataset;
  PUBLISH: Queue<PublishMessage>;
  WEBHOOKS: Queue<WebhookMessage>;

  ADMIN_TOKEN?: string;
  ADMIN_TOKEN_OLD?: string;
  API_KEY_PEPPER?: string;
  API_KEY_PEPPER_OLD?: string;
  ENCRYPTION_KEYS?: string;
  PUBLIC_ORIGIN?: string;
  ALERT_URL?: string;
  ALLOW_PRIVATE_TARGETS?: string;
  SETTLE_SCALE?: string;
  EMAIL_FROM?: string;
  META_APP_ID?: string;
  META_APP_SECRET?: string;
  META_GRAPH_VERSION?: string;
  META_GRAPH_ORIGIN?: string;
  META_DIALOG_ORIGIN?: string;
  META_UPLOAD_ORIGIN?: string;
  INSTAGRAM_APP_ID?: string;
  INSTAGRAM_APP_SECRET?: string;
  INSTAGRAM_GRAPH_ORIGIN?: string;
  INSTAGRAM_DIALOG_ORIGIN?: string;
  INSTAGRAM_TOKEN_ORIGIN?: string;
}

/** The settings, read and checked. */
export interface Settings {
  /** All are good. */
  adminTokens: readonly [string, ...string[]];
  apiKeyPeppers: Peppers;
  /** The first seals, all open. */
  encryptionKeys: EncryptionKey[];
  /** Where this Worker is reached, without a trailing slash. */
  publicOrigin: string;
  /** Where alerts go: a secret, for whoever has it can write there. Null: nowhere. */
  alertUrl: string | null;
  /** Whether media and webhook addresses may be loopback: development only. */
  allowPrivateTargets: boolean;
  settleScale: number;
  /** Whom e-mail comes from; null: nobody said. */
  emailFrom: string | null;
  meta: MetaSettings;
  login: LoginSettings;
}

/** What sets a deployment up, wherever it is. */
export const SET_UP = "`npm start` does so on your machine, `npm run deploy` on Cloudflare.";

/** A deployment that cannot work as it is set up. The message names the settings and tells no value. */
export class SettingsError extends Error {
  override name = "SettingsError";
}

const origin = z
  .url({ protocol: /^https?$/ })
  .refine((value) => new URL(value).origin === value.replace(/\/$/, ""), "must be an origin, without a path")
  .transform((value) => value.replace(/\/$/, ""));
const optional = z.string().optional();

const MIN_SECRET = 24;
const MIN_OLD_SECRET = 16;

/** What whoever set the deployment up made at random, and not what stands in its place in an example. */
const secret = z
  .string()
  .min(MIN_SECRET, `must have at least ${MIN_SECRET} characters`)
  .refine((value) => !isExample(value), "is an example and no secret");

/** The one before it, which may be older than these rules; empty, it is as if it were not there. */
const oldSecret = optional.refine((value) => !value || value.length >= MIN_OLD_SECRET, {
  error: `must have at least ${MIN_OLD_SECRET} characters`,
});

function isExample(value: string): boolean {
  return (
    /change.?me|example|placeholder|\byour\b/i.test(value) || (value.length >= MIN_SECRET && new Set(value).size < 8)
  );
}

const FOR_DEVELOPMENT = "is for development and refused where PUBLIC_ORIGIN is https";
/** Whatever else is wrong, so that everything is named at once. */
const always = () => true;

const SETTINGS = z
  .object({
    ADMIN_TOKEN: secret,
    ADMIN_TOKEN_OLD: oldSecret,
    API_KEY_PEPPER: secret,
    API_KEY_PEPPER_OLD: oldSecret,
    ENCRYPTION_KEYS: z.string().transform((value, context) => {
      const keys = value.split(",").map(parseEncryptionKey);
      const good = keys.filter((key) => key !== null);
      if (good.length < keys.length) context.addIssue("must be a list of id:base64, each of 32 bytes");
      if (good.some(({ bytes }) => bytes.every((byte) => byte === 0))) context.addIssue("is an example and no secret");
      return good;
    }),
    PUBLIC_ORIGIN: origin,
    ALERT_URL: optional,
    ALLOW_PRIVATE_TARGETS: z.enum(["true", "false"]).default("false"),
    SETTLE_SCALE: z.coerce.number().positive().default(1),
    EMAIL_FROM: z.email("must be an e-mail address").or(z.literal("")).optional(),
    META_APP_ID: optional,
    META_APP_SECRET: optional,
    META_GRAPH_VERSION: z
      .string()
      .regex(/^v\d+\.\d+$/)
      .default("v26.0"),
    META_GRAPH_ORIGIN: origin.default("https://graph.facebook.com"),
    META_DIALOG_ORIGIN: origin.default("https://www.facebook.com"),
    META_UPLOAD_ORIGIN: origin.default("https://rupload.facebook.com"),
    INSTAGRAM_APP_ID: optional,
    INSTAGRAM_APP_SECRET: optional,
    INSTAGRAM_GRAPH_ORIGIN: origin.default("https://graph.instagram.com"),
    INSTAGRAM_DIALOG_ORIGIN: origin.default("https://www.instagram.com"),
    INSTAGRAM_TOKEN_ORIGIN: origin.default("https://api.instagram.com"),
  })
  .refine((values) => values.ALLOW_PRIVATE_TARGETS !== "true" || !isPublic(values), {
    path: ["ALLOW_PRIVATE_TARGETS"],
    error: FOR_DEVELOPMENT,
    when: always,
  })
  .refine((values) => !(values.SETTLE_SCALE < 1) || !isPublic(values), {
    path: ["SETTLE_SCALE"],
    error: `below 1 ${FOR_DEVELOPMENT}`,
    when: always,
  })
  .refine((values) => problemOfAlertUrl(values) === null, {
    path: ["ALERT_URL"],
    error: ({ input }) => problemOfAlertUrl(input as AlertSettings) ?? "",
    when: always,
  });

type AlertSettings = { ALERT_URL?: string | undefined; PUBLIC_ORIGIN: string; ALLOW_PRIVATE_TARGETS: string };

/** The Worker goes nowhere else than where a webhook may lead. Without a value, for it is a secret. */
function problemOfAlertUrl({ ALERT_URL, PUBLIC_ORIGIN, ALLOW_PRIVATE_TARGETS }: AlertSettings): string | null {
  if (!ALERT_URL || !URL.canParse(PUBLIC_ORIGIN)) return null;
  const policy = { publicOrigin: PUBLIC_ORIGIN, allowPrivateTargets: ALLOW_PRIVATE_TARGETS === "true" };
  const checked = checkOutboundUrl(ALERT_URL, policy);
  return checked.is === "refused" ? checked.reason : null;
}

function isPublic({ PUBLIC_ORIGIN }: { PUBLIC_ORIGIN: string }): boolean {
  return String(PUBLIC_ORIGIN).startsWith("https:");
}

function parseEncryptionKey(entry: string): EncryptionKey | null {
  const [, id, encoded] = /^([A-Za-z0-9_-]+):([A-Za-z0-9+/]{43}=)$/.exec(entry.trim()) ?? [];
  return id === undefined || encoded === undefined ? null : { id, bytes: fromBase64(encoded) };
}

/** A secret with the one before it, while there is one: both are good. */
function withOld(secret: string, old: string | undefined): readonly [string, ...string[]] {
  return old ? [secret, old] : [secret];
}

function appOf(id: string | undefined, secret: string | undefined): AppCredentials | null {
  return id && secret ? { id, secret } : null;
}

const known = new WeakMap<object, Settings>();

/**
 * Reads the settings of an environment, once for each isolate.
 *
 * @throws SettingsError naming what is missing or wrong
 */
export function settingsOf(env: Env): Settings {
  const cached = known.get(env);
  if (cached) return cached;
  const parsed = SETTINGS.safeParse(env);
  if (!parsed.success) {
    const problems = parsed.error.issues.map((issue) => {
      const name = issue.path.join(".");
      return env[name as keyof Env] === undefined ? `${name} is missing` : `${name} ${issue.message}`;
    });
    throw new SettingsError(`This deployment is not set up: ${problems.join("; ")}. ${SET_UP}`);
  }
  const values = parsed.data;
  const settings: Settings = {
    adminTokens: withOld(values.ADMIN_TOKEN, values.ADMIN_TOKEN_OLD),
    apiKeyPeppers: withOld(values.API_KEY_PEPPER, values.API_KEY_PEPPER_OLD),
    encryptionKeys: values.ENCRYPTION_KEYS,
    publicOrigin: values.PUBLIC_ORIGIN,
    alertUrl: values.ALERT_URL || null,
    allowPrivateTargets: values.ALLOW_PRIVATE_TARGETS === "true",
    settleScale: values.SETTLE_SCALE,
    emailFrom: values.EMAIL_FROM || null,
    meta: {
      graphVersion: values.META_GRAPH_VERSION,
      facebookOrigin: values.META_GRAPH_ORIGIN,
      instagramOrigin: values.INSTAGRAM_GRAPH_ORIGIN,
      uploadOrigin: values.META_UPLOAD_ORIGIN,
      appId: values.META_APP_ID || null,
      appSecret: values.META_APP_SECRET || null,
    },
    login: {
      facebookDialogOrigin: values.META_DIALOG_ORIGIN,
      instagramDialogOrigin: values.INSTAGRAM_DIALOG_ORIGIN,
      instagramTokenOrigin: values.INSTAGRAM_TOKEN_ORIGIN,
      facebookApp: appOf(values.META_APP_ID, values.META_APP_SECRET),
      instagramApp: appOf(values.INSTAGRAM_APP_ID, values.INSTAGRAM_APP_SECRET),
    },
  };
  known.set(env, settings);
  return settings;
}
