import { DurableObject } from "cloudflare:workers";

/*
 * The floor of the benchmarks: what each request and each post that is due costs before any code of ours runs. It makes the
 * same reads and durable writes as ours does, of the same tables, in the same order, and nothing else: no validation, no
 * framework, no digests, no retries, no guarantee. What is bound may be wrong and a lost answer doubles a post.
 *
 * Each request, message and alarm has its line in the log, of about the length of ours: `wrangler dev` carries it through an
 * inspector, which costs more than anything that could be written in it.
 *
 * - a bad key: the rate limiter's binding
 * - get: the key with its workspace (1 read of D1), the limiter's object, the post (1 read)
 * - list: the key, the limiter, a page and the counters (2 reads at once)
 * - publish: the key with what the request names (1 batch of 4 reads), the limiter, the answer in KV, its five rows
 *   and a look at keys that have expired (1 batch); after the answer the post's object reads its post and stores itself with an alarm
 * - a post that is due: the alarm stores and sends a message. The consumer: begin (object), its material (1 batch of 4 reads),
 *   its lock (1 row), arm (object), the platform's call, the report (object). The object tells D1 of the begin and of the end,
 *   with which the lock becomes the claim (2 batches), and stores that it has told the end.
 */

interface Env {
  DB: D1Database;
  IDEMPOTENCY: KVNamespace;
  POSTS: DurableObjectNamespace<Post>;
  RATE_LIMITS: DurableObjectNamespace<Limits>;
  SHIELD: RateLimit;
  PUBLISH: Queue<string>;
  /** Where a post of the account goes to, and its token: not sealed. */
  FEED: string;
  TOKEN: string;
}

interface Key {
  id: string;
  workspace_id: string;
}

/** Bearers are digests here: they are looked up as they are. */
const DIGEST_LENGTH = 64;
const DAY = 86_400_000;

/** One line, as long as those of ours are. */
function log(message: string, about: string): void {
  const id = crypto.randomUUID();
  console.log(
    JSON.stringify({ level: "info", message, request_id: id, method: "GET", route: about, status: 200, ms: 0, id }),
  );
}

export default {
  async fetch(request, env, ctx) {
    const response = await answer(request, env, ctx);
    log("a request was answered", new URL(request.url).pathname);
    return response;
  },

  async queue(batch, env) {
    await Promise.all(batch.messages.map(({ body }) => fire(env, body)));
    for (const { body } of batch.messages) log("a message was handled", body);
  },
} satisfies ExportedHandler<Env, string>;

async function answer(request: Request, env: Env, ctx: ExecutionContext): Promise<Response> {
  const { pathname } = new URL(request.url);
  if (pathname === "/health") return new Response("ok");
  const digest = request.headers.get("Authorization")?.slice("Bearer ".length) ?? "";
  if (digest.length !== DIGEST_LENGTH) {
    await env.SHIELD.limit({ key: request.headers.get("CF-Connecting-IP") ?? "" });
    return new Response("unauthorized", { status: 401 });
  }
  if (pathname === "/publish") return publish(request, env, ctx, digest);
  const key = await selectKey(env, digest).first<Key>();
  if (!key) return new Response("unauthorized", { status: 401 });
  await env.RATE_LIMITS.getByName(key.workspace_id).decide(key.id);
  if (pathname === "/posts") return list(env, key);
  return get(env, key, pathname.slice(pathname.lastIndexOf("/") + 1));
}

function selectKey(env: Env, digest: string): D1PreparedStatement {
  return env.DB.prepare(
    `SELECT k.id, k.workspace_id, w.rate_limits FROM api_keys k JOIN workspaces w ON w.id = k.workspace_id
     WHERE k.digest = ?`,
  ).bind(digest);
}

const SHOWN = "id, content, status, platforms, created_at, scheduled_at, state, external_id, metadata";

async function get(env: Env, { workspace_id }: Key, id: string): Promise<Response> {
  const row = await env.DB.prepare(
    `SELECT ${SHOWN}, media, version, approval, publish_before FROM posts WHERE workspace_id = ? AND mode = 'live' AND id = ?`,
  )
    .bind(workspace_id, id)
    .first();
  return Response.json(row);
}

async function list(env: Env, { workspace_id }: Key): Promise<Response> {
  const [page, counts] = await Promise.all([
    env.DB.prepare(`SELECT ${SHOWN} FROM posts WHERE workspace_id = ? AND mode = 'live' ORDER BY id DESC LIMIT 26`)
      .bind(workspace_id)
      .all(),
    env.DB.prepare("SELECT * FROM post_counts WHERE workspace_id = ? AND mode = 'live'").bind(workspace_id).first(),
  ]);
  return Response.json({ posts: page.results, counts });
}

