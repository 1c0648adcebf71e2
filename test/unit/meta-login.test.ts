import { describe, expect, it } from "vitest";
import { offerOf } from "../../src/accounts/offer.ts";
import { createFacebookLogin } from "../../src/platforms/meta/facebook-login.ts";
import type { MetaSettings } from "../../src/platforms/meta/graph.ts";
import { createInstagramLogin, readCodeAnswer } from "../../src/platforms/meta/instagram-login.ts";
import { createInstagramRenewal } from "../../src/platforms/meta/instagram-tokens.ts";
import type { GrantedAccount, TokenGrant } from "../../src/platforms/platform.ts";

const META: MetaSettings = {
  graphVersion: "v26.0",
  facebookOrigin: "https://graph.facebook.com",
  instagramOrigin: "https://graph.instagram.com",
  uploadOrigin: "https://rupload.facebook.com",
  appId: "1",
  appSecret: "facebook-secret",
};
const INSTAGRAM_ORIGINS = {
  instagramDialogOrigin: "https://www.instagram.com",
  instagramTokenOrigin: "https://api.instagram.com",
};
const facebook = createFacebookLogin(META, "https://www.facebook.com", { id: "1", secret: "facebook-secret" });
const instagram = createInstagramLogin(META, INSTAGRAM_ORIGINS, { id: "2", secret: "instagram-secret" });

/** Answers each call in its turn, and keeps what was asked. */
function network(...answers: (string | object | Error)[]) {
  const asked: { url: URL; method: string; body: URLSearchParams }[] = [];
  const io = {
    now: () => 1_000_000,
    fetch: async (address: string, init: RequestInit) => {
      asked.push({
        url: new URL(address),
        method: init.method ?? "GET",
        body: new URLSearchParams(init.body as URLSearchParams),
      });
      const answer = answers[asked.length - 1] ?? new Error("asked too often");
      if (answer instanceof Error) throw answer;
      return new Response(typeof answer === "string" ? answer : JSON.stringify(answer));
    },
  };
  return { io, asked };
}

describe("the address at which a person is asked", () => {
  it("is Facebook's dialog of our version", () => {
    expect(facebook.authorizeUrl("https://api.example/connect/facebook/callback", "the state")).toBe(
      "https://www.facebook.com/v26.0/dialog/oauth?client_id=1" +
        "&redirect_uri=https%3A%2F%2Fapi.example%2Fconnect%2Ffacebook%2Fcallback&state=the+state&response_type=code" +
        "&scope=pages_show_list%2Cpages_read_engagement%2Cpages_manage_posts%2Cinstagram_basic%2Cinstagram_content_publish" +
        "%2Cpages_manage_engagement%2Cinstagram_manage_comments",
    );
  });

  it("is Instagram's", () => {
    expect(instagram.authorizeUrl("https://api.example/connect/instagram/callback", "s")).toBe(
      "https://www.instagram.com/oauth/authorize?client_id=2" +
        "&redirect_uri=https%3A%2F%2Fapi.example%2Fconnect%2Finstagram%2Fcallback&state=s&response_type=code" +
        "&scope=instagram_business_basic%2Cinstagram_business_content_publish%2Cinstagram_business_manage_comments",
    );
  });
});

describe("what Instagram gives for a code", () => {
  it.each<[string, string]>([
    ["flat, joined", `{"access_token":"t","user_id":"26000000000000123","permissions":"a,b"}`],
    ["flat, listed", `{"access_token":"t","user_id":"26000000000000123","permissions":["a","b"]}`],
    ["wrapped", `{"data":[{"access_token":"t","user_id":"26000000000000123","permissions":"a,b"}]}`],
  ])("is read %s", (_name, text) => {
    expect(readCodeAnswer(JSON.parse(text))).toEqual({
      access_token: "t",
      user_id: "26000000000000123",
      permissions: ["a", "b"],
    });
  });

  it.each(["{}", '{"data":[]}', '{"access_token":"t"}', '{"user_id":"1"}'])("is nothing in %s", (text) => {
    expect(readCodeAnswer(JSON.parse(text))).toBeNull();
  });

  it("keeps an id that is larger than a number can be, and loses the `#_` of the code", async () => {
    const { io, asked } = network('{"access_token":"short","user_id":26000000000000123,"permissions":"a"}', {
      access_token: "long",
      expires_in: 5_184_000,
    });
    const answer = await instagram.exchange("code#_", "https://api.example/back", io);
    expect(answer).toEqual({
      is: "ok",
      value: {
        token: "long",
        expiresAt: 1_000_000 + 5_184_000_000,
        dataAccessExpiresAt: null,
        scopes: ["a"],
        personId: "26000000000000123",
      },
    });
    expect(asked.map(({ method, url }) => `${method} ${url.origin}${url.pathname}`)).toEqual([
      "POST https://api.instagram.com/oauth/access_token",
      "GET https://graph.instagram.com/access_token",
    ]);
    expect(asked[0]?.url.search).toBe("");
    expect(Object.fromEntries(asked[0]?.body ?? [])).toEqual({
      client_id: "2",
      client_secret: "instagram-secret",
      grant_type: "authorization_code",
      redirect_uri: "https://api.example/back",
      code: "code",
    });
  });

  it.each<[string, (object | string | Error)[]]>([
    ["no answer", [new Error("cut")]],
    ["a refusal", [{ error_type: "OAuthException", code: 400, error_message: "used" }]],
    ["no long token", [{ access_token: "short", user_id: "1" }, { error: { code: 190, message: "no" } }]],
  ])("is not asked for again after %s", async (_name, answers) => {
    const { io, asked } = network(...answers);
    expect((await instagram.exchange("code", "https://api.example/back", io)).is).not.toBe("ok");
    expect(asked).toHaveLength(answers.length);
  });
});

