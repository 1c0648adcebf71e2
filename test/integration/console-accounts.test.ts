import { env } from "cloudflare:workers";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { servicesOf } from "../../src/services.ts";
import type { TestWorkspace } from "./helpers/api.ts";
import { call, newAccount, newWorkspace, publish } from "./helpers/api.ts";
import { newMember, pageOf } from "./helpers/console.ts";

/*
 * The pages of accounts: what is shown of them, and what members change.
 */

type Browser = Awaited<ReturnType<typeof newMember>>;

let workspace: TestWorkspace;
let admin: Browser;
let viewer: Browser;
beforeAll(async () => {
  workspace = await newWorkspace();
  admin = await newMember(workspace, "admin");
  viewer = await newMember(workspace, "viewer");
});
afterEach(() => vi.restoreAllMocks());

const account = async (id: string) => (await call("GET", `/v1/accounts/${id}`, { key: workspace.test })).body;
let forms = 0;
const fields = (more: Record<string, string | readonly string[]> = {}) => {
  forms += 1;
  return { form_id: `form-${forms}`, ...more };
};

describe("the list of accounts", () => {
  it("says of each how it stands, where it is and what is left of the day, and what to do where it is not well", async () => {
    const own = await newWorkspace();
    const person = await newMember(own, "admin");
    expect((await person.get(pageOf(own, "accounts"))).text).toContain("No account is connected");
    const id = await newAccount(own, "instagram");
    await env.DB.prepare(
      "UPDATE accounts SET health = 'needs_reconnect', health_reason = 'It was <taken> back.' WHERE id = ?",
    )
      .bind(id)
      .run();
    const page = await person.get(pageOf(own, "accounts"));
    expect(page.status).toBe(200);
    expect(page.text).toContain("@instagram_ok, Instagram");
    expect(page.text).toContain("Must be connected again");
    expect(page.text).toContain("Connect it again, and those that wait go out.");
    expect(page.text).toContain("It was &lt;taken&gt; back.");
    expect(page.text).toContain("Not known");
    expect(page.text).toContain(">IO</span>");
  });

  it("says in live mode what the deployment's owner must set where there is no app", async () => {
    const page = await admin.get(pageOf(workspace, "accounts", "live"));
    expect(page.text).toContain("Whoever runs it sets META_APP_ID and META_APP_SECRET.");
    expect(page.text).not.toContain(`${pageOf(workspace, "accounts", "live")}/connect`);
    const asked = await admin.post(
      `${pageOf(workspace, "accounts", "live")}/connect`,
      fields({ platform: "facebook" }),
    );
    expect(asked.status).toBe(409);
  });

  it("shows a member who is limited to groups the accounts in them, and no groups", async () => {
    const { body } = await call("POST", "/v1/account-groups", { key: workspace.test, body: { name: "Bakery" } });
    const [inside, outside] = [await newAccount(workspace, "facebook"), await newAccount(workspace, "instagram")];
    await call("PATCH", `/v1/accounts/${inside}`, { key: workspace.test, body: { group_id: body.id } });
    expect((await admin.get(pageOf(workspace, "accounts"))).text).toMatch(/data-label="Group">Bakery</);
    const limited = await newMember(workspace, "editor", { groups: [body.id] });
    const page = await limited.get(pageOf(workspace, "accounts"));
    expect(page.text).toContain(inside);
    expect(page.text).not.toContain(outside);
    expect(page.text).not.toContain("Bakery");
    expect((await limited.get(pageOf(workspace, `accounts/${outside}`))).status).toBe(404);
    const pausing = await limited.post(pageOf(workspace, `accounts/${outside}/pause`), fields());
    expect(pausing.status).toBe(404);
    expect((await limited.post(pageOf(workspace, `accounts/${inside}/pause`), fields())).status).toBe(303);
  });
});

describe("connecting", () => {
  it("leads to the platform by a link of its own, which comes back to the list", async () => {
    const services = servicesOf(env);
    const auths = services.auths;
    Object.assign(services, { auths: { ...auths, facebook: { dialogOrigin: "https://www.facebook.com" } } });
    try {
      const path = pageOf(workspace, "accounts", "live");
      const page = await admin.get(path);
      expect(page.text).toContain("Connect Facebook");
      const sent = fields({ platform: "facebook" });
      const led = await admin.post(`${path}/connect`, sent);
      expect(led.status).toBe(303);
      expect(led.location).toMatch(/^\/connect\/[\w-]{43}$/);
      // Sent twice, it is the same link.
      expect((await admin.post(`${path}/connect`, sent)).location).toBe(led.location);
      const row = await env.DB.prepare("SELECT redirect_url FROM connect_links WHERE workspace_id = ?")
        .bind(workspace.id)
        .first<{ redirect_url: string }>();
      expect(row?.redirect_url).toBe(`http://apionics.test${path}`);
      expect((await admin.post(`${pageOf(workspace, "accounts")}/connect`, sent)).status).toBe(404);
    } finally {
      Object.assign(services, { auths });
    }
  });

  it("is told of on the way back: what was connected, what was not and why", async () => {
    const path = pageOf(workspace, "accounts", "live");
    expect((await admin.get(`${path}?accounts=acc_1,acc_2`)).text).toContain("2 accounts are connected.");
    const partly = await admin.get(`${path}?accounts=acc_1&missing_permissions=pages_show_list,<b>`);
    expect(partly.text).toContain("for want of permissions: pages_show_list.");
    expect((await admin.get(`${path}?error=access_denied`)).text).toContain("You chose not to allow access");
    expect((await admin.get(`${path}?error=<b>`)).text).not.toContain("<b>");
  });

  it("is in test mode an account of the sandbox with a behaviour", async () => {
    const path = pageOf(workspace, "accounts/sandbox");
    const asked = { platform: "facebook", username: "Trouble", behavior: "rate_limited" };
    expect((await admin.post(path, fields(asked))).status).toBe(303);
    const page = await admin.get(pageOf(workspace, "accounts"));
    expect(page.text).toContain("Trouble");
    const refused = await admin.post(path, fields({ ...asked, username: "a<b" }));
    expect(refused.status).toBe(400);
    expect(refused.text).toContain('value="a&lt;b"');
    expect(refused.text).toContain('aria-invalid="true"');
    expect((await admin.post(pageOf(workspace, "accounts/sandbox", "live"), fields(asked))).status).toBe(404);
  });
});

