import * as z from "zod";
import type { Json } from "../../lib/json.ts";
import type { AuthAnswer, AuthIo, GrantedAccount, PlatformAuth, TokenGrant } from "../platform.ts";
import { missingField } from "./faults.ts";
import type { GraphCall, MetaSettings } from "./graph.ts";
import { askMeta, CALL_TIMEOUT, callGraph } from "./graph.ts";
import { takeLongLivedToken } from "./instagram-tokens.ts";
import type { AppCredentials, LoginSettings } from "./login-settings.ts";
import { GRAPH_ID, INSTAGRAM_FIELDS, PROFILE_NODE, profileFrom, unwrapped } from "./nodes.ts";
import { failed, TOKEN_ANSWER } from "./tokens.ts";

/*
 * Instagram Login: professional accounts without a Page, one for each consent. Its tokens live for 60 days and are
 * renewed. https://developers.facebook.com/docs/instagram-platform/instagram-api-with-instagram-login
 */

const REQUIRED = ["instagram_business_basic", "instagram_business_content_publish"];
/** For first comments. Whoever declines it can publish all the same. */
const WISHED = ["instagram_business_manage_comments"];

/** The documentation lists permissions, live answers join them with commas. */
const PERMISSIONS = z.union([z.array(z.string()), z.string().transform((text) => text.split(/[,\s]+/))]);
const CODE_ANSWER = TOKEN_ANSWER.extend({ user_id: GRAPH_ID, permissions: PERMISSIONS.optional() });

/** Reads what a code was exchanged for: flat, or wrapped in a list; null when it is neither. */
export function readCodeAnswer(body: { [key: string]: Json }): z.infer<typeof CODE_ANSWER> | null {
  return CODE_ANSWER.safeParse(unwrapped(body)).data ?? null;
}

/** @param app the Instagram app that asks */
export function createInstagramLogin(
  settings: MetaSettings,
  login: Pick<LoginSettings, "instagramDialogOrigin" | "instagramTokenOrigin">,
  app: AppCredentials,
): PlatformAuth {
  function readMe(token: string, fields: string, { fetch, now }: AuthIo) {
    const connection = { externalId: "", host: "instagram", token };
    const call: GraphCall = { method: "GET", path: "me", params: { fields }, timeout: CALL_TIMEOUT };
    return callGraph(settings, { connection, fetch, now }, call);
  }

  return {
    provider: "instagram",
    dialogOrigin: login.instagramDialogOrigin,
    required: (platform) => (platform === "instagram" ? REQUIRED : []),

    authorizeUrl(redirectUri, state) {
      const params = { client_id: app.id, redirect_uri: redirectUri, state, response_type: "code" };
      const query = new URLSearchParams({ ...params, scope: [...REQUIRED, ...WISHED].join(",") });
      return `${login.instagramDialogOrigin}/oauth/authorize?${query}`;
    },

    async exchange(code, redirectUri, io): Promise<AuthAnswer<TokenGrant>> {
      // Instagram hangs `#_` on the code, and some browsers' paths keep it.
      const bare = code.replace(/#_$/, "");
      const body = new URLSearchParams({
        client_id: app.id,
        client_secret: app.secret,
        grant_type: "authorization_code",
        redirect_uri: redirectUri,
        code: bare,
      });
      const init: RequestInit = { method: "POST", body, redirect: "manual", signal: AbortSignal.timeout(CALL_TIMEOUT) };
      const address = `${login.instagramTokenOrigin}/oauth/access_token`;
      const answer = await askMeta(io, address, init, [bare, app.secret]);
      if (answer.is !== "ok") return failed(answer, io);
      const short = readCodeAnswer(answer.body);
      if (!short) return { is: "refused", fault: missingField("access_token") };

      const long = await takeLongLivedToken(settings, app.secret, short.access_token, io);
      if (long.is !== "ok") return long;
      const { token, expiresAt } = long.value;
      const scopes = short.permissions ?? null;
      return { is: "ok", value: { token, expiresAt, dataAccessExpiresAt: null, scopes, personId: short.user_id } };
    },

    async accounts(grant, io): Promise<AuthAnswer<GrantedAccount[]>> {
      const answer = await readMe(grant.token, `user_id,${INSTAGRAM_FIELDS}`, io);
      if (answer.is !== "ok") return failed(answer, io);
      const node = PROFILE_NODE.safeParse(unwrapped(answer.body)).data;
      // `id` alone is the person as our app knows them: never the account that publishes.
      const profile = node?.user_id === undefined ? null : profileFrom(node, "instagram");
      if (!profile) return { is: "refused", fault: missingField("user_id") };
      const { scopes } = grant;
      const missing = scopes === null ? [] : REQUIRED.filter((scope) => !scopes.includes(scope));
      const personId = node?.id ?? grant.personId;
      const account: GrantedAccount = {
        ...profile,
        platform: "instagram",
        parentId: null,
        host: "instagram",
        grant: { ...grant, personId },
        missing,
      };
      return { is: "ok", value: [account] };
    },

    async describe(token, io) {
      const answer = await readMe(token, "id", io);
      const personId = (answer.is === "ok" && PROFILE_NODE.safeParse(unwrapped(answer.body)).data?.id) || null;
      return { token, expiresAt: null, dataAccessExpiresAt: null, scopes: null, personId };
    },
  };
}
