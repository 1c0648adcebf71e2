import { StandIn } from "./stand-in.ts";

/*
 * A stand-in for Meta's two logins: the dialogs, the token endpoints, and what the Graph API tells of a person. All else
 * goes to the stand-in for publishing, under the tokens that it gave out itself.
 */

export const FACEBOOK_APP = { id: "1000", secret: "facebook-app-secret" };
export const INSTAGRAM_APP = { id: "2000", secret: "instagram-app-secret" };
export const FACEBOOK_PERSON = "900100200300400500";
export const INSTAGRAM_PERSON = "26000000000000123";

export interface StandInPage {
  id: string;
  name: string;
  token: string;
  instagram: { id: string; username: string } | null;
  tasks?: string[];
}

export class LoginStandIn {
  readonly publishing: StandIn;
  /** What was asked, without query and body. */
  readonly calls: string[] = [];
  /** The person's Pages. */
  readonly pages: StandInPage[] = [];
  /** Pages that only a portfolio lists. */
  readonly portfolioPages: StandInPage[] = [];
  instagramAccount: { id: string; username: string; token: string } | null = null;
  /** Permissions that the person switches off. */
  declined: string[] = [];
  alsoGranted: string[] = [];
  /** Whether the person says no. */
  isRefused = false;
  /** Whether Instagram wraps its answers in lists, as its documentation does. */
  isWrapped = false;
  pageSize = 100;
  /** Answers these calls, as `METHOD /path`, with an error. */
  readonly broken = new Map<string, () => Response>();
  /** How often a token was renewed. */
  renewals = 0;
  /** Every secret that was given out. */
  readonly secrets: string[] = [];
  readonly #codes = new Map<string, { redirectUri: string; scope: string[] }>();
  readonly #sandboxTokens = new Map<string, string>();
  #counter = 0;

  constructor(fetchMedia: ConstructorParameters<typeof StandIn>[0]) {
    this.publishing = new StandIn(fetchMedia);
  }

  openPage(
    name: string,
    options: { withInstagram?: boolean; tasks?: string[]; inPortfolio?: boolean } = {},
  ): StandInPage {
    const { externalId, token } = this.publishing.open("facebook");
    const page: StandInPage = {
      id: externalId,
      name,
      token,
      instagram: options.withInstagram
        ? { id: this.publishing.open("instagram").externalId, username: name.toLowerCase().replaceAll(/\W/g, "_") }
        : null,
      ...(options.tasks ? { tasks: options.tasks } : {}),
    };
    this.secrets.push(token);
    (options.inPortfolio ? this.portfolioPages : this.pages).push(page);
    return page;
  }

  openInstagram(username: string): { id: string; username: string; token: string } {
    const { externalId, token } = this.publishing.open("instagram");
    this.instagramAccount = { id: externalId, username, token };
    return this.instagramAccount;
  }

