import { createHmac } from "node:crypto";
import type { Page } from "playwright-core";
import { inject } from "vitest";
import { FACEBOOK_APP } from "../../helpers/login-stand-in.ts";
import type { Who, World } from "./world.ts";
import { PICTURE } from "./written.ts";

/*
 * The pages that there are. Each is looked at in every way that `pages.test.ts` knows, and in a workspace where everybody
 * writes scripts; a page that is not here fails a test.
 */

export interface PageRow {
  /** Names its tests and screenshots. */
  name: string;
  /** The route that answers it. */
  route: string;
  who: Who;
  address(world: World): string | Promise<string>;
  /** What is done there to reach it, where the page that is meant is the answer to a form. */
  reach?(page: Page): Promise<void>;
  /** What is done there changes the page that is there already: what moves then moves by somebody's doing. */
  isChanged?: true;
  /** 200 where it does not say so. */
  status?: number;
  foreign?: Foreign;
  /** It shows nothing of what anybody has written. */
  isSilent?: true;
}

/** What of a page is not ours, and not held to what our pages are held to. */
export interface Foreign {
  /** A selector of the part. */
  part: string;
  /** Its files. */
  files: RegExp;
  /** What axe says of the page as a whole, and the part has done. */
  rules: string[];
}

const WORKSPACE = "/console/:workspace_id/:mode";
const UNKNOWN_SECRET = "A".repeat(43);

/** Has a `main` of its own, within ours. */
const SWAGGER_UI: Foreign = {
  part: "#endpoints",
  files: /\/docs\/swagger-ui|\/openapi\.json$/,
  rules: ["landmark-no-duplicate-main"],
};

