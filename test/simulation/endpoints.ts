import type { Vault } from "../../src/accounts/vault.ts";
import type { Millis } from "../../src/lib/clock.ts";
import { DAY, HOUR } from "../../src/lib/clock.ts";
import { newId } from "../../src/lib/ids.ts";
import { SUBSCRIBED_EVENTS } from "../../src/lib/vocabulary.ts";
import { sealSecrets } from "../../src/webhooks/secrets.ts";
import type { Sqlite } from "./d1.ts";
import type { Random } from "./random.ts";
import type { Receivers } from "./receivers.ts";

/*
 * Two endpoints for each workspace: one that wants to hear of everything, and one that wants less and is down for a
 * while.
 */

/** What failed before at the second one: from five failures on deliveries are held, which few posts get to alone. */
const FAILED_BEFORE = [0, 0, 3, 4] as const;

/** @param isCalm nothing failed before */
export async function openEndpoints(
  workspaces: readonly { id: string }[],
  deps: { vault: Vault; sqlite: Sqlite; random: Random; receivers: Receivers; now: Millis; isCalm: boolean },
): Promise<void> {
  const { vault, sqlite, random, receivers, now, isCalm } = deps;
  for (const [index, { id: workspaceId }] of workspaces.entries()) {
    for (const isFlaky of [false, true]) {
      const id = newId("webhook", now);
      const name = `${isFlaky ? "flaky" : "steady"}-${index}`;
      const url = `https://hooks.example/${name}`;
      const events = isFlaky ? ["publish.completed", "publish.failed", "post.completed"] : SUBSCRIBED_EVENTS;
      const secrets = [secretOf(name), secretOf(`${name} before`)];
      const failures = isFlaky && !isCalm ? random.pick(`failed before at ${name}`, FAILED_BEFORE) : 0;
      const [current = "", before = ""] = secrets;
      sqlite.insert("webhooks", {
        id,
        workspace_id: workspaceId,
        mode: "live",
        url,
        events: JSON.stringify(events),
        active: 1,
        // Replaced a while ago, and the one before is good for longer than any run takes.
        secret_envelope: await sealSecrets(
          vault,
          { workspaceId, id },
          { current, previous: [{ secret: before, until: now + 30 * DAY }] },
        ),
        created_at: now,
        failures,
        failing_since: failures === 0 ? null : now - HOUR,
      });
      receivers.open({ id, workspaceId, url, events, secrets, isFlaky });
    }
  }
}

/** No chance: ids and keys of a seed stay what they were. */
function secretOf(name: string): string {
  return `whsec_${Buffer.alloc(32, name).toString("base64")}`;
}
