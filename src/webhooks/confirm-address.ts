import * as z from "zod";
import type { Vault } from "../accounts/vault.ts";
import type { Change } from "../db/change.ts";
import type { Database } from "../db/database.ts";
import { noteLinkSent } from "../db/notifications.ts";
import type { Clock, Millis } from "../lib/clock.ts";
import { HOUR } from "../lib/clock.ts";
import { invalid, Refusal } from "../lib/refusal.ts";
import type { PersonalEvent, Scope } from "../lib/vocabulary.ts";
import { PERSONAL_EVENTS } from "../lib/vocabulary.ts";
import { confirmationMail } from "./mails.ts";
import type { SendMail } from "./send-mail.ts";
import { sendMailWith } from "./send-mail.ts";

/*
 * An address is mailed of what happens once whoever reads its mail has said so, signed in as the member who named it. What is
 * to be confirmed is sealed into the link that is mailed there, and stored nowhere.
 */

const LINK_LIFE: Millis = HOUR;
/** So many links a member may have sent within an hour: strangers are not to be bothered. */
const MAX_LINKS = 5;

/** What a member wants to be mailed of, and where. */
export interface MailRequest {
  address: string;
  events: PersonalEvent[];
}

const CLAIMS = z.object({ address: z.string(), events: z.array(z.enum(PERSONAL_EVENTS)), until: z.number() });

interface ConfirmDeps {
  db: Database;
  clock: Clock;
  vault: Vault;
  sendMail: SendMail | null;
}

/**
 * Mails a link to an address that a member named.
 *
 * @param page the page that the link leads to
 * @throws Refusal when the mail could not be sent, or the member had too many sent
 */
export async function sendConfirmation(
  { db, clock, vault, sendMail }: ConfirmDeps,
  scope: Scope,
  personId: string,
  { address, events }: MailRequest,
  page: string,
  change: Change<void>,
): Promise<void> {
  const now = clock();
  const claims = JSON.stringify({ address, events, until: now + LINK_LIFE });
  const token = await vault.seal(claims, rowOf(scope, personId));
  const record = await change.record({ action: "notifications.link_sent", target: personId }, undefined);
  if (!(await noteLinkSent(db, scope, personId, { since: now - HOUR, atMost: MAX_LINKS }, record))) {
    throw new Refusal("conflict", `${MAX_LINKS} links were sent within an hour. Wait for that long.`, "email");
  }
  const { error } = await sendMailWith(sendMail, confirmationMail(address, `${page}?confirm=${token}`));
  if (error !== null) throw invalid("email", `email was not sent a link: ${error}`);
}

/** @returns null when the link is not for this member in this workspace and mode, or its time is over */
export async function openConfirmation(
  { clock, vault }: Pick<ConfirmDeps, "clock" | "vault">,
  scope: Scope,
  personId: string,
  token: string,
): Promise<MailRequest | null> {
  const opened = await vault.open(token, rowOf(scope, personId));
  if (opened === null) return null;
  const { address, events, until } = CLAIMS.parse(JSON.parse(opened));
  return clock() < until ? { address, events } : null;
}

function rowOf({ workspaceId, mode }: Scope, personId: string): string {
  return `${workspaceId}|${mode}|${personId}|address`;
}
