import { createExecutionContext, createMessageBatch } from "cloudflare:test";
import { env, exports } from "cloudflare:workers";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import worker from "../../src/index.ts";
import { toBase64, toBase64Url, utf8 } from "../../src/lib/bytes.ts";
import { hmacSha256, newSecret } from "../../src/lib/crypto.ts";
import type { Mode, PostRef } from "../../src/lib/vocabulary.ts";
import { KEY_SCOPES } from "../../src/lib/vocabulary.ts";
import { renewMessage } from "../../src/post/messages.ts";
import { SWEEPER_NAME } from "../../src/post/sweeper.ts";
import { servicesOf } from "../../src/services.ts";
import { generateApiKey } from "../../src/workspace/api-key.ts";
import { FACEBOOK_APP, FACEBOOK_PERSON, INSTAGRAM_APP, LoginStandIn } from "../helpers/login-stand-in.ts";
import { jpeg } from "../helpers/pictures.ts";
import { forgetTroubles, setAlertUrl } from "./helpers/alerts.ts";
import type { Answer, RequestOptions, TestWorkspace } from "./helpers/api.ts";
import { call } from "./helpers/api.ts";
import { Canaries, kindOfAnswer, kindOfRequest, secretKinds } from "./helpers/canaries.ts";
import { ConsoleBrowser, inviteTo, pageOf } from "./helpers/console.ts";
import { advance, deliver, drive, holdTime } from "./helpers/drive.ts";
import type { Piece } from "./helpers/everything.ts";
import { dumpState, textOf } from "./helpers/everything.ts";
import type { Seen } from "./helpers/login.ts";
import { BOTH_APPS, Browser, useApps } from "./helpers/login.ts";
import { linkIn, Mailbox } from "./helpers/mailbox.ts";
import { newUrl, Receivers } from "./helpers/webhooks.ts";

/*
 * A secret of every kind is planted, the whole API is used, and then everything that was stored, logged, answered or sent is
 * searched for each of them.
 */

const canaries = new Canaries();
const logged: Piece[] = [];
const answered: Piece[] = [];
const admin = env.ADMIN_TOKEN ?? "";
const oldAdmin = newSecret();

let workspace: TestWorkspace;
let receivers: Receivers;
let meta: LoginStandIn;
/** Where members are told. */
let mailbox: Mailbox;
const chat = `https://chat.example.org/services/${newSecret()}`;
const address = `${newSecret().toLowerCase()}@inbox.example.org`;
const members: ConsoleBrowser[] = [];
/** The account that was connected by token. */
let account: { id: string; token: string };

beforeAll(async () => {
  holdTime();
  for (const method of ["log", "error", "warn", "info", "debug"] as const) {
    vi.spyOn(console, method).mockImplementation((...parts: unknown[]) => {
      logged.push({ where: `console.${method}`, text: parts.map((part) => textOf(part)).join(" ") });
    });
  }
  standInForTheNetwork();
  useApps(BOTH_APPS);
  plantSettings();
  await useWorkspace();
  await useKeys();
  await useWebhooks();
  await useNotifications();
  await useTokens();
  await useLinks();
  await useRenewal();
  await usePosts();
  await useMedia();
  await sendNonsense();
  await lookAtEverything();
}, 120_000);
afterAll(async () => {
  vi.restoreAllMocks();
  await setAlertUrl(null);
  // Whom nobody answered is told no more: whoever comes next would hear of it.
  await forgetTroubles();
  useApps({});
  mailbox.close();
  const { settings } = servicesOf(env);
  settings.adminTokens = [settings.adminTokens[0]];
  settings.apiKeyPeppers = [settings.apiKeyPeppers[0]];
});

it("a canary is planted in every kind of input, answer and setting that holds a secret", () => {
  const kinds = secretKinds();
  expect(kinds.length).toBeGreaterThanOrEqual(12);
  expect(kinds.filter((kind) => !canaries.kinds.includes(kind))).toEqual([]);
});

it("each of them would be found", () => {
  for (const [kind, secret] of canaries.samples) {
    for (const text of [`before ${secret}.`, textOf({ bytes: utf8(secret) }), `${toBase64(utf8(secret))}`]) {
      expect(canaries.foundIn([{ where: "here", text }])).toContain(`${kind}: here`);
    }
  }
});

