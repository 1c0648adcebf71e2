import { env } from "cloudflare:workers";
import type { PostState } from "../../src/db/posts.ts";

/** When the first of the seeded posts was published, and how long after it the next: a million are 11 days' worth. */
const FIRST_AT = Date.UTC(2026, 0, 1);
const APART = 1_000;

const STATE: PostState = {
  tasks: [
    {
      accountId: "acc_00000000000000000000000001",
      platform: "facebook",
      status: "published",
      publishedAt: FIRST_AT,
      platformPostId: "1_1",
      permalink: null,
      error: null,
      nextAttemptAt: null,
    },
  ],
};

/** Statements that store a post, and what is stored with it and kept; `i` is its number. */
const SEEDS = [
  `INSERT INTO posts (workspace_id, mode, id, created_at, version, content, media, options, platforms, scheduled_at, status,
     state, timeline, seq)
   SELECT ?2, 'live', printf('post_%026d', i), ?3 + i * ?4, 1, 'Hello', '[]', '{}', '["facebook"]', ?3 + i * ?4,
     'published', ?5, '[]', 3 FROM n`,
  `INSERT INTO idempotency (workspace_id, mode, key, fingerprint, claim, post_id, response_status, response_body, expires_at)
   SELECT ?2, 'live', printf('key-%07d', i), '', '', printf('post_%026d', i), 202, '{}', 4102444800000 + i FROM n`,
  `INSERT INTO audit_log (id, workspace_id, mode, at, action, actor)
   SELECT printf('aud_%07d', i), ?2, 'live', ?3 + i * ?4, 'post.created', 'key_1' FROM n`,
];

/**
 * Stores so many published posts for a workspace in live mode, with their keys and lines of the audit log, which the sweeper
 * looks after. All lines are sealed.
 */
export async function seed(workspaceId: string, posts: number): Promise<void> {
  const numbers = "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < ?1 - 1)";
  const values = [posts, workspaceId, FIRST_AT, APART, JSON.stringify(STATE)];
  for (const statement of SEEDS) {
    const used = Math.max(...[...statement.matchAll(/\?(\d)/g)].map(([, index]) => Number(index)));
    await env.DB.prepare(`${numbers} ${statement}`)
      .bind(...values.slice(0, used))
      .run();
  }
  await env.DB.batch([
    env.DB.prepare("INSERT INTO post_counts (workspace_id, mode, published) VALUES (?, 'live', ?)").bind(
      workspaceId,
      posts,
    ),
    env.DB.prepare(
      `INSERT INTO audit_seals (workspace_id, mode, through_seq, rows, hash, sealed_at)
       SELECT ?, 'live', max(seq), ?, '', ? FROM audit_log`,
    ).bind(workspaceId, posts, FIRST_AT),
  ]);
}
