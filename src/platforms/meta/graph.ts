import * as z from "zod";
import { toHex, utf8 } from "../../lib/bytes.ts";
import type { Millis } from "../../lib/clock.ts";
import { DAY, MINUTE, SECOND } from "../../lib/clock.ts";
import { hmacSha256 } from "../../lib/crypto.ts";
import type { Json } from "../../lib/json.ts";
import type { Io } from "../platform.ts";

/** How the Meta app is reached. Origins without a trailing slash; `appSecret` null when none is configured. */
export interface MetaSettings {
  graphVersion: string;
  facebookOrigin: string;
  instagramOrigin: string;
  /** Where videos are handed over: `rupload.facebook.com`. */
  uploadOrigin: string;
  appId: string | null;
  appSecret: string | null;
}

/** Which of Meta's hosts a token works on. */
export type GraphHost = "facebook" | "instagram";

/** Instagram Login's tokens begin so; every other token is Facebook Login's. */
const INSTAGRAM_TOKEN_PREFIX = "IGAA";

/** The host a token belongs to. A token of one family is garbage to the other. */
export function hostOfToken(token: string): GraphHost {
  return token.startsWith(INSTAGRAM_TOKEN_PREFIX) ? "instagram" : "facebook";
}

/** What a call to the Graph API says went wrong, from its error envelope. */
export interface GraphError {
  code: number;
  subcode: number | null;
  message: string;
  trace: string | null;
  /** When the throttle that refused the call lifts, where a header says so. */
  regainAccessAt: Millis | null;
}

/**
 * The answer to a call. `lost` is everything that is neither a usable answer nor an error envelope: no answer, a cut
 * one, a redirect, a page of HTML. What a lost write did is unknown.
 */
export type GraphAnswer =
  | { is: "ok"; body: { [key: string]: Json } }
  | { is: "error"; error: GraphError }
  | { is: "lost"; reason: string };

export interface GraphCall {
  method: "GET" | "POST";
  /** Below the version, without a leading slash: `123/feed`. */
  path: string;
  params: Record<string, string>;
  /** Sent beside the parameters, as multipart. */
  file?: { name: string; bytes: Blob };
  timeout: Millis;
}

/** The longest a call that is not a commit may take. */
export const CALL_TIMEOUT: Millis = 20 * SECOND;

/** What a call to the Graph API needs from where it is made. */
export type GraphIo = Pick<Io, "connection" | "fetch" | "now">;

/** The Graph API, as publications call it. */
export interface Graph {
  get(io: GraphIo, path: string, params: Record<string, string>): Promise<GraphAnswer>;
  post(io: GraphIo, path: string, params: Record<string, string>): Promise<GraphAnswer>;
  /** Sends bytes beside the parameters. */
  send(
    io: GraphIo,
    path: string,
    params: Record<string, string>,
    file: { name: string; bytes: Blob },
    timeout: Millis,
  ): Promise<GraphAnswer>;
  /** Makes a post public: may take as long as a commit may. */
  commit(io: GraphIo & Pick<Io, "commitTimeout">, path: string, params: Record<string, string>): Promise<GraphAnswer>;
}

export function graphOf(settings: MetaSettings): Graph {
  return {
    get: (io, path, params) => callGraph(settings, io, { method: "GET", path, params, timeout: CALL_TIMEOUT }),
    post: (io, path, params) => callGraph(settings, io, { method: "POST", path, params, timeout: CALL_TIMEOUT }),
    send: (io, path, params, file, timeout) => callGraph(settings, io, { method: "POST", path, params, file, timeout }),
    commit: (io, path, params) => callGraph(settings, io, { method: "POST", path, params, timeout: io.commitTimeout }),
  };
}

const ERROR_ENVELOPE = z.object({
  error: z.object({
    message: z.string().catch(""),
    code: z.number().int(),
    error_subcode: z.number().int().optional(),
    error_user_msg: z.string().optional(),
    fbtrace_id: z.string().optional(),
  }),
});

/**
 * Calls the Graph API once. The token travels in a header, so that no address or log carries it.
 *
 * Never throws for what the network or the platform does.
 */
