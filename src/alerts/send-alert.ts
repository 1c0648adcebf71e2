import type { Clock } from "../lib/clock.ts";
import type { Log } from "../lib/log.ts";
import type { OutboundPolicy } from "../lib/outbound-url.ts";
import { printTime } from "../lib/time.ts";
import type { Fetch } from "../webhooks/post-event.ts";
import { postJson } from "../webhooks/post-event.ts";
import type { Message } from "./book.ts";

/** What telling somebody needs from where it runs. */
export interface AlertDeps {
  /** Where alerts go: a secret, for whoever has it can write there. Null: nowhere. */
  alertUrl: string | null;
  outbound: OutboundPolicy;
  fetch: Fetch;
  clock: Clock;
  log: Log;
}

/** Tells somebody, once. Never throws. @returns whether it was taken */
export async function sendAlert(deps: AlertDeps, message: Message): Promise<boolean> {
  const { alertUrl, log, outbound } = deps;
  if (alertUrl === null) return false;
  const { error, status } = await postJson(deps, alertUrl, bodyOf(message, outbound.publicOrigin));
  if (error === null) return true;
  log.error("an alert was not taken", null, { alert: message.alert, state: message.state, status, reason: error });
  return false;
}

/** As Slack and what is compatible with it take it, which heed `text` alone, with the same for a program. */
function bodyOf({ alert, state, since, at, words }: Message, publicOrigin: string): string {
  const text =
    state === "firing"
      ? `Firing: ${alert} at ${publicOrigin}. ${words} What to do: docs/operate.md, "${alert}".`
      : `Resolved: ${alert} at ${publicOrigin}. ${words}`;
  return JSON.stringify({
    text,
    alert,
    state,
    since: printTime(since),
    at: printTime(at),
    deployment: publicOrigin,
  });
}
