import type { Mode } from "../../../src/lib/vocabulary.ts";
import { jpeg } from "../../helpers/pictures.ts";
import type { StandIn } from "../../helpers/stand-in.ts";
import type { Answer, TestWorkspace } from "./api.ts";
import { call, newAccount, newPicture, newWorkspace } from "./api.ts";
import { newMember } from "./console.ts";
import { connect } from "./live.ts";
import { newUrl, SECRET } from "./webhooks.ts";

/** The id of one of everything that a workspace can have, by the name that paths have for it. */
export type Things = Record<(typeof THINGS)[number], string>;

export const THINGS = [
  "account_id",
  "media_id",
  "post_id",
  "webhook_id",
  "delivery_id",
  "event_id",
  "upload_id",
  "api_key_id",
  "group_id",
  "person_id",
  "workspace_id",
] as const;

/** What members of bodies and queries name, other than by the name that paths have for it. */
export const NAMED_OTHERWISE: Readonly<Record<string, keyof Things>> = {
  accounts: "account_id",
  media: "media_id",
  cover_media: "media_id",
  groups: "group_id",
};

/** Makes one of everything. In live mode the network is the stand-in. */
export async function newThings(workspace: TestWorkspace, mode: Mode, network: StandIn): Promise<Things> {
  const key = workspace[mode];
  const make = async (path: string, body: unknown): Promise<string> => idOf(await call("POST", path, { key, body }));
  const events = ["account.connected"];
  const webhook_id = await make("/v1/webhooks", { url: newUrl(), events, secret: SECRET });
  const account_id =
    mode === "test" ? await newAccount(workspace, "facebook") : (await connect(network, workspace, "facebook")).id;
  const media_id = await newPicture(workspace, mode);
  const schedule = new Date(Date.now() + 7 * 86_400_000).toISOString();
  const post = { content: "Hello", accounts: [account_id], media: [await newPicture(workspace, mode)], schedule };
  const told = await call("GET", "/v1/events?limit=1", { key });
  const sent = await call("GET", `/v1/webhooks/${webhook_id}/deliveries`, { key });
  return {
    account_id,
    media_id,
    webhook_id,
    post_id: await make("/v1/publish", post),
    event_id: told.body.events[0].id,
    delivery_id: sent.body.deliveries[0].id,
    upload_id: await make("/v1/media/uploads", { bytes: jpeg(1080, 1080).byteLength }),
    api_key_id: await make("/v1/api-keys", { name: "One of many", scopes: ["posts:read"] }),
    group_id: await make("/v1/account-groups", { name: crypto.randomUUID() }),
    person_id: (await newMember(workspace, "viewer")).personId,
    // Another one: what is asked of it would keep all that follows out.
    workspace_id: (await newWorkspace()).id,
  };
}

function idOf(answer: Answer): string {
  if (answer.status >= 300) throw new Error(answer.text);
  return answer.body.id;
}
