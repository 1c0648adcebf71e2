import type { Vault } from "../accounts/vault.ts";
import type { Database } from "../db/database.ts";
import type { ClaimedDelivery, DeliveryEnd } from "../db/deliveries.ts";
import { claimHeld, releaseHeld } from "../db/deliveries.ts";
import { endWebhookHolding, takeProbe } from "../db/webhooks.ts";
import type { Clock, Millis } from "../lib/clock.ts";
import { SECOND } from "../lib/clock.ts";
import type { Log } from "../lib/log.ts";
import type { Metrics } from "../lib/metrics.ts";
import type { OutboundPolicy } from "../lib/outbound-url.ts";
import { disable } from "./disable.ts";
import type { Told } from "./in-words.ts";
import { inWords } from "./in-words.ts";
import { notificationMail } from "./mails.ts";
import type { WebhookMessage } from "./messages.ts";
import { deliverMessage, probeMessage, sendWebhookMessages } from "./messages.ts";
import type { Fetch, PostOutcome } from "./post-event.ts";
import { postEvent, postJson } from "./post-event.ts";
import { Recorder } from "./recorder.ts";
import { withoutEcho } from "./review-link.ts";
import {
  CLAIM,
  DISABLE_AFTER,
  HOLD_FROM,
  MAX_QUEUE_DELAY,
  nextAttemptAt,
  probeWait,
  RELEASED_AT_ONCE,
} from "./schedule.ts";
import { goodSecrets, openSecrets } from "./secrets.ts";
import type { SendMail } from "./send-mail.ts";
import { sendMailWith } from "./send-mail.ts";
import { slackMessage } from "./slack-message.ts";

/** What delivering needs from where it runs. */
export interface DeliverDeps {
  db: Database;
  vault: Vault;
  clock: Clock;
  log: Log;
  metrics: Metrics;
  /** The network, for endpoints. */
  fetch: Fetch;
  outbound: OutboundPolicy;
  /** Null: the deployment sends no e-mail. */
  sendMail: SendMail | null;
  webhookQueue: Queue<WebhookMessage>;
  sleep(span: Millis): Promise<void>;
}

interface DeliverOptions {
  recorder?: Recorder;
  isTest?: boolean;
  age?: Millis | null;
}

/** Answered by an endpoint that wants nothing any more. */
const GONE = 410;

/**
 * Sends a delivery that is claimed, records what came of it, and draws the conclusions for its endpoint.
 *
 * @param recorder of those that were begun together
 * @param isTest a test is not sent again, and its failure says nothing of the endpoint
 * @param age how long the message had waited by which it is sent; null: there was none
 */
export async function deliver(
  deps: DeliverDeps,
  claimed: ClaimedDelivery,
  { recorder = new Recorder(deps, 1), isTest = false, age = null }: DeliverOptions = {},
): Promise<void> {
  const { ref, scope, attempt, body } = claimed;
  const webhookId = ref.webhookId;
  const at = deps.clock();
  const outcome = await send(deps, claimed, at);
  const now = deps.clock();
  note(deps, claimed, outcome, { duration: now - at, age });
  const end: DeliveryEnd = isTest && outcome.error !== null ? { is: "failed" } : endOf(claimed, outcome, now);
  const response = body === null ? "" : withoutEcho(outcome.response, body);
  const logged = { at, ms: now - at, status: outcome.status, error: outcome.error, response };
  const failure = { isFirst: attempt === 1, holdFrom: HOLD_FROM, probeAt: now + probeWait(0) };
  const says = outcome.error === null ? "well" : isTest || body === null ? "nothing" : failure;
  const endpoint = await recorder.record({ claimed, attempt: logged, end, says, now });
  if (outcome.status === GONE) return disable(deps, { ...scope, id: webhookId }, "gone");
  if (outcome.error !== null && endpoint?.failingSince != null && now - endpoint.failingSince >= DISABLE_AFTER) {
    return disable(deps, { ...scope, id: webhookId }, "failing");
  }
  // An endpoint that others wait for answers: they are let go.
  if (outcome.error === null && endpoint?.probeAt != null) return hurry(deps, probeMessage(webhookId), 0);
  if (end.is === "again") await hurry(deps, deliverMessage(ref), end.at - now);
}

