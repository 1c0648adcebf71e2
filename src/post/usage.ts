import type { Database } from "../db/database.ts";
import type { UsageCount } from "../db/usage.ts";
import { countTasks } from "../db/usage.ts";
import type { Month } from "../lib/months.ts";
import type { Access, TaskStatus } from "../lib/vocabulary.ts";

/** What an account was used for in a month: how many posts, by what became of them there. */
export interface Usage extends Omit<UsageCount, "status" | "count"> {
  month: string;
  published: number;
  failed: number;
  unconfirmed: number;
  canceled: number;
  /** All that is not over. */
  queued: number;
}

const COUNTED_AS = {
  awaiting_approval: "queued",
  queued: "queued",
  publishing: "queued",
  published: "published",
  failed: "failed",
  unconfirmed: "unconfirmed",
  canceled: "canceled",
} as const satisfies Record<TaskStatus, keyof Usage>;

/** By month and account, of accounts that had something to do in it. A post counts in the month that it is scheduled in. */
export async function findUsage(db: Database, access: Access, months: readonly Month[]): Promise<Usage[]> {
  const found: Usage[] = [];
  for (const month of months) {
    const ofAccount = new Map<string, Usage>();
    for (const { status, count, ...account } of await countTasks(db, access, month)) {
      const none = { published: 0, failed: 0, unconfirmed: 0, canceled: 0, queued: 0 };
      const usage = ofAccount.get(account.accountId) ?? { month: month.name, ...account, ...none };
      usage[COUNTED_AS[status]] += count;
      ofAccount.set(account.accountId, usage);
    }
    found.push(...ofAccount.values());
  }
  return found;
}
