import { wellFormed } from "../lib/text.ts";
import { DISABLED_REASONS, SUBSCRIBED_EVENTS } from "../lib/vocabulary.ts";
import { keyOfSecret } from "../webhooks/signature.ts";
import { distinct, printedTime } from "./schemas.ts";
import * as z from "./zod.ts";

const KNOWN = SUBSCRIBED_EVENTS.join(", ");

export const webhookUrl = z.string().openapi({
  format: "uri",
  description: "https, on the usual port, and not an address or a private name.",
  example: "https://your-app.com/webhooks/apionics",
});

export const subscribedEvents = z
  .array(z.enum(SUBSCRIBED_EVENTS, { error: `{field} is not a known event. Known are: ${KNOWN}.` }))
  .min(1, "{field} must name at least one event.")
  .check(distinct)
  .openapi({ uniqueItems: true, example: ["publish.completed", "publish.failed", "approval.requested"] });

export const webhookDescription = z.string().trim().max(200).check(wellFormed).nullable();

export const webhookSecret = z
  .string()
  .refine((secret) => keyOfSecret(secret) !== null, "{field} must be whsec_ and the base64 of 24 to 64 bytes.")
  .openapi({ example: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw" });

/** An endpoint: the contract's three members first, then ours. */
export const webhook = z
  .strictObject({
    id: z.string(),
    url: z.string(),
    active: z.boolean(),
    events: z.array(z.enum(SUBSCRIBED_EVENTS)),
    description: z.string().nullable(),
    created_at: printedTime,
    failing_since: printedTime.nullable().openapi({ description: "Since when nothing has arrived." }),
    disabled_at: printedTime.nullable(),
    disabled_reason: z
      .enum(DISABLED_REASONS)
      .nullable()
      .openapi({ description: "gone: it answered 410. failing: nothing arrived for five days." }),
  })
  .openapi("Webhook");

const made = z.string().optional().openapi({ description: "Where it was made by us, and shown this once." });

// Not by `extend`: it is described as both schemas at once, and each is closed to the other's members.
export const webhookWithSecret = z.strictObject({ ...webhook.shape, secret: made }).openapi("WebhookWithSecret");

/** What creating one answers: the contract's three members, and the secret if there was none in the request. */
export const createdWebhook = z
  .strictObject({ id: z.string(), url: z.string(), active: z.boolean(), secret: made })
  .openapi("CreatedWebhook");

export const webhookParams = z.strictObject({ webhook_id: z.string() });
