import type { Vault } from "../accounts/vault.ts";
import type { Change } from "../db/change.ts";
import type { Database } from "../db/database.ts";
import { findWebhook, replaceSecrets } from "../db/webhooks.ts";
import type { Clock, Millis } from "../lib/clock.ts";
import { invalid, Refusal } from "../lib/refusal.ts";
import type { Scope } from "../lib/vocabulary.ts";
import type { WithSecret } from "./create-webhook.ts";
import { webhookNotFound } from "./create-webhook.ts";
import { goodSecrets, openSecrets, sealSecrets } from "./secrets.ts";
import { newWebhookSecret } from "./signature.ts";

/** Secrets of one endpoint that are good at once: each adds a signature to every request. */
const MAX_SECRETS = 5;

/**
 * Gives an endpoint another secret. The ones before are signed with too until their time is over.
 *
 * @param secret null: one is made
 * @param overlap how long the present one stays good
 * @throws Refusal when there is no such endpoint, or it has too many secrets
 */
export async function rotateSecret(
  deps: { db: Database; vault: Vault; clock: Clock },
  scope: Scope,
  id: string,
  { secret, overlap }: { secret: string | null; overlap: Millis },
  change: Change<WithSecret>,
): Promise<WithSecret> {
  const row = await findWebhook(deps.db, scope, id);
  if (!row) throw webhookNotFound();
  const now = deps.clock();
  const secrets = await openSecrets(deps.vault, row, row.secretEnvelope);
  const made = secret === null ? newWebhookSecret() : null;
  const current = secret ?? made ?? "";
  if (goodSecrets(secrets, now).includes(current)) throw invalid("secret", "secret is one that the endpoint has.");
  const previous = [{ secret: secrets.current, until: now + overlap }, ...secrets.previous];
  const good = previous.filter(({ until }) => until > now);
  if (good.length >= MAX_SECRETS) {
    throw new Refusal("conflict", `The endpoint has ${MAX_SECRETS} secrets that are good. Wait until one is not.`);
  }
  const envelope = await sealSecrets(deps.vault, row, { current, previous: good });
  const rotated = { row, secret: made };
  const record = await change.record({ action: "webhook.secret_rotated", target: id }, rotated);
  if (!(await replaceSecrets(deps.db, row, envelope, record))) {
    throw new Refusal("conflict", "Somebody else changed the endpoint's secret in this moment.", undefined, {
      isPassing: true,
    });
  }
  return rotated;
}