  async fetch(request: Request): Promise<Response> {
    const url = new URL(request.url);
    const hasForm = request.method === "POST" && url.pathname.endsWith("/oauth/access_token");
    const form = hasForm
      ? new URLSearchParams(new TextDecoder().decode(await request.clone().arrayBuffer()))
      : url.searchParams;
    const path = url.pathname.replace(/^\/v26\.0/, "");
    const name = `${request.method} ${path}`;
    this.calls.push(name);
    const broken = this.broken.get(name);
    if (broken) return broken();
    const bearer = request.headers.get("Authorization")?.replace(/^Bearer /, "") ?? "";
    switch (name) {
      case "GET /dialog/oauth":
        return this.#consent(form, FACEBOOK_APP.id, "");
      case "GET /oauth/authorize":
        return this.#consent(form, INSTAGRAM_APP.id, "#_");
      case "POST /oauth/access_token":
        return form.get("client_id") === INSTAGRAM_APP.id ? this.#instagramCode(form) : this.#facebookToken(form);
      case "GET /access_token":
        return this.#exchangeInstagram(form);
      case "GET /refresh_access_token":
        return this.#renewInstagram(form);
      case "GET /debug_token":
        return this.#debug(form);
      case "GET /me/permissions":
        return (await this.#refuseProof(form, bearer)) ?? this.#permissions();
      case "GET /me/accounts":
        return (await this.#refuseProof(form, bearer)) ?? this.#list(this.pages, form, bearer);
      case "GET /me/businesses":
        return Response.json({ data: [{ id: "77" }] });
      case "GET /77/owned_pages":
        return this.#list(this.portfolioPages, form, bearer);
      case "GET /77/client_pages":
        return Response.json({ data: [] });
      case "GET /me":
        if (this.#sandboxTokens.has(bearer)) return this.#me();
    }
    const sandboxToken = this.#sandboxTokens.get(bearer);
    if (sandboxToken === undefined) return this.publishing.fetch(request);
    const headers = new Headers(request.headers);
    headers.set("Authorization", `Bearer ${sandboxToken}`);
    return this.publishing.fetch(new Request(request, { headers }));
  }

  #secret(prefix: string): string {
    this.#counter += 1;
    const secret = `${prefix}secret${this.#counter}x${crypto.randomUUID().replaceAll("-", "")}`;
    this.secrets.push(secret);
    return secret;
  }

  #consent(form: URLSearchParams, appId: string, tail: string): Response {
    const back = new URL(form.get("redirect_uri") ?? "");
    if (form.get("client_id") !== appId || form.get("response_type") !== "code") {
      return new Response("Invalid App ID", { status: 400 });
    }
    back.searchParams.set("state", form.get("state") ?? "");
    if (this.isRefused) {
      back.searchParams.set("error", "access_denied");
      back.searchParams.set("error_reason", "user_denied");
      return new Response(null, { status: 302, headers: { Location: back.href } });
    }
    const code = this.#secret("CODE");
    const scope = (form.get("scope") ?? "").split(",");
    this.#codes.set(code, { redirectUri: form.get("redirect_uri") ?? "", scope });
    back.searchParams.set("code", code);
    return new Response(null, { status: 302, headers: { Location: `${back.href}${tail}` } });
  }

  /** A code works once, and for the address it was given for. */
  #takeCode(form: URLSearchParams): { scope: string[] } | null {
    const code = form.get("code") ?? "";
    const known = this.#codes.get(code);
    this.#codes.delete(code);
    return known && known.redirectUri === form.get("redirect_uri") ? known : null;
  }

  #facebookToken(form: URLSearchParams): Response {
    if (form.get("client_id") !== FACEBOOK_APP.id || form.get("client_secret") !== FACEBOOK_APP.secret) {
      return graphError(101, "Error validating client secret.");
    }
    if (form.get("grant_type") === "fb_exchange_token") {
      return Response.json({ access_token: this.#secret("EAAlong"), token_type: "bearer", expires_in: 5_183_944 });
    }
    if (!this.#takeCode(form)) return graphError(100, "This authorization code has been used.", 36009);
    return Response.json({ access_token: this.#secret("EAAshort"), token_type: "bearer", expires_in: 5_000 });
  }

  #instagramCode(form: URLSearchParams): Response {
    const known = form.get("client_secret") === INSTAGRAM_APP.secret ? this.#takeCode(form) : null;
    if (!known || form.get("grant_type") !== "authorization_code") {
      const body = { error_type: "OAuthException", code: 400, error_message: "Invalid authorization code" };
      return Response.json(body, { status: 400 });
    }
    const permissions = known.scope.filter((permission) => !this.declined.includes(permission));
    const token = this.#secret("IGAAshort");
    // The id is a number, and larger than one can be.
    const flat = `{"access_token":"${token}","user_id":${INSTAGRAM_PERSON},"permissions":${JSON.stringify(
      this.isWrapped ? permissions : permissions.join(","),
    )}}`;
    return new Response(this.isWrapped ? `{"data":[${flat}]}` : flat);
  }

  #exchangeInstagram(form: URLSearchParams): Response {
    const isGood = form.get("grant_type") === "ig_exchange_token" && form.get("client_secret") === INSTAGRAM_APP.secret;
    if (!isGood) return graphError(101, "Error validating client secret.");
    return this.#longToken();
  }

  #renewInstagram(form: URLSearchParams): Response {
    if (!this.#sandboxTokens.has(form.get("access_token") ?? "")) {
      return graphError(190, `Error validating access token ${form.get("access_token")}: Session has expired.`, 463);
    }
    this.renewals += 1;
    return this.#longToken();
  }

  #longToken(): Response {
    const token = this.#secret("IGAAlong");
    this.#sandboxTokens.set(token, this.instagramAccount?.token ?? "");
    return Response.json({ access_token: token, token_type: "bearer", expires_in: 5_184_000 });
  }

