import type { Millis } from "./clock.ts";
import type { Log } from "./log.ts";
import type { Mode, PlatformId, TaskPart, TaskStatus } from "./vocabulary.ts";

/*
 * What is measured, and in which columns of the data set it stands (docs/operate.md has queries). The index names the
 * measurement: where there are too many to keep, the data set keeps a fair share of each. An id would make a column of
 * millions of values, and none is in it.
 *
 *            blob1   blob2      blob3    blob4     blob5  double1   double2    double3        double4
 *   publish  mode    platform   part     status    code   count     lateness
 *   message  mode    platform   kind     outcome          age       duration   platform calls of those in calls
 *   webhook  mode    format     status   outcome          age       duration
 *
 * Times are in milliseconds, -1 where there is none.
 */

/** Tasks that ended alike: how, and how long after their time the first commit that may have happened was armed. */
export interface PublishPoint {
  mode: Mode;
  platform: PlatformId;
  part: TaskPart;
  status: TaskStatus;
  /** Of the error that it ended with. */
  code: string | null;
  count: number;
  lateness: Millis | null;
}

/** A message of the publish queue that was handled. */
export interface MessagePoint {
  mode: Mode;
  platform: PlatformId | null;
  kind: string;
  outcome: string;
  /** From when it was sent to when a consumer had it. */
  age: Millis;
  duration: Millis;
  calls: number;
  /** How long the platform took to answer them. */
  callsDuration: Millis;
}

/** A webhook that was sent once. */
export interface WebhookPoint {
  mode: Mode;
  format: string;
  /** Of HTTP; null where there was no answer. */
  status: number | null;
  isTaken: boolean;
  /** From when its message was sent to when a consumer had it; null where no message did it. */
  age: Millis | null;
  duration: Millis;
}

/** Takes measurements down. Never throws, and nothing waits for it. */
export interface Metrics {
  publish(point: PublishPoint): void;
  message(point: MessagePoint): void;
  webhook(point: WebhookPoint): void;
}

/** @param dataset absent: nothing is measured */
export function createMetrics(dataset: AnalyticsEngineDataset | undefined, log: Log): Metrics {
  const write = (index: string, blobs: (string | null)[], doubles: (Millis | null)[]) => {
    try {
      dataset?.writeDataPoint({ indexes: [index], blobs, doubles: doubles.map((value) => value ?? -1) });
    } catch (error) {
      log.error("a measurement was not taken down", error, { measurement: index });
    }
  };
  return {
    publish: ({ mode, platform, part, status, code, count, lateness }) =>
      write("publish", [mode, platform, part, status, code], [count, lateness]),
    message: ({ mode, platform, kind, outcome, age, duration, calls, callsDuration }) =>
      write("message", [mode, platform, kind, outcome], [age, duration, callsDuration, calls]),
    webhook: ({ mode, format, status, isTaken, age, duration }) =>
      write("webhook", [mode, format, String(status ?? "none"), isTaken ? "taken" : "failed"], [age, duration]),
  };
}
