import * as z from "zod";
import type { Vault } from "../accounts/vault.ts";
import { webhookRow } from "../accounts/vault.ts";
import type { Millis } from "../lib/clock.ts";

/** The secrets of an endpoint: the one of today, and those that are still good for a while after they were replaced. */
export interface Secrets {
  current: string;
  previous: { secret: string; until: Millis }[];
}

const SECRETS = z.object({
  current: z.string(),
  previous: z.array(z.object({ secret: z.string(), until: z.number() })),
});

interface Endpoint {
  workspaceId: string;
  id: string;
}

/** Seals an endpoint's secrets for the database. */
export function sealSecrets(vault: Vault, { workspaceId, id }: Endpoint, secrets: Secrets): Promise<string> {
  return vault.seal(JSON.stringify(secrets), webhookRow(workspaceId, id));
}

/** @throws when no key of the deployment opens them */
export async function openSecrets(vault: Vault, { workspaceId, id }: Endpoint, envelope: string): Promise<Secrets> {
  const opened = await vault.open(envelope, webhookRow(workspaceId, id));
  if (opened === null) throw new Error("the secrets of an endpoint cannot be opened");
  return SECRETS.parse(JSON.parse(opened));
}

/** All secrets that are good now, the newest first. */
export function goodSecrets({ current, previous }: Secrets, now: Millis): string[] {
  return [current, ...previous.filter(({ until }) => until > now).map(({ secret }) => secret)];
}
