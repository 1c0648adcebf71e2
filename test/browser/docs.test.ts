import type { Page } from "playwright-core";
import { beforeAll, describe, expect, inject, it } from "vitest";
import { ERROR_CODES } from "../../src/lib/vocabulary.ts";
import { overflowOf } from "./helpers/layout.ts";
import { newContext, openBrowser } from "./helpers/person.ts";
import { newWorkspace } from "./helpers/workspace.ts";

/*
 * The documentation, where Swagger UI draws most of it.
 */

const browser = await openBrowser();
const context = await newContext(browser);

describe("/docs", () => {
  let page: Page;
  const hosts = new Set<string>();
  const complaints: string[] = [];
  beforeAll(async () => {
    page = await context.newPage();
    page.on("request", (request) => {
      if (!request.url().startsWith("data:")) hosts.add(new URL(request.url()).origin);
    });
    page.on("pageerror", (error) => complaints.push(String(error)));
    await page.goto("/docs");
    await page.locator(".opblock").first().waitFor();
  });

  it("shows every endpoint", async () => {
    const document = await (await fetch(`${inject("origin")}/openapi.json`)).json();
    const { paths } = document as { paths: Record<string, object> };
    const methods = Object.values(paths).flatMap((path) => Object.keys(path));
    const shown = methods.filter((method) => ["get", "post", "put", "patch", "delete"].includes(method));
    expect(await page.locator(".opblock:not(.webhooks .opblock)").count()).toBe(shown.length);
  });

  it("lets one try a request with a key", async () => {
    const workspace = await newWorkspace("Documented");
    const { key } = await workspace.test.ask("POST", "/v1/api-keys", { name: "For the docs", scopes: ["posts:read"] });
    await page.getByRole("button", { name: "Authorize" }).first().click();
    await page.locator("form", { hasText: "apiKey" }).locator("input").fill(key);
    await page.locator("form", { hasText: "apiKey" }).locator(".authorize").click();
    await page.locator(".btn-done").first().click();
    const operation = page.locator("[id$=-listPosts]");
    await operation.locator(".opblock-summary-control").click();
    await operation.getByRole("button", { name: "Try it out" }).click();
    await operation.getByRole("button", { name: "Execute" }).click();
    const answer = operation.locator(".live-responses-table");
    await answer.waitFor();
    expect(await answer.locator(".response-col_status").last().textContent()).toContain("200");
  });

  it("fits on a phone with operations open, what they answer and what is sent to webhooks", async () => {
    await page.setViewportSize({ width: 360, height: 900 });
    for (const id of ["publishPost", "getPost"]) {
      const operation = page.locator(`[id$=-${id}]`);
      await operation.locator(".opblock-summary-control").click();
      await operation.locator(".responses-table").first().waitFor();
    }
    await page.locator(".webhooks .opblock-summary-control").first().click();
    await page.locator(".webhooks .responses-table").first().waitFor();
    expect(await overflowOf(page)).toEqual([]);
  });

  it("asks no other host for anything, and complains of nothing", () => {
    expect([...hosts]).toEqual([inject("origin")]);
    expect(complaints).toEqual([]);
  });
});

it("/docs/errors has a place for every code, and leads there", async () => {
  const page = await context.newPage();
  for (const code of ERROR_CODES) {
    await page.goto(`/docs/errors#${code}`);
    expect(await page.locator(":target h2").textContent()).toBe(code);
  }
});
