/*
 * The contract's own examples, by endpoint. Where our answers have members that the contract's do not, these follow its
 * own. A test holds them against the contract's samples, and another against the schemas.
 */

const POST = { id: "post_789", content: "Hello from Apionics", status: "published" };
const PLATFORMS = ["instagram", "facebook"];
const TASK = { account_id: "acc_123", platform: "instagram", status: "published" };

export const EXAMPLES = {
  publishRequest: {
    content: "string (required)",
    platforms: PLATFORMS,
    accounts: ["acc_123"],
    schedule: "2026-06-01T09:00:00Z",
    media: ["media_456"],
  },
  publishResponse: {
    id: "post_789",
    status: "queued",
    scheduled_at: "2026-06-01T09:00:00Z",
    platforms: PLATFORMS,
    tasks: [{ account_id: "acc_123", platform: "instagram", status: "queued" }],
  },
  listResponse: {
    posts: [
      {
        ...POST,
        platforms: PLATFORMS,
        created_at: "2026-05-31T10:00:00Z",
        scheduled_at: "2026-05-31T10:00:00Z",
        tasks: [TASK],
        external_id: null,
        metadata: {},
      },
    ],
    total: 42,
    next_cursor: null,
  },
  postResponse: {
    ...POST,
    tasks: [
      {
        ...TASK,
        published_at: "2026-05-31T10:00:05Z",
        platform_post_id: "17900000000000000",
        permalink: "https://www.instagram.com/p/abc123/",
        error: null,
        next_attempt_at: null,
      },
    ],
    platforms: PLATFORMS,
    media: ["media_456"],
    version: 1,
    created_at: "2026-05-31T10:00:00Z",
    scheduled_at: "2026-05-31T10:00:00Z",
    approval: null,
    publish_before: null,
    external_id: null,
    metadata: {},
  },
  cancelResponse: { success: true },
  accountsResponse: {
    accounts: [
      {
        id: "acc_123",
        platform: "instagram",
        username: "apionics",
        status: "active",
        token_expires_at: "2026-08-01T00:00:00Z",
        health: "ok",
        reason: null,
        name: "Apionics",
        avatar_url: null,
        profile_url: "https://www.instagram.com/apionics/",
        labels: [],
        group_id: null,
        posts_at_risk: 0,
        paused_at: null,
        remaining_posts_today: 99,
      },
    ],
  },
  webhookRequest: {
    url: "https://your-app.com/webhooks/apionics",
    events: ["publish.completed", "publish.failed", "approval.requested"],
    secret: "whsec_...",
  },
  webhookResponse: { id: "wh_123", url: "https://your-app.com/webhooks/apionics", active: true },
};
