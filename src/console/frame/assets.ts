import { Hono } from "hono";
import type { AppEnv } from "../../api/context.ts";
import { Refusal } from "../../lib/refusal.ts";
import { COPY, FRAME, PASSKEY } from "./scripts.ts";
import { STYLE } from "./style.ts";

/*
 * Files that pages load: each under a name with its content's hash, so that browsers may keep them for good.
 */

export interface Asset {
  path: string;
  type: string;
  content: string;
}

const ENDINGS = { "text/css": "css", "text/javascript": "js", "image/svg+xml": "svg" } as const;

/** A dot on its way to several others. */
const MARK = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><rect width="16" height="16" rx="4" fill="#1a56db"/>
<path d="M5 8 11 4.5M5 8h6M5 8l6 3.5" stroke="#fff" stroke-width="1.2"/><g fill="#fff"><circle cx="5" cy="8" r="2"/>
<circle cx="11" cy="4.5" r="1.4"/><circle cx="11" cy="8" r="1.4"/><circle cx="11" cy="11.5" r="1.4"/></g></svg>`;

const known: Asset[] = [];

/** Serves a text under a name of its own. To be called once for each, where it is defined. */
export function asset(name: string, type: keyof typeof ENDINGS, content: string): Asset {
  let path: string | undefined;
  const made = {
    // Hashed when it is first asked for: most isolates show no page, and all of them have to start.
    get path() {
      path ??= `/console/assets/${name}-${hashOf(content)}.${ENDINGS[type]}`;
      return path;
    },
    type: `${type}; charset=utf-8`,
    content,
  };
  known.push(made);
  return made;
}

export const STYLE_SHEET = asset("console", "text/css", STYLE);
export const ICON = asset("icon", "image/svg+xml", MARK);
export const FRAME_SCRIPT = asset("frame", "text/javascript", FRAME);
export const COPY_SCRIPT = asset("copy", "text/javascript", COPY);
export const PASSKEY_SCRIPT = asset("passkey", "text/javascript", PASSKEY);

export const assets = new Hono<AppEnv>();

assets.get("/console/assets/:name", (c) => {
  const found = known.find(({ path }) => path === c.req.path);
  if (!found) throw new Refusal("not_found", `There is nothing at ${c.req.path}.`);
  c.header("Content-Type", found.type);
  c.header("Cache-Control", "public, max-age=31536000, immutable");
  return c.body(found.content);
});

/** Tells contents apart: FNV-1a of 32 bits. WebCrypto cannot be asked before there is a request. */
function hashOf(text: string): string {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return (hash >>> 0).toString(16).padStart(8, "0");
}