it("and is stored nowhere in clear: in no table, key of KV, object or file's description", async () => {
  const stored = await dumpState();
  const tables = ["grants", "webhooks", "api_keys", "idempotency", "deliveries", "audit_log", "audit_seals"];
  const places = [
    ...tables.map((name) => `table ${name}`),
    "KV ",
    "file ",
    "an object of POSTS",
    "an object of SANDBOX",
  ];
  const isFilled = (place: string) => stored.some(({ where, text }) => where.startsWith(place) && text.length > 2);
  expect(places.filter((place) => !isFilled(place))).toEqual([]);
  expect(canaries.foundIn(stored)).toEqual([]);
}, 120_000);

it("and is in no log", () => {
  expect(logged.length).toBeGreaterThan(0);
  expect(canaries.foundIn(logged)).toEqual([]);
});

it("and is in no log of telling what is wrong, which has failed", () => {
  expect(logged.some(({ text }) => text.includes("an alert was not taken"))).toBe(true);
});

it("and is in no answer but the one that shows it", () => {
  expect(answered.length).toBeGreaterThan(50);
  expect(canaries.foundIn(answered)).toEqual([]);
});

it("and is in nothing that endpoints were sent", () => {
  const sent = receivers.received.map(({ url, ...said }) => ({
    where: new URL(url).hostname,
    text: textOf(url === chat ? said : { url, ...said }),
  }));
  const isTold = (place: string) => sent.some(({ where, text }) => where === place && text.includes("A post failed"));
  expect(isTold("chat.example.org")).toBe(true);
  expect(sent.length).toBeGreaterThan(3);
  expect(canaries.foundIn(sent)).toEqual([]);
});

it("and is in no mail but in the line that says whom it is for", () => {
  const sent = mailbox.sent.map(({ to, ...said }) => ({ where: `a mail, ${said.subject}`, text: textOf(said) }));
  expect(sent.map(({ where }) => where)).toEqual(["a mail, Confirm your address", "a mail, A post failed on Facebook"]);
  expect(canaries.foundIn(sent)).toEqual([]);
});

/** The platform, places where files are, and endpoints. */
function standInForTheNetwork(): void {
  receivers = new Receivers();
  meta = new LoginStandIn((address, headers) => exports.default.fetch(address, { headers }));
  const network = vi.mocked(globalThis.fetch);
  const toEndpoint = network.getMockImplementation();
  network.mockImplementation(async (input, init) => {
    const { hostname } = new URL(input instanceof Request ? input.url : String(input));
    if (/\.(facebook|instagram)\.com$/.test(hostname)) return meta.fetch(new Request(input, init));
    if (hostname === "alerts.example.org") throw new Error(`no way to ${String(input)}`);
    if (hostname === "files.example.org") return new Response(jpeg(1080, 1080));
    if (!toEndpoint) throw new Error("nobody answers for endpoints");
    return toEndpoint(input, init);
  });
}

function plantSettings(): void {
  const [, encryptionKey = ""] = (env.ENCRYPTION_KEYS ?? "").split(":");
  canaries.plant("ADMIN_TOKEN", admin);
  canaries.plant("API_KEY_PEPPER", env.API_KEY_PEPPER ?? "");
  const { settings } = servicesOf(env);
  settings.adminTokens = [admin, canaries.plant("ADMIN_TOKEN_OLD", oldAdmin)];
  settings.apiKeyPeppers = [settings.apiKeyPeppers[0], canaries.plant("API_KEY_PEPPER_OLD", newSecret())];
  canaries.plant("ENCRYPTION_KEYS", encryptionKey);
  canaries.plant("META_APP_SECRET", FACEBOOK_APP.secret);
  canaries.plant("INSTAGRAM_APP_SECRET", INSTAGRAM_APP.secret);
}

interface Shown {
  /** The members of the answer that show a secret, this once. */
  shows?: string[];
  /** The route, where its address has ids. */
  route?: string;
}

