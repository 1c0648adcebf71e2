import { Hono } from "hono";
import { raw } from "hono/html";
import type { AppEnv } from "../api/context.ts";
import { ERRORS, ERRORS_PAGE, STATUS_NAMES } from "../api/errors.ts";
import { INTRODUCTION } from "../api/openapi.ts";
import type { ComingPlatform, LivePlatform } from "../api/platform-list.ts";
import { listPlatforms } from "../api/platform-list.ts";
import { newSecret } from "../lib/crypto.ts";
import { Refusal } from "../lib/refusal.ts";
import { DOCS_STYLE } from "./docs-style.ts";
import { errorsPage } from "./errors-page.tsx";
import { Table } from "./frame/table.tsx";
import { showPage } from "./page.tsx";

/*
 * The documentation page: what is the same for all endpoints, written here, and the endpoints themselves, shown by
 * Swagger UI from the OpenAPI document. All of it comes from this Worker, and nothing from anywhere else.
 */

/** What the page loads of Swagger UI's files, see `assets` in wrangler.toml; the others are not served. */
const FILES: readonly string[] = ["swagger-ui-bundle.js", "swagger-ui.css"];

/** Swagger UI has a dark form, and does not choose it by itself. */
const START = `
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const dress = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
  dark.addEventListener("change", dress);
  dress();
  SwaggerUIBundle({
    url: "/openapi.json",
    domNode: document.getElementById("endpoints"),
    deepLinking: true,
    defaultModelsExpandDepth: 0,
    showExtensions: true,
    validatorUrl: null,
  });
`;

export const docs = new Hono<AppEnv>();

docs.get("/docs", async (c) => {
  const { live, coming } = await listPlatforms(c.var.services, null);
  const nonce = newSecret();
  const policy = [
    "default-src 'none'",
    `script-src 'self' 'nonce-${nonce}'`,
    `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self' data:",
    "connect-src 'self'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
  ];
  c.header("Content-Security-Policy", policy.join("; "));
  c.header("Cache-Control", "no-store");
  const page = (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>Apionics API</title>
        <link rel="icon" href="data:," />
        <link rel="stylesheet" href="/docs/swagger-ui.css" />
        <style nonce={nonce}>{raw(DOCS_STYLE)}</style>
      </head>
      <body>
        <header>
          <h1>Apionics API</h1>
          {INTRODUCTION.map((paragraph) => (
            <p>{paragraph}</p>
          ))}
          <nav aria-label="On this page">
            <ul>
              <li>
                <a href="#platforms">Platforms</a>
              </li>
              <li>
                <a href="#errors">Errors</a>
              </li>
              <li>
                <a href="#reference">Endpoints and events</a>
              </li>
              <li>
                <a href="/openapi.json">OpenAPI 3.1</a>
              </li>
            </ul>
          </nav>
        </header>
        <main>
          <section id="platforms">
            <h2>Platforms</h2>
            <Platforms live={live} coming={coming} />
          </section>
          <section id="errors">
            <h2>Errors</h2>
            <Errors />
          </section>
          <section id="reference">
            <h2>Endpoints and events</h2>
            <noscript>
              <p>
                This part needs JavaScript. <a href="/openapi.json">The OpenAPI document</a> says the same.
              </p>
            </noscript>
          </section>
          <div id="endpoints" />
        </main>
        <script src="/docs/swagger-ui-bundle.js" />
        <script nonce={nonce}>{raw(START)}</script>
      </body>
    </html>
  );
  return c.html(`<!doctype html>${page}`);
});

docs.get(ERRORS_PAGE, (c) => showPage(c, errorsPage()));

docs.get("/docs/:file", async (c) => {
  const file = c.req.param("file");
  if (!FILES.includes(file)) throw new Refusal("not_found", `There is nothing at ${c.req.path}.`);
  const asset = await c.var.services.readAsset(file, c.req.raw.headers);
  // A copy: the headers of what was fetched cannot be changed.
  return new Response(asset.body, asset);
});

function Platforms({ live, coming }: { live: LivePlatform[]; coming: ComingPlatform[] }) {
  return (
    <Table
      label="Platforms"
      columns={[
        { title: "Platform", kind: "name" },
        { title: "In requests" },
        { title: "Status", kind: "nowrap" },
        { title: "Notes" },
        { title: "State" },
        { title: "API version" },
        { title: "Limits" },
      ]}
      rows={[
        ...live.map(({ id, name, notes, state, api, limits }) => [
          name,
          <code>{id}</code>,
          "Live",
          notes,
          state,
          `${api.version}${api.endsOn === null ? "" : `, until ${api.endsOn}`}`,
          `${limits.maxCharacters} characters, ${limits.maxMedia} media, ` +
            `pictures up to ${Math.floor(limits.images.maxBytes / MIB)} MiB`,
        ]),
        ...coming.map(({ id, name, notes }) => [name, <code>{id}</code>, "Coming soon", notes, null, null, null]),
      ]}
    />
  );
}

const MIB = 1024 * 1024;

function Errors() {
  return (
    <Table
      label="Errors"
      columns={[
        { title: "Status" },
        { title: "Name", kind: "nowrap" },
        { title: "Code", kind: "name" },
        { title: "Description" },
        { title: "Retry" },
      ]}
      rows={Object.entries(ERRORS).map(([code, { status, description, retryable }]) => [
        String(status),
        STATUS_NAMES[status],
        <a href={`${ERRORS_PAGE}#${code}`}>
          <code>{code}</code>
        </a>,
        description,
        retryable ? "yes" : "no",
      ])}
    />
  );
}