describe("what Facebook gives for a code", () => {
  const permissions = {
    data: [
      { permission: "pages_show_list", status: "granted" },
      { permission: "x", status: "declined" },
    ],
  };

  it("is a token of weeks, what was granted, and who granted it; no secret is in an address but debug_token's", async () => {
    const { io, asked } = network({ access_token: "short", expires_in: 5_000 }, { access_token: "long" }, permissions, {
      data: { user_id: 900100200300400500n.toString(), expires_at: 2_000, data_access_expires_at: 0 },
    });
    expect(await facebook.exchange("code", "https://api.example/back", io)).toEqual({
      is: "ok",
      value: {
        token: "long",
        expiresAt: 2_000_000,
        dataAccessExpiresAt: null,
        scopes: ["pages_show_list"],
        personId: "900100200300400500",
      },
    });
    for (const { url } of asked.slice(0, 3)) expect(url.href).not.toMatch(/code=|secret=|short|long/);
  });

  it("can do without debug_token", async () => {
    const { io } = network(
      { access_token: "short" },
      { access_token: "long", expires_in: "5183944" },
      permissions,
      new Error("cut"),
      { id: "7" },
    );
    const answer = await facebook.exchange("code", "https://api.example/back", io);
    expect(answer).toMatchObject({ is: "ok", value: { expiresAt: 1_000_000 + 5_183_944_000, personId: "7" } });
  });

  it("is nothing when nobody says who granted it: it could not be taken back", async () => {
    const { io } = network(
      { access_token: "a" },
      { access_token: "b" },
      permissions,
      new Error("cut"),
      new Error("cut"),
    );
    expect((await facebook.exchange("code", "https://api.example/back", io)).is).toBe("refused");
  });
});

it("a renewal takes the token as a parameter, by GET", async () => {
  const { io, asked } = network({ access_token: "new", expires_in: 60 });
  const answer = await createInstagramRenewal(META)("old", io);
  expect(answer).toEqual({ is: "ok", value: { token: "new", expiresAt: 1_060_000 } });
  expect([asked[0]?.method, asked[0]?.url.href]).toEqual([
    "GET",
    "https://graph.instagram.com/refresh_access_token?grant_type=ig_refresh_token&access_token=old",
  ]);
});

describe("what a consent gives for a link", () => {
  const grant: TokenGrant = { token: "t", expiresAt: null, dataAccessExpiresAt: null, scopes: [], personId: "1" };
  const account = (fields: Partial<GrantedAccount>): GrantedAccount => ({
    platform: "facebook",
    externalId: "1",
    username: "u",
    name: null,
    avatarUrl: null,
    profileUrl: null,
    parentId: null,
    host: "facebook",
    grant,
    missing: [],
    ...fields,
  });
  const page = account({});
  const linked = account({ platform: "instagram", externalId: "2", parentId: "1" });
  const other = account({ externalId: "3" });
  const broken = account({ externalId: "4", missing: ["CREATE_CONTENT"] });

  it("is no choice for one Page with its Instagram account, and one for more", () => {
    expect(offerOf(facebook, "facebook", grant, [page, linked])).toMatchObject({ is: "accounts", isMany: false });
    expect(offerOf(facebook, "facebook", grant, [page, linked, other])).toMatchObject({ isMany: true });
    expect(offerOf(facebook, "facebook", grant, [page, broken])).toMatchObject({
      isMany: false,
      accounts: [page],
      missing: ["CREATE_CONTENT"],
    });
  });

  it("is nothing without an account of the platform", () => {
    const everything = { ...grant, scopes: [...facebook.required("instagram"), ...facebook.required("facebook")] };
    expect(offerOf(facebook, "instagram", everything, [page])).toMatchObject({ error: "no_accounts", missing: [] });
    expect(offerOf(facebook, "facebook", everything, [broken])).toMatchObject({ missing: ["CREATE_CONTENT"] });
    expect(offerOf(facebook, "instagram", { ...grant, scopes: ["pages_show_list"] }, [])).toEqual({
      is: "nothing",
      error: "missing_permissions",
      missing: ["pages_read_engagement", "instagram_basic", "instagram_content_publish"],
    });
  });
});
