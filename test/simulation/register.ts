import { readFileSync } from "node:fs";
import { registerHooks } from "node:module";
import { fileURLToPath } from "node:url";
import { mutationNamed } from "./mutations.ts";

/*
 * Loaded before anything else (`node --import`): lets the Worker's own source run in Node, whole, or with one of its
 * guards taken out.
 */

const SHIM = new URL("./cloudflare-workers.ts", import.meta.url).href;
const ROOT = new URL("../../", import.meta.url);
const mutation = mutationNamed(process.env.SIMULATION_MUTATION ?? "");

registerHooks({
  resolve(specifier, context, nextResolve) {
    if (specifier === "cloudflare:workers") return { url: SHIM, shortCircuit: true };
    return nextResolve(specifier, context);
  },

  load(url, context, nextLoad) {
    if (mutation === null || url !== new URL(mutation.file, ROOT).href) return nextLoad(url, context);
    const source = readFileSync(fileURLToPath(url), "utf8");
    return { format: "module-typescript", source: mutation.apply(source), shortCircuit: true };
  },
});
