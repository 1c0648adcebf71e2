import type { Context } from "hono";
import type { Child } from "hono/jsx";
import { newSecret } from "../lib/crypto.ts";
import { ICON } from "./frame/assets.ts";

/*
 * What our own pages have in common: they need no script, load nothing but pictures, and cannot be framed.
 */

const STYLE = `
  :root { color-scheme: light dark; --ink: #1c1e21; --soft: #5b5f66; --paper: #fff; --ground: #f0f2f5; --line: #d3d7dc; --accent: #1553c7; --on-accent: #fff }
  @media (prefers-color-scheme: dark) {
    :root { --ink: #e9eaed; --soft: #b3b7bd; --paper: #242526; --ground: #18191a; --line: #45474a; --accent: #8ab4f8; --on-accent: #10131a }
  }
  * { box-sizing: border-box }
  body { margin: 0; padding: 1.5rem 1rem; background: var(--ground); color: var(--ink); font: 1rem/1.5 system-ui, sans-serif }
  main { max-width: 32rem; margin: 0 auto; padding: 1.5rem; background: var(--paper); border: 1px solid var(--line); border-radius: .75rem; overflow-wrap: anywhere }
  h1 { margin: 0 0 1rem; font-size: 1.375rem; line-height: 1.3 }
  h2 { margin: 1.5rem 0 .5rem; font-size: 1rem }
  p, ul, form { margin: 0 0 1rem }
  ul { padding-left: 1.25rem }
  .soft { color: var(--soft); font-size: .875rem }
  .logo { display: block; max-width: 10rem; max-height: 3rem; margin: 0 0 1rem }
  .face { width: 2.5rem; height: 2.5rem; border-radius: 50%; background: var(--line); object-fit: cover; flex: none }
  button { display: block; width: 100%; min-height: 3rem; margin: 0 0 .75rem; padding: .5rem 1rem; border: 0; border-radius: .5rem; background: var(--accent); color: var(--on-accent); font: inherit; font-weight: 600; cursor: pointer }
  button small { display: block; font-weight: 400 }
  a:focus-visible, button:focus-visible, input:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px }
  fieldset { margin: 0 0 1rem; padding: 0; border: 0 }
  legend { padding: 0; margin: 0 0 .5rem }
  label { display: flex; align-items: center; gap: .75rem; min-height: 3rem; padding: .5rem 0; border-top: 1px solid var(--line); cursor: pointer }
  label.child { padding-left: 2rem }
  label span { flex: 1 }
  input { width: 1.25rem; height: 1.25rem; flex: none }
  .alert { padding: .75rem 1rem; border: 1px solid currentColor; border-radius: .5rem }
`;

/** A page as `showPage` sends it. */
export interface Page {
  title: string;
  body: Child;
  status?: 200 | 400 | 404 | 410;
  /** Origins that a form of the page leads to, at once or by redirects: browsers hold all of them against the policy. */
  formTargets?: string[];
}

export function showPage(
  c: Context,
  { title, body, status = 200, formTargets = [] }: Page,
): Response | Promise<Response> {
  const nonce = newSecret();
  const policy = [
    "default-src 'none'",
    "img-src 'self' https:",
    `style-src 'nonce-${nonce}'`,
    `form-action 'self' ${formTargets.join(" ")}`.trim(),
    "frame-ancestors 'none'",
    "base-uri 'none'",
  ];
  c.header("Content-Security-Policy", policy.join("; "));
  const page = (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="robots" content="noindex" />
        <title>{title}</title>
        <link rel="icon" type="image/svg+xml" href={ICON.path} />
        <style nonce={nonce}>{STYLE}</style>
      </head>
      <body>
        <main>{body}</main>
      </body>
    </html>
  );
  return c.html(`<!doctype html>${page}`, status);
}
