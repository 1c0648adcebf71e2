import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import PAGE from "../../docs/access.md?raw";
import { createApp } from "../../src/api/app.ts";
import { SUSPENDED_MESSAGE } from "../../src/api/authenticate.ts";
import type { OpenTo } from "../../src/api/authorize.ts";
import { isDeclaration } from "../../src/api/authorize.ts";
import type { KeyScope, Mode } from "../../src/lib/vocabulary.ts";
import { KEY_SCOPES, MODES } from "../../src/lib/vocabulary.ts";
import type { Answer, TestWorkspace } from "./helpers/api.ts";
import { call, newAccount, newKey, newWorkspace } from "./helpers/api.ts";

/** A route with what its description says of who may call it. */
interface DeclaredRoute {
  method: string;
  path: string;
  scopes: KeyScope[];
  openTo: OpenTo;
  modes: Mode[];
}

const ROUTES: DeclaredRoute[] = createApp().openAPIRegistry.definitions.flatMap((definition) => {
  if (definition.type !== "route") return [];
  const { method, path, ...route } = definition.route;
  return {
    method: method.toUpperCase(),
    path,
    scopes: route["x-required-scopes"],
    openTo: route["x-open-to"],
    modes: route["x-modes"],
  };
});
const name = ({ method, path }: DeclaredRoute) => `${method} ${path}`;
const NAMED = ROUTES.map((route) => [name(route), route] as const);

const LACKS_SCOPE = "API key lacks required scope for this endpoint.";
const RESTRICTED = "This API key is restricted to accounts and cannot use this endpoint.";

/** Calls a route on things that are not there. What it answers is about the key alone while it is 401 or 403. */
function tryRoute({ method, path }: DeclaredRoute, key: string | undefined): Promise<Answer> {
  const address = path.replace(/\{number\}/, "1").replace(/\{\w+\}/g, "x_missing");
  return call(method, address, {
    ...(key === undefined ? {} : { key }),
    ...(method === "GET" || method === "DELETE" ? {} : { body: {} }),
  });
}

describe("every route under /v1", () => {
  it("declares whom it serves before it does anything else", () => {
    const first = new Map<string, unknown>();
    for (const { method, path, handler } of createApp().routes) {
      if (!path.startsWith("/v1") || method === "ALL") continue;
      const route = `${method} ${path}`;
      if (!first.has(route)) first.set(route, handler);
    }
    expect(first.size).toBeGreaterThan(60);
    expect([...first].filter(([, handler]) => !isDeclaration(handler)).map(([route]) => route)).toEqual([]);
  });

  it("is passed by no handler that answers every method, but for what all requests pass", () => {
    const paths = createApp()
      .routes.filter(({ method, path }) => method === "ALL" && path.startsWith("/v1"))
      .map(({ path }) => path);
    expect(new Set(paths)).toEqual(new Set(["/v1/*"]));
  });

  it("describes the same", () => {
    const undescribed = ROUTES.filter(({ scopes, openTo, modes }) => !scopes || !openTo || !modes);
    expect(undescribed.map(name)).toEqual([]);
    const routed = new Set(
      createApp()
        .routes.filter(({ method, path }) => path.startsWith("/v1") && method !== "ALL")
        .map(({ method, path }) => `${method} ${path.replace(/:(\w+)/g, "{$1}")}`),
    );
    expect(new Set(ROUTES.map(name))).toEqual(routed);
    for (const { scopes, openTo } of ROUTES) {
      expect(scopes).toHaveLength(openTo === "keys" || openTo === "unrestricted_keys" ? 1 : 0);
      for (const scope of scopes) expect(KEY_SCOPES).toContain(scope);
    }
  });

  it("stands in docs/access.md with its scope, and whether it serves keys that are restricted to accounts", () => {
    const rows = [...PAGE.matchAll(/^\| `(\w+ [^`]+)` +\| (\S.*?) +\| (\S.*?) +\|$/gm)];
    const onPage = rows.map(([, route, scope, seen]) => [route, scope, seen === "refused"]);
    const inCode = ROUTES.map((route) => {
      const scope =
        route.openTo === "admin" ? "`ADMIN_TOKEN`" : (route.scopes[0] && `\`${route.scopes[0]}\``) || "any key";
      return [name(route), scope, route.openTo === "admin" || route.openTo === "unrestricted_keys"];
    });
    expect(onPage.toSorted()).toEqual(inCode.toSorted());
  });

  it("is not served at all where it declares nothing", async () => {
    const app = createApp();
    let served = 0;
    app.get("/v1/undeclared", (c) => {
      served += 1;
      return c.text("everything");
    });
    for (const key of [env.ADMIN_TOKEN ?? "", workspace.test]) {
      const init = { headers: { Authorization: `Bearer ${key}` } };
      const answer = await app.request("/v1/undeclared", init, env, createExecutionContext());
      expect(answer.status).toBe(500);
      expect(await answer.text()).not.toContain("everything");
    }
    expect(served).toBe(0);
  });
});

