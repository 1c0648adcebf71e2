import type { DeliveryRef } from "../db/deliveries.ts";

/*
 * A delivery's id is made of what it is the delivery of: it needs no column of its own.
 */

const ID = /^dlv_([0-9A-Z]{26})_([0-9a-z]{1,11})_(\w+)$/;

export function printDeliveryId({ webhookId, eventAt, eventId }: DeliveryRef): string {
  return `dlv_${webhookId.replace(/^wh_/, "")}_${eventAt.toString(36)}_${eventId.replace(/^evt_/, "")}`;
}

/** @returns null when it is no delivery's id */
export function readDeliveryId(id: string): DeliveryRef | null {
  const [, webhookId, eventAt, eventId] = ID.exec(id) ?? [];
  if (webhookId === undefined || eventAt === undefined || eventId === undefined) return null;
  return { webhookId: `wh_${webhookId}`, eventAt: Number.parseInt(eventAt, 36), eventId: `evt_${eventId}` };
}