describe("an account's page", () => {
  it("changes labels and group", async () => {
    const id = await newAccount(workspace, "facebook");
    const { body } = await call("POST", "/v1/account-groups", { key: workspace.test, body: { name: "Florist" } });
    const path = pageOf(workspace, `accounts/${id}`);
    const saved = await admin.post(`${path}/edit`, fields({ labels: "summer, sun\n\n winter ", group_id: body.id }));
    expect(saved.location).toBe(`${path}?done=saved`);
    expect(await account(id)).toMatchObject({ labels: ["summer, sun", "winter"], group_id: body.id });
    const refused = await admin.post(`${path}/edit`, fields({ labels: "a\na", group_id: "" }));
    expect(refused.status).toBe(400);
    expect(refused.text).toContain("a\na</textarea>");
    await admin.post(`${path}/edit`, fields({ labels: "", group_id: "" }));
    expect(await account(id)).toMatchObject({ labels: [], group_id: null });
  });

  it("pauses, and resumes with what becomes of what came due", async () => {
    const id = await newAccount(workspace, "facebook");
    const path = pageOf(workspace, `accounts/${id}`);
    expect((await admin.post(`${path}/pause`, fields())).location).toBe(`${path}?done=paused`);
    expect((await account(id)).paused_at).not.toBeNull();
    expect((await admin.get(path)).text).toContain("Nothing has come due meanwhile.");
    const refused = await admin.post(`${path}/resume`, fields({ overdue: "reschedule", schedule: "soon" }));
    expect(refused.status).toBe(400);
    expect(refused.text).toContain('value="soon"');
    expect(refused.text).toContain('id="schedule-error"');
    const past = await admin.post(`${path}/resume`, fields({ overdue: "reschedule", schedule: "2020-01-01T10:00" }));
    expect(past.text).toContain("Other time lies in the past.");
    expect((await admin.post(`${path}/resume`, fields({ overdue: "cancel" }))).location).toBe(`${path}?done=resumed`);
    expect((await account(id)).paused_at).toBeNull();
    expect((await admin.post(`${path}/resume`, fields({ overdue: "cancel" }))).status).toBe(409);
  });

  it("names the posts that will fail before it disconnects", async () => {
    const id = await newAccount(workspace, "facebook");
    const schedule = new Date(Date.now() + 86_400_000).toISOString();
    await publish(workspace, { content: "Open <tomorrow>", accounts: [id], schedule });
    const path = pageOf(workspace, `accounts/${id}`);
    const page = await admin.get(path);
    expect(page.text).toContain("1 post that is to go out there will fail:");
    expect(page.text).toContain("Open &lt;tomorrow&gt;</a>");
    expect((await admin.post(`${path}/disconnect`, fields())).status).toBe(303);
    expect((await admin.get(path)).status).toBe(404);
    const { body } = await call("GET", `/v1/audit?target=${id}`, { key: workspace.test });
    const done = body.lines.map(({ action, actor }: Record<string, string>) => [action, actor]);
    expect(done[0]).toEqual(["account.disconnected", admin.personId]);
  });

  it("shows a viewer nothing to change, who is refused all the same", async () => {
    const id = await newAccount(workspace, "facebook");
    const path = pageOf(workspace, `accounts/${id}`);
    const page = await viewer.get(path);
    expect(page.status).toBe(200);
    const main = page.text.slice(page.text.indexOf("<main"));
    expect(main).not.toContain("<form");
    const list = await viewer.get(pageOf(workspace, "accounts"));
    expect(list.text.slice(list.text.indexOf("<main"))).not.toContain("<form");
    for (const action of ["edit", "pause", "resume", "disconnect"]) {
      expect((await viewer.post(`${path}/${action}`, fields({ overdue: "send", labels: "" }))).status).toBe(403);
    }
    for (const action of ["sandbox", "connect"]) {
      const asked = { platform: "facebook", username: "No", behavior: "ok" };
      expect((await viewer.post(pageOf(workspace, `accounts/${action}`), fields(asked))).status).toBe(403);
    }
    expect(await account(id)).toMatchObject({ id, paused_at: null });
  });

  it("is not there for another workspace's account, nor in the other mode", async () => {
    const other = await newWorkspace();
    const foreign = await newAccount(other, "facebook");
    const own = await newAccount(workspace, "facebook");
    expect((await admin.get(pageOf(workspace, `accounts/${foreign}`))).status).toBe(404);
    expect((await admin.get(pageOf(workspace, `accounts/${own}`, "live"))).status).toBe(404);
    for (const action of ["edit", "pause", "disconnect"]) {
      const answer = await admin.post(pageOf(workspace, `accounts/${foreign}/${action}`), fields({ labels: "x" }));
      expect(answer.status).toBe(404);
    }
  });
});
