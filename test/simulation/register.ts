import { readFileSync } from "node:fs";
import { registerHooks } from "node:module";
import { relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { edited, isEdited } from "./mutations.ts";

/*
 * Loaded before anything else (`node --import`): lets the Worker's own source run in Node, whole but for some spans of time,
 * or with one of its guards taken out.
 */

const SHIM = new URL("./cloudflare-workers.ts", import.meta.url).href;
const ROOT = resolve(import.meta.dirname, "../..");

registerHooks({
  resolve(specifier, context, nextResolve) {
    if (specifier === "cloudflare:workers") return { url: SHIM, shortCircuit: true };
    return nextResolve(specifier, context);
  },

  load(url, context, nextLoad) {
    const file = url.startsWith("file:") ? relative(ROOT, fileURLToPath(url)) : url;
    if (!isEdited(file)) return nextLoad(url, context);
    const source = edited(file, readFileSync(fileURLToPath(url), "utf8"));
    return { format: "module-typescript", source, shortCircuit: true };
  },
});