/** Makes a request, and keeps what it is answered without the secrets that the answer is there to show. */
async function ask(
  method: string,
  path: string,
  { shows = [], route = `${method} ${path}`, ...options }: RequestOptions & Shown = {},
): Promise<Answer> {
  const answer = await call(method, path, options);
  let text = `${answer.text}\n${textOf([...answer.headers])}`;
  for (const name of answer.status < 300 ? shows : []) {
    const secret: string = name.split(".").reduce((value, member) => value?.[member], answer.body);
    canaries.plant(kindOfAnswer(route, name), secret);
    text = text.replaceAll(secret, "");
  }
  answered.push({ where: `${method} ${path}`, text });
  return answer;
}

/** The same of a request that must do what it asks for. */
async function made(method: string, path: string, options: RequestOptions & Shown = {}): Promise<Answer["body"]> {
  const answer = await ask(method, path, { key: workspace.live, ...options });
  if (answer.status >= 300) throw new Error(`${method} ${path} was answered ${answer.status}`);
  return answer.body;
}

async function useWorkspace(): Promise<void> {
  const shows = ["api_keys.live", "api_keys.test"];
  const { body } = await ask("POST", "/v1/workspaces", { key: admin, body: { name: "Canaries" }, shows });
  workspace = { id: body.id, ...body.api_keys };
}

async function useKeys(): Promise<void> {
  for (const mode of ["live", "test"] as const) {
    const key = workspace[mode];
    const asked = { key, body: { name: "A key", scopes: KEY_SCOPES }, shows: ["key"] };
    const headers = { "Idempotency-Key": `keys-${mode}` };
    await made("POST", "/v1/api-keys", { ...asked, headers });
    const { id } = await made("POST", "/v1/api-keys", { ...asked, headers });
    const route = "POST /v1/api-keys/{api_key_id}/rotate";
    const { key: secret } = await made("POST", `/v1/api-keys/${id}/rotate`, { key, body: {}, route, shows: ["key"] });
    await made("PATCH", `/v1/api-keys/${id}`, { key: secret, body: { name: "Another" } });
    await made("DELETE", `/v1/api-keys/${id}`, { key });
    await ask("GET", "/v1/posts", { key: secret });
  }
}

async function useWebhooks(): Promise<void> {
  const route = "POST /v1/webhooks/{webhook_id}/rotate";
  const given = () => `whsec_${toBase64(crypto.getRandomValues(new Uint8Array(24)))}`;
  const events = ["post.completed", "account.connected", "account.needs_reconnect", "publish.failed"];
  for (const mode of ["live", "test"] as const) {
    const key = workspace[mode];
    const secret = canaries.plant(kindOfRequest("POST /v1/webhooks", "secret"), given());
    const shows = ["secret"];
    const headers = { "Idempotency-Key": `webhook-${mode}` };
    await made("POST", "/v1/webhooks", { key, body: { url: newUrl(), events, secret }, headers });
    const { id, url } = await made("POST", "/v1/webhooks", { key, body: { url: newUrl(), events }, shows });
    receivers.answer(url, () => new Response("It is broken.", { status: 500 }));
    const another = canaries.plant(kindOfRequest(route, "secret"), given());
    await made("POST", `/v1/webhooks/${id}/rotate`, { key, body: { secret: another } });
    await made("POST", `/v1/webhooks/${id}/rotate`, { key, body: {}, route, shows });
    await made("POST", `/v1/webhooks/${id}/test`, { key });
    await receivers.settle();
    await made("GET", `/v1/webhooks/${id}/deliveries`, { key });
  }
}

/**
 * A member who is told by a URL, and one by e-mail. What takes the one breaks, what takes the other refuses it, and both quote
 * where it was to go.
 */
