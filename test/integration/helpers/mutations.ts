import type { Mode } from "../../../src/lib/vocabulary.ts";
import type { TestWorkspace } from "./api.ts";
import { newAccount, newKey, newWorkspace, publish } from "./api.ts";
import { sealWithOtherKey } from "./encryption-keys.ts";

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
}

const DAY = 86_400_000;

async function newPost(workspace: TestWorkspace): Promise<{ id: string; account: string }> {
  const account = await newAccount(workspace, "facebook");
  const schedule = new Date(Date.now() + DAY).toISOString();
  const answer = await publish(workspace, { content: "Hello", accounts: [account], schedule });
  if (answer.status !== 202) throw new Error(answer.text);
  return { id: answer.body.id, account };
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
  {
    route: "POST /v1/api-keys",
    action: "api_key.created",
    prepare: async () => {
      const body = { name: "Newsroom", scopes: ["posts:read"] };
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
