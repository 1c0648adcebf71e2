import type { NetworkContext, SandboxCall } from "./call.ts";
import { callNode as callPageNode } from "./facebook/node.ts";
import { callPage, pageNode } from "./facebook/page.ts";
import { invalidParameter } from "./graph/answers.ts";
import { parseFields, pickFields } from "./graph/fields.ts";
import { accountNode, callAccount } from "./instagram/account.ts";
import { callNode as callInstagramNode } from "./instagram/node.ts";
import { searchPlaces } from "./places.ts";

/** Whether a call belongs to the app and no account: looking for places. */
export function isSearch({ nodeId, edge, user }: SandboxCall): boolean {
  return nodeId === "pages" && edge === "search" && user.login === "facebook";
}

/** Brings a call to the part of the network that answers it. */
export async function route(context: NetworkContext, call: SandboxCall): Promise<object> {
  const { user } = call;
  const isInstagram = user.platform === "instagram";
  if (isSearch(call)) return searchPlaces(call);
  if (call.nodeId !== user.id) return isInstagram ? callInstagramNode(context, call) : callPageNode(context, call);
  if (call.edge !== null) return isInstagram ? callAccount(context, call) : callPage(context, call);
  if (call.method !== "GET") throw invalidParameter(`Unsupported ${call.method.toLowerCase()} request.`);
  const node = isInstagram ? accountNode(user) : pageNode(user);
  return pickFields(node, parseFields(call.params.get("fields")), isInstagram ? [] : ["name"]);
}