async function useNotifications(): Promise<void> {
  const page = pageOf(workspace, "settings/notifications", "live");
  canaries.plant("URL that a member is told by", chat);
  canaries.plant("address that a member is told at", address);
  receivers.isChat(chat);
  for (const _ of ["by a URL", "by e-mail"]) {
    const link = await inviteTo(workspace, "viewer");
    canaries.plant("secret of an invitation", link.split("/").at(-1) ?? "");
    const browser = new ConsoleBrowser();
    await browser.join(link, "Somebody");
    canaries.plant("cookie of a session", browser.cookies.get("apionics_session") ?? "");
    members.push(browser);
  }
  const [byUrl, byMail] = members;
  const post = async (member: ConsoleBrowser | undefined, path: string, fields: Record<string, string>) => {
    const sent = await member?.post(path, { form_id: crypto.randomUUID(), events: "publish.failed", ...fields });
    if (!sent) throw new Error("there is no such member");
    return see(sent);
  };
  const broken = vi.spyOn(env.DB, "batch").mockRejectedValue(new Error(`D1_ERROR: near ${chat}`));
  expect((await post(byUrl, page, { url: chat })).status).toBe(500);
  broken.mockRestore();
  expect((await post(byUrl, page, { url: chat })).status).toBe(303);
  receivers.answer(chat, ({ url }) => {
    throw new Error(`the connection to ${url} broke`);
  });

  mailbox = new Mailbox();
  mailbox.refusal = new Error(`${address} does not exist`);
  const refused = await byMail?.post(`${page}/email`, { form_id: "refused", events: "publish.failed", email: address });
  // What was filled in is shown again to who filled it in.
  answered.push({ where: "a page", text: refused?.text.replaceAll(address, "") ?? "" });
  mailbox.refusal = null;
  expect((await post(byMail, `${page}/email`, { email: address })).status).toBe(303);
  const [asked] = mailbox.sent;
  const token = new URL(linkIn(asked ?? missing()), "https://here.example").searchParams.get("confirm") ?? "";
  expect((await post(byMail, `${page}/confirm`, { token })).status).toBe(303);
  for (const member of members) see(await member.get(page));
}

function missing(): never {
  throw new Error("no mail was sent");
}

/** Accounts that are connected by token; one that the platform refuses, and quotes, and one that the database does. */
async function useTokens(): Promise<void> {
  const kind = kindOfRequest("POST /v1/accounts", "access_token");
  const page = meta.openPage("By token");
  const wrong = canaries.plant(kind, newSecret());
  const connect = (access_token: string) =>
    ask("POST", "/v1/accounts", {
      key: workspace.live,
      body: { platform: "facebook", external_id: page.id, access_token },
    });
  const quoting = { code: 190, message: `Error validating access token ${wrong}: Session has expired.` };
  meta.publishing.refuse(/./, quoting);
  expect((await connect(wrong)).status).toBeGreaterThanOrEqual(400);
  canaries.plant(kind, page.token);
  const broken = vi.spyOn(env.DB, "batch").mockRejectedValue(new Error(`D1_ERROR: near ${page.token}`));
  expect((await connect(page.token)).status).toBe(500);
  broken.mockRestore();
  const connected = await connect(page.token);
  expect(connected.status).toBe(201);
  account = { id: connected.body.id, token: page.token };
}

/** Links, the platform's dialog, codes, tokens inside its answers, a choice, and a failure that quotes them. */
async function useLinks(): Promise<void> {
  meta.openPage("One", { withInstagram: true });
  meta.openPage("Two");
  const browser = new Browser();
  const link = await newLink("facebook");
  see(await browser.open(link));
  const asked = await browser.open(link, { provider: "facebook" });
  canaries.plant("state of a login", new URL(asked.location).searchParams.get("state") ?? "");
  canaries.plant("cookie of a browser", browser.cookie?.split("=")[1] ?? "");
  const back = (await meta.fetch(new Request(asked.location))).headers.get("Location") ?? "";
  const left = see(await browser.open(back));
  see(await browser.open(left.location));
  // While the choice is open a token waits for it.
  answered.push(...(await dumpState()).filter(({ where }) => where === "table consents"));
  see(await browser.open(left.location, { account: `facebook:${meta.pages.at(-1)?.id}` }));

  const quote = () =>
    Response.json({ error: { message: `${back} ${FACEBOOK_APP.secret}`, code: 100 } }, { status: 400 });
  meta.broken.set("POST /oauth/access_token", quote);
  see(await browser.open(await browser.consent(meta, await newLink("facebook"), "facebook")));
  meta.broken.clear();

  meta.openInstagram("a.person");
  meta.broken.set("GET /access_token", () => {
    throw new Error(`the connection broke: ?client_secret=${INSTAGRAM_APP.secret}&access_token=${meta.secrets.at(-1)}`);
  });
  see(await browser.open(await browser.consent(meta, await newLink("instagram"), "instagram")));
  meta.broken.clear();
  see(await browser.open(await browser.consent(meta, await newLink("instagram"), "instagram")));
}

