import { toHex, utf8 } from "../../lib/bytes.ts";
import { hmacSha256 } from "../../lib/crypto.ts";
import type { NetworkContext } from "./call.ts";
import { GraphFailure } from "./graph/answers.ts";
import type { SandboxUser } from "./store.ts";

/** The hosts that serve the tokens of one login only. Others stand for both. */
const LOGIN_OF_HOST: Record<string, SandboxUser["login"]> = {
  "graph.facebook.com": "facebook",
  "graph-video.facebook.com": "facebook",
  "rupload.facebook.com": "facebook",
  "graph.instagram.com": "instagram",
};

/** The token of a call: in the header, as `Bearer` or `OAuth`, or as a parameter. */
export function tokenOf(request: Request, params: URLSearchParams): string | null {
  const header = /^(?:Bearer|OAuth) (.+)$/.exec(request.headers.get("Authorization") ?? "")?.[1];
  return header ?? params.get("access_token");
}

/** The account that a call's token is for. */
export async function authenticate(
  context: NetworkContext,
  request: Request,
  params: URLSearchParams,
): Promise<SandboxUser> {
  const { hostname } = new URL(request.url);
  const token = tokenOf(request, params);
  if (token === null) {
    throw new GraphFailure(2500, null, "An active access token must be used to query information.");
  }
  const user = context.records.userOfToken(token);
  if (!user || (LOGIN_OF_HOST[hostname] ?? user.login) !== user.login) {
    // Seen as 400 on one host and 401 on the other.
    const status = hostname === "graph.instagram.com" ? 401 : 400;
    throw new GraphFailure(190, null, "Invalid OAuth access token - Cannot parse access token", { status });
  }
  const proof = params.get("appsecret_proof");
  const { appSecret } = context.switches;
  if (proof !== null && appSecret !== null && proof !== toHex(await hmacSha256(utf8(appSecret), token))) {
    throw new GraphFailure(100, null, "Invalid appsecret_proof provided in the API argument");
  }
  return user;
}
