import { readFileSync } from "node:fs";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { createServer } from "node:http";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { pathToFileURL } from "node:url";
import type { CloudflareAccount } from "./cloudflare-account.ts";
import { apiAnswer } from "./cloudflare-api.ts";
import { deployedAnswer } from "./deployed-worker.ts";

/*
 * Cloudflare as wrangler sees it, and what is deployed there, on loopback.
 */

export interface CloudflareStandIn {
  /** What a process needs to be led here; the arguments of all processes are written into the folder. */
  env(folder: string): Record<string, string>;
  /** Changes that were asked for, in order: `POST /queues`. */
  changes: string[];
  /** Lets the next request fail that begins like this. */
  failNext(request: string): void;
  close(): Promise<void>;
}

/** Of these tests: not a secret. */
export const API_TOKEN = "cloudflare-api-token-of-the-tests";

export async function startCloudflare(account: () => CloudflareAccount): Promise<CloudflareStandIn> {
  const changes: string[] = [];
  let failing: string | null = null;
  /** Whether a request is to fail; one that changes something is written down. */
  const isRefused = (line: string, isChange: boolean): boolean => {
    if (failing !== null && line.startsWith(failing)) {
      failing = null;
      return true;
    }
    if (isChange) changes.push(line);
    return false;
  };
  const api = await listen(async (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? "", "http://api.test");
    const path = pathname.replace(`/accounts/${account().id}`, "");
    const body = await text(request.setEncoding("latin1"));
    const isRead =
      request.method === "GET" || (path.endsWith("/query") && !/^(CREATE TABLE `|INSERT)/.test(sqlOf(body)));
    const isLoggedIn = request.headers.authorization === `Bearer ${API_TOKEN}`;
    const answer = !isLoggedIn
      ? { status: 401, code: 10000, message: "Authentication error" }
      : isRefused(`${request.method} ${path}`, !isRead)
        ? { status: 400, code: 10013, message: "It broke off." }
        : apiAnswer(account(), request.method ?? "", path, searchParams, body);
    const isError = "status" in answer;
    // All there is fits on the first page.
    const isBehind = Number(searchParams.get("page") ?? 1) > 1;
    send(response, isError ? answer.status : 200, {
      success: !isError,
      errors: isError ? [{ code: answer.code, message: answer.message }] : [],
      messages: [],
      result: isError ? null : isBehind && Array.isArray(answer.result) ? [] : answer.result,
      ...(!isError && Array.isArray(answer.result) && { result_info: { page: 1, per_page: 100, total_pages: 1 } }),
    });
  });
  const deployed = await listen(async (request, response) => {
    const body = await text(request);
    const line = `${request.method} ${request.url?.split("?")[0]}`;
    if (isRefused(line, request.method !== "GET")) return send(response, 500, { error: { message: "It broke off." } });
    const answer = deployedAnswer(account(), request, body);
    send(response, answer.status, answer.body);
  });
  const preload = pathToFileURL(join(import.meta.dirname, "deploy-preload.ts"));
  return {
    changes,
    failNext(request) {
      failing = request;
    },
    env: (folder) => ({
      CLOUDFLARE_API_BASE_URL: `${api.origin}`,
      NODE_OPTIONS: `--import ${preload} --no-warnings`,
      DEPLOYED_AT: deployed.origin,
      ARGUMENTS_FILE: join(folder, "arguments.log"),
    }),
    async close() {
      await Promise.all([api.close(), deployed.close()]);
    },
  };
}

/** The arguments of all processes that ran. */
export function argumentsOf(folder: string): string {
  return readFileSync(join(folder, "arguments.log"), "utf8");
}

function sqlOf(body: string): string {
  return String((JSON.parse(body) as { sql: string }).sql);
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "Content-Type": "application/json" });
  response.end(JSON.stringify(body));
}

async function listen(answer: (request: IncomingMessage, response: ServerResponse) => Promise<void>) {
  const server: Server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => send(response, 500, { thrown: String(error) }));
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const address = server.address();
  const port = typeof address === "object" && address ? address.port : 0;
  return {
    origin: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise<void>((closed) => {
        server.close(() => closed());
        server.closeAllConnections();
      }),
  };
}
