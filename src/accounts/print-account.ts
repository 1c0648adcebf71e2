import type { AccountRow } from "../db/accounts.ts";
import type { Millis } from "../lib/clock.ts";
import { DAY } from "../lib/clock.ts";
import { printTimeOrNull } from "../lib/time.ts";
import type { PlatformId, SandboxBehavior, ShownAccountHealth } from "../lib/vocabulary.ts";
import { healthOf } from "./health.ts";

/** The contract's `status`, by health. */
export const STATUS_OF_HEALTH = {
  ok: "active",
  expiring: "expiring",
  needs_reconnect: "needs_reconnect",
  restricted: "restricted",
} as const satisfies Record<ShownAccountHealth, string>;

/** An account as answers and events carry it: the contract's five members first, then ours. */
export interface PrintedAccount {
  id: string;
  platform: PlatformId;
  username: string;
  status: (typeof STATUS_OF_HEALTH)[ShownAccountHealth];
  token_expires_at: string | null;
  health: ShownAccountHealth;
  reason: string | null;
  name: string | null;
  avatar_url: string | null;
  profile_url: string | null;
  labels: string[];
  group_id: string | null;
  posts_at_risk: number;
  paused_at: string | null;
  remaining_posts_today: number | null;
  behavior?: SandboxBehavior;
}

/** A quota read longer ago says nothing of today. */
const QUOTA_FRESH_FOR: Millis = DAY;

/** @param openTasks how many of its tasks are open; counts where the account is not well */
export function printAccount(account: AccountRow, openTasks: number, now: Millis): PrintedAccount {
  const { health, reason } = healthOf(account, now);
  const { quota, behavior } = account;
  const isFresh = quota !== null && now - quota.readAt < QUOTA_FRESH_FOR;
  return {
    id: account.id,
    platform: account.platform,
    username: account.username,
    status: STATUS_OF_HEALTH[health],
    token_expires_at: printTimeOrNull(account.tokenExpiresAt),
    health,
    reason,
    name: account.name,
    avatar_url: account.avatarUrl,
    profile_url: account.profileUrl,
    labels: account.labels,
    group_id: account.groupId,
    posts_at_risk: health === "ok" ? 0 : openTasks,
    paused_at: printTimeOrNull(account.pausedAt),
    remaining_posts_today: isFresh ? Math.max(0, quota.total - quota.used) : null,
    ...(behavior === null ? {} : { behavior }),
  };
}