let workspace: TestWorkspace;
/** By mode and scope, a key with this scope, one with all others, and one that is restricted and has all. */
const only = new Map<string, string>();
const allBut = new Map<string, string>();
let restricted: string;
let suspended: TestWorkspace;
beforeAll(async () => {
  workspace = await newWorkspace();
  for (const mode of MODES) {
    for (const scope of KEY_SCOPES) {
      only.set(`${mode} ${scope}`, (await newKey(workspace, { scopes: [scope] }, mode)).key);
      const scopes = KEY_SCOPES.filter((each) => each !== scope);
      allBut.set(`${mode} ${scope}`, (await newKey(workspace, { scopes }, mode)).key);
    }
  }
  const account = await newAccount(workspace, "facebook");
  restricted = (await newKey(workspace, { accounts: [account] })).key;
  suspended = await newWorkspace();
  const path = `/v1/workspaces/${suspended.id}`;
  await call("PATCH", path, { key: env.ADMIN_TOKEN ?? "", body: { suspended: true } });
});

describe("a route is closed", () => {
  it.each(NAMED)("%s: to who has no key", async (_name, route) => {
    const answer = await tryRoute(route, undefined);
    expect([answer.status, answer.body.error.code]).toEqual([401, "unauthorized"]);
  });

  it.each(NAMED.filter(([, { scopes }]) => scopes.length > 0))(
    "%s: to a key with every scope but the one it needs, and to the admin token",
    async (_name, route) => {
      const [mode, scope] = [route.modes[0], route.scopes[0]];
      for (const key of [allBut.get(`${mode} ${scope}`), env.ADMIN_TOKEN ?? ""]) {
        const answer = await tryRoute(route, key);
        expect(answer.status).toBe(403);
        expect(answer.body.error).toMatchObject({ code: "forbidden", message: LACKS_SCOPE, field: "Authorization" });
      }
    },
  );

  it.each(NAMED.filter(([, { openTo }]) => openTo === "admin"))("%s: to every key", async (_name, route) => {
    for (const key of [workspace.test, workspace.live, restricted]) {
      const answer = await tryRoute(route, key);
      expect([answer.status, answer.body.error.message]).toEqual([403, LACKS_SCOPE]);
    }
  });

  it.each(NAMED.filter(([, { openTo }]) => openTo !== "admin"))(
    "%s: to keys of a suspended workspace",
    async (_name, route) => {
      const answer = await tryRoute(route, suspended.test);
      expect(answer.status).toBe(403);
      expect(answer.body.error).toMatchObject({
        code: "forbidden",
        message: SUSPENDED_MESSAGE,
        field: "Authorization",
      });
    },
  );

  it.each(NAMED.filter(([, { openTo }]) => openTo === "unrestricted_keys"))(
    "%s: to a key that is restricted to accounts",
    async (_name, route) => {
      const answer = await tryRoute(route, restricted);
      expect(answer.status).toBe(403);
      expect(answer.body.error).toMatchObject({ code: "forbidden", message: RESTRICTED, field: "Authorization" });
    },
  );
});

describe("a route is open", () => {
  it.each(NAMED.filter(([, { scopes }]) => scopes.length > 0))(
    "%s: to a key with the scope it needs and no other",
    async (_name, route) => {
      for (const mode of route.modes) {
        const answer = await tryRoute(route, only.get(`${mode} ${route.scopes[0]}`));
        expect([401, 403, 405, 500]).not.toContain(answer.status);
      }
    },
  );

  it.each(NAMED.filter(([, { openTo }]) => openTo === "keys"))(
    "%s: to a key that is restricted to accounts",
    async (_name, route) => {
      const answer = await tryRoute(route, restricted);
      expect([401, 403, 405, 500]).not.toContain(answer.status);
    },
  );

  it.each(NAMED.filter(([, { openTo }]) => openTo === "anybody"))("%s: to whoever has a key", async (_name, route) => {
    for (const key of [only.get("test audit:read"), restricted, workspace.live, env.ADMIN_TOKEN ?? ""]) {
      expect((await tryRoute(route, key)).status).toBe(200);
    }
  });
});
