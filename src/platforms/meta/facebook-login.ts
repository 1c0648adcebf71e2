import * as z from "zod";
import type { PlatformId } from "../../lib/vocabulary.ts";
import type { AuthAnswer, AuthIo, GrantedAccount, PlatformAuth, TokenGrant } from "../platform.ts";
import { faultOfAnswer, missingField } from "./faults.ts";
import { listGrantedPages } from "./granted-pages.ts";
import type { MetaSettings } from "./graph.ts";
import { askMeta, CALL_TIMEOUT, callGraph } from "./graph.ts";
import type { AppCredentials } from "./login-settings.ts";
import { GRAPH_ID } from "./nodes.ts";
import { expiryIn, failed, TOKEN_ANSWER, unixTime } from "./tokens.ts";

/*
 * Facebook Login: Pages, and the Instagram professional accounts that are linked to them. Its tokens cannot be renewed:
 * a Page's token lives until the person changes the password, loses the role or removes the app, and answers for
 * about 90 days after the person was last seen. https://developers.facebook.com/docs/facebook-login/guides/access-tokens
 */

const REQUIRED: Readonly<Record<PlatformId, readonly string[]>> = {
  facebook: ["pages_show_list", "pages_read_engagement", "pages_manage_posts"],
  instagram: ["pages_show_list", "pages_read_engagement", "instagram_basic", "instagram_content_publish"],
};
/** For first comments. Whoever declines them can publish all the same. */
const WISHED = ["pages_manage_engagement", "instagram_manage_comments"];
const SCOPES = [...new Set([...Object.values(REQUIRED).flat(), ...WISHED])];

const PERMISSIONS = z.object({ data: z.array(z.object({ permission: z.string(), status: z.string() })) });
const ME = z.object({ id: GRAPH_ID });
const DEBUG = z.object({
  data: z.object({
    user_id: GRAPH_ID.optional(),
    expires_at: z.number().optional(),
    data_access_expires_at: z.number().optional(),
    scopes: z.array(z.string()).optional(),
  }),
});

/** @param app the Meta app that asks */
export function createFacebookLogin(settings: MetaSettings, dialogOrigin: string, app: AppCredentials): PlatformAuth {
  const graph = `${settings.facebookOrigin}/${settings.graphVersion}`;

  function takeToken(fields: Record<string, string>, io: AuthIo) {
    const body = new URLSearchParams({ client_id: app.id, client_secret: app.secret, ...fields });
    const init: RequestInit = { method: "POST", body, redirect: "manual", signal: AbortSignal.timeout(CALL_TIMEOUT) };
    return askMeta(io, `${graph}/oauth/access_token`, init, [app.secret, ...Object.values(fields)]);
  }

  const call = (token: string, path: string, params: Record<string, string>, io: AuthIo) =>
    callGraph(
      settings,
      { connection: { externalId: "", host: "facebook", token }, fetch: io.fetch, now: io.now },
      { method: "GET", path, params, timeout: CALL_TIMEOUT },
    );

  async function describe(token: string, io: AuthIo): Promise<TokenGrant> {
    // Documented with both tokens as parameters alone.
    const params = new URLSearchParams({ input_token: token, access_token: `${app.id}|${app.secret}` });
    const init: RequestInit = { redirect: "manual", signal: AbortSignal.timeout(CALL_TIMEOUT) };
    const answer = await askMeta(io, `${graph}/debug_token?${params}`, init, [token, app.secret]);
    const known = answer.is === "ok" ? DEBUG.safeParse(answer.body).data?.data : undefined;
    return {
      token,
      expiresAt: unixTime(known?.expires_at),
      dataAccessExpiresAt: unixTime(known?.data_access_expires_at),
      scopes: known?.scopes ?? null,
      personId: known?.user_id ?? null,
    };
  }

  async function readPersonId(token: string, io: AuthIo): Promise<string | null> {
    const answer = await call(token, "me", { fields: "id" }, io);
    return answer.is === "ok" ? (ME.safeParse(answer.body).data?.id ?? null) : null;
  }

  return {
    provider: "facebook",
    dialogOrigin,
    required: (platform) => REQUIRED[platform],
    describe,

    authorizeUrl(redirectUri, state) {
      const params = { client_id: app.id, redirect_uri: redirectUri, state, response_type: "code" };
      const query = new URLSearchParams({ ...params, scope: SCOPES.join(",") });
      return `${dialogOrigin}/${settings.graphVersion}/dialog/oauth?${query}`;
    },

    async exchange(code, redirectUri, io): Promise<AuthAnswer<TokenGrant>> {
      const short = await takeToken({ redirect_uri: redirectUri, code }, io);
      if (short.is !== "ok") return failed(short, io);
      const first = TOKEN_ANSWER.safeParse(short.body).data;
      if (!first) return { is: "refused", fault: missingField("access_token") };

      const exchange = { grant_type: "fb_exchange_token", fb_exchange_token: first.access_token };
      const long = await takeToken(exchange, io);
      if (long.is !== "ok") return failed(long, io);
      const second = TOKEN_ANSWER.safeParse(long.body).data;
      if (!second) return { is: "refused", fault: missingField("access_token") };
      const token = second.access_token;

      const permissions = await call(token, "me/permissions", {}, io);
      if (permissions.is !== "ok") return failed(permissions, io);
      const granted = PERMISSIONS.safeParse(permissions.body).data?.data.filter(({ status }) => status === "granted");
      if (!granted) return { is: "refused", fault: missingField("permissions") };

      const known = await describe(token, io);
      const personId = known.personId ?? (await readPersonId(token, io));
      if (personId === null) return { is: "refused", fault: missingField("id") };
      const value = {
        token,
        expiresAt: known.expiresAt ?? expiryIn(second.expires_in, io.now()),
        dataAccessExpiresAt: known.dataAccessExpiresAt,
        scopes: granted.map(({ permission }) => permission),
        personId,
      };
      return { is: "ok", value };
    },

    async accounts(grant, io): Promise<AuthAnswer<GrantedAccount[]>> {
      const scopes = grant.scopes ?? [];
      const pages = await listGrantedPages((path, params) => call(grant.token, path, params, io), scopes);
      if (pages.is === "failed") return { is: "refused", fault: faultOfAnswer(pages.answer, io.now()) };
      const [first] = pages.pages;
      if (!first) return { is: "ok", value: [] };
      // All tokens of one listing are of one kind, so one tells for all when they end.
      const { expiresAt } = await describe(first.token, io);
      const lacking = (platform: PlatformId) => REQUIRED[platform].filter((scope) => !scopes.includes(scope));
      const accounts = pages.pages.flatMap(({ token, page, instagram, lacksRole }) => {
        const shared = { host: "facebook" as const, grant: { ...grant, token, expiresAt } };
        const role = lacksRole ? ["CREATE_CONTENT"] : [];
        const missing = (platform: PlatformId) => [...lacking(platform), ...role];
        const own = { ...page, ...shared, platform: "facebook" as const, parentId: null, missing: missing("facebook") };
        if (!instagram) return [own];
        const parentId = page.externalId;
        return [
          own,
          { ...instagram, ...shared, platform: "instagram" as const, parentId, missing: missing("instagram") },
        ];
      });
      return { is: "ok", value: accounts };
    },
  };
}
