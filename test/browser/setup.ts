import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { startMeta } from "../e2e/helpers/login-server.ts";
import type { Project } from "../e2e/helpers/project.ts";
import { freePort, newProject } from "../e2e/helpers/project.ts";
import { FACEBOOK_APP, INSTAGRAM_APP } from "../helpers/login-stand-in.ts";
import { findChromium } from "./helpers/chromium.ts";
import { startReceiver } from "./helpers/receiver.ts";
import { OPEN_PAGE, PLAIN, SCRIPTS } from "./helpers/words.ts";

/*
 * What all files share: the project as `npm start` runs it, connected to a stand-in for Meta, and an endpoint for webhooks.
 */

declare module "vitest" {
  interface ProvidedContext {
    /** Where the console is reached: passkeys belong to this host. */
    origin: string;
    adminToken: string;
    /** Where webhooks can be sent: see `startReceiver`. */
    receiver: string;
    /** Where the browser is installed. */
    chromium: string;
  }
}

const SETTINGS = "wrangler.toml";
const ADMIN_TOKEN = "admin-token-of-the-tests";

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const path = findChromium();
  if (path === null) throw new Error("There is no chromium here: `npm run test:browser` installs it.");
  const clone = newProject();
  const port = await freePort();
  const server = await startMeta();
  for (const { page, refusal } of [PLAIN, SCRIPTS]) {
    const { id } = server.meta.openPage(page);
    const error = { message: refusal, type: "OAuthException", code: 100 };
    server.meta.broken.set(`POST /${id}/feed`, () => Response.json({ error }, { status: 400 }));
  }
  server.meta.openPage(OPEN_PAGE);
  const receiver = await startReceiver();
  const settings = {
    ADMIN_TOKEN,
    EMAIL_FROM: "apionics@sender.example",
    META_APP_ID: FACEBOOK_APP.id,
    META_APP_SECRET: FACEBOOK_APP.secret,
    INSTAGRAM_APP_ID: INSTAGRAM_APP.id,
    INSTAGRAM_APP_SECRET: INSTAGRAM_APP.secret,
    META_DIALOG_ORIGIN: server.origin,
    META_GRAPH_ORIGIN: server.origin,
    INSTAGRAM_DIALOG_ORIGIN: server.origin,
    INSTAGRAM_TOKEN_ORIGIN: server.origin,
    INSTAGRAM_GRAPH_ORIGIN: server.origin,
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name}=${value}\n`);
  writeFileSync(join(clone.folder, ".dev.vars"), lines.join(""));
  bind(clone);
  const running = clone.start(["--port", String(port)]);
  await running.printed(/Stop with Ctrl-C/);

  project.provide("origin", `http://localhost:${port}`);
  project.provide("adminToken", ADMIN_TOKEN);
  project.provide("receiver", receiver.origin);
  project.provide("chromium", path);
  return async () => {
    await running.stop();
    await server.close();
    await receiver.close();
    clone.remove();
  };
}

/** All people of these tests are at one address, which asks more often than any may; and the deployment has a sender. */
function bind({ folder }: Project): void {
  const file = join(folder, SETTINGS);
  const text = readFileSync(file, "utf8");
  rmSync(file);
  const widened = text.replace(/^simple = \{ limit = \d+,/m, "simple = { limit = 100_000,");
  writeFileSync(file, widened.replace(/^# (?=\[\[send_email\]\]$|name = "EMAIL"$)/gm, ""));
}
