import type { Context } from "hono";
import type { Child } from "hono/jsx";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { AppEnv } from "../../api/context.ts";
import { newSecret } from "../../lib/crypto.ts";
import type { Member } from "../access/member.ts";
import { FRAME, type PAGES } from "../strings.ts";
import { type Asset, FRAME_SCRIPT, ICON, STYLE_SHEET } from "./assets.ts";
import { Frame } from "./frame.tsx";

/** A page of the console. */
export interface ConsolePage {
  title: string;
  /** What it shows; its first heading is a `PageHead`. */
  body: Child;
  status?: ContentfulStatusCode;
  /** Scripts that it loads beside the frame's, see `asset`. */
  scripts?: readonly Asset[];
  /** Stylesheets that it loads beside the frame's. */
  styles?: readonly Asset[];
}

/** What no page of the console needs. */
const PERMISSIONS = "camera=(), geolocation=(), microphone=(), payment=(), usb=()";

/** Shows a page to a member, within the frame of the workspace. */
export function showMember(
  c: Context<AppEnv>,
  member: Member,
  { current, ...page }: ConsolePage & { current: keyof typeof PAGES },
): Response | Promise<Response> {
  return send(c, page, <Frame member={member} current={current} path={c.req.path} body={page.body} />);
}

/** Shows a page to whoever asks: to get in, or what went wrong. */
export function showAnybody(c: Context<AppEnv>, page: ConsolePage): Response | Promise<Response> {
  const body = (
    <div class="narrow">
      <header class="top">
        <a class="brand" href="/console">
          {FRAME.product}
        </a>
      </header>
      <main id="main" tabindex={-1}>
        {page.body}
      </main>
    </div>
  );
  return send(c, page, body);
}

function send(c: Context<AppEnv>, { title, status = 200, scripts = [], styles = [] }: ConsolePage, body: Child) {
  const nonce = newSecret();
  c.header("Content-Security-Policy", policyOf(nonce));
  c.header("Permissions-Policy", PERMISSIONS);
  c.header("Cross-Origin-Opener-Policy", "same-origin");
  const page = (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="robots" content="noindex" />
        <title>{`${title} · ${FRAME.product}`}</title>
        <link rel="icon" type="image/svg+xml" href={ICON.path} />
        {[STYLE_SHEET, ...styles].map(({ path }) => (
          <link rel="stylesheet" href={path} nonce={nonce} />
        ))}
        {[FRAME_SCRIPT, ...scripts].map(({ path }) => (
          <script type="module" src={path} nonce={nonce} />
        ))}
      </head>
      <body>
        <a class="skip" href="#main">
          {FRAME.skip}
        </a>
        {body}
      </body>
    </html>
  );
  return c.html(`<!doctype html>${page}`, status);
}

/** Nothing but our own: pictures of accounts and media may come from wherever they are, by https. */
function policyOf(nonce: string): string {
  return [
    "default-src 'none'",
    `script-src 'nonce-${nonce}'`,
    `style-src 'nonce-${nonce}'`,
    "img-src 'self' https: blob:",
    "media-src 'self' https: blob:",
    "connect-src 'self'",
    "form-action 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
  ].join("; ");
}