  #debug(form: URLSearchParams): Response {
    if (form.get("access_token") !== `${FACEBOOK_APP.id}|${FACEBOOK_APP.secret}`) {
      return graphError(190, "Invalid OAuth access token");
    }
    const isUser = (form.get("input_token") ?? "").startsWith("EAAlong");
    const now = Math.floor(Date.now() / 1_000);
    return Response.json({
      data: {
        app_id: FACEBOOK_APP.id,
        type: isUser ? "USER" : "PAGE",
        is_valid: true,
        expires_at: isUser ? now + 5_183_944 : 0,
        data_access_expires_at: now + 90 * 86_400,
        user_id: FACEBOOK_PERSON,
        scopes: this.#granted(),
      },
    });
  }

  #granted(): string[] {
    const asked = [
      "pages_show_list",
      "pages_read_engagement",
      "pages_manage_posts",
      "instagram_basic",
      "instagram_content_publish",
    ];
    return [...asked.filter((permission) => !this.declined.includes(permission)), ...this.alsoGranted];
  }

  #permissions(): Response {
    const granted = this.#granted().map((permission) => ({ permission, status: "granted" }));
    const declined = this.declined.map((permission) => ({ permission, status: "declined" }));
    return Response.json({ data: [...granted, ...declined] });
  }

  /** Once an app demands the proof, calls without it, or with another token's, fail. */
  async #refuseProof(form: URLSearchParams, token: string): Promise<Response | null> {
    const bytes = new TextEncoder().encode(FACEBOOK_APP.secret);
    const key = await crypto.subtle.importKey("raw", bytes, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
    const proof = new Uint8Array(await crypto.subtle.sign("HMAC", key, new TextEncoder().encode(token)));
    const hex = Array.from(proof, (byte) => byte.toString(16).padStart(2, "0")).join("");
    return form.get("appsecret_proof") === hex
      ? null
      : graphError(100, "Invalid appsecret_proof provided in the API argument");
  }

  #list(pages: StandInPage[], form: URLSearchParams, token: string): Response {
    if (this.declined.includes("pages_show_list")) return Response.json({ data: [] });
    const from = Number(form.get("after") ?? "0");
    const next = from + this.pageSize;
    const fields = form.get("fields") ?? "";
    const data = pages.slice(from, next).map((page) => ({
      id: page.id,
      name: page.name,
      link: `https://www.facebook.com/${page.id}`,
      picture: { data: { url: `https://pictures.example/${page.id}.jpg` } },
      access_token: page.token,
      tasks: page.tasks ?? ["CREATE_CONTENT", "MANAGE"],
      ...(page.instagram && fields.includes("instagram_business_account")
        ? { instagram_business_account: { ...page.instagram, name: `${page.name} on Instagram` } }
        : {}),
    }));
    const cursors = { before: String(from), after: String(next) };
    const more = next < pages.length ? { next: `https://graph.facebook.com/next?access_token=${token}` } : {};
    return Response.json({ data, paging: { cursors, ...more } });
  }

  #me(): Response {
    const account = this.instagramAccount;
    if (!account) return graphError(190, "Invalid OAuth access token");
    const flat = `{"id":"${INSTAGRAM_PERSON}","user_id":${account.id},"username":"${account.username}","name":"A Person"}`;
    return new Response(this.isWrapped ? `{"data":[${flat}]}` : flat);
  }
}

function graphError(code: number, message: string, subcode?: number): Response {
  const error = { message, type: "OAuthException", code, ...(subcode === undefined ? {} : { error_subcode: subcode }) };
  return Response.json({ error: { ...error, fbtrace_id: "Atrace" } }, { status: 400 });
}
