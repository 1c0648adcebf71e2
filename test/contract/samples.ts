/*
 * The published contract's JSON samples, as they stand there. Error samples are fixtures to the byte; in the others the
 * values of `PLACEHOLDERS` stand for what a real deployment puts there.
 */

/** Error samples, by the heading they stand under. */
export const ERROR_SAMPLES = {
  "Missing or invalid API key": `{"error":{"code":"unauthorized","message":"API key missing, invalid, or expired."}}`,
  "Duplicate idempotency key": `{"error":{"code":"idempotency_conflict","message":"This Idempotency-Key was already used with a different request body."}}`,
  "Validation error": `{"error":{"code":"validation_error","message":"accounts must contain at least one connected account id.","field":"accounts"}}`,
  "Rate limited": `{"error":{"code":"rate_limited","message":"Too many requests. Retry after 30 seconds."}}`,
  "Transient platform failure": `{"error":{"code":"platform_error","message":"The platform API returned a transient error. Retry with the same Idempotency-Key."}}`,
} as const;

/** What the contract has of an error answer, as text: what we add is not the contract's, and comes after it. */
export function contractPart(answer: string): string {
  const sample = JSON.stringify(shapedLike(JSON.parse(answer), { error: { code: "", message: "", field: "" } }));
  const [begin, end] = [sample.slice(0, -2), sample.slice(-2)];
  if (!answer.startsWith(begin) || !answer.endsWith(end))
    throw new Error(`the contract's part does not come first: ${answer}`);
  return sample;
}

/** Request and response samples, by endpoint. */
export const SAMPLES = {
  publishRequest: `{
    "content": "string (required)",
    "platforms": ["instagram", "facebook"],
    "accounts": ["acc_123"],
    "schedule": "2026-06-01T09:00:00Z",
    "media": ["media_456"]
  }`,
  publishResponse: `{
    "id": "post_789",
    "status": "queued",
    "scheduled_at": "2026-06-01T09:00:00Z",
    "platforms": ["instagram", "facebook"],
    "tasks": [
      { "account_id": "acc_123", "platform": "instagram", "status": "queued" }
    ]
  }`,
  listResponse: `{
    "posts": [
      {
        "id": "post_789",
        "content": "Hello from Apionics",
        "status": "published",
        "platforms": ["instagram", "facebook"],
        "created_at": "2026-05-31T10:00:00Z"
      }
    ],
    "total": 42
  }`,
  postResponse: `{
    "id": "post_789",
    "content": "Hello from Apionics",
    "status": "published",
    "tasks": [
      { "account_id": "acc_123", "platform": "instagram", "status": "published", "published_at": "2026-05-31T10:00:05Z" }
    ]
  }`,
  cancelResponse: `{ "success": true }`,
  accountsResponse: `{
    "accounts": [
      {
        "id": "acc_123",
        "platform": "instagram",
        "username": "apionics",
        "status": "active",
        "token_expires_at": "2026-08-01T00:00:00Z"
      }
    ]
  }`,
  webhookRequest: `{
    "url": "https://your-app.com/webhooks/apionics",
    "events": ["publish.completed", "publish.failed", "approval.requested"],
    "secret": "whsec_..."
  }`,
  webhookResponse: `{
    "id": "wh_123",
    "url": "https://your-app.com/webhooks/apionics",
    "active": true
  }`,
} as const;

/**
 * Fills a sample's placeholders.
 *
 * @param table what stands for each placeholder: the whole list of what a sample and a real answer may differ in
 */
export function fill(sample: string, table: Record<string, unknown>): unknown {
  return JSON.parse(sample, (_key, value: unknown) =>
    typeof value === "string" && Object.hasOwn(table, value) ? table[value] : value,
  );
}

/** Keeps of an answer the members that the sample has, in the answer's order: what we add is not the contract's. */
export function shapedLike(answer: unknown, sample: unknown): unknown {
  if (Array.isArray(answer) && Array.isArray(sample)) return answer.map((item) => shapedLike(item, sample[0]));
  if (answer === null || typeof answer !== "object" || sample === null || typeof sample !== "object") return answer;
  const members = Object.entries(answer).filter(([name]) => Object.hasOwn(sample, name));
  return Object.fromEntries(
    members.map(([name, value]) => [name, shapedLike(value, (sample as Record<string, unknown>)[name])]),
  );
}
