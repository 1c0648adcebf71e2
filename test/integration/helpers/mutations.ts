import { env } from "cloudflare:workers";
import type { Mode } from "../../../src/lib/vocabulary.ts";
import type { TestWorkspace } from "./api.ts";
import { call, newAccount, publish } from "./api.ts";
import { standInForMeta } from "./live.ts";
import { BOTH_APPS, useApps } from "./login.ts";

/*
 * One example of every route that changes something: what to ask for, ready to be asked, and what the audit log says of it.
 */

/** A request that changes something, and what it would be with another meaning. */
export interface Mutation {
  path: string;
  body?: unknown;
  headers?: Record<string, string>;
  /** The workspace's test key, unless it says otherwise. */
  mode?: Mode | "admin";
  /** The same request with another meaning: what is different of it. */
  other: { path?: string; body?: unknown };
}

export interface MutatingRoute {
  /** As the OpenAPI document has it: `DELETE /v1/posts/{post_id}`. */
  route: string;
  /** What the audit log says. */
  action: string;
  /** Whatever it needs, made anew. */
  prepare(workspace: TestWorkspace): Promise<Mutation>;
  /** Takes back what others would be hindered by. */
  cleanUp?(workspace: TestWorkspace): unknown;
}

const DAY = 86_400_000;

async function newPost(workspace: TestWorkspace): Promise<{ id: string; account: string }> {
  const account = await newAccount(workspace, "facebook");
  const schedule = new Date(Date.now() + DAY).toISOString();
  const answer = await publish(workspace, { content: "Hello", accounts: [account], schedule });
  if (answer.status !== 202) throw new Error(answer.text);
  return { id: answer.body.id, account };
}

/** A pause, or its end, of something that is made ready by its opposite. */
function pausing(route: string, action: string, subject: (workspace: TestWorkspace) => Promise<string>): MutatingRoute {
  const isPause = route.endsWith("/pause");
  const mode = route.includes("/deployment/") ? ("admin" as const) : ("test" as const);
  const body = { overdue: "send" };
  const send = (workspace: TestWorkspace, path: string, sent?: unknown) => {
    const key = mode === "admin" ? (env.ADMIN_TOKEN ?? "") : workspace.test;
    return call("POST", path, { key, ...(sent === undefined ? {} : { body: sent }) });
  };
  return {
    route,
    action,
    prepare: async (workspace) => {
      const base = await subject(workspace);
      if (!isPause) await send(workspace, `${base}/pause`);
      return isPause
        ? { path: `${base}/pause`, mode, other: { path: `${base}/resume`, body } }
        : { path: `${base}/resume`, mode, body, other: { body: { overdue: "cancel" } } };
    },
    // An account is made for this alone; the others are everybody's.
    ...(subject !== ofAccount && {
      cleanUp: async (workspace) => send(workspace, `${await subject(workspace)}/resume`, body),
    }),
  };
}

const ofAccount = async (workspace: TestWorkspace) => `/v1/accounts/${await newAccount(workspace, "facebook")}`;
const ofWorkspace = async () => "/v1/workspace";
const ofDeployment = async () => "/v1/deployment";

/** Another post's path means something else. */
const ELSEWHERE = { path: "/v1/posts/post_elsewhere" };

export const MUTATING_ROUTES: MutatingRoute[] = [
  {
    route: "POST /v1/publish",
    action: "post.created",
    prepare: async (workspace) => {
      const body = { content: "Hello", accounts: [await newAccount(workspace, "facebook")] };
      return { path: "/v1/publish", body, other: { body: { ...body, content: "Good bye" } } };
    },
  },
  {
    route: "DELETE /v1/posts/{post_id}",
    action: "post.canceled",
    prepare: async (workspace) => {
      const { id } = await newPost(workspace);
      return { path: `/v1/posts/${id}`, other: ELSEWHERE };
    },
  },
  {
    route: "PATCH /v1/posts/{post_id}",
    action: "post.edited",
    prepare: async (workspace) => {
      const { id } = await newPost(workspace);
      return { path: `/v1/posts/${id}`, body: { content: "Changed" }, other: { body: { content: "Otherwise" } } };
    },
  },
  {
    route: "DELETE /v1/posts/{post_id}/tasks/{account_id}",
    action: "task.canceled",
    prepare: async (workspace) => {
      const { id, account } = await newPost(workspace);
      return { path: `/v1/posts/${id}/tasks/${account}`, other: { path: `/v1/posts/${id}/tasks/acc_other` } };
    },
  },
  {
    route: "POST /v1/accounts",
    action: "account.connected",
    prepare: async () => {
      const { externalId, token } = standInForMeta().open("facebook");
      const body = { platform: "facebook", external_id: externalId, access_token: token };
      return { path: "/v1/accounts", mode: "live", body, other: { body: { ...body, external_id: "1" } } };
    },
  },
  {
    route: "POST /v1/accounts/connect",
    action: "connect_link.created",
    prepare: async () => {
      useApps(BOTH_APPS);
      const body = { platform: "facebook" };
      return { path: "/v1/accounts/connect", mode: "live", body, other: { body: { ...body, expires_in: 600 } } };
    },
    cleanUp: () => useApps({}),
  },
  {
    route: "POST /v1/accounts/sandbox",
    action: "account.connected",
    prepare: async () => {
      const body = { platform: "facebook", username: "A Page" };
      return { path: "/v1/accounts/sandbox", body, other: { body: { ...body, username: "Another" } } };
    },
  },
  {
    route: "PATCH /v1/accounts/{account_id}",
    action: "account.updated",
    prepare: async (workspace) => {
      const path = `/v1/accounts/${await newAccount(workspace, "facebook")}`;
      return { path, body: { labels: ["summer"] }, other: { body: { labels: ["winter"] } } };
    },
  },
  {
    route: "DELETE /v1/accounts/{account_id}",
    action: "account.disconnected",
    prepare: async (workspace) => ({
      path: `/v1/accounts/${await newAccount(workspace, "facebook")}`,
      other: { path: "/v1/accounts/acc_elsewhere" },
    }),
  },
  {
    route: "DELETE /v1/sandbox/posts",
    action: "sandbox.posts_cleared",
    prepare: async () => ({ path: "/v1/sandbox/posts", other: ELSEWHERE }),
  },
  {
    route: "POST /v1/sandbox/clock",
    action: "sandbox.clock_advanced",
    prepare: async () => ({
      path: "/v1/sandbox/clock",
      body: { advance_seconds: 60 },
      other: { body: { advance_seconds: 61 } },
    }),
  },
  pausing("POST /v1/accounts/{account_id}/pause", "account.paused", ofAccount),
  pausing("POST /v1/accounts/{account_id}/resume", "account.resumed", ofAccount),
  pausing("POST /v1/workspace/pause", "workspace.paused", ofWorkspace),
  pausing("POST /v1/workspace/resume", "workspace.resumed", ofWorkspace),
  pausing("POST /v1/deployment/pause", "deployment.paused", ofDeployment),
  pausing("POST /v1/deployment/resume", "deployment.resumed", ofDeployment),
];
