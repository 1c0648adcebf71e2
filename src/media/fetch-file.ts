import type { Millis } from "../lib/clock.ts";
import { MINUTE, SECOND } from "../lib/clock.ts";
import type { OutboundPolicy } from "../lib/outbound-url.ts";
import { checkOutboundUrl } from "../lib/outbound-url.ts";
import { invalid, Refusal } from "../lib/refusal.ts";
import { announcedLength } from "./store-bytes.ts";

/** A body that is on its way, with its length where that is known. */
export interface IncomingFile {
  body: ReadableStream<Uint8Array>;
  length: number | null;
}

const ANSWER_TIMEOUT: Millis = 20 * SECOND;
const WHOLE_TIMEOUT: Millis = 5 * MINUTE;
const MAX_REDIRECTS = 3;

/**
 * Asks for a file where the client says. Its body is not read yet.
 *
 * @throws Refusal when the address is not allowed, or does not answer with a file
 */
export async function fetchFile(policy: OutboundPolicy, address: string): Promise<IncomingFile> {
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(), ANSWER_TIMEOUT);
  const signal = AbortSignal.any([patience.signal, AbortSignal.timeout(WHOLE_TIMEOUT)]);
  try {
    return await follow(policy, address, signal);
  } catch (error) {
    if (error instanceof Refusal) throw error;
    throw invalid("url", signal.aborted ? "The address did not answer in time." : "The address could not be read.");
  } finally {
    clearTimeout(timer);
  }
}

async function follow(policy: OutboundPolicy, address: string, signal: AbortSignal): Promise<IncomingFile> {
  let target = address;
  for (let hop = 0; hop <= MAX_REDIRECTS; hop++) {
    // Each hop anew: a public address may redirect to a private one.
    const allowed = checkOutboundUrl(target, policy);
    if (allowed.is === "refused") throw invalid("url", `url ${allowed.reason}.`);
    const response = await fetch(allowed.url, { redirect: "manual", signal });
    const location = response.headers.get("Location");
    if (response.status >= 300 && response.status < 400 && location !== null) {
      await response.body?.cancel();
      target = new URL(location, allowed.url).href;
      continue;
    }
    if (!response.ok || !response.body) {
      await response.body?.cancel();
      throw invalid("url", `The address answered ${response.status}${response.ok ? " without a file" : ""}.`);
    }
    return { body: response.body, length: lengthOf(response.headers) };
  }
  throw invalid("url", `The address redirects more than ${MAX_REDIRECTS} times.`);
}

/** Null where it is not said, or is that of a compressed form which is not what arrives here. */
function lengthOf(headers: Headers): number | null {
  return headers.has("Content-Encoding") ? null : announcedLength(headers);
}
