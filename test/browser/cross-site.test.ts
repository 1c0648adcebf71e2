import type { Server } from "node:http";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from "vitest";
import { join, newPerson, openBrowser } from "./helpers/person.ts";
import type { TestWorkspace } from "./helpers/workspace.ts";
import { newWorkspace } from "./helpers/workspace.ts";

/*
 * What a page of somebody else can do with the browser of a person who is signed in: of another origin on the same host,
 * which browsers send our cookie for, and of another site.
 */

const NAME = "Maison Lumière";

const browser = await openBrowser();
let workspace: TestWorkspace;
let page: Page;
let server: Server;
/** What the other page says. */
let html = "";
beforeAll(async () => {
  server = createServer((_request, response) => {
    response.writeHead(200, { "Content-Type": "text/html" }).end(html);
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
});
afterAll(() => server.close());
beforeEach(async () => {
  workspace = await newWorkspace(NAME);
  page = await newPerson(browser);
  await join(page, await workspace.newLink(), "Ada");
});

describe.each([
  ["another port", "localhost", true],
  ["another host", "127.0.0.1", false],
])("a page on %s", (_where, host, isCookieSent) => {
  const open = async (body: string) => {
    html = body;
    await page.goto(`http://${host}:${(server.address() as AddressInfo).port}`);
  };

  async function expectUnchanged(): Promise<void> {
    expect((await workspace.test.ask("GET", "/v1/workspace")).name).toBe(NAME);
    await page.goto(workspace.at("settings"));
    expect(await page.getByRole("heading", { level: 1 }).textContent()).toBe("Settings");
    expect(await page.getByLabel("Name", { exact: true }).inputValue()).toBe(NAME);
  }

  /** Has the page send a form by itself. */
  async function sendForm(path: string, fields: Record<string, string>): Promise<void> {
    const sent = page.waitForRequest((request) => request.method() === "POST");
    const inputs = Object.entries(fields).map(([name, value]) => `<input name="${name}" value="${value}">`);
    await open(`<form method="post" action="${inject("origin")}${path}">${inputs.join("")}</form>
      <script>document.forms[0].submit()</script>`);
    await page.getByText("This request did not come from this page").waitFor();
    expect("cookie" in (await (await sent).allHeaders())).toBe(isCookieSent);
  }

  it.each([
    ["settings/general", { name: "Stolen", time_zone: "UTC", approvals: "off" }],
    ["settings/invite", { role: "admin" }],
  ])("changes nothing by a form: %s", async (path, fields) => {
    await sendForm(workspace.at(path), fields);
    await expectUnchanged();
  });

  it("signs nobody out", async () => {
    await sendForm("/console/sign-out", {});
    await expectUnchanged();
  });

  it("changes and reads nothing by a script", async () => {
    await open("");
    const ask = (path: string, options: object, more = "") =>
      page.evaluate(
        `fetch("${inject("origin")}${workspace.at(path)}", { ...${JSON.stringify(options)}, credentials: "include" ${more} })
          .then(() => "answered", () => "refused")`,
      );
    const fields = `, body: new URLSearchParams("name=Stolen&time_zone=UTC&approvals=off")`;
    expect(await ask("settings/general", { method: "POST", mode: "no-cors" }, fields)).toBe("refused");
    expect(await ask("settings", {})).toBe("refused");
    await expectUnchanged();
  });

  it("shows no page of ours in a frame, for a click that means something else", async () => {
    await open(`<iframe src="${inject("origin")}${workspace.at("settings")}"></iframe>`);
    await page.waitForLoadState("load");
    expect(page.frames()).toHaveLength(2);
    expect(await page.frames()[1]?.getByRole("heading").count()).toBe(0);
    expect(page.frames()[1]?.url()).toMatch(/^chrome-error:/);
  });
});
