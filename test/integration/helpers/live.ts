import { exports } from "cloudflare:workers";
import { vi } from "vitest";
import type { PostRef } from "../../../src/lib/vocabulary.ts";
import { StandIn } from "../../helpers/stand-in.ts";
import type { Answer, TestWorkspace } from "./api.ts";
import { call } from "./api.ts";

/*
 * Live mode against a Graph API that knows nothing of us, and whose answers are spoilt one call at a time.
 */

/** A connected account of the stand-in. */
export interface Connected {
  id: string;
  externalId: string;
}

/** Puts a stand-in where the network is. It fetches media as a stranger does, from the public route. */
export function standInForMeta(): StandIn {
  const graph = new StandIn((address, headers) => exports.default.fetch(address, { headers }));
  vi.spyOn(globalThis, "fetch").mockImplementation((input, init) => graph.fetch(new Request(input, init)));
  return graph;
}

export async function connect(
  graph: StandIn,
  workspace: TestWorkspace,
  platform: "instagram" | "facebook",
  account = graph.open(platform),
): Promise<Connected> {
  const body = { platform, external_id: account.externalId, access_token: account.token };
  const answer = await call("POST", "/v1/accounts", { key: workspace.live, body });
  if (answer.status !== 201) throw new Error(answer.text);
  graph.calls.length = 0;
  return { id: answer.body.id, externalId: account.externalId };
}

export async function publishLive(workspace: TestWorkspace, fields: Record<string, unknown>): Promise<PostRef> {
  const answer = await call("POST", "/v1/publish", { key: workspace.live, body: fields });
  if (answer.status !== 202) throw new Error(answer.text);
  return { workspaceId: workspace.id, mode: "live", postId: answer.body.id };
}

export function readLive(workspace: TestWorkspace, ref: PostRef): Promise<Answer> {
  return call("GET", `/v1/posts/${ref.postId}`, { key: workspace.live });
}