async function publish(request: Request, env: Env, ctx: ExecutionContext, digest: string): Promise<Response> {
  const { content, account, at } = await request.json<{ content: string; account: string; at: number }>();
  const idempotencyKey = request.headers.get("Idempotency-Key") ?? "";
  const ofKey = "(SELECT workspace_id FROM api_keys WHERE digest = ?)";
  const [found] = await env.DB.batch<Key>([
    selectKey(env, digest),
    env.DB.prepare(`SELECT * FROM idempotency WHERE workspace_id = ${ofKey} AND mode = 'live' AND key = ?`).bind(
      digest,
      idempotencyKey,
    ),
    env.DB.prepare("SELECT * FROM accounts a JOIN grants g ON g.id = a.grant_id WHERE a.id = ?").bind(account),
    env.DB.prepare(`SELECT publish_within, duplicate_guard, approvals FROM workspaces WHERE id = ${ofKey}`).bind(
      digest,
    ),
  ]);
  const key = found?.results[0];
  if (!key) return new Response("unauthorized", { status: 401 });
  const workspace = key.workspace_id;
  await env.RATE_LIMITS.getByName(workspace).decide(key.id);
  await env.IDEMPOTENCY.get(idempotencyKey, "json");
  const now = Date.now();
  const id = `post_${now.toString(36)}${crypto.randomUUID()}`;
  const state = JSON.stringify({ tasks: [{ accountId: account, platform: "facebook", status: "queued" }] });
  const answer = JSON.stringify({ id, status: "queued", scheduled_at: at, tasks: [account] });
  await env.DB.batch([
    env.DB.prepare(
      `INSERT INTO idempotency (workspace_id, mode, key, fingerprint, claim, claimed_at, post_id, response_status,
        response_body, is_sealed, expires_at) VALUES (?, 'live', ?, ?, ?, ?, ?, 202, ?, 0, ?)`,
    ).bind(workspace, idempotencyKey, idempotencyKey, id, now, id, answer, now + DAY),
    env.DB.prepare(
      `INSERT INTO audit_log (id, workspace_id, mode, at, action, actor, target, request_id)
       VALUES (?, ?, 'live', ?, 'post.created', ?, ?, ?)`,
    ).bind(id, workspace, now, key.id, id, id),
    env.DB.prepare(
      `INSERT INTO posts (workspace_id, mode, id, created_at, version, content, media, options, platforms, scheduled_at,
        status, state, timeline, seq, wake_by)
       VALUES (?, 'live', ?, ?, 1, ?, '[]', '{}', '["facebook"]', ?, 'queued', ?, '[]', 0, ?)`,
    ).bind(workspace, id, now, content, at, state, at + DAY),
    env.DB.prepare("UPDATE post_counts SET queued = queued + 1 WHERE workspace_id = ? AND mode = 'live'").bind(
      workspace,
    ),
    env.DB.prepare(
      "INSERT INTO tasks (workspace_id, mode, account_id, post_id, platform) VALUES (?, 'live', ?, ?, 'facebook')",
    ).bind(workspace, account, id),
    env.DB.prepare(
      `DELETE FROM idempotency WHERE workspace_id = ? AND mode = 'live' AND key IN (SELECT key FROM (
         SELECT key, expires_at FROM idempotency WHERE workspace_id = ? AND mode = 'live' AND key > ? ORDER BY key LIMIT 8)
       WHERE expires_at <= ?)`,
    ).bind(workspace, workspace, idempotencyKey, now),
  ]);
  ctx.waitUntil(env.POSTS.getByName(`${workspace}/${id}`).wake());
  return new Response(answer, { status: 202, headers: { "Content-Type": "application/json" } });
}

/** Publishes one post that is due. */
async function fire(env: Env, name: string): Promise<void> {
  const [workspace, id] = name.split("/");
  const post = () => env.POSTS.getByName(name);
  const account = await post().begin();
  const [said] = await env.DB.batch<{ content: string }>([
    env.DB.prepare(
      "SELECT content, media, options FROM posts WHERE workspace_id = ? AND mode = 'live' AND id = ?",
    ).bind(workspace, id),
    env.DB.prepare("SELECT * FROM accounts a JOIN grants g ON g.id = a.grant_id WHERE a.id = ?").bind(account),
    env.DB.prepare("SELECT * FROM pauses WHERE mode = 'live' AND scope IN (?, ?, ?)").bind("a", "g", "app"),
    env.DB.prepare("SELECT * FROM manual_pauses WHERE scope IN (?, ?, ?, ?)").bind("d", "s", "w", "a"),
  ]);
  await env.DB.prepare(
    `INSERT INTO platform_posts (mode, platform, external_id, platform_post_id, workspace_id, post_id, account_id, epoch)
     VALUES ('live', 'facebook', ?, ?, ?, ?, ?, 1) RETURNING post_id`,
  )
    .bind(account, `commit:${id}`, workspace, id, account)
    .all();
  await post().arm();
  const called = await fetch(env.FEED, {
    method: "POST",
    headers: { Authorization: `Bearer ${env.TOKEN}` },
    body: new URLSearchParams({ message: said?.results[0]?.content ?? "", fields: "id,permalink_url" }),
  });
  const { id: published } = await called.json<{ id: string }>();
  await post().report(published);
}

