import { Hono } from "hono";
import { raw } from "hono/html";
import type { Child } from "hono/jsx";
import type { AppEnv } from "../api/context.ts";
import { ERRORS, ERRORS_PAGE, STATUS_NAMES } from "../api/errors.ts";
import { INTRODUCTION } from "../api/openapi.ts";
import type { ComingPlatform, LivePlatform } from "../api/platform-list.ts";
import { listPlatforms } from "../api/platform-list.ts";
import { newSecret } from "../lib/crypto.ts";
import { Refusal } from "../lib/refusal.ts";
import { errorsPage } from "./errors-page.tsx";
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

const STYLE = `
  :root { color-scheme: light dark; --ink: #1c1e21; --soft: #5b5f66; --paper: #fff; --line: #d3d7dc; --accent: #1553c7 }
  @media (prefers-color-scheme: dark) {
    :root { --ink: #e4e6e6; --soft: #b3b7bd; --paper: #1c2022; --line: #45474a; --accent: #8ab4f8 }
  }
  body { margin: 0; background: var(--paper); color: var(--ink); font: 1rem/1.5 system-ui, sans-serif }
  main > section, header { max-width: 1460px; margin: 0 auto; padding: 0 1.25rem; box-sizing: border-box }
  header { padding-top: 2rem }
  h1 { margin: 0 0 1rem; font-size: 2rem; line-height: 1.2 }
  h2 { margin: 2rem 0 .5rem; font-size: 1.375rem }
  p { max-width: 46rem; margin: 0 0 1rem }
  a { color: var(--accent) }
  nav ul { display: flex; flex-wrap: wrap; gap: 1.25rem; padding: 0; margin: 0; list-style: none }
  .scroll { overflow-x: auto }
  table { border-collapse: collapse; width: 100%; font-size: .9375rem }
  th, td { padding: .5rem 1rem .5rem 0; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top }
  th { color: var(--soft); font-weight: 600 }
  code { font-family: ui-monospace, monospace; font-size: .9375em }
  .short { white-space: nowrap }
  html .swagger-ui table.headers td.header-col { color: var(--ink) }
  .swagger-ui .info, .swagger-ui .scheme-container .servers-title, .swagger-ui .scheme-container .servers { display: none }
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
        <style nonce={nonce}>{raw(STYLE)}</style>
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

/** On a narrow screen it scrolls by itself, also by the keyboard. */
function Table({ name, columns, children }: { name: string; columns: string[]; children: Child }) {
  return (
    <section class="scroll" aria-label={name} tabindex={0}>
      <table>
        <thead>
          <tr>
            {columns.map((column) => (
              <th scope="col">{column}</th>
            ))}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </section>
  );
}

function Platforms({ live, coming }: { live: LivePlatform[]; coming: ComingPlatform[] }) {
  return (
    <Table name="Platforms" columns={["Platform", "In requests", "Status", "Notes", "State", "API version", "Limits"]}>
      {live.map(({ id, name, notes, state, api, limits }) => (
        <tr>
          <td class="short">{name}</td>
          <td>
            <code>{id}</code>
          </td>
          <td class="short">Live</td>
          <td>{notes}</td>
          <td>{state}</td>
          <td>
            {api.version}
            {api.endsOn === null ? "" : `, until ${api.endsOn}`}
          </td>
          <td>
            {`${limits.maxCharacters} characters, ${limits.maxMedia} media, `}
            {`pictures up to ${Math.floor(limits.images.maxBytes / MIB)} MiB`}
          </td>
        </tr>
      ))}
      {coming.map(({ id, name, notes }) => (
        <tr>
          <td class="short">{name}</td>
          <td>
            <code>{id}</code>
          </td>
          <td class="short">Coming soon</td>
          <td>{notes}</td>
          <td />
          <td />
          <td />
        </tr>
      ))}
    </Table>
  );
}

const MIB = 1024 * 1024;

function Errors() {
  return (
    <Table name="Errors" columns={["Status", "Name", "Code", "Description", "Retry"]}>
      {Object.entries(ERRORS).map(([code, { status, description, retryable }]) => (
        <tr>
          <td>{status}</td>
          <td class="short">{STATUS_NAMES[status]}</td>
          <td>
            <a href={`${ERRORS_PAGE}#${code}`}>
              <code>{code}</code>
            </a>
          </td>
          <td>{description}</td>
          <td>{retryable ? "yes" : "no"}</td>
        </tr>
      ))}
    </Table>
  );
}
