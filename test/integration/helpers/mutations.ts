import { env } from "cloudflare:workers";
import type { Mode } from "../../../src/lib/vocabulary.ts";
import { jpeg } from "../../helpers/pictures.ts";
import { realPng } from "../../helpers/real-pictures.ts";
import type { TestWorkspace } from "./api.ts";
import { call, newAccount, newKey, newPicture, newWorkspace, publish } from "./api.ts";
import { newMember } from "./console.ts";
import { documentOf, storeDocument } from "./drive.ts";
import { sealWithOtherKey } from "./encryption-keys.ts";
import { standInForMeta } from "./live.ts";
import { BOTH_APPS, useApps } from "./login.ts";
import type { TestWebhook } from "./webhooks.ts";
import { deliveriesOf, newUrl, newWebhook, Receivers } from "./webhooks.ts";

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

/** A post of which everything ended otherwise than well: the object is told so, for the way there is long. */
async function endedPost(workspace: TestWorkspace, status: "failed" | "unconfirmed") {
  const { id, account } = await newPost(workspace);
  const ref = { workspaceId: workspace.id, mode: "test", postId: id } as const;
  const document = await documentOf(ref);
  const tasks = document.tasks.map((task) => ({ ...task, status, dueAt: null }));
  await storeDocument(ref, { ...document, tasks });
  return { id, account };
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
/** A workspace has room for twenty. */
async function forgetWebhooks({ id }: TestWorkspace): Promise<void> {
  await env.DB.prepare("DELETE FROM webhooks WHERE workspace_id = ?").bind(id).run();
}

async function onlyWebhook(workspace: TestWorkspace, events: string[]): Promise<TestWebhook> {
  await forgetWebhooks(workspace);
  return newWebhook(workspace, events);
}

const RAW = { "Content-Type": "application/octet-stream" };

/** A small upload in one part. */
async function newUpload(workspace: TestWorkspace, { bytes = jpeg(400, 400), isSent = false } = {}): Promise<string> {
  const started = await call("POST", "/v1/media/uploads", { key: workspace.test, body: { bytes: bytes.byteLength } });
  if (started.status !== 201) throw new Error(started.text);
  const path = `/v1/media/uploads/${started.body.id}`;
  if (!isSent) return path;
  const sent = await call("PUT", `${path}/parts/1`, { key: workspace.test, body: bytes, headers: RAW });
  if (sent.status !== 200) throw new Error(sent.text);
  return path;
}

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
  ...(["approve", "reject"] as const).map(
    (word): MutatingRoute => ({
      route: `POST /v1/posts/{post_id}/${word}`,
      action: word === "approve" ? "post.approved" : "post.rejected",
      prepare: async (workspace) => {
        const asker = await newKey(workspace);
        const body = { content: "Hello", accounts: [await newAccount(workspace, "facebook")], approval: true };
        const asked = await call("POST", "/v1/publish", { key: asker.key, body });
        if (asked.status !== 202) throw new Error(asked.text);
        const path = `/v1/posts/${asked.body.id}/${word}`;
        return { path, body: {}, other: { path: `/v1/posts/post_elsewhere/${word}` } };
      },
    }),
  ),
  {
    route: "POST /v1/posts/{post_id}/retry",
    action: "post.retried",
    prepare: async (workspace) => {
      const { id } = await endedPost(workspace, "failed");
      return { path: `/v1/posts/${id}/retry`, other: { path: "/v1/posts/post_elsewhere/retry" } };
    },
  },
  {
    route: "POST /v1/posts/{post_id}/tasks/{account_id}/resolve",
    action: "task.resolved",
    prepare: async (workspace) => {
      const { id, account } = await endedPost(workspace, "unconfirmed");
      const path = `/v1/posts/${id}/tasks/${account}/resolve`;
      return { path, body: { outcome: "not_published" }, other: { body: { outcome: "published" } } };
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
  {
    route: "POST /v1/webhooks",
    action: "webhook.created",
    prepare: async (workspace) => {
      await forgetWebhooks(workspace);
      // Without a secret: the answer has one, and is stored sealed.
      const body = { url: newUrl(), events: ["publish.completed"] };
      return { path: "/v1/webhooks", body, other: { body: { ...body, url: newUrl() } } };
    },
  },
  {
    route: "PATCH /v1/webhooks/{webhook_id}",
    action: "webhook.updated",
    prepare: async (workspace) => {
      const { id } = await onlyWebhook(workspace, ["publish.completed"]);
      const other = { body: { description: "Another" } };
      return { path: `/v1/webhooks/${id}`, body: { description: "One", active: true }, other };
    },
  },
  {
    route: "DELETE /v1/webhooks/{webhook_id}",
    action: "webhook.deleted",
    prepare: async (workspace) => {
      const { id } = await onlyWebhook(workspace, ["publish.completed"]);
      return { path: `/v1/webhooks/${id}`, other: { path: "/v1/webhooks/wh_elsewhere" } };
    },
  },
  {
    route: "POST /v1/webhooks/{webhook_id}/rotate",
    action: "webhook.secret_rotated",
    prepare: async (workspace) => {
      const { id } = await onlyWebhook(workspace, ["publish.completed"]);
      return { path: `/v1/webhooks/${id}/rotate`, body: {}, other: { body: { overlap_hours: 1 } } };
    },
  },
  {
    route: "POST /v1/webhooks/{webhook_id}/test",
    action: "webhook.tested",
    prepare: async (workspace) => {
      new Receivers();
      const { id } = await onlyWebhook(workspace, ["publish.completed"]);
      return { path: `/v1/webhooks/${id}/test`, other: { path: "/v1/webhooks/wh_elsewhere/test" } };
    },
  },
  {
    route: "POST /v1/webhooks/{webhook_id}/recover",
    action: "delivery.replayed",
    prepare: async (workspace) => {
      const since = new Date(Date.now() - DAY).toISOString();
      await newPicture(workspace);
      const { id } = await onlyWebhook(workspace, ["media.ready"]);
      const other = { body: { since: new Date().toISOString() } };
      return { path: `/v1/webhooks/${id}/recover`, body: { since }, other };
    },
  },
  {
    route: "POST /v1/deliveries/{delivery_id}/retry",
    action: "delivery.replayed",
    prepare: async (workspace) => {
      const webhook = await onlyWebhook(workspace, ["media.ready"]);
      await newPicture(workspace);
      const [delivery] = await deliveriesOf(workspace, webhook);
      return { path: `/v1/deliveries/${delivery.id}/retry`, other: { path: "/v1/deliveries/dlv_elsewhere/retry" } };
    },
  },
  {
    route: "POST /v1/media",
    action: "media.created",
    prepare: async () => {
      return { path: "/v1/media", body: jpeg(300, 300), headers: RAW, other: { body: jpeg(300, 301) } };
    },
  },
  {
    route: "DELETE /v1/media/{media_id}",
    action: "media.deleted",
    prepare: async (workspace) => {
      return { path: `/v1/media/${await newPicture(workspace)}`, other: { path: "/v1/media/media_elsewhere" } };
    },
  },
  {
    route: "POST /v1/media/{media_id}/renditions",
    action: "media.created",
    prepare: async (workspace) => {
      const { body } = await call("POST", "/v1/media", {
        key: workspace.test,
        body: await realPng(160, 200),
        headers: RAW,
      });
      const other = { path: "/v1/media/media_elsewhere/renditions" };
      return { path: `/v1/media/${body.id}/renditions`, body: { for: "instagram" }, other };
    },
  },
  {
    route: "POST /v1/media/uploads",
    action: "upload.created",
    prepare: async () => ({ path: "/v1/media/uploads", body: { bytes: 1_000 }, other: { body: { bytes: 1_001 } } }),
  },
  {
    route: "PUT /v1/media/uploads/{upload_id}/parts/{number}",
    action: "upload.part_received",
    prepare: async (workspace) => {
      const bytes = jpeg(400, 400);
      const otherBytes = bytes.slice().reverse();
      const path = await newUpload(workspace, { bytes });
      return { path: `${path}/parts/1`, body: bytes, headers: RAW, other: { body: otherBytes } };
    },
  },
  {
    route: "POST /v1/media/uploads/{upload_id}/complete",
    action: "media.created",
    prepare: async (workspace) => {
      const path = await newUpload(workspace, { isSent: true });
      return { path: `${path}/complete`, other: { path: "/v1/media/uploads/upload_elsewhere/complete" } };
    },
  },
  {
    route: "DELETE /v1/media/uploads/{upload_id}",
    action: "upload.deleted",
    prepare: async (workspace) => {
      return { path: await newUpload(workspace), other: { path: "/v1/media/uploads/upload_elsewhere" } };
    },
  },
  {
    route: "POST /v1/account-groups",
    action: "group.created",
    prepare: async () => {
      const name = crypto.randomUUID();
      return { path: "/v1/account-groups", body: { name }, other: { body: { name: `not ${name}` } } };
    },
  },
  {
    route: "PATCH /v1/account-groups/{group_id}",
    action: "group.updated",
    prepare: async (workspace) => {
      const name = crypto.randomUUID();
      return { path: await newGroup(workspace), body: { name }, other: { body: { name: `not ${name}` } } };
    },
  },
  {
    route: "DELETE /v1/account-groups/{group_id}",
    action: "group.deleted",
    prepare: async (workspace) => {
      return { path: await newGroup(workspace), other: { path: "/v1/account-groups/group_elsewhere" } };
    },
  },
  {
    route: "POST /v1/members/invite",
    action: "member.invited",
    prepare: async () => ({
      path: "/v1/members/invite",
      body: { role: "viewer" },
      other: { body: { role: "editor" } },
    }),
  },
  {
    route: "POST /v1/members/{person_id}/sign-in-link",
    action: "member.invited",
    prepare: async (workspace) => {
      const { personId } = await newMember(workspace, "viewer");
      const other = { path: "/v1/members/person_elsewhere/sign-in-link" };
      return { path: `/v1/members/${personId}/sign-in-link`, other };
    },
  },
  {
    route: "PATCH /v1/members/{person_id}",
    action: "member.updated",
    prepare: async (workspace) => {
      const { personId } = await newMember(workspace, "viewer");
      return { path: `/v1/members/${personId}`, body: { role: "editor" }, other: { body: { role: "approver" } } };
    },
  },
  {
    route: "DELETE /v1/members/{person_id}",
    action: "member.removed",
    prepare: async (workspace) => {
      const { personId } = await newMember(workspace, "viewer");
      return { path: `/v1/members/${personId}`, other: { path: "/v1/members/person_elsewhere" } };
    },
  },
  {
    route: "POST /v1/workspaces/{workspace_id}/sign-in-links",
    action: "member.invited",
    prepare: async (workspace) => {
      const path = `/v1/workspaces/${workspace.id}/sign-in-links`;
      return { path, mode: "admin", body: {}, other: { body: { role: "viewer" } } };
    },
  },
  {
    route: "POST /v1/api-keys",
    action: "api_key.created",
    prepare: async (workspace) => {
      const group = (await newGroup(workspace)).split("/").at(-1);
      const body = { name: "Newsroom", scopes: ["posts:read"], groups: [group] };
      return { path: "/v1/api-keys", body, other: { body: { ...body, name: "Archive" } } };
    },
  },
  {
    route: "PATCH /v1/api-keys/{api_key_id}",
    action: "api_key.updated",
    prepare: async (workspace) => {
      const path = `/v1/api-keys/${(await newKey(workspace)).id}`;
      return { path, body: { name: "Changed" }, other: { body: { name: "Otherwise" } } };
    },
  },
  {
    route: "DELETE /v1/api-keys/{api_key_id}",
    action: "api_key.revoked",
    prepare: async (workspace) => {
      const { id } = await newKey(workspace);
      return { path: `/v1/api-keys/${id}`, other: { path: "/v1/api-keys/key_elsewhere" } };
    },
  },
  {
    route: "POST /v1/api-keys/{api_key_id}/rotate",
    action: "api_key.rotated",
    prepare: async (workspace) => {
      const path = `/v1/api-keys/${(await newKey(workspace)).id}/rotate`;
      return { path, body: { overlap_hours: 1 }, other: { body: { overlap_hours: 2 } } };
    },
  },
  {
    route: "PATCH /v1/workspace",
    action: "workspace.updated",
    prepare: async () => {
      const body = { publish_within_seconds: 3_600 };
      return { path: "/v1/workspace", body, other: { body: { publish_within_seconds: null } } };
    },
  },
  {
    route: "POST /v1/workspaces",
    action: "workspace.created",
    prepare: async () => ({
      path: "/v1/workspaces",
      body: { name: "One" },
      mode: "admin",
      other: { body: { name: "Two" } },
    }),
  },
  {
    route: "POST /v1/encryption-keys/rotate",
    action: "deployment.keys_rotated",
    prepare: async (workspace) => {
      await sealWithOtherKey(() => newAccount(workspace, "facebook"));
      const elsewhere = { path: "/v1/workspaces", body: { name: "Elsewhere" } };
      return { path: "/v1/encryption-keys/rotate", mode: "admin", other: elsewhere };
    },
  },
  {
    route: "PATCH /v1/workspaces/{workspace_id}",
    action: "workspace.suspended",
    prepare: async () => {
      const path = `/v1/workspaces/${(await newWorkspace()).id}`;
      return { path, body: { suspended: true }, mode: "admin", other: { body: { name: "Otherwise" } } };
    },
  },
  {
    route: "DELETE /v1/workspaces/{workspace_id}",
    action: "workspace.deleted",
    prepare: async () => {
      const path = `/v1/workspaces/${(await newWorkspace()).id}?confirm=A%20workspace`;
      return { path, mode: "admin", other: { path: "/v1/workspaces/ws_elsewhere?confirm=A%20workspace" } };
    },
  },
];

async function newGroup(workspace: TestWorkspace): Promise<string> {
  const body = { name: crypto.randomUUID() };
  const answer = await call("POST", "/v1/account-groups", { key: workspace.test, body });
  return `/v1/account-groups/${answer.body.id}`;
}