interface Document {
  account: string;
  at: number;
  state: string;
}

/** One post: a document and an alarm. */
export class Post extends DurableObject<Env> {
  async wake(): Promise<void> {
    if (this.ctx.storage.kv.get("post")) return;
    const [workspace, id] = this.#names();
    const row = await this.env.DB.prepare("SELECT * FROM posts WHERE workspace_id = ? AND mode = 'live' AND id = ?")
      .bind(workspace, id)
      .first<{ scheduled_at: number; state: string }>();
    if (!row) return;
    const account: string = JSON.parse(row.state).tasks[0].accountId;
    this.#store({ account, at: row.scheduled_at, state: "queued" });
    await this.ctx.storage.setAlarm(row.scheduled_at);
  }

  override async alarm(): Promise<void> {
    this.#store({ ...this.#stored(), state: "sent" });
    await this.ctx.storage.setAlarm(Date.now() + 30_000);
    await this.env.PUBLISH.send(this.ctx.id.name ?? "");
    log("a post's alarm rang", this.ctx.id.name ?? "");
  }

  async begin(): Promise<string> {
    this.#store({ ...this.#stored(), state: "publishing" });
    this.ctx.waitUntil(this.#tell("publishing"));
    return this.#stored().account;
  }

  async arm(): Promise<void> {
    this.#store({ ...this.#stored(), state: "armed" });
  }

  async report(published: string): Promise<void> {
    this.#store({ ...this.#stored(), state: "published" });
    this.ctx.waitUntil(this.#tell("published", published));
  }

  /** Tells D1, and remembers that it has. */
  async #tell(status: "publishing" | "published", published = ""): Promise<void> {
    const [workspace, id] = this.#names();
    const isEnd = status === "published";
    await this.env.DB.batch([
      this.env.DB.prepare(
        `UPDATE posts SET seq = seq + 1, status = ?, state = ?, timeline = ?, wake_by = ?
         WHERE workspace_id = ? AND mode = 'live' AND id = ?`,
      ).bind(status, "{}", "[]", isEnd ? null : Date.now() + DAY, workspace, id),
      ...(isEnd
        ? [
            this.env.DB.prepare(
              `INSERT INTO events (id, workspace_id, mode, type, post_id, body, created_at)
               VALUES (?, ?, 'live', 'publish.completed', ?, '{}', ?)`,
            ).bind(id, workspace, id, Date.now()),
            this.env.DB.prepare(
              `UPDATE post_counts SET queued = queued - 1, published = published + 1
               WHERE workspace_id = ? AND mode = 'live'`,
            ).bind(workspace),
            this.env.DB.prepare(
              `UPDATE platform_posts SET platform_post_id = ?, epoch = NULL WHERE mode = 'live' AND platform = 'facebook'
               AND external_id = ? AND platform_post_id = ?`,
            ).bind(published, this.#stored().account, `commit:${id}`),
          ]
        : []),
    ]);
    if (isEnd) this.#store({ ...this.#stored(), state: status });
  }

  #names(): [string, string] {
    const [workspace = "", id = ""] = (this.ctx.id.name ?? "").split("/");
    return [workspace, id];
  }

  #stored(): Document {
    return this.ctx.storage.kv.get<Document>("post") ?? { account: "", at: 0, state: "" };
  }

  #store(document: Document): void {
    this.ctx.storage.kv.put("post", document);
  }
}

/** Counts in memory, as ours does: it stores a row every five seconds. */
export class Limits extends DurableObject<Env> {
  readonly #counted = new Map<string, number>();
  #storedAt = 0;

  async decide(keyId: string): Promise<number> {
    const count = (this.#counted.get(keyId) ?? 0) + 1;
    this.#counted.set(keyId, count);
    if (Date.now() - this.#storedAt > 5_000) {
      this.#storedAt = Date.now();
      this.ctx.storage.kv.put(keyId, count);
    }
    return count;
  }
}