async function newLink(platform: string): Promise<string> {
  const path = "/v1/accounts/connect";
  const headers = { "Idempotency-Key": `link-${crypto.randomUUID()}` };
  const answer = await call("POST", path, { key: workspace.live, body: { platform }, headers });
  const secret = canaries.plant("secret of a connect link", answer.body.url.split("/").at(-1));
  answered.push({ where: `POST ${path}`, text: answer.text.replaceAll(secret, "") });
  return answer.body.url;
}

/** Keeps what a browser was shown, and where it was sent. */
function see<T extends Pick<Seen, "text" | "location">>(seen: T): T {
  answered.push({ where: "a page", text: `${seen.text}\n${seen.location}` });
  return seen;
}

/** Tokens that replace others, and a renewal that fails with the token in the platform's words. */
async function useRenewal(): Promise<void> {
  const { results } = await env.DB.prepare("SELECT id FROM grants WHERE workspace_id = ? AND renew_at IS NOT NULL")
    .bind(workspace.id)
    .all<{ id: string }>();
  expect(results.length).toBeGreaterThan(0);
  for (const isQuoting of [false, true]) {
    advance(7 * 86_400_000);
    const quote = () => Response.json({ error: { code: 190, message: `${meta.secrets.join(" ")}` } }, { status: 400 });
    if (isQuoting) meta.broken.set("GET /refresh_access_token", quote);
    for (const { id } of results) {
      await deliver(renewMessage({ workspaceId: workspace.id, mode: "live", grantId: id }));
    }
  }
  meta.broken.clear();
  expect(meta.renewals).toBe(results.length);
}

/** Posts in both modes, with failures that quote the token. */
async function usePosts(): Promise<void> {
  const { id: page, token } = account;
  const form = new FormData();
  form.set("file", new File([jpeg(1080, 1080)], "picture.jpg", { type: "image/jpeg" }));
  const { id: media } = await made("POST", "/v1/media", { body: form });
  meta.publishing.refuse(/feed$/, { code: 2, message: `Down for ${token}.` });
  await publish("live", { content: "Retried", accounts: [page], media: [media] });
  meta.publishing.refuse(/feed$/, { code: 100, message: `Not with ${token}.` });
  await publish("live", { content: "Refused", accounts: [page] });
  meta.publishing.refuse(/search/, { code: 190, message: `Error validating access token ${token}.` });
  await ask("GET", `/v1/accounts/${page}/locations?q=Paris`, { key: workspace.live });
  const key = workspace.test;
  for (const behavior of ["ok", "token_expired"]) {
    const body = { platform: "facebook", username: "A page", behavior };
    const { id } = await made("POST", "/v1/accounts/sandbox", { key, body });
    const post = { content: "Sandbox", accounts: [id] };
    if (behavior === "ok") await publish("test", post);
    else await made("POST", "/v1/publish", { key, body: post });
  }
  const schedule = new Date(Date.now() + 86_400_000).toISOString();
  const { id } = await made("POST", "/v1/publish", { body: { content: "Later", accounts: [page], schedule } });
  await made("PATCH", `/v1/posts/${id}`, { body: { content: "Changed" } });
  await made("DELETE", `/v1/posts/${id}`);
  await receivers.settle();
}

async function publish(mode: Mode, body: object): Promise<void> {
  const key = workspace[mode];
  const headers = { "Idempotency-Key": `post-${crypto.randomUUID()}` };
  const { id } = await made("POST", "/v1/publish", { key, body, headers });
  // The cache is told with the first replay.
  if (mode === "test") await made("POST", "/v1/publish", { key, body, headers });
  const ref: PostRef = { workspaceId: workspace.id, mode, postId: id };
  await drive(ref);
  await made("GET", `/v1/posts/${id}`, { key });
  await made("GET", `/v1/posts/${id}/timeline`, { key });
}

/** A file whose address is a permission to read it. */
async function useMedia(): Promise<void> {
  const permission = canaries.plant("permission in a file's address", newSecret());
  const { id } = await made("POST", "/v1/media", {
    body: { url: `https://files.example.org/p.jpg?signature=${permission}` },
  });
  await made("GET", `/v1/media/${id}`);
}

