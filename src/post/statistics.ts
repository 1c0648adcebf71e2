import type { Database } from "../db/database.ts";
import { countsOf } from "../db/post-counts.ts";
import { countPostsOfDays } from "../db/post-days.ts";
import { countByStatus } from "../db/post-lists.ts";
import type { Delay } from "../db/statistics.ts";
import { listDeliveryDelays, listLateness } from "../db/statistics.ts";
import type { Millis } from "../lib/clock.ts";
import { daysBetween } from "../lib/days.ts";
import type { Access, PostStatus } from "../lib/vocabulary.ts";
import { TimeZone } from "../lib/zoned-time.ts";

/** Of how many posts, and of how many deliveries to each endpoint, delays are looked at: the last ones. */
export const LATEST = 1_000;

/** What half, and what 99 of 100, do not exceed. */
export interface Quantiles {
  count: number;
  p50: Millis;
  p99: Millis;
}

/** How a span of time went. */
export interface Statistics {
  /** Posts that were scheduled in it, by what they are now. */
  posts: Record<PostStatus, number>;
  /** Of those that have ended, but for the canceled, how many are published wholly; null: none has. */
  successRate: number | null;
  /** From a post's time until it was public, for each account; null: nothing became public. */
  lateness: Quantiles | null;
  /** From an event until an endpoint had taken it; null: none was taken, or nobody can say. */
  webhookLatency: Quantiles | null;
}

/** What a workspace, or the accounts of a key, did in a span of time. */
export interface StatisticsReport extends Statistics {
  /** All posts there are. */
  totals: Record<PostStatus, number>;
  /** Of each day of the workspace's clocks, in order. */
  days: (Statistics & { day: string })[];
}

/**
 * How posts and webhooks do, by day. Reads two rows of each post that was scheduled in the span, and of the last thousand once
 * more; and two thousand deliveries of each of the twenty endpoints at most. Endpoints hear of everything in a workspace, so
 * that a key which is restricted to accounts is told nothing of them.
 */
export async function findStatistics(
  db: Database,
  access: Access,
  workspace: { timeZone: string; testClockOffset: Millis },
  span: { from: Millis; to: Millis },
  now: Millis,
): Promise<StatisticsReport> {
  const days = daysBetween(new TimeZone(workspace.timeZone), span.from, span.to);
  const isClockMoved = access.scope.mode === "test" && workspace.testClockOffset > 0;
  const isOfEndpoints = access.accountIds === null && !isClockMoved;
  const [totals, counts, lateness, latency] = await Promise.all([
    countByStatus(db, access, now),
    countPostsOfDays(db, access, days),
    listLateness(db, access, span, LATEST),
    isOfEndpoints ? listDeliveryDelays(db, access.scope, span, LATEST) : [],
  ]);
  const sum = (status: PostStatus, of: (number: number) => boolean) =>
    counts.reduce((total, each) => total + (each.status === status && of(each.number) ? each.count : 0), 0);
  return {
    totals,
    ...statisticsOf(
      countsOf((status) => sum(status, () => true)),
      lateness,
      latency,
    ),
    days: days.map(({ name, start, end }, index) => {
      const isOfDay = ({ at }: Delay) => at >= start && at < end;
      const posts = countsOf((status) => sum(status, (number) => number === index));
      return { day: name, ...statisticsOf(posts, lateness.filter(isOfDay), latency.filter(isOfDay)) };
    }),
  };
}

function statisticsOf(posts: Statistics["posts"], lateness: Delay[], latency: Delay[]): Statistics {
  const ended = posts.published + posts.partially_published + posts.failed + posts.unconfirmed;
  return {
    posts,
    successRate: ended === 0 ? null : posts.published / ended,
    lateness: quantilesOf(lateness),
    webhookLatency: quantilesOf(latency),
  };
}

function quantilesOf(delays: readonly Delay[]): Quantiles | null {
  const sorted = delays.map(({ ms }) => Math.max(ms, 0)).sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.ceil(share * sorted.length) - 1] ?? 0;
  return sorted.length === 0 ? null : { count: sorted.length, p50: at(0.5), p99: at(0.99) };
}