/** One line in the log and one measurement for each time that something is sent. */
function note(
  { log, metrics }: DeliverDeps,
  { ref, scope, attempt, format }: ClaimedDelivery,
  { status, error }: PostOutcome,
  { duration, age }: { duration: Millis; age: Millis | null },
): void {
  const { workspaceId, mode } = scope;
  metrics.webhook({ mode, format, status, isTaken: error === null, age, duration });
  log.info("a webhook was sent", {
    workspace_id: workspaceId,
    mode,
    webhook_id: ref.webhookId,
    event_id: ref.eventId,
    attempt,
    outcome: error === null ? "taken" : "failed",
    status,
    ms: duration,
    age_ms: age,
  });
}

async function send(deps: DeliverDeps, claimed: ClaimedDelivery, now: Millis): Promise<PostOutcome> {
  const { ref, scope, body, url, format, secretEnvelope } = claimed;
  const { publicOrigin: origin } = deps.outbound;
  if (body === null) return { status: null, error: "The event was deleted.", response: "", retryAfter: null };
  const endpoint = { workspaceId: scope.workspaceId, id: ref.webhookId };
  const sealed = await openSecrets(deps.vault, endpoint, secretEnvelope);
  if (format !== "event") return tellMember(deps, format, sealed.current, inWords(body, scope, origin));
  const secrets = goodSecrets(sealed, now);
  return postEvent(deps, url, secrets, { id: ref.eventId, timestamp: Math.floor(now / SECOND), body });
}

/** @param address a URL that takes messages as Slack does, or an e-mail address */
function tellMember(deps: DeliverDeps, format: "slack" | "email", address: string, told: Told): Promise<PostOutcome> {
  if (format === "slack") return postJson(deps, address, slackMessage(told));
  return sendMailWith(deps.sendMail, notificationMail(address, told));
}

function endOf({ attempt, body }: ClaimedDelivery, outcome: PostOutcome, now: Millis): DeliveryEnd {
  if (outcome.error === null) return { is: "delivered" };
  if (body === null || outcome.status === GONE) return { is: "failed" };
  if (attempt === 0) return { is: "held" };
  const next = nextAttemptAt(attempt, now, Math.random(), outcome.retryAfter);
  return next === null ? { is: "failed" } : { is: "again", at: next };
}

/**
 * Looks at an endpoint whose deliveries are held: tries one of them, and once the endpoint answers lets the others go,
 * some at a time.
 */
export async function probe(deps: DeliverDeps, webhookId: string): Promise<void> {
  const now = deps.clock();
  const taken = await takeProbe(deps.db, webhookId, now, (probes) => now + probeWait(probes + 1));
  if (!taken) return;
  if (taken.failures > 0) {
    const claimed = await claimHeld(deps.db, webhookId, now, now + CLAIM);
    if (!claimed) return endWebhookHolding(deps.db, webhookId, now);
    await hurry(deps, probeMessage(webhookId), probeWait(taken.probes + 1));
    return deliver(deps, claimed);
  }
  const released = await releaseHeld(deps.db, webhookId, now, RELEASED_AT_ONCE);
  await sendWebhookMessages(
    deps.webhookQueue,
    released.map((ref) => deliverMessage(ref)),
  );
  if (released.length === RELEASED_AT_ONCE) await hurry(deps, probeMessage(webhookId), SECOND);
}

/** Has something done before the sweeper would find it. */
async function hurry(deps: DeliverDeps, message: WebhookMessage, wait: Millis): Promise<void> {
  if (wait > MAX_QUEUE_DELAY) return;
  try {
    await sendWebhookMessages(deps.webhookQueue, [message], wait);
  } catch (error) {
    deps.log.error("a webhook is left to the sweeper", error, { webhook_id: message.webhook_id });
  }
}