export const PAGES: readonly PageRow[] = [
  { name: "sign-in", isSilent: true, route: "/console/sign-in", who: "stranger", address: () => "/console/sign-in" },
  {
    name: "signed-out",
    isSilent: true,
    route: "/console/sign-in",
    who: "stranger",
    address: () => "/console/sign-in?done=signed_out",
  },
  { name: "join", route: "/join/:secret", who: "stranger", address: ({ workspace }) => workspace.newLink() },
  { name: "join-again", route: "/join/:secret", who: "stranger", address: wayBackIn },
  { name: "join-as", route: "/join/:secret", who: "admin", address: ({ other }) => other.newLink() },
  { name: "joined-already", route: "/join/:secret", who: "admin", address: ({ workspace }) => workspace.newLink() },
  {
    name: "join-too-late",
    isSilent: true,
    route: "/join/:secret",
    who: "stranger",
    address: () => `/join/${UNKNOWN_SECRET}`,
    status: 410,
  },
  {
    name: "not-found",
    isSilent: true,
    route: "/console/*",
    who: "admin",
    address: () => "/console/nothing",
    status: 404,
  },

  { name: "settings", route: `${WORKSPACE}/settings`, who: "admin", address: at("settings") },
  { name: "settings-viewer", route: `${WORKSPACE}/settings`, who: "viewer", address: at("settings") },
  {
    name: "settings-forbidden",
    isSilent: true,
    route: `${WORKSPACE}/settings`,
    who: "editor",
    address: at("settings"),
    status: 403,
  },
  {
    name: "settings-refused",
    route: `${WORKSPACE}/settings`,
    who: "admin",
    address: at("settings"),
    async reach(page) {
      await page.getByLabel("Time zone").fill("Nowhere/At_all");
      await page.getByRole("button", { name: "Save" }).click();
    },
    status: 400,
  },
  {
    name: "settings-invited",
    route: `${WORKSPACE}/settings/invite`,
    who: "admin",
    address: at("settings"),
    reach: (page) => page.getByRole("button", { name: "Make a link" }).click(),
    status: 201,
  },
  {
    name: "settings-member",
    route: `${WORKSPACE}/settings/members/:person_id`,
    who: "admin",
    address: ({ workspace, editorId }) => workspace.at(`settings/members/${editorId}`),
  },
  { name: "settings-audit", route: `${WORKSPACE}/settings/audit`, who: "admin", address: at("settings/audit") },
  {
    name: "notifications",
    route: `${WORKSPACE}/settings/notifications`,
    who: "admin",
    address: at("settings/notifications"),
  },
  {
    name: "notifications-link-sent",
    route: `${WORKSPACE}/settings/notifications`,
    who: "viewer",
    address: at("settings/notifications"),
    async reach(page) {
      await page.getByLabel("E-mail address").fill("ada@inbox.example");
      await page.getByRole("button", { name: "Send a link" }).click();
      await page.getByText("A link was sent to the address.").waitFor();
    },
  },
  {
    name: "notifications-bad-link",
    route: `${WORKSPACE}/settings/notifications`,
    who: "viewer",
    address: at("settings/notifications?confirm=none"),
  },
  {
    name: "notifications-set",
    route: `${WORKSPACE}/settings/notifications`,
    who: "editor",
    address: at("settings/notifications"),
    async reach(page) {
      await page.getByLabel("URL").fill(inject("receiver"));
      await page.getByRole("button", { name: "Save" }).click();
    },
  },

  { name: "overview", route: `${WORKSPACE}/overview`, who: "admin", address: at("overview") },
  { name: "overview-editor", route: `${WORKSPACE}/overview`, who: "editor", address: at("overview") },
  { name: "overview-live", route: `${WORKSPACE}/overview`, who: "viewer", address: live("overview") },

  { name: "calendar", route: `${WORKSPACE}/calendar`, who: "admin", address: at("calendar") },
  { name: "calendar-week", route: `${WORKSPACE}/calendar`, who: "viewer", address: at("calendar?view=week") },
  { name: "calendar-list", route: `${WORKSPACE}/calendar`, who: "editor", address: at("calendar?view=list") },
  {
    name: "calendar-empty",
    route: `${WORKSPACE}/calendar`,
    who: "admin",
    address: at("calendar?view=list&status=unconfirmed"),
  },

  { name: "post-partial", route: `${WORKSPACE}/posts/:post_id`, who: "admin", address: post("partial") },
  { name: "post-scheduled", route: `${WORKSPACE}/posts/:post_id`, who: "admin", address: post("scheduled") },
  { name: "post-waiting", route: `${WORKSPACE}/posts/:post_id`, who: "admin", address: post("waiting") },
  { name: "post-viewer", route: `${WORKSPACE}/posts/:post_id`, who: "viewer", address: post("waiting") },
  { name: "post-rejected", route: `${WORKSPACE}/posts/:post_id`, who: "editor", address: post("rejected") },
  {
    name: "post-refused",
    route: `${WORKSPACE}/posts/:post_id`,
    who: "admin",
    address: (world) => live(`posts/${world.posts.refused}`)(world),
  },
  {
    name: "post-not-approved",
    route: `${WORKSPACE}/posts/:post_id/approve`,
    who: "admin",
    address: post("waiting"),
    async reach(page) {
      await page.getByLabel(/Another time/).fill("2001-01-01T10:00");
      await page.getByRole("button", { name: "Approve", exact: true }).click();
    },
    status: 400,
  },

  { name: "compose", route: `${WORKSPACE}/compose`, who: "admin", address: at("compose") },
  {
    name: "compose-filled",
    isChanged: true,
    route: `${WORKSPACE}/compose`,
    who: "editor",
    address: at("compose"),
    async reach(page) {
      await page.locator("[name=accounts]").first().check();
      await page.getByRole("textbox", { name: "Text", exact: true }).fill("Fresh bread from seven o'clock.");
      await page.getByLabel("Add files").setInputFiles(PICTURE);
      await page.getByRole("button", { name: "Remove picture" }).waitFor();
      await page.getByText("Nothing stands in the way.").waitFor();
    },
  },
  {
    name: "compose-refused",
    route: `${WORKSPACE}/compose`,
    who: "admin",
    address: at("compose"),
    reach: (page) => page.getByRole("button", { name: "Publish" }).click(),
    status: 400,
  },
  { name: "post-edit", route: `${WORKSPACE}/posts/:post_id/edit`, who: "admin", address: edit },

  { name: "accounts", route: `${WORKSPACE}/accounts`, who: "admin", address: at("accounts") },
  { name: "accounts-editor", route: `${WORKSPACE}/accounts`, who: "editor", address: at("accounts") },
  { name: "accounts-live", route: `${WORKSPACE}/accounts`, who: "admin", address: live("accounts") },
  {
    name: "accounts-refused",
    route: `${WORKSPACE}/accounts/sandbox`,
    who: "admin",
    address: at("accounts"),
    async reach(page) {
      await page.getByLabel("Name").fill("not/a name");
      await page.getByRole("button", { name: "Create" }).click();
    },
    status: 400,
  },
  {
    name: "account",
    route: `${WORKSPACE}/accounts/:account_id`,
    who: "admin",
    address: ({ workspace, accountId }) => workspace.at(`accounts/${accountId}`),
  },
  {
    name: "account-viewer",
    route: `${WORKSPACE}/accounts/:account_id`,
    who: "viewer",
    address: ({ workspace, accountId }) => workspace.at(`accounts/${accountId}`),
  },

  { name: "developers", route: `${WORKSPACE}/developers`, who: "admin", address: at("developers") },
  { name: "developers-viewer", route: `${WORKSPACE}/developers`, who: "viewer", address: at("developers") },
  { name: "key-new", route: `${WORKSPACE}/developers/keys/new`, who: "admin", address: at("developers/keys/new") },
  {
    name: "key-made",
    route: `${WORKSPACE}/developers/keys`,
    who: "admin",
    address: at("developers/keys/new"),
    async reach(page) {
      await page.getByLabel("Name").fill("Another");
      await page.getByRole("button", { name: "Create" }).click();
    },
    status: 201,
  },
  {
    name: "key",
    route: `${WORKSPACE}/developers/keys/:api_key_id`,
    who: "admin",
    address: ({ workspace, keyId }) => workspace.at(`developers/keys/${keyId}`),
  },
  {
    name: "webhook-new",
    route: `${WORKSPACE}/developers/webhooks/new`,
    who: "admin",
    address: at("developers/webhooks/new"),
  },
  { name: "webhook", route: `${WORKSPACE}/developers/webhooks/:webhook_id`, who: "admin", address: webhook },
  { name: "webhook-viewer", route: `${WORKSPACE}/developers/webhooks/:webhook_id`, who: "viewer", address: webhook },
  { name: "events", route: `${WORKSPACE}/developers/events`, who: "admin", address: at("developers/events") },
  {
    name: "event",
    route: `${WORKSPACE}/developers/events/:event_id`,
    who: "admin",
    address: ({ workspace, eventId }) => workspace.at(`developers/events/${eventId}`),
  },

  { name: "feed", route: `${WORKSPACE}/feed`, who: "admin", address: at("feed") },
  { name: "feed-live", route: `${WORKSPACE}/feed`, who: "viewer", address: live("feed") },

  { name: "review", route: "/review/:token", who: "stranger", address: ({ reviewLink }) => reviewLink },
  {
    name: "review-over",
    isSilent: true,
    route: "/review/:token",
    who: "stranger",
    address: ({ rejectedLink }) => rejectedLink,
  },
  {
    name: "review-refused",
    route: "/review/:token/reject",
    who: "stranger",
    address: ({ reviewLink }) => reviewLink,
    async reach(page) {
      await page.getByText("Reject…").click();
      // The browser itself does not send it empty.
      await page.getByLabel("What is to be changed?").fill(" ");
      await page.getByRole("button", { name: "Reject the post" }).click();
    },
    status: 400,
  },
  {
    name: "review-gone",
    isSilent: true,
    route: "/review/:token",
    who: "stranger",
    address: () => `/review/${UNKNOWN_SECRET}`,
    status: 410,
  },

  { name: "sandbox-post", route: "/sandbox/:workspace_id/:post_id", who: "stranger", address: (w) => w.permalink },

  { name: "connect", route: "/connect/:token", who: "stranger", address: connectLink("instagram") },
  {
    name: "connect-choose",
    route: "/connect/choose/:consent_id",
    who: "stranger",
    address: connectLink("facebook"),
    reach: consent,
  },
  {
    name: "connect-done",
    route: "/connect/done/:consent_id",
    who: "stranger",
    address: connectLink("facebook"),
    async reach(page) {
      await consent(page);
      await page.getByRole("button", { name: "Connect" }).click();
      await page.waitForURL("**/connect/done/*");
    },
  },
  {
    name: "connect-failed",
    isSilent: true,
    route: "/connect/failed/:error",
    who: "stranger",
    address: () => "/connect/failed/missing_permissions?missing_permissions=pages_manage_posts",
  },
  {
    name: "connect-unknown",
    isSilent: true,
    route: "/connect/failed/:error",
    who: "stranger",
    address: () => "/connect/failed/nothing",
    status: 404,
  },
  {
    name: "data-deletion",
    isSilent: true,
    route: "/connect/data-deletion/:code",
    who: "stranger",
    address: dataDeletion,
  },

  {
    name: "docs",
    isSilent: true,
    route: "/docs",
    who: "stranger",
    address: () => "/docs",
    // It draws some hundred endpoints before it shows the first.
    reach: (page) => page.locator(".opblock").first().waitFor({ timeout: 45_000 }),
    foreign: SWAGGER_UI,
  },
  { name: "docs-errors", isSilent: true, route: "/docs/errors", who: "stranger", address: () => "/docs/errors" },
];