export async function callGraph(settings: MetaSettings, io: GraphIo, call: GraphCall): Promise<GraphAnswer> {
  const { token, host } = io.connection;
  const origin = host === "instagram" ? settings.instagramOrigin : settings.facebookOrigin;
  const params = new URLSearchParams(call.params);
  // The proof is the Facebook app's: no page documents it for graph.instagram.com.
  if (settings.appSecret !== null && host === "facebook") {
    params.set("appsecret_proof", toHex(await hmacSha256(utf8(settings.appSecret), token)));
  }
  const address = `${origin}/${settings.graphVersion}/${call.path}`;
  const init: RequestInit = {
    method: call.method,
    headers: { Authorization: `Bearer ${token}` },
    redirect: "manual",
    signal: AbortSignal.timeout(call.timeout),
  };
  return call.method === "GET"
    ? askMeta(io, `${address}?${params}`, init, [token])
    : askMeta(io, address, { ...init, body: call.file ? multipart(params, call.file) : params }, [token]);
}

/**
 * Sends one request to one of Meta's hosts and reads its answer.
 *
 * @param secrets what must not come back in an error's message
 */
export async function askMeta(
  io: Pick<Io, "fetch" | "now">,
  address: string,
  init: RequestInit,
  secrets: readonly string[],
): Promise<GraphAnswer> {
  let response: Response;
  let text: string;
  try {
    response = await io.fetch(address, init);
    text = await response.text();
  } catch (error) {
    return { is: "lost", reason: isTimeout(error) ? "no answer in time" : "the connection broke" };
  }
  const body = parseKeepingIds(text);
  if (body === null) return { is: "lost", reason: `an answer that is not JSON (HTTP ${response.status})` };
  const envelope = ERROR_ENVELOPE.safeParse(body);
  if (envelope.success) {
    const { code, error_subcode, message, error_user_msg, fbtrace_id } = envelope.data.error;
    return {
      is: "error",
      error: {
        code,
        subcode: error_subcode ?? null,
        message: redact(error_user_msg ?? message, secrets),
        trace: fbtrace_id ?? null,
        regainAccessAt: regainAccessAt(response.headers, io.now()),
      },
    };
  }
  if (!response.ok) return { is: "lost", reason: `an answer without an error code (HTTP ${response.status})` };
  return { is: "ok", body };
}

/** A platform's words, without the secrets that they may quote. */
export function redact(words: string, secrets: readonly string[]): string {
  return secrets.reduce((told, secret) => told.replaceAll(secret, "[redacted]"), words);
}

function multipart(params: URLSearchParams, file: { name: string; bytes: Blob }): FormData {
  const form = new FormData();
  for (const [name, value] of params) form.set(name, value);
  form.set(file.name, file.bytes, "chunk");
  return form;
}

export function isTimeout(error: unknown): boolean {
  return error instanceof Error && (error.name === "TimeoutError" || error.name === "AbortError");
}

type ReviverWithSource = (this: unknown, key: string, value: unknown, context: { source?: string }) => unknown;
const parseWithSource = JSON.parse as (text: string, reviver: ReviverWithSource) => unknown;

/**
 * Parses an answer, keeping numeric ids whole: Meta's ids have 17 digits and more, beyond 2^53, and some answers
 * print them as numbers.
 *
 * @returns null unless the text is a JSON object
 */
export function parseKeepingIds(text: string): { [key: string]: Json } | null {
  try {
    const parsed = parseWithSource(text, (_key, value, context) =>
      typeof value === "number" && !Number.isSafeInteger(value) && /^\d+$/.test(context.source ?? "")
        ? context.source
        : value,
    );
    if (parsed === null || typeof parsed !== "object" || Array.isArray(parsed)) return null;
    return parsed as { [key: string]: Json };
  } catch {
    return null;
  }
}

/** No throttle of Meta's is longer; a number that says so is a mistake, and would hold everything back. */
const MAX_THROTTLE: Millis = DAY;

const BUSINESS_USE = z.record(
  z.string(),
  z.array(z.object({ estimated_time_to_regain_access: z.number().nonnegative().optional() })),
);

/** Reads `X-Business-Use-Case-Usage`, whose `estimated_time_to_regain_access` counts minutes, and `Retry-After`. */
function regainAccessAt(headers: Headers, now: Millis): Millis | null {
  const retryAfter = Number(headers.get("Retry-After") ?? "0");
  let minutes = Number.isFinite(retryAfter) ? Math.max(0, retryAfter) / 60 : 0;
  const usage = BUSINESS_USE.safeParse(parseKeepingIds(headers.get("X-Business-Use-Case-Usage") ?? ""));
  if (usage.success) {
    for (const entry of Object.values(usage.data).flat()) {
      minutes = Math.max(minutes, entry.estimated_time_to_regain_access ?? 0);
    }
  }
  return minutes > 0 ? now + Math.min(minutes * MINUTE, MAX_THROTTLE) : null;
}
