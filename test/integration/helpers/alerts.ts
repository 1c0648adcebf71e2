import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { vi } from "vitest";
import type { Env } from "../../../src/env.ts";
import { settingsOf } from "../../../src/env.ts";
import type { SweeperStatus } from "../../../src/post/sweeper.ts";
import { SWEEPER_NAME } from "../../../src/post/sweeper.ts";
import { servicesOf } from "../../../src/services.ts";
import { advance, holdTime } from "./drive.ts";

/*
 * Whoever is told that something is wrong, and a sweeper that knows of nothing.
 */

export const ALERT_URL = "https://alerts.example.org/services/T0/B0/secret-of-the-alerts";

export const sweeper = () => env.SWEEPER.getByName(SWEEPER_NAME);

/** What somebody was told, as `stuck firing`. */
export interface Told {
  alert: string;
  state: string;
  text: string;
  body: string;
}

/** Stands where alerts go. */
export class AlertReceiver {
  /** What was taken, and nothing that was refused. */
  readonly told: Told[] = [];
  /** What it answers; 204 takes it. */
  status = 204;
  tries = 0;

  /** Begins to listen; the rest of the network stays what it is. */
  listen(): void {
    const elsewhere = vi.isMockFunction(globalThis.fetch)
      ? vi.mocked(globalThis.fetch).getMockImplementation()
      : globalThis.fetch.bind(globalThis);
    vi.spyOn(globalThis, "fetch").mockImplementation(async (input, init) => {
      if (String(input) !== ALERT_URL) return (elsewhere as typeof fetch)(input, init);
      this.tries += 1;
      if (this.status !== 204) return new Response(null, { status: this.status });
      const body = String(init?.body);
      const { alert, state, text } = JSON.parse(body);
      this.told.push({ alert, state, text, body });
      return new Response(null, { status: 204 });
    });
  }

  /** What was told of an alert, in order. */
  of(alert: string): string[] {
    return this.told.filter((each) => each.alert === alert).map(({ state }) => state);
  }
}

/** Has alerts sent, or not any more. */
export async function setAlertUrl(url: string | null): Promise<void> {
  servicesOf(env).settings.alertUrl = url;
  await runInDurableObject(sweeper(), (object) => {
    settingsOf((object as unknown as { env: Env }).env).alertUrl = url;
  });
}

/** Forgets all that other tests have left behind, in the database and in the sweeper. */
export async function forgetTroubles(): Promise<void> {
  await env.DB.batch(
    [
      "UPDATE posts SET wake_by = NULL WHERE wake_by IS NOT NULL",
      "UPDATE deliveries SET status = 'failed', next_attempt_at = NULL WHERE next_attempt_at IS NOT NULL",
      "DELETE FROM dead_letters",
      "DELETE FROM pauses",
    ].map((sql) => env.DB.prepare(sql)),
  );
  await runInDurableObject(sweeper(), (_object, { storage }) => {
    for (const key of ["alerts", "status", "born", "queue/publish", "queue/webhooks", "cursor", "delivery_cursor"]) {
      storage.kv.delete(key);
    }
  });
}

/** Has `/health` see a sweeper that is well, but for what is said of it. */
export function standInForSweeper(fields: Partial<SweeperStatus> = {}): void {
  holdTime();
  // What was seen before is believed for ten seconds.
  advance(11_000);
  const well: SweeperStatus = {
    lastRunAt: Date.now(),
    duration: 1,
    found: 0,
    failingSince: null,
    queues: { publish: null, webhooks: null },
    alerts: [],
  };
  vi.spyOn(servicesOf(env), "sweeperStatus").mockResolvedValue({ ...well, ...fields });
}
