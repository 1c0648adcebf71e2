import type { Binding, CloudflareAccount } from "./cloudflare-account.ts";

/*
 * As much of Cloudflare's API as wrangler asks of it to deploy a Worker.
 */

type ApiAnswer = { result: unknown } | { status: number; code: number; message: string };

const NO_WORKER: ApiAnswer = { status: 404, code: 10007, message: "This Worker does not exist on your account." };
const NO_ANALYTICS_ENGINE: ApiAnswer = {
  status: 403,
  code: 10089,
  message: "You need to enable Analytics Engine. Head to the Cloudflare Dashboard to enable.",
};
const ok = (result: unknown): ApiAnswer => ({ result });
const missing = (code: number): ApiAnswer => ({ status: 404, code, message: "It is not there." });

/** @param path below the account, where it is about one */
export function apiAnswer(
  account: CloudflareAccount,
  method: string,
  path: string,
  query: URLSearchParams,
  body: string,
): ApiAnswer {
  const [, area, ...rest] = path.split("/");
  switch (area) {
    case "user":
      return ok({ id: "user", email: "somebody@example.com", status: "active" });
    case "accounts":
      return ok(reached(account));
    case "memberships":
      return ok(reached(account).map((each) => ({ id: each.id, account: each, roles: [] })));
    case "subscriptions":
      return ok([{ rate_plan: { id: account.isPaid ? "workers_paid" : "free" } }]);
    case "d1":
      return databases(account, method, rest[1] ?? null, rest[2] === "query", body);
    case "storage":
      return namespaces(account, method, rest[2] ?? null, body);
    case "r2":
      return buckets(account, method, rest[1] ?? null, body);
    case "queues":
      return queues(account, method, rest, query, body);
    case "workers":
      return workers(account, method, rest, body);
    default:
      return { status: 404, code: 7003, message: `The stand-in knows no ${path}.` };
  }
}

function reached({ id, others }: CloudflareAccount) {
  return [{ id, name: "Mine" }, ...others];
}

function databases(account: CloudflareAccount, method: string, key: string | null, isQuery: boolean, body: string) {
  if (key === null && method === "GET") return ok(account.databases);
  if (key === null) {
    account.databases.push({ uuid: account.newId(), name: JSON.parse(body).name });
    return ok(account.databases.at(-1));
  }
  if (!isQuery) {
    const found = account.databases.find(({ name, uuid }) => name === key || uuid === key);
    return found ? ok(found) : missing(7404);
  }
  const sql = String(JSON.parse(body).sql);
  const applied = /INSERT INTO "?d1_migrations"? .*values \('([^']+)'\)/is.exec(sql)?.[1];
  if (applied !== undefined) account.migrations.push(applied);
  const isList = /^SELECT \*\s+FROM "?d1_migrations/.test(sql);
  const results = isList ? account.migrations.map((name, id) => ({ id, name })) : [];
  return ok([{ results, success: true, meta: {} }]);
}

function namespaces(account: CloudflareAccount, method: string, id: string | null, body: string): ApiAnswer {
  if (method === "GET") return ok(account.namespaces);
  if (method === "DELETE") {
    account.namespaces = account.namespaces.filter((namespace) => namespace.id !== id);
    return ok(null);
  }
  const { title } = JSON.parse(body);
  if (account.namespaces.some((namespace) => namespace.title === title)) {
    return { status: 400, code: 10014, message: "a namespace with this account ID and title already exists" };
  }
  account.namespaces.push({ id: account.newId().replaceAll("-", ""), title });
  return ok(account.namespaces.at(-1));
}

function buckets(account: CloudflareAccount, method: string, name: string | null, body: string) {
  if (method === "POST") account.buckets.push({ name: JSON.parse(body).name });
  if (name === null) return ok({ buckets: account.buckets });
  return account.buckets.some((bucket) => bucket.name === name) ? ok({ name }) : missing(10006);
}

function queues(account: CloudflareAccount, method: string, rest: string[], query: URLSearchParams, body: string) {
  if (rest.length > 0) return ok(method === "GET" ? [] : { consumer_id: "consumer" });
  if (method === "POST") {
    account.queues.push({ queue_id: account.newId(), queue_name: JSON.parse(body).queue_name });
    return ok(account.queues.at(-1));
  }
  const names = query.getAll("name");
  const found = account.queues.filter(({ queue_name }) => names.length === 0 || names.includes(queue_name));
  return ok(found.map((queue) => ({ ...queue, consumers: [], producers: [] })));
}

function workers(account: CloudflareAccount, method: string, [kind, name, part, id]: string[], body: string) {
  if (kind === "subdomain") return ok({ subdomain: "somebody" });
  if (part === "assets-upload-session") return ok({ jwt: "jwt", buckets: [] });
  if (kind === "scripts" && part === undefined && method === "PUT") return upload(account, body);
  const [current] = account.versions;
  if (!current) return kind === "services" ? missing(10090) : NO_WORKER;
  if (kind === "workers") return ok({ id: name, name, subdomain: { enabled: true, previews_enabled: false } });
  if (kind === "services")
    return ok({ default_environment: { script: { tag: "tag", last_deployed_from: "wrangler" } } });
  switch (part) {
    case "secrets-bulk":
      for (const secret of Object.values<{ name: string; text: string }>(JSON.parse(body).secrets)) {
        account.secrets.set(secret.name, secret.text);
      }
      return ok([]);
    case "secrets":
      return ok([...account.secrets.keys()].map((secret) => ({ name: secret, type: "secret_text" })));
    case "deployments":
      return ok({ deployments: [{ id: "deployment", versions: [{ version_id: current.id, percentage: 100 }] }] });
    case "versions":
      return ok(account.versions.find((version) => version.id === id));
    case "domains":
      return ok({ added: [], removed: [], updated: [], conflicting: [] });
    case "settings":
      return ok({ bindings: current.resources.bindings });
    case "subdomain":
      return ok({ enabled: true, previews_enabled: false });
    default:
      return ok({});
  }
}

function upload(account: CloudflareAccount, body: string): ApiAnswer {
  const metadata = JSON.parse(/name="metadata"[^\r]*\r\n\r\n([\s\S]*?)\r\n--/.exec(body)?.[1] ?? "") as {
    bindings: Binding[];
    keep_bindings?: string[];
    annotations?: Record<string, string>;
  };
  const isRefused = metadata.bindings.some(({ type }) => type === "analytics_engine") && !account.hasAnalyticsEngine;
  if (isRefused) return NO_ANALYTICS_ENGINE;
  const before = account.versions[0]?.resources.bindings ?? [];
  const kept = before.filter(
    ({ name, type }) =>
      metadata.keep_bindings?.includes(type) && !metadata.bindings.some((binding) => binding.name === name),
  );
  const bound = metadata.bindings.map((binding) =>
    binding.type === "inherit" ? (before.find(({ name }) => name === binding.name) ?? binding) : binding,
  );
  const version = {
    id: account.newId(),
    annotations: metadata.annotations ?? {},
    resources: { bindings: [...bound, ...kept] },
  };
  account.versions.unshift(version);
  return ok({ id: "apionics", tag: "tag", deployment_id: version.id, startup_time_ms: 5 });
}
