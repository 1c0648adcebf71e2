import type { IncomingMessage } from "node:http";
import type { CloudflareAccount } from "./cloudflare-account.ts";

/*
 * As much of the deployed Worker as whoever deploys it asks for: whether it is well, and its workspaces.
 */

const NEEDS = ["ADMIN_TOKEN", "API_KEY_PEPPER", "ENCRYPTION_KEYS"];

export function deployedAnswer(account: CloudflareAccount, request: IncomingMessage, body: string) {
  const lacking = [
    ...NEEDS.filter((name) => !account.secrets.has(name)),
    ...(account.origin === null ? ["PUBLIC_ORIGIN"] : []),
  ];
  if (lacking.length > 0) return refusal(500, `${lacking.join(", ")} missing`);
  const { pathname } = new URL(request.url ?? "", "http://deployed.test");
  if (pathname === "/health") return { status: 200, body: { ok: true } };
  if (request.headers.authorization !== `Bearer ${account.secrets.get("ADMIN_TOKEN")}`)
    return refusal(401, "unauthorized");
  if (request.method === "GET") return { status: 200, body: { workspaces: account.workspaces, next_cursor: null } };
  const key = String(request.headers["idempotency-key"]);
  const answer = account.answers.get(key) ?? create(account, pathname, body);
  account.answers.set(key, answer);
  return { status: 201, body: answer };
}

function create(account: CloudflareAccount, pathname: string, body: string) {
  if (pathname !== "/v1/workspaces") return { url: `${account.origin}/join/${account.newId()}`, role: "admin" };
  const id = `ws_${account.newId()}`;
  account.workspaces.unshift({ id, created_at: new Date().toISOString() });
  return { id, name: JSON.parse(body).name, api_keys: { live: "apionics_live_shown", test: "apionics_test_shown" } };
}

function refusal(status: number, message: string) {
  return { status, body: { error: { code: "internal_error", message } } };
}
