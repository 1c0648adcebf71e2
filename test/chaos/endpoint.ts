import { setTimeout as sleep } from "node:timers/promises";
import type { Millis } from "../../src/lib/clock.ts";
import { MINUTE, SECOND } from "../../src/lib/clock.ts";
import type { DeliveryStatus, SubscribedEvent } from "../../src/lib/vocabulary.ts";
import { client } from "../e2e/helpers/client.ts";
import type { Conduct, Received } from "../helpers/webhook-receiver.ts";
import { WebhookReceiver } from "../helpers/webhook-receiver.ts";
import type { ChaosClient } from "./client.ts";
import type { ListedEvent } from "./history.ts";
import type { Random } from "./random.ts";

/** Of a run, and of nothing else: not a secret. */
const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const EVENTS: readonly SubscribedEvent[] = ["publish.completed", "publish.failed", "post.completed", "post.canceled"];
const PATH = "/v1/webhooks";
/** A delivery whose next attempt is further away is sent again by hand, as a person would who does not want to wait. */
const IMPATIENT_AFTER: Millis = MINUTE;

interface Delivery {
  id: string;
  status: DeliveryStatus;
  next_attempt_at: string | null;
}

/**
 * The client's endpoint. It lives in this process and so through every kill: what it took is one log of what was told,
 * and `GET /v1/events` is the other.
 */
export class Endpoint {
  /** How often it did what to a request instead of taking it well. */
  readonly faults = new Map<string, number>();
  /** How many deliveries were sent again by hand. */
  sentAgain = 0;
  readonly #receiver = new WebhookReceiver(SECRET);
  #id = "";

  /** Has itself registered, before there is anything to tell. */
  async register(origin: string, key: string): Promise<void> {
    const body = { url: await this.#receiver.listen(), events: EVENTS, secret: SECRET };
    const registered = await client(origin, key).call("POST", PATH, body);
    if (registered.status !== 201) throw new Error(`the endpoint was not registered: ${registered.text}`);
    this.#id = registered.body.id;
  }

  /** Begins to treat requests badly by chance, or is well from here on. */
  failBy(random: Random | null): void {
    this.#receiver.conduct = () => {
      const conduct = random ? conductBy(random) : ({ is: "takes" } as const);
      if (conduct.is !== "takes") this.faults.set(conduct.is, (this.faults.get(conduct.is) ?? 0) + 1);
      return conduct;
    };
  }

  get received(): readonly Received[] {
    return this.#receiver.received;
  }

  close(): Promise<void> {
    return this.#receiver.close();
  }

  /** Waits until nothing is to be sent any more, so long at most. What never arrives, the invariants report. */
  async untilTold(api: ChaosClient, origin: string, key: string, atMost: Millis): Promise<void> {
    const hurried = new Set<string>();
    for (const deadline = Date.now() + atMost; Date.now() < deadline; await sleep(SECOND)) {
      const all = await readPages<Delivery>(api, `${PATH}/${this.#id}/deliveries`, "deliveries");
      const open = all?.filter(({ status }) => status === "pending" || status === "held");
      if (open?.length === 0) return;
      for (const { id, next_attempt_at } of open ?? []) {
        const isFar = next_attempt_at !== null && Date.parse(next_attempt_at) > Date.now() + IMPATIENT_AFTER;
        if (!isFar || hurried.has(id)) continue;
        const answer = await client(origin, key).call("POST", `/v1/deliveries/${id}/retry`);
        if (answer.status === 200) hurried.add(id);
      }
      this.sentAgain = hurried.size;
    }
  }

  /** What it should have been told, as the API lists it. */
  async listed(api: ChaosClient): Promise<ListedEvent[]> {
    const events = await readPages<{ id: string; type: SubscribedEvent }>(api, "/v1/events", "events");
    if (events === null) throw new Error("the events could not be read");
    return events
      .filter(({ type }) => EVENTS.includes(type))
      .map(({ id, ...sent }) => ({ id, type: sent.type, body: JSON.stringify(sent) }));
  }
}

/** Decides how a request is treated. */
function conductBy(random: Random): Conduct {
  const is = random.weighted([
    [72, "takes"],
    [8, "answers 500"],
    [7, "cuts before"],
    [7, "cuts after"],
    [6, "is slow"],
  ] as const);
  return is === "is slow" ? { is, after: random.between(100, 2_500) } : { is };
}

/** Reads all of a list; null while the server is away or in trouble. */
async function readPages<Item>(api: ChaosClient, path: string, name: string): Promise<Item[] | null> {
  const items: Item[] = [];
  for (let cursor: string | null = null; ; ) {
    const after: string = cursor === null ? "" : `&cursor=${encodeURIComponent(cursor)}`;
    const page = await api.read(`${path}?limit=100${after}`);
    if (!page?.[name]) return null;
    items.push(...page[name]);
    cursor = page.next_cursor;
    if (cursor === null) return items;
  }
}
