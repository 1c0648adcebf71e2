import { fromUtf8 } from "../lib/bytes.ts";
import type { Clock, Millis } from "../lib/clock.ts";
import { SECOND } from "../lib/clock.ts";
import type { OutboundPolicy } from "../lib/outbound-url.ts";
import { checkOutboundUrl } from "../lib/outbound-url.ts";
import { SEND_TIMEOUT } from "./schedule.ts";
import type { SignedMessage } from "./signature.ts";
import { sign } from "./signature.ts";

/** As much of an answer is read. */
const MAX_READ_BYTES = 16 * 1024;
/** As much of it is kept. */
const MAX_KEPT_BYTES = 1024;
const USER_AGENT = "Apionics-Webhooks/1.0";

/** What came of sending an event once. */
export interface PostOutcome {
  status: number | null;
  /** Null: it was taken. */
  error: string | null;
  response: string;
  /** How long the endpoint asked to be left alone. */
  retryAfter: Millis | null;
}

/** How the network is reached. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

interface PostDeps {
  fetch: Fetch;
  outbound: OutboundPolicy;
  clock: Clock;
}

/** Sends a signed event once, as `postJson` does. */
export async function postEvent(
  deps: PostDeps,
  address: string,
  secrets: readonly string[],
  message: SignedMessage,
): Promise<PostOutcome> {
  const signed = {
    "webhook-id": message.id,
    "webhook-timestamp": String(message.timestamp),
    "webhook-signature": await sign(secrets, message),
  };
  return postJson(deps, address, message.body, signed);
}

/**
 * Sends a body once. Taken is what is answered with 2xx within 15 seconds, body included, of which no more than 16 KiB are
 * read; no redirect is followed.
 */
export async function postJson(
  deps: PostDeps,
  address: string,
  body: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<PostOutcome> {
  const nothing = { status: null, response: "", retryAfter: null };
  const checked = checkOutboundUrl(address, deps.outbound);
  if (checked.is === "refused") return { ...nothing, error: `The address ${checked.reason}.` };
  const signal = AbortSignal.timeout(SEND_TIMEOUT);
  const init: RequestInit = {
    method: "POST",
    redirect: "manual",
    signal,
    headers: { "Content-Type": "application/json", "User-Agent": USER_AGENT, ...headers },
    body,
  };
  let response: Response;
  try {
    response = await deps.fetch(checked.url.href, init);
  } catch {
    return { ...nothing, error: signal.aborted ? TIMED_OUT : "The endpoint could not be reached." };
  }
  const { status } = response;
  const read = await readSome(response);
  const told = { status, response: read.text, retryAfter: retryAfterOf(response, deps.clock()) };
  if (status < 200 || status > 299) return { ...told, error: refusalOf(status) };
  if (!read.isGood) return { ...told, error: signal.aborted ? TIMED_OUT : "The answer broke off." };
  return { ...told, error: null };
}

const TIMED_OUT = `The endpoint did not answer within ${SEND_TIMEOUT / SECOND} seconds.`;

function refusalOf(status: number): string {
  if (status >= 300 && status < 400) return `The endpoint answered ${status}, and redirects are not followed.`;
  return `The endpoint answered ${status}.`;
}

/** Reads the beginning of an answer and lets go of the rest. */
async function readSome({ body }: Response): Promise<{ text: string; isGood: boolean }> {
  if (!body) return { text: "", isGood: true };
  const reader = body.getReader();
  const kept = new Uint8Array(MAX_KEPT_BYTES);
  let read = 0;
  let isGood = true;
  try {
    while (read < MAX_READ_BYTES) {
      const { done, value } = await reader.read();
      if (done) break;
      if (read < MAX_KEPT_BYTES) kept.set(value.subarray(0, MAX_KEPT_BYTES - read), read);
      read += value.length;
    }
  } catch {
    isGood = false;
  }
  // It may have broken already: nothing more is wanted of it either way.
  await reader.cancel().catch(() => {});
  return { text: fromUtf8(kept.subarray(0, Math.min(read, MAX_KEPT_BYTES))), isGood };
}

/** Heeded where it is asked for: of one that has too much to do, or is away. */
function retryAfterOf({ status, headers }: Response, now: Millis): Millis | null {
  const value = headers.get("Retry-After");
  if (value === null || (status !== 429 && status !== 503)) return null;
  if (/^\d{1,9}$/.test(value)) return Number(value) * SECOND;
  const at = Date.parse(value);
  return Number.isNaN(at) ? null : Math.max(0, at - now);
}
