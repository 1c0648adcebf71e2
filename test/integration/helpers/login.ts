import { env, exports } from "cloudflare:workers";
import { vi } from "vitest";
import type { LoginSettings } from "../../../src/platforms/meta/login-settings.ts";
import { createAuths } from "../../../src/platforms/registry.ts";
import { servicesOf } from "../../../src/services.ts";
import { FACEBOOK_APP, INSTAGRAM_APP, LoginStandIn } from "../../helpers/login-stand-in.ts";
import type { TestWorkspace } from "./api.ts";
import { call, ORIGIN } from "./api.ts";

/** Puts a stand-in for Meta in the network's place. Undone by `vi.restoreAllMocks`. */
export function standInForMeta(): LoginStandIn {
  const meta = new LoginStandIn((address, headers) => exports.default.fetch(address, { headers }));
  vi.spyOn(globalThis, "fetch").mockImplementation((input, init) => meta.fetch(new Request(input, init)));
  return meta;
}

/** Sets the deployment up with these apps, until it is set up otherwise. */
export function useApps(apps: Partial<Pick<LoginSettings, "facebookApp" | "instagramApp">>): void {
  const services = servicesOf(env);
  const { settings } = services;
  settings.login = { ...settings.login, facebookApp: null, instagramApp: null, ...apps };
  services.auths = createAuths(
    { ...settings.meta, appSecret: settings.login.facebookApp?.secret ?? null },
    settings.login,
  );
}

export const BOTH_APPS = { facebookApp: FACEBOOK_APP, instagramApp: INSTAGRAM_APP };

/** What a page of ours answered, with where it sends the browser. */
export interface Seen {
  status: number;
  headers: Headers;
  text: string;
  location: string;
}

/** A person's browser, with its cookies, that goes where it is sent one step at a time. */
export class Browser {
  cookie: string | undefined;

  async open(address: string, form?: Record<string, string | string[]>): Promise<Seen> {
    const body =
      form && new URLSearchParams(Object.entries(form).flatMap(([k, v]) => [v].flat().map((each) => [k, each])));
    const response = await exports.default.fetch(new URL(address, ORIGIN).href, {
      method: form ? "POST" : "GET",
      headers: this.cookie === undefined ? {} : { Cookie: this.cookie },
      redirect: "manual",
      ...(body ? { body } : {}),
    });
    this.cookie = response.headers.get("Set-Cookie")?.split(";")[0] ?? this.cookie;
    const { status, headers } = response;
    return { status, headers, text: await response.text(), location: headers.get("Location") ?? "" };
  }

  /** Clicks on a link's page and consents, up to the address that the platform sends the browser back to. */
  async consent(meta: LoginStandIn, link: string, provider: string): Promise<string> {
    const asked = await this.open(link, { provider });
    if (asked.status !== 303) throw new Error(`the click was answered ${asked.status}: ${asked.text}`);
    const answered = await meta.fetch(new Request(asked.location));
    return (answered.headers.get("Location") ?? "").replace(/#_$/, "");
  }
}

export async function newLink(workspace: TestWorkspace, fields: Record<string, unknown> = {}): Promise<string> {
  const body = { platform: "facebook", redirect_url: "https://client.example/done?tab=2", ...fields };
  const answer = await call("POST", "/v1/accounts/connect", { key: workspace.live, body });
  if (answer.status !== 201) throw new Error(answer.text);
  return answer.body.url;
}

/** Connects what the person's consent gives, through a link. @returns the ids of the accounts */
export async function connectByConsent(
  meta: LoginStandIn,
  workspace: TestWorkspace,
  fields: Record<string, unknown>,
  provider: string,
): Promise<string[]> {
  const browser = new Browser();
  const back = await browser.consent(meta, await newLink(workspace, fields), provider);
  const { location } = await browser.open(back);
  const ids = new URL(location).searchParams.get("accounts")?.split(",");
  if (!ids) throw new Error(`the consent ended at ${location}`);
  return ids;
}
