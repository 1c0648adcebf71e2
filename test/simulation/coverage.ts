/** What a run, or many, got to. */
export class Coverage {
  readonly reached = new Map<string, number>();

  reach(label: string): void {
    this.reached.set(label, (this.reached.get(label) ?? 0) + 1);
  }

  add(other: Iterable<readonly [string, number]>): void {
    for (const [label, times] of other) this.reached.set(label, (this.reached.get(label) ?? 0) + times);
  }
}

/** What many seeds must get to, beside every kind of fault: otherwise they are worth nothing. */
export const SOMETIMES: readonly string[] = [
  ...["published", "failed", "unconfirmed", "canceled", "partially_published"].map((status) => `post ${status}`),
  ...["published", "failed", "unconfirmed", "canceled"].map((status) => `task ${status}`),
  "begin: begin",
  ...["final", "stale", "leased", "early"].map((why) => `begin: skip ${why}`),
  "arm: permit",
  "arm: refused",
  ...["wait", "fault", "postponed", "live", "refused", "unknown", "not_sent", "did", "did_not", "ask_later"].map(
    (report) => `report ${report}: taken`,
  ),
  ...["wait", "fault", "postponed", "live", "not_sent", "ask_later"].map((report) => `report ${report}: stale`),
  "cancel: cancel",
  "cancel: already_canceled",
  ...["published", "publishing", "failed"].map((why) => `cancel: conflict ${why}`),
  "retry: retried",
  "retry: conflict lost",
  "a post is forgotten",
  "resolve: resolved",
  "edit: edited",
  "decide: decided",
  ...["published", "publishing", "canceled"].map((why) => `edit: conflict ${why}`),
  "cancelTask: cancel",
  "cancelTask: conflict published",
  "heedPauses: stop",
  "heedPauses: go_on",
  "missed its window",
  "a second round",
  "message: task",
  "message: wake",
  "a message was sent again",
  "message: deliver",
  "message: probe",
  "a webhook was sent to the queue again",
  "delivery: claimed",
  "delivery: its claim ended",
  "delivery: on trial",
  "delivery: held from the beginning",
  "delivery: pending to held",
  "delivery: held to pending",
  "delivery: held to delivered",
  "delivery: pending to delivered",
  "delivery: delivered to pending",
  "delivery: recovered",
  "endpoint silenced",
  "message: deliver, asked for",
  "endpoint held",
  "endpoint released",
  "an endpoint took an event twice",
  "a second commit",
  "dead letter",
  "cron revives the sweeper",
  "a handler threw",
];
