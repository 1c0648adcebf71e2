import type { StoredEvent } from "./invariants.ts";
import type { Endpoint, Received } from "./receivers.ts";
import type { World } from "./world.ts";

/*
 * What must hold of webhooks in the end: what endpoints got against the events that there are. Signatures are looked at
 * as requests arrive.
 */

interface StoredDelivery {
  webhookId: string;
  eventId: string;
  status: string;
}

export function webhooksArrive(world: World, events: StoredEvent[]): string[] {
  const deliveries = world.sqlite.all("SELECT webhook_id, event_id, status FROM deliveries").map((row) => ({
    webhookId: String(row.webhook_id),
    eventId: String(row.event_id),
    status: String(row.status),
  }));
  const { received } = world.receivers;
  return [
    ...[...world.receivers.endpoints.values()].flatMap((endpoint) => arrivedAt(endpoint, events, received)),
    ...received.flatMap((request) => isMeant(request, events)),
    ...allDelivered(deliveries),
    ...nothingHeld(world),
  ];
}

/** What an endpoint asked for it has taken. What it was sent and did not take does not count. */
function arrivedAt(endpoint: Endpoint, events: StoredEvent[], received: Received[]): string[] {
  const taken = new Set(
    received.filter((request) => request.endpoint === endpoint && request.isTaken).map(({ id }) => id),
  );
  return events
    .filter(({ workspaceId, mode }) => workspaceId === endpoint.workspaceId && mode === "live")
    .filter(({ type }) => endpoint.events.includes(type))
    .filter(({ id }) => !taken.has(id))
    .map(({ id }) => `I6: ${id} did not reach ${endpoint.url}`);
}

/** What an endpoint got is an event of its workspace, of a type that it asked for, word for word. */
function isMeant({ endpoint, id, body }: Received, events: StoredEvent[]): string[] {
  const event = events.find((each) => each.id === id);
  if (event?.workspaceId !== endpoint.workspaceId) return [`I9: ${endpoint.url} got ${id}, which is not its own`];
  if (!endpoint.events.includes(event.type)) return [`webhooks: ${endpoint.url} got ${id}, for which it did not ask`];
  return event.body === body ? [] : [`webhooks: ${endpoint.url} got ${id} with another body`];
}

/** No endpoint fails for so long that a delivery is given up. */
function allDelivered(deliveries: StoredDelivery[]): string[] {
  return deliveries
    .filter(({ status }) => status !== "delivered")
    .map(({ webhookId, eventId, status }) => `left over: ${eventId} to ${webhookId} is ${status}`);
}

function nothingHeld(world: World): string[] {
  return world.sqlite
    .all("SELECT id FROM webhooks WHERE probe_at IS NOT NULL OR NOT active")
    .map(({ id }) => `left over: ${id} is held or was given up`);
}