/** Secrets in the wrong place, in the wrong form, or of nobody. */
async function sendNonsense(): Promise<void> {
  const key = workspace.live;
  const misplaced = () => canaries.plant("secret in the wrong place", newSecret());
  const platform = "facebook";
  const accounts = [
    { platform, external_id: "1", access_token: [misplaced()] },
    { platform, external_id: "1", access_token: `${misplaced()} with a blank` },
    { platform, external_id: misplaced(), access_token: misplaced() },
    { platform, external_id: "1", accessToken: misplaced() },
    `{"access_token": "${misplaced()}"`,
  ];
  for (const body of accounts) {
    const headers = { "Content-Type": "application/json", "Idempotency-Key": `nonsense-${crypto.randomUUID()}` };
    expect((await ask("POST", "/v1/accounts", { key, body, headers })).status).toBe(400);
  }
  for (const secret of [`whsec_${misplaced()}!`, misplaced(), { value: misplaced() }]) {
    const body = { url: newUrl(), events: ["post.completed"], secret };
    expect((await ask("POST", "/v1/webhooks", { key, body })).status).toBe(400);
  }
  expect((await ask("GET", `/v1/posts?access_token=${misplaced()}`, { key })).status).toBe(400);
  const bearers = [generateApiKey("live"), generateApiKey("test"), newSecret(), `${workspace.live.slice(0, -1)}_`];
  for (const bearer of bearers) {
    canaries.plant("bearer token of nobody", bearer);
    expect((await ask("GET", "/v1/posts", { key: bearer })).status).toBe(401);
  }
  const basic = `Basic ${btoa(`user:${misplaced()}`)}`;
  expect((await ask("GET", "/v1/posts", { headers: { Authorization: basic } })).status).toBe(401);
  const browser = new Browser();
  see(await browser.open(`/connect/${canaries.plant("secret of a link that is none", newSecret())}`));
  see(await browser.open(`/connect/facebook/callback?state=${misplaced()}&code=${misplaced()}`));
  // Each of them is more than enough to take an account away.
  for (const secret of [FACEBOOK_APP.secret, newSecret()]) {
    const payload = { algorithm: "HMAC-SHA256", issued_at: Math.floor(Date.now() / 1_000), user_id: FACEBOOK_PERSON };
    const encoded = toBase64Url(utf8(JSON.stringify(payload)));
    const signed = `${toBase64Url(await hmacSha256(utf8(secret), encoded))}.${encoded}`;
    const headers = { "Content-Type": "application/x-www-form-urlencoded" };
    const body = new URLSearchParams({ signed_request: canaries.plant("signed request", signed) }).toString();
    await ask("POST", "/connect/facebook/deauthorize", { headers, body });
  }
}

async function giveUpPoison(): Promise<void> {
  const letter = { id: "a letter", timestamp: Date.now(), attempts: 1, body: {} };
  await worker.queue(createMessageBatch("apionics-publish-dead", [letter]), env, createExecutionContext());
}

/** Lets the deployment do what it does by itself, and reads all lists there are. */
async function lookAtEverything(): Promise<void> {
  canaries.plant("code or token of a login", ...meta.secrets);
  // Whoever is told of it does not answer, which the log says.
  await setAlertUrl(`https://alerts.example.org/${canaries.plant("ALERT_URL", newSecret())}`);
  await giveUpPoison();
  await made("POST", "/v1/encryption-keys/rotate", { key: admin });
  advance(60_000);
  await env.SWEEPER.getByName(SWEEPER_NAME).sweep();
  await receivers.settle();
  for (const member of members) {
    for (const page of ["settings/notifications", "overview", "developers"]) {
      see(await member.get(pageOf(workspace, page, "live")));
    }
  }
  const lists = ["accounts", "api-keys", "audit", "audit/export", "events", "media", "platforms", "posts", "webhooks"];
  for (const key of [workspace.live, workspace.test]) {
    for (const list of [...lists, "health", "workspace"]) await made("GET", `/v1/${list}`, { key });
  }
  for (const path of ["health", "deployment/audit", "deployment/audit/export", "deployment/pause"]) {
    await made("GET", `/v1/${path}`, { key: admin });
  }
  const own = `/v1/workspaces/${workspace.id}`;
  for (const path of ["/v1/workspaces", own, `${own}/export`]) await made("GET", path, { key: oldAdmin });
  for (const path of ["/docs", "/openapi.json", "/health"]) await ask("GET", path);
}
