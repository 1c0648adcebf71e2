import { env, exports } from "cloudflare:workers";
import { sha256Hex } from "../../../src/lib/crypto.ts";
import type { Mode, Role } from "../../../src/lib/vocabulary.ts";
import { Authenticator } from "../../helpers/authenticator.ts";
import type { TestWorkspace } from "./api.ts";
import { call, ORIGIN } from "./api.ts";

/** What the console answered. */
export interface Page {
  status: number;
  headers: Headers;
  text: string;
  location: string;
}

type Fields = Record<string, string | readonly string[]>;

/** A person's browser, with cookies and a passkey, that says where its requests come from. */
export class ConsoleBrowser {
  readonly cookies = new Map<string, string>();
  passkey = new Authenticator(ORIGIN);

  get(path: string, headers: Record<string, string> = {}): Promise<Page> {
    return this.#send(path, { method: "GET" }, headers);
  }

  /** Sends a form. @param headers instead of what a browser says of a form of the same origin */
  post(path: string, fields: Fields = {}, headers: Record<string, string> = SAME_ORIGIN): Promise<Page> {
    const pairs = Object.entries(fields).flatMap(([name, value]) => [value].flat().map((each) => [name, String(each)]));
    return this.#send(path, { method: "POST", body: new URLSearchParams(pairs) }, headers);
  }

  /** Says something in JSON, as the script of passkeys does. */
  async say(path: string, body: unknown, headers: Record<string, string> = SAME_ORIGIN) {
    const json = { "Content-Type": "application/json", ...headers };
    const page = await this.#send(path, { method: "POST", body: JSON.stringify(body) }, json);
    const isJson = (page.headers.get("Content-Type") ?? "").includes("application/json");
    return { ...page, body: isJson ? JSON.parse(page.text) : null };
  }

  /** Sends anything else: a form with files, or a file by itself as scripts do. */
  send(method: string, path: string, body: FormData | Uint8Array | null = null, headers: Record<string, string> = {}) {
    return this.#send(path, { method, body }, { ...SAME_ORIGIN, ...headers });
  }

  async #send(path: string, init: RequestInit, headers: Record<string, string>): Promise<Page> {
    const cookie = [...this.cookies].map((pair) => pair.join("=")).join("; ");
    const response = await exports.default.fetch(new URL(path, ORIGIN).href, {
      ...init,
      headers: { ...headers, ...(cookie === "" ? {} : { Cookie: cookie }) },
      redirect: "manual",
    });
    for (const set of response.headers.getSetCookie()) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(set) ?? [];
      if (value === "") this.cookies.delete(name);
      else this.cookies.set(name, value);
    }
    // Not `text()`: the runtime warns of types that it does not know as text.
    const text = new TextDecoder().decode(await response.arrayBuffer());
    return {
      status: response.status,
      headers: response.headers,
      text,
      location: response.headers.get("Location") ?? "",
    };
  }

  /** Opens a link and makes a passkey. */
  async join(link: string, name: string): Promise<void> {
    const { pathname } = new URL(link);
    const begun = await this.say(`${pathname}/begin`, { name });
    const credential = await this.passkey.make(begun.body.challenge);
    const ended = await this.say(`${pathname}/finish`, { credential });
    if (ended.status !== 200) throw new Error(ended.text);
  }

  /** Signs in with the passkey. */
  async signIn(): Promise<Page> {
    const { body } = await this.say("/console/sign-in/begin", {});
    const credential = await this.passkey.use(body.challenge);
    return this.say("/console/sign-in/finish", { credential, next: "/console" });
  }
}

export const SAME_ORIGIN = { "Sec-Fetch-Site": "same-origin" };

/** A link that lets somebody into a workspace. */
export async function inviteTo(workspace: TestWorkspace, role: Role, groups: string[] | null = null): Promise<string> {
  const answer = await call("POST", "/v1/members/invite", { key: workspace.test, body: { role, groups } });
  if (answer.status !== 201) throw new Error(answer.text);
  return answer.body.url;
}

/** Somebody who has joined a workspace, in their browser. */
export async function newMember(
  workspace: TestWorkspace,
  role: Role,
  { name = "Somebody", groups = null }: { name?: string; groups?: string[] | null } = {},
): Promise<ConsoleBrowser & { personId: string }> {
  const browser = new ConsoleBrowser();
  await browser.join(await inviteTo(workspace, role, groups), name);
  return Object.assign(browser, { personId: await personOf(browser) });
}

/** Whom the browser's session is of. */
async function personOf(browser: ConsoleBrowser): Promise<string> {
  const hash = await sha256Hex(browser.cookies.get("apionics_session") ?? "");
  const query = env.DB.prepare("SELECT person_id FROM sessions WHERE token_hash = ?").bind(hash);
  return (await query.first<string>("person_id")) ?? "";
}

/** The path of a page of a workspace. */
export function pageOf(workspace: TestWorkspace, page: string, mode: Mode = "test"): string {
  return `/console/${workspace.id}/${mode}/${page}`;
}
