import type { AccountRow } from "../db/accounts.ts";
import type { DeliveryRef } from "../db/deliveries.ts";
import type { NewEvent } from "../db/events.ts";
import type { Millis } from "../lib/clock.ts";
import { printTime } from "../lib/time.ts";
import { printAccount } from "./print-account.ts";

/** Where what was just told is sent from. */
export interface Teller {
  /** Has webhooks sent that were just stored. Never throws. */
  sendDeliveries(deliveries: readonly DeliveryRef[]): Promise<void>;
}

type AccountEventType = "account.connected" | "account.recovered" | "account.needs_reconnect" | "account.expiring";

/**
 * An event that tells of an account.
 *
 * @param occasion what tells one such event from another: repeated, it is told once
 */
export function accountEvent(
  account: AccountRow,
  type: AccountEventType,
  occasion: string,
  now: Millis,
): NewEvent & { type: AccountEventType } {
  const body = { type, timestamp: printTime(now), data: { account: printAccount(account, 0, now) } };
  const id = `evt_${account.id.replace(/^acc_/, "")}_${occasion}`;
  return { id, type, accountId: account.id, body: JSON.stringify(body), createdAt: now };
}

/** Tells that an account must be connected again: once for each token that was taken from the platform. */
export function needsReconnectEvent(account: AccountRow, reason: string, now: Millis): NewEvent {
  const broken: AccountRow = { ...account, health: "needs_reconnect", healthReason: reason };
  return accountEvent(broken, "account.needs_reconnect", `${takenAt(account)}_account_needs_reconnect`, now);
}

/** Tells that an account's grant ends soon, and that nothing of ours can keep it alive. */
export function expiringEvent(account: AccountRow, now: Millis): NewEvent {
  return accountEvent(account, "account.expiring", `${takenAt(account)}_account_expiring`, now);
}

function takenAt({ tokenTakenAt }: AccountRow): string {
  return tokenTakenAt.toString(36);
}