/** Routes that answer GET and show no page: they lead on, or are files. */
export const NO_PAGES: readonly string[] = [
  "/console",
  "/console/assets/:name",
  WORKSPACE,
  `${WORKSPACE}/posts`,
  `${WORKSPACE}/media/:media_id`,
  "/connect/facebook/callback",
  "/connect/instagram/callback",
  "/docs/:file",
];

function at(page: string): PageRow["address"] {
  return ({ workspace }) => workspace.at(page);
}

function live(page: string): PageRow["address"] {
  return ({ workspace }) => workspace.at(page, "live");
}

function post(name: keyof World["posts"]): PageRow["address"] {
  return ({ workspace, posts }) => workspace.at(`posts/${posts[name]}`);
}

function edit({ workspace, posts }: World): string {
  return workspace.at(`posts/${posts.scheduled}/edit`);
}

function webhook({ workspace, webhookId }: World): string {
  return workspace.at(`developers/webhooks/${webhookId}`);
}

async function wayBackIn({ workspace, editorId }: World): Promise<string> {
  return (await workspace.test.ask("POST", `/v1/members/${editorId}/sign-in-link`)).url;
}

function connectLink(platform: string): PageRow["address"] {
  return async ({ workspace }) => (await workspace.live.ask("POST", "/v1/accounts/connect", { platform })).url;
}

/** Allows what a link asks for, at the platform. */
async function consent(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Continue with Facebook" }).click();
  await page.waitForURL("**/connect/choose/*");
}

/** Has the platform ask for a deletion, for somebody whom we do not know. */
async function dataDeletion(): Promise<string> {
  const said = { algorithm: "HMAC-SHA256", issued_at: Math.floor(Date.now() / 1_000), user_id: "1" };
  const payload = Buffer.from(JSON.stringify(said)).toString("base64url");
  const signature = createHmac("sha256", FACEBOOK_APP.secret).update(payload).digest("base64url");
  const body = new URLSearchParams({ signed_request: `${signature}.${payload}` });
  const answer = await fetch(`${inject("origin")}/connect/facebook/data-deletion`, { method: "POST", body });
  return ((await answer.json()) as { url: string }).url;
}
